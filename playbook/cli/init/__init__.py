"""``python -m playbook init``: the first playbook.toml of a product, from a description of its parts.

    answers (options, or questions on a terminal) + DigitalOcean's data about the app → text → playbook.toml

Secrets are written as variable names only, and nothing is written that ``doctor`` would not accept.
"""
