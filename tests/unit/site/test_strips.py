"""Strips: what is known of each day, and what is not."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from playbook.core.verdict import Verdict
from playbook.site.strips import percent, strip, unit_of

TODAY = date(2026, 11, 23)


def days_ago(*numbers):
    """OK on these."""
    return [(TODAY - timedelta(days=number), Verdict.OK) for number in numbers]


def test_day_without_data_lowers_coverage_not_share():
    """Two days of three had data, and both were OK: 100 % of what was measured, and how little that is is said."""
    made = strip(days_ago(0, 2), "day", TODAY)
    assert len(made.cells) == 90
    assert [cell.verdict for cell in made.cells[-3:]] == [Verdict.OK, None, Verdict.OK]
    assert made.share == "100.0 % OK on 2 of 90 days"
    assert made.words == "90 days: 2 OK, 88 without data"
    assert [bars.path for bars in made.bars] == ["M348 12h3M356 12h3"]


def test_day_shows_worst_of_several_runs():
    """A day on which something failed once is not a good day."""
    made = strip([*days_ago(0), (TODAY, Verdict.CRITICAL), (TODAY, Verdict.WARNING)], "day", TODAY)
    assert made.cells[-1].verdict is Verdict.CRITICAL
    assert made.words.endswith("CRITICAL last on 23 Nov 2026")


def test_unknown_day_counts_as_not_measured():
    """UNKNOWN and NOT CONFIGURED days are not measured: they are in no share."""
    said = [
        *days_ago(0, 1),
        (TODAY - timedelta(2), Verdict.UNKNOWN),
        (TODAY - timedelta(3), Verdict.NOT_CONFIGURED),
    ]
    made = strip(said, "day", TODAY)
    assert made.share == "100.0 % OK on 2 of 90 days"
    assert made.words == "90 days: 2 OK, 1 UNKNOWN, 87 without data"
    assert "NOT CONFIGURED" not in [str(bars.verdict) for bars in made.bars]


def test_strip_without_measurements_has_no_share():
    """No share of nothing."""
    assert strip([], "day", TODAY).share == "not measured in 90 days"
    both = [(TODAY, Verdict.OK), (TODAY, Verdict.UNKNOWN)]
    assert strip(both, "day", TODAY).share == "no whole day measured in 90 days"


def test_neighbouring_days_share_one_stroke():
    """Ninety good days are a few bytes; what is unknown is broken in two."""
    assert [bars.path for bars in strip(days_ago(*range(90)), "day", TODAY).bars] == ["M0 12h359"]
    said = [(TODAY - timedelta(days=number), verdict) for number, verdict in enumerate(Verdict)]
    paths = [bars.path for bars in strip(said, "day", TODAY).bars]
    middles = [path.partition(" ")[2] for path in paths]
    assert len(set(middles)) == len(paths) == 5
    assert any(path.count("M") == 2 for path in paths)


@pytest.mark.parametrize(
    ("set_name", "span", "first"),
    [
        ("daily", "90 days", date(2026, 8, 26)),
        ("weekly", "13 weeks", date(2026, 8, 25)),
        ("monthly", "12 months", date(2025, 12, 1)),
    ],
)
def test_strip_uses_period_of_its_set(set_name, span, first):
    """Six days between two weekly runs are no gap."""
    made = strip([], unit_of(set_name), TODAY)
    assert made.span == span
    assert made.cells[0].first == first
    assert made.cells[-1].last == TODAY


def test_months_follow_calendar():
    """Each begins where the one before it ended."""
    cells = strip([], "month", date(2028, 3, 1)).cells
    assert cells[-1].first == cells[-1].last == date(2028, 3, 1)
    assert cells[-2].last == date(2028, 2, 29)
    assert all(later.first - earlier.last == timedelta(days=1) for earlier, later in pairwise(cells))


def test_share_is_never_rounded_up_to_100_percent():
    """One bad day in five years shows."""
    assert percent(1825, 1825) == "100.0"
    assert percent(4999, 5000) == "99.9"
    assert percent(2, 3) == "66.7"
