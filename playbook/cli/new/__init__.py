"""``python -m playbook new ITEM``: the skeleton of a check with its proofs, which fails until it is filled in."""
