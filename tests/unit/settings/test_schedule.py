"""When sets are due: the slots around a moment, and whether one was missed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from playbook.core.errors import UsageError
from playbook.settings.loading import load
from playbook.settings.schedule import grace, last_slot, missed, next_slot, slot_of
from playbook.settings.sections.history import Schedule

SCHEDULE = load("sandbox", environment={}).schedule
SCHEDULED = {"PLAYBOOK_SCHEDULED": "1"}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "now", "before", "after"),
    [
        ("daily", "2026-11-23T09:00", "2026-11-23T06:17", "2026-11-24T06:17"),
        ("daily", "2026-11-23T06:17", "2026-11-23T06:17", "2026-11-24T06:17"),
        ("daily", "2026-11-23T06:17:59.9", "2026-11-23T06:17", "2026-11-24T06:17"),
        ("daily", "2026-11-23T06:16:59.9", "2026-11-22T06:17", "2026-11-23T06:17"),
        ("weekly", "2026-11-25T12:00", "2026-11-23T07:23", "2026-11-30T07:23"),
        ("monthly", "2027-01-01T07:40", "2026-12-01T07:41", "2027-01-01T07:41"),
        ("monthly", "2028-02-29T23:59", "2028-02-01T07:41", "2028-03-01T07:41"),
    ],
)
def test_the_slots_around_a_moment(name, now, before, after):
    """The one that begins just now is the last one."""
    assert last_slot(SCHEDULE, name, at(now)) == at(before)
    assert next_slot(SCHEDULE, name, at(now)) == at(after)


def test_slots_are_in_utc_wherever_the_moment_is_from():
    """Also in the night in which clocks are put back somewhere."""
    there = timezone(timedelta(hours=9))
    now = datetime(2026, 10, 25, 16, tzinfo=there)
    slot = last_slot(SCHEDULE, "daily", now)
    assert slot == at("2026-10-25T06:17")
    assert slot.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("now", "before", "after"),
    [
        ("2026-07-01T12:00", "2026-07-01T04:17", "2026-07-02T04:17"),
        ("2026-11-23T04:30", "2026-11-22T05:17", "2026-11-23T05:17"),
        ("2026-10-24T12:00", "2026-10-24T04:17", "2026-10-25T05:17"),  # clocks are put back in between
        ("2026-03-28T12:00", "2026-03-28T05:17", "2026-03-29T04:17"),
    ],
)
def test_slots_follow_the_clock_of_the_schedules_time_zone(now, before, after):
    """A quarter past six in Berlin is an hour earlier in summer, as seen from UTC."""
    berlin = Schedule(cron={"daily": "17 6 * * *"}, time_zone="Europe/Berlin")
    assert last_slot(berlin, "daily", at(now)) == at(before)
    assert next_slot(berlin, "daily", at(now)) == at(after)


def test_an_hour_that_spring_skips_is_made_up_for_at_its_end():
    """As GitHub does it: half past two does not exist that night, so it is three."""
    berlin = Schedule(cron={"daily": "30 2 * * *"}, time_zone="Europe/Berlin")
    assert next_slot(berlin, "daily", at("2026-03-28T12:00")) == at("2026-03-29T01:00")


def test_a_time_zone_that_does_not_exist_is_a_mistake_with_its_line(tmp_path):
    """Said when the settings are read, and not by the first run that is late."""
    file = tmp_path / "playbook.toml"
    file.write_text('[schedule]\ntime_zone = "Europe/Bärlin"\n', encoding="utf-8")
    with pytest.raises(UsageError) as told:
        load("sandbox", root=tmp_path, environment={})
    assert str(told.value) == (
        f"{file}:2: schedule.time_zone: expected a time zone such as Europe/Berlin, got 'Europe/Bärlin'"
    )


@pytest.mark.parametrize(
    ("now", "last", "slot"),
    [
        ("2026-11-23T09:16", "2026-11-22T06:30", None),  # within the grace of three hours
        ("2026-11-23T09:17", "2026-11-22T06:30", "2026-11-23T06:17"),
        ("2026-11-23T09:17", "2026-11-23T08:59", None),  # late, and there
        ("2026-11-23T09:17", "2026-11-23T06:16", None),  # the scheduler's clock is a little ahead of ours
        ("2026-11-23T09:17", "2026-11-23T06:00", "2026-11-23T06:17"),
        ("2026-11-23T08:00", None, "2026-11-22T06:17"),
        ("2026-11-27T12:00", "2026-11-23T06:20", "2026-11-27T06:17"),
    ],
)
def test_a_set_that_has_not_run_in_its_slot_is_missed(now, last, slot):
    """Once its grace is over; the newest such slot is told."""
    found = missed(SCHEDULE, "daily", at(now), at(last) if last else None)
    assert found == (at(slot) if slot else None)


def test_a_set_without_slots_is_never_missed():
    """Nobody promised it."""
    never = Schedule(cron={"monthly": " "})
    for name in ("emergency", "monthly"):
        assert missed(never, name, at("2026-11-23T09:00"), None) is None
        assert next_slot(never, name, at("2026-11-23T09:00")) is None
    assert grace(never, "emergency") == timedelta(hours=3)


def test_only_what_the_schedule_started_has_a_slot():
    """Somebody who looks at nine has not run the six o'clock check."""
    started = at("2026-11-23T08:00")
    assert slot_of(SCHEDULE, "daily", started, {}) is None
    assert slot_of(SCHEDULE, "daily", started, SCHEDULED) == at("2026-11-23T06:17")
    assert slot_of(SCHEDULE, "daily", at("2026-11-23T06:15"), SCHEDULED) == at("2026-11-23T06:17")
    assert slot_of(SCHEDULE, "emergency", started, SCHEDULED) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("17 6 * *", ""),
        ("0 17 6 * * *", ""),
        ("61 6 * * *", ": bad minute"),
        ("daily", ""),
        ("17 6 30 2 *", ""),
        ("a b c d e", ": bad minute"),
    ],
)
def test_what_is_no_time_is_one_sentence(tmp_path, text, problem):
    """It names the setting, the file and the line."""
    file = tmp_path / "playbook.toml"
    file.write_text(f'[schedule.cron]\nweekly = "{text}"\n')
    with pytest.raises(UsageError) as caught:
        load("sandbox", root=tmp_path, environment={})
    sentence = str(caught.value)
    assert sentence.startswith(f"{file}:2: schedule.cron.weekly: expected five fields such as")
    assert f"got {text!r}{problem}" in sentence


def test_a_grace_is_no_less_than_nothing(tmp_path):
    """Else a set would be missed before it is due."""
    (tmp_path / "playbook.toml").write_text("[schedule.grace_hours]\ndaily = -1.0\n")
    with pytest.raises(UsageError, match=r"schedule\.grace_hours\.daily: expected a number of 0 or more, got -1"):
        load("sandbox", root=tmp_path, environment={})
