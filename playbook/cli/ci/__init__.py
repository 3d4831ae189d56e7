"""``python -m playbook ci``: the steps of the workflows. They run anywhere: GitHub is only files and variables."""
