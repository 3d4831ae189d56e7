"""The plugin that pytest loads: every hook of `playbook.hooks`, by its name.

They are thin: they hand what pytest knows to the run, and what the run found to pytest.
"""

from __future__ import annotations

from playbook.hooks.checks import (
    pytest_assertion_pass,
    pytest_exception_interact,
    pytest_pyfunc_call,
    pytest_report_teststatus,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_runtest_setup,
)
from playbook.hooks.command_line import (
    pytest_addoption,
    pytest_cmdline_main,
    pytest_configure,
    pytest_sessionstart,
)
from playbook.hooks.ignored import pytest_collect_file, pytest_ignore_collect
from playbook.hooks.removed import pytest_itemcollected
from playbook.hooks.running import (
    pytest_runtest_protocol,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_unconfigure,
)
from playbook.hooks.selecting import (
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_generate_tests,
    pytest_make_collect_report,
)
from playbook.hooks.workers import (
    pytest_configure_node,
    pytest_testnodedown,
    pytest_xdist_make_scheduler,
    pytest_xdist_node_collection_finished,
)

__all__ = [
    "pytest_addoption",
    "pytest_assertion_pass",
    "pytest_cmdline_main",
    "pytest_collect_file",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_exception_interact",
    "pytest_generate_tests",
    "pytest_ignore_collect",
    "pytest_itemcollected",
    "pytest_make_collect_report",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "pytest_unconfigure",
    "pytest_xdist_make_scheduler",
    "pytest_xdist_node_collection_finished",
]
