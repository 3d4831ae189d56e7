"""Lengths of time in words, by how much of them a reader needs."""

from datetime import timedelta

import pytest

from playbook.core.durations import hours_or_days, one_unit, one_whole_unit, rough, two_units, two_whole_units


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (45.4, "45 s"),
        (60, "1 min"),
        (187, "3 min 7 s"),
        (1507, "25 min"),
        (3600, "1 h"),
        (104_640, "29 h 4 min"),
        (259_200, "3 d"),
        (280_000, "3 d 5 h"),
    ],
)
def test_two_units_are_rounded(seconds, text):
    assert two_units(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59.9, "59 s"), (119, "1 min"), (3599, "59 min"), (7260, "2 h 1 min"), (104_640, "1 d 5 h")],
)
def test_two_whole_units_are_never_rounded_up(seconds, text):
    assert two_whole_units(seconds) == text


def test_one_unit_is_rounded_and_never_negative():
    """Clocks differ."""
    lengths = [timedelta(seconds=-5), timedelta(minutes=119), timedelta(hours=47), timedelta(days=12)]
    assert [one_unit(length) for length in lengths] == ["0 min", "119 min", "47 h", "12 days"]


def test_one_whole_unit_is_never_rounded_up():
    told = [one_whole_unit(timedelta(minutes=m)) for m in (0, 45, 119, 120, 47 * 60 + 59, 48 * 60)]
    assert told == ["less than a minute", "45 min", "119 min", "2 h", "47 h", "2 days"]


def test_days_begin_after_two_of_them():
    assert [hours_or_days(timedelta(hours=hours)) for hours in (0.4, 47, 48, 132)] == [
        "0 h",
        "47 h",
        "2 days",
        "6 days",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(89, "89 s"), (90, "2 min"), (7140, "119 min"), (9000, "2 h 30 min")]
)
def test_work_under_way_is_told_roughly(seconds, text):
    assert rough(seconds) == text
