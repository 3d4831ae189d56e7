"""When each set is due: five cron fields, in the schedule's time zone. Pure.

The workflows contain the same lines; here they show for which slot a run began, and whether one was missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from cronsim import CronSim, CronSimError

from playbook.core.clock import zone_of
from playbook.core.errors import UsageError
from playbook.settings.sections.history import Schedule

SCHEDULED_VARIABLE = "PLAYBOOK_SCHEDULED"
_GRACE_HOURS = 3.0  # for a set with slots but no configured grace
# Clocks of the scheduler and this machine differ by less: a run that began this much before its slot belongs to
# it.
_EARLY = timedelta(minutes=5)
_FIELDS = 5
_YEAR_BEGINS = datetime(2000, 1, 1, tzinfo=UTC)
_SLOTS = 14  # for a monthly set, more than a year
_UNSCHEDULED_HOURS = 24.0


def require_valid(schedule: Schedule, where: str) -> None:
    """Raise UsageError for the first invalid cron line; ``where`` is the settings file."""
    for name in schedule.cron:
        try:
            _zone_of(schedule)
            next_slot(schedule, name, datetime(2000, 1, 1, tzinfo=UTC))
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None


def next_slot(schedule: Schedule, set_name: str, after: datetime) -> datetime | None:
    """The first slot after a moment (aware), in UTC; None where the set is never due.

    Raises:
        UsageError: its cron line is invalid.
    """
    return _slot(schedule, set_name, after.astimezone(UTC), back=False)


def last_slot(schedule: Schedule, set_name: str, at: datetime) -> datetime | None:
    """The newest slot at or before a moment (aware), in UTC; None where the set is never due.

    Raises:
        UsageError: its cron line is invalid.
    """
    # Slots are whole minutes, and cronsim gives those before its starting minute.
    return _slot(
        schedule, set_name, at.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1), back=True
    )


def missed(schedule: Schedule, set_name: str, now: datetime, last_run: datetime | None) -> datetime | None:
    """The slot that a set has missed, with no run since; None where none was missed.

    Args:
        last_run: when its newest run began, however it was started; None where there is none.
    """
    due = last_slot(schedule, set_name, now - grace(schedule, set_name))
    if due is None or (last_run is not None and last_run >= due - _EARLY):
        return None
    return due


def grace(schedule: Schedule, set_name: str) -> timedelta:
    """How late a run may be before it counts as missed."""
    return timedelta(hours=schedule.grace_hours.get(set_name, _GRACE_HOURS))


def reach_hours(schedule: Schedule, set_name: str) -> float:
    """How long a run of a set remains current: the longest time between its slots plus its grace; a day by
    default.
    """
    at, longest = _YEAR_BEGINS, timedelta()
    for _ in range(_SLOTS):
        after = next_slot(schedule, set_name, at)
        if after is None:
            return _UNSCHEDULED_HOURS
        longest, at = max(longest, after - at if at != _YEAR_BEGINS else longest), after
    return (longest + grace(schedule, set_name)).total_seconds() / 3600


def slot_of(
    schedule: Schedule, set_name: str, started: datetime, environment: Mapping[str, str]
) -> datetime | None:
    """The slot of a run started by the schedule (``PLAYBOOK_SCHEDULED=1``); None for a manual run."""
    if environment.get(SCHEDULED_VARIABLE, "").strip() != "1":
        return None
    return last_slot(schedule, set_name, started + _EARLY)


def _zone_of(schedule: Schedule) -> tzinfo:
    """The time zone of the cron lines; UsageError if there is no such zone."""
    return zone_of(schedule.time_zone, "schedule.time_zone")


def _slot(schedule: Schedule, set_name: str, moment: datetime, *, back: bool) -> datetime | None:
    text = schedule.cron.get(set_name, "").strip()
    if not text:
        return None
    expected = (
        f'schedule.cron.{set_name}: expected five fields such as "17 6 * * *" (or "": never due), got {text!r}'
    )
    if len(text.split()) != _FIELDS:
        raise UsageError(expected)
    try:
        return slot_of_line(text, _zone_of(schedule), moment, back=back)
    except CronSimError as error:
        raise UsageError(f"{expected}: {str(error).lower()}") from None
    except StopIteration:
        raise UsageError(f"{expected}: it never comes") from None


@lru_cache(maxsize=1024)
def slot_of_line(line: str, zone: tzinfo, moment: datetime, *, back: bool) -> datetime:
    """The slot of a cron line after or before a moment, in UTC.

    It is searched in the zone's local time: a slot in the hour skipped in spring runs at its end, as on GitHub.

    Raises:
        CronSimError: the line is invalid.
        StopIteration: it never comes.
    """
    return next(CronSim(line, moment.astimezone(zone), reverse=back)).astimezone(UTC)
