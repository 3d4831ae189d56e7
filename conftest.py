"""The plugin is in the support package: see playbook/plugin.py."""

pytest_plugins = ["playbook.plugin"]
# The suite's own tests and the worked examples are no checks, which `pytest .` would take them for.
collect_ignore = ["tests", "docs"]
