"""When sets are due: the slots around a moment, and missed ones."""

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
def test_slots_around_a_moment(name, now, before, after):
    """A slot that begins at the moment is the last one."""
    assert last_slot(SCHEDULE, name, at(now)) == at(before)
    assert next_slot(SCHEDULE, name, at(now)) == at(after)


def test_slots_are_in_utc_for_moments_in_any_zone():
    """Also in a night in which clocks are put back."""
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
def test_slots_follow_the_schedules_time_zone(now, before, after):
    """In UTC, a quarter past six in Berlin is an hour earlier in summer."""
    berlin = Schedule(cron={"daily": "17 6 * * *"}, time_zone="Europe/Berlin")
    assert last_slot(berlin, "daily", at(now)) == at(before)
    assert next_slot(berlin, "daily", at(now)) == at(after)


def test_slot_in_the_hour_skipped_in_spring_runs_at_its_end():
    """As on GitHub: half past two does not exist that night, so the slot is at three."""
    berlin = Schedule(cron={"daily": "30 2 * * *"}, time_zone="Europe/Berlin")
    assert next_slot(berlin, "daily", at("2026-03-28T12:00")) == at("2026-03-29T01:00")


def test_unknown_time_zone_is_reported_with_its_line(tmp_path):
    """When the settings are read, and not by the first late run."""
    file = tmp_path / "playbook.toml"
    file.write_text('[schedule]\ntime_zone = "Europe/Bärlin"\n', encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load("sandbox", root=tmp_path, environment={})
    assert str(caught.value) == (
        f"{file}:2: schedule.time_zone: expected a time zone such as Europe/Berlin, got 'Europe/Bärlin'"
    )


@pytest.mark.parametrize(
    ("now", "last", "slot"),
    [
        ("2026-11-23T09:16", "2026-11-22T06:30", None),  # within the grace of three hours
        ("2026-11-23T09:17", "2026-11-22T06:30", "2026-11-23T06:17"),
        ("2026-11-23T09:17", "2026-11-23T08:59", None),  # late, but run
        ("2026-11-23T09:17", "2026-11-23T06:16", None),  # the scheduler's clock is slightly ahead of ours
        ("2026-11-23T09:17", "2026-11-23T06:00", "2026-11-23T06:17"),
        ("2026-11-23T08:00", None, "2026-11-22T06:17"),
        ("2026-11-27T12:00", "2026-11-23T06:20", "2026-11-27T06:17"),
    ],
)
def test_set_without_a_run_in_its_slot_is_missed(now, last, slot):
    """After its grace; the newest such slot is returned."""
    found = missed(SCHEDULE, "daily", at(now), at(last) if last else None)
    assert found == (at(slot) if slot else None)


def test_set_without_slots_is_never_missed():
    """It is not scheduled."""
    never = Schedule(cron={"monthly": " "})
    for name in ("emergency", "monthly"):
        assert missed(never, name, at("2026-11-23T09:00"), None) is None
        assert next_slot(never, name, at("2026-11-23T09:00")) is None
    assert grace(never, "emergency") == timedelta(hours=3)


def test_only_scheduled_runs_have_a_slot():
    """A manual run at nine is not the six o'clock run."""
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
def test_invalid_cron_line_is_reported_in_one_sentence(tmp_path, text, problem):
    """It names the setting, the file and the line."""
    file = tmp_path / "playbook.toml"
    file.write_text(f'[schedule.cron]\nweekly = "{text}"\n')
    with pytest.raises(UsageError) as caught:
        load("sandbox", root=tmp_path, environment={})
    sentence = str(caught.value)
    assert sentence.startswith(f"{file}:2: schedule.cron.weekly: expected five fields such as")
    assert f"got {text!r}{problem}" in sentence


def test_negative_grace_is_refused(tmp_path):
    """A set would be missed before it is due."""
    (tmp_path / "playbook.toml").write_text("[schedule.grace_hours]\ndaily = -1.0\n")
    with pytest.raises(UsageError, match=r"schedule\.grace_hours\.daily: expected a number of 0 or more, got -1"):
        load("sandbox", root=tmp_path, environment={})
