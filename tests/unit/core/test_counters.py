"""Counters as windows: which earlier reading is used, and resets."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.core.counters import Counted, Earlier, grown
from playbook.settings.sections.coverage import CoverageRules

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
RULES = CoverageRules()
DAYS_200 = NOW.timestamp() - 200 * 86_400


def read(hours_ago, hits, misses=0, *, origin="a", started=0.0):
    at = NOW - timedelta(hours=hours_ago)
    return Counted(at=at, origin=origin, started=started, counts={"hits": hits, "misses": misses})


def window(now, *earlier, **more):
    return grown(now, list(earlier), RULES, **more)


def test_old_hits_do_not_hide_todays_misses():
    """94.97 % since the start, and every read since yesterday a miss."""
    found = window(read(0, 380_000, 20_140, started=DAYS_200), read(23.4, 380_000, 140, started=DAYS_200))
    assert (found.of("hits"), found.of("misses"), found.over) == (0, 20_000, "23.4 h")
    assert found.coverage.enough
    assert found.coverage.words == "23.4 h"


@pytest.mark.parametrize(
    ("ages", "chosen"),
    [
        ((0.05, 1.5), 1.5),  # a re-run after minutes compares with the same reading as the first run
        ((0.05, 23, 26), 23),
        ((1, 49), 1),
        ((50,), 50),
        ((30, 20, 2), 20),
    ],
)
def test_reading_closest_to_a_day_old_is_chosen(ages, chosen):
    """Among those from one to fifty hours old."""
    found = window(read(0, 1_000), *(read(age, 900 - age) for age in ages))
    assert found.hours == pytest.approx(chosen)
    assert found.of("hits") == pytest.approx(100 + chosen)


@pytest.mark.parametrize(
    ("now", "earlier", "why"),
    [
        (read(0, 9), [], "got none$"),
        (read(0, 9), [read(0.9, 5)], "got none$"),
        (read(0, 9), [read(50.1, 5)], "got none$"),
        (read(0, 9), [read(-1, 5)], "got none$"),
        (read(0, 9), [read(24, 5, origin="b")], "only ones of another server, or from before a restart$"),
        (read(0, 9, origin=""), [read(24, 5, origin="")], "does not say which server counts and since when$"),
        (read(0, 9, origin="b", started=NOW.timestamp() - 300), [read(24, 5)], "counting began 5 min ago$"),
        (
            read(0, 9, origin="b", started=NOW.timestamp() - 30),
            [read(24, 5)],
            "counting began less than a minute ago$",
        ),
        (read(0, 9), [read(24, 10)], "none since they were set back to zero$"),
        (read(0, 9, 50), [read(24, 5, 51)], "none since they were set back to zero$"),
        (read(0, 90), [read(24, 5), read(12, 80), read(0.5, 40)], "none since they were set back to zero$"),
        (read(0, 9, started=DAYS_200), [read(24, 10, started=DAYS_200)], "set back to zero$"),
    ],
)
def test_growth_is_unknown_without_an_earlier_reading(now, earlier, why):
    """The message says that the next run will know it."""
    found = window(now, *earlier)
    assert (found.hours, dict(found.by), found.of("hits")) == (0, {}, None)
    assert not found.coverage.enough
    assert found.coverage.expected == "a reading of its counters from 1 to 50 h before"
    assert re.search(why, f"got {found.coverage.got}")
    assert found.coverage.hint.startswith("The next run will know")


def test_window_after_a_reset_begins_with_the_first_reading_since():
    """A decreased counter was reset between two readings."""
    found = window(read(0, 500), read(24, 9_000), read(13, 9_500), read(12, 100), read(2, 400))
    assert (found.hours, found.of("hits")) == (pytest.approx(12), 400)


def test_server_started_yesterday_counts_from_its_start():
    """It needs no reading, as it began at zero; readings of the server before it are not used."""
    started = NOW.timestamp() - 20 * 3600
    found = window(read(0, 500, 100, origin="b", started=started), read(24, 9_000))
    assert (found.over, found.of("hits"), found.of("misses")) == ("20 h", 500, 100)
    # Closer to a day than its start 49 hours ago:
    old = NOW.timestamp() - 49 * 3600
    assert window(read(0, 500, started=old), read(30, 100, started=old)).of("hits") == 400


@pytest.mark.parametrize(("apart", "same"), [(0, True), (299, True), (400, False)])
def test_server_without_identity_is_recognised_by_its_start(apart, same):
    """Reported in whole seconds, and by another clock than ours."""
    found = window(read(0, 9, origin="", started=DAYS_200), read(24, 5, origin="", started=DAYS_200 + apart))
    assert found.coverage.enough is same


def test_counter_without_earlier_reading_has_no_growth():
    """Unless a missing one means zero."""
    now = Counted(at=NOW, origin="a", counts={"hits": 9, "oom": 3})
    before = Counted(at=NOW - timedelta(hours=24), origin="a", counts={"hits": 5})
    assert window(now, before).of("oom") is None
    assert window(now, before, from_zero=True).of("oom") == 3


def test_missing_counter_was_reset_where_missing_means_zero():
    """The hash was deleted, and another format has counted in it since."""
    now = Counted(at=NOW, origin="k", counts={"webp:success": 90})
    before = Counted(at=NOW - timedelta(hours=24), origin="k", counts={"webp:success": 5, "avif:failure": 2})
    assert window(now, before).coverage.enough
    assert not window(now, before, from_zero=True).coverage.enough


@given(
    steps=st.lists(st.tuples(st.integers(0, 1_000), st.booleans()), min_size=2, max_size=30),
    gap=st.floats(0.2, 12),
)
def test_growth_never_exceeds_what_was_counted(steps, gap):
    """However often a server is reset: growth in a window is at most what really happened in it."""
    hits, readings, really = 0, [], []
    for number, (more, reset) in enumerate(steps):
        hits = more if reset else hits + more
        really.append(more)
        readings.append(read(gap * (len(steps) - 1 - number), hits))
    found = window(readings[-1], *readings[:-1])
    if found.coverage.enough:
        back = round(found.hours / gap)
        assert 0 <= found.of("hits") <= sum(really[len(really) - back :])


def test_earlier_readings_are_read_once_and_by_name():
    """Not before the first use."""
    asked = []

    def lines():
        asked.append(1)
        return [{"redis": read(24, 5)}, {"images": read(3, 1)}]

    earlier = Earlier(lines)
    assert asked == []
    assert [one.counts["hits"] for one in earlier.of("redis")] == [5]
    assert len(earlier.of("images")) == 1
    assert earlier.of("other") == []
    assert asked == [1]


def test_previous_run_is_known_by_its_line_or_its_readings():
    """The newer of the two; a run that reads no counters counts too."""
    known = [{"redis": read(30, 1)}, {"redis": read(6, 1), "workers": read(7, 1)}]
    assert Earlier().last_run() is None
    assert Earlier(lambda: known).last_run() == NOW - timedelta(hours=6)
    assert Earlier(lambda: known, lambda: NOW - timedelta(hours=2)).last_run() == NOW - timedelta(hours=2)
    assert Earlier(tuple, lambda: NOW - timedelta(hours=2)).last_run() == NOW - timedelta(hours=2)
