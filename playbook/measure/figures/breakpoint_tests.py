"""Results of breakpoint tests: what the newest one carried."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from playbook.core.clock import AHEAD, Moment
from playbook.core.coverage import Coverage, lacking
from playbook.core.lines import DAMAGE, damage
from playbook.readers.load import kept
from playbook.readers.load.plan import BREAKPOINT


class BreakpointTest(msgspec.Struct, frozen=True):
    """Result of a load test: the fields needed here of what ``playbook.readers.load.kept`` writes.

    Attributes:
        finished: aware.
        requests_per_second: the highest rate carried within the limits; 0 where none was.
        whole: it ran as planned; a test cut short says nothing.
    """

    target: str
    shape: str
    finished: Moment
    requests_per_second: float
    whole: bool = True


def newest_test(folder: Path, target: str, history: Path) -> tuple[BreakpointTest | None, Coverage]:
    """The newest breakpoint test of this target that ran as planned, ``None`` where there is none yet; and whether
    every test could be read: one that cannot may be newer, and have carried less.

    Other shapes show that a load was carried, not how much could be. Result files stay where they were measured;
    the lines of history hold only tests that ran as planned, and are shared with the history.
    """
    found, problems = [], []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(msgspec.json.decode(file.read_bytes(), type=BreakpointTest))
        except OSError as error:
            problems.append(f"{file.name} cannot be read: {error.strerror}")
        except DAMAGE as error:
            problems.append(f"{file.name} {damage(error)}")
    lines, known = kept.recalled(history)
    found += [BreakpointTest(one.target, one.shape, one.started, one.requests_per_second) for one in lines.tests]
    mine = [one for one in found if (one.target, one.shape) == (target, BREAKPOINT) and one.whole]
    problems += lines.problems
    return max(mine, key=lambda one: one.finished, default=None), known + kept.unread_tests(problems)


def recent_enough(test: BreakpointTest, now: datetime, days: float) -> Coverage:
    """Whether a test was made in the last ``days``: program, sizes and data change."""
    age = now - test.finished
    if age >= -AHEAD and age.total_seconds() <= days * 86_400:
        return Coverage()
    return lacking(
        "an old load test" if age > AHEAD else "a load test from the future",
        expected=f"a breakpoint test of the last {days:g} days",
        got=f"one of {test.finished:%Y-%m-%d}",
        hint="Test again: pytest -m load --shape breakpoint. How long a test counts is capacity.load_test_days.",
    )
