"""Everything lives in the support package: see playbook/plugin.py."""

pytest_plugins = ["playbook.plugin"]
# The tests of the suite itself and the worked examples are no checks here, for which `pytest .` would take them.
collect_ignore = ["tests", "docs"]
