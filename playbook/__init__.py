"""The support package of the operations playbook: from settings to a verdict that can be trusted.

settings → clients → measurements → verdicts → records → results.json → reports
"""

__version__ = "1.0.0"
