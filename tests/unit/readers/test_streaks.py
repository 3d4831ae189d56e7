"""Since when a figure has been failing."""

import pytest

from playbook.core.limits import parse_limit
from playbook.readers.streaks import since_when

LIMIT = parse_limit("Use", {"target": "< 70 %", "warning": "> 80 %", "critical": "> 90 %"})
MONDAY = 1_795_392_000.0  # 2026-11-23
HOUR, DAY = 3600.0, 86_400.0


def course(*values, step=HOUR):
    return [(MONDAY + step * number, value) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ((50.0, 60.0), {}),
        ((), {}),
        ((50.0, 85.0, 95.0), {"since Mon 01:00 UTC": MONDAY + HOUR}),
        ((85.0, 50.0, 85.0), {"since Mon 02:00 UTC": MONDAY + 2 * HOUR}),
        (
            (50.0, 85.0, 95.0, 50.0),
            {"from Mon 01:00 UTC": MONDAY + HOUR, "until Mon 02:00 UTC": MONDAY + 2 * HOUR},
        ),
        ((85.0, 95.0), {"since before Mon 00:00 UTC": MONDAY}),
        ((85.0, 50.0), {"until Mon 00:00 UTC": MONDAY}),
    ],
    ids=["good", "nothing", "still bad", "twice", "over", "all the time", "bad before"],
)
def test_last_streak_of_failing_values_is_marked(values, marks):
    """Where all values fail, the streak began before the first."""
    assert since_when(course(*values), LIMIT) == marks


def test_days_are_marked_by_their_date():
    assert since_when(course(50.0, 50.0, 85.0, step=DAY), LIMIT) == {"since 25 Nov": MONDAY + 2 * DAY}
