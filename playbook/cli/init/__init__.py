"""``python -m playbook init``: the first playbook.toml of a product, from what it is said to be made of.

    answers (options, or questions on a terminal) + what DigitalOcean knows of the app → text → playbook.toml

Only names of variables are written for secrets, and nothing is written that ``doctor`` would not accept.
"""
