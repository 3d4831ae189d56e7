"""Which source fell silent, by its own usual gaps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.readers.logs.tracks import Minutes, holes

NOW = 1717016400  # 29 May 2024, 21:00 UTC
END = NOW // 60
DAY = 24 * 60


def found(minutes, newest=60.0):
    """Holes of a day, in minutes from its beginning."""
    begin = END - DAY
    listed = holes([begin + minute for minute in minutes], NOW - 86_400, NOW, newest_minutes=newest)
    return [((hole.start - begin * 60) / 60, (hole.end - begin * 60) / 60, hole.ongoing) for hole in listed]


NIGHTLY = list(range(1200, 1206))
CASES = {
    "chatty all day": (range(DAY), []),
    "chatty, silent for the last two hours": (range(DAY - 120), [(DAY - 121, DAY, True)]),
    "chatty in the first hour only": (range(60), [(59, DAY, True)]),
    "an hour is missing": ([*range(600), *range(660, DAY)], [(599, 660, False)]),
    "the first hours are missing": (range(300, DAY), [(0, 300, False)]),
    "two long breaks": (
        [*range(200), *range(500, 800), *range(1100, DAY)],
        [(199, 500, False), (799, 1100, False)],
    ),
    "a nightly job, in the morning": (NIGHTLY, []),
    "a nightly job, just before the next": (range(6), []),
    "a nightly job of yesterday and today": ([*(minute - DAY for minute in NIGHTLY), *NIGHTLY], []),
    "a worker that is used three times a day": ([100, 101, 600, 1300], []),
    "regular, nearly each hour, and stopped": (range(0, DAY - 200, 55), [(1210, DAY, True)]),
    "a few times an hour at most": (range(0, DAY - 70, 70), []),
    "a heartbeat each half hour that stopped": (range(0, DAY - 200, 30), [(1230, DAY, True)]),
    "nothing at all": ([], []),
    "older lines only, dense": (range(-DAY, -120), [(-121, DAY, True)]),
    "older lines only, few": (range(-DAY, -120, 400), []),
}


@pytest.mark.parametrize(("minutes", "expected"), CASES.values(), ids=CASES)
def test_silence_is_judged_by_usual_gaps(minutes, expected):
    """For a day until now, in minutes from its beginning."""
    assert found(list(minutes)) == expected


@settings(max_examples=100)
@given(st.integers(1, DAY - 62), st.integers(62, 240), st.integers(1, 15))
def test_gap_of_over_an_hour_is_found_anywhere(start, length, every):
    """In a source that otherwise writes at a fixed interval in minutes."""
    minutes = [minute for minute in range(0, DAY, every) if not start <= minute < start + length]
    assert found(minutes)


@settings(max_examples=100)
@given(st.lists(st.integers(0, DAY - 1), max_size=12))
def test_few_lines_never_make_a_hole(minutes):
    """A source of at most a dozen lines a day, at any times, is not silent unless it was regular."""
    listed = sorted(set(minutes))
    for start, end, _ in found(listed):
        assert end - start >= 60
        quarters = {minute // 15 for minute in listed}
        assert len(quarters) >= 4


def test_larger_newest_minutes_make_fewer_holes():
    """coverage.newest_minutes is the minimum length of a silence."""
    assert found(range(DAY - 120), newest=180.0) == []


def test_minutes_are_kept_for_days_in_constant_memory():
    """For a log that ended long ago, those up to its last; others are left out."""
    minutes = Minutes()
    for minute in (END, END - 3 * DAY, END - 30 * DAY, END - 1):
        minutes.note(minute)
    assert minutes.all() == [END - 3 * DAY, END - 1, END]
    old = Minutes()
    for minute in range(END - 40 * DAY, END - 39 * DAY):
        old.note(minute)
    assert old.all() == list(range(END - 40 * DAY, END - 39 * DAY))
    assert Minutes().all() == []


@given(st.lists(st.integers(END - 20 * DAY, END), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_minutes_do_not_depend_on_their_order(listed, random):
    """Lines are counted by blocks, newest first and oldest first."""
    minutes = Minutes()
    for minute in random.sample(listed, len(listed)):
        minutes.note(minute)
    assert minutes.all() == sorted({minute for minute in listed if minute >= max(listed) - 4 * DAY})


def test_old_lines_first_do_not_hide_new_ones():
    """One file can contain months."""
    minutes = Minutes()
    for minute in range(END - 60 * DAY, END + 1, 30):
        minutes.note(minute)
    kept = minutes.all()
    assert kept[-1] == END
    assert kept == list(range(kept[0], END + 1, 30))
    assert END - kept[0] >= 3 * DAY
