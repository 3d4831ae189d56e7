"""Everything lives in the support package: see playbook/plugin.py."""

pytest_plugins = ["playbook.plugin"]
# The tests of the suite itself are no checks, for which `pytest .` would take them.
collect_ignore = ["tests"]
