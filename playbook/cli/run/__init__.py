"""``python -m playbook run SET``: a set on one or many targets, a repeat of failing checks, and notifications."""
