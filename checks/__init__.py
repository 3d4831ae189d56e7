"""The playbook's checks: one test per item, by subject."""
