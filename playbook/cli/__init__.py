"""The commands of `python -m playbook`, and how they read their command line."""
