"""Which worker runs which tests of the slow layer: those that share what is dear to start stay together.

A server, a browser, an installed suite or a child process that has tried every hostile answer would be started by
each worker that has one test of its file. So a file goes to one worker as a whole, the largest first, and only the
files of ``APART`` test by test, as theirs are long and share nothing. The fault matrix comes last: its many short
tests leave no worker without work.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

LAST = "test_every_check_can_fail"
APART = frozenset(
    {
        *("test_audience", "test_load_run", "test_plain_run", "test_runbook_commands", "test_workers", LAST),
        *("test_end_to_end", "test_installed", "test_examples"),
    }
)


def name_of(nodeid: str) -> str:
    """The test file's name without folder and ending."""
    return nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")


class ByFile(LoadScopeScheduling):
    """Units of work are files, or the single tests of ``APART``."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if name_of(nodeid) in APART else nodeid.partition("::")[0]


def matrix_last(items: list[pytest.Item]) -> list[pytest.Item]:
    """The same tests in their order, but those of the fault matrix after all others."""
    return sorted(items, key=lambda item: name_of(item.nodeid) == LAST)


def may_hold_slow(file: Path) -> bool:
    """Return whether a test file says ``mark.slow``; the slow layer does not load the others.

    Each of its workers would spend several seconds of CPU time on ten thousand quick tests that it then deselects.
    """
    return b"mark.slow" in file.read_bytes()


def require_found_by_text(items: Iterable[pytest.Item]) -> None:
    """Raise UsageError for a slow test in a file that ``may_hold_slow`` would leave out."""
    for file in sorted({item.path for item in items if item.get_closest_marker("slow")}):
        if not may_hold_slow(file):
            raise pytest.UsageError(f"{file}: expected the words mark.slow in a file with slow tests, got none")
