"""Since when a figure has been failing, for the marks of a chart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from playbook.core.limits import Limit
from playbook.core.verdict import Verdict
from playbook.readers.trend import Point

_NEARLY_A_DAY = 20 * 3600.0


def since_when(course: Sequence[Point], limit: Limit) -> dict[str, float]:
    """Marks of a chart: when the last streak of failing values began and, if it ended, its last failing value."""
    bad = [limit.verdict(value) is not Verdict.OK for _, value in course]
    if True not in bad:
        return {}
    last = len(bad) - 1 - bad[::-1].index(True)
    first = last
    while first and bad[first - 1]:
        first -= 1
    by_day = len(course) > 1 and course[1][0] - course[0][0] > _NEARLY_A_DAY

    def mark(word: str, number: int) -> dict[str, float]:
        at = course[number][0]
        return {f"{word} {datetime.fromtimestamp(at, UTC):{'%-d %b' if by_day else '%a %H:%M UTC'}}": at}

    until = {} if last == len(bad) - 1 else mark("until", last)
    if first == 0:  # earlier values are unknown
        return until or mark("since before", first)
    return mark("from" if until else "since", first) | until
