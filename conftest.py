"""Everything lives in the support package: see playbook/plugin.py."""

pytest_plugins = ["playbook.plugin"]
