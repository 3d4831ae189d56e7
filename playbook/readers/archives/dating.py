"""When an archive was made: by its name, or else by its modification time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

# A clock may be off, and a job may name its archive by its end; a time further ahead is no time of a backup.
AHEAD = timedelta(hours=1)
WRITING = "time of writing"
_SAME_NIGHT = timedelta(hours=36)

_DATE = r"(?P<year>20\d\d)(?P<dash>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=dash)(?P<day>0[1-9]|[12]\d|3[01])"
_TIME = (
    r"[T_. -]{0,2}(?P<hour>[01]\d|2[0-3])[-_.:h]?(?P<minute>[0-5]\d)(?:[-_.:m]?(?P<second>[0-5]\d))?"
    r"(?:[.,]\d{1,6})?"
)
_ZONE = r"(?P<zone>Z|UTC|[+-](?:0\d|1[0-4]):?[0-5]\d)?"
_MOMENT = re.compile(rf"(?<!\d){_DATE}(?:{_TIME}{_ZONE})?(?!\d)", re.IGNORECASE)
_EPOCH = re.compile(r"(?<!\d)(?P<seconds>1[5-9]\d{8}|[2-3]\d{9})(?P<milli>\d{3})?(?!\d)")


class Dated(NamedTuple):
    """A moment and its source.

    Attributes:
        time: aware, in UTC.
        source: ``name``, ``name, taken as UTC``, ``date in its name``, ``date in its name, time of writing`` or
            ``time of writing``.
    """

    time: datetime
    source: str


def date_of(name: str, modified: datetime, now: datetime, zone: tzinfo = UTC) -> Dated:
    """When an archive was made.

    Names may contain ``20261122T030000Z``, ``2026-11-22T03:00:00+01:00``, ``2026-11-22_03-00``,
    ``20261122-030000``, ``2026.11.22``, ``20261122`` and seconds or milliseconds since 1970; the last one counts
    where there are several. The names of the folders are read where the file's own has no time. A time in the
    future is ignored.

    Args:
        modified: when the file was last written, aware.
        zone: of times without an offset.
    """
    for part in reversed(name.split("/")):
        dates = [dated for dated in _from_name(part, modified, zone) if dated.time <= now + AHEAD]
        if dates:
            return dates[-1]
    return Dated(modified, WRITING)


def _from_name(name: str, modified: datetime, zone: tzinfo) -> Iterator[Dated]:
    for match in _EPOCH.finditer(name):
        yield Dated(datetime.fromtimestamp(int(match["seconds"]), UTC), "name")
    for match in _MOMENT.finditer(name):
        dated = _dated(match, modified, zone)
        if dated:
            yield dated


def _dated(match: re.Match[str], modified: datetime, zone: tzinfo) -> Dated | None:
    fields = [int(match[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second")]
    try:
        local = datetime(*fields, tzinfo=_offset(match["zone"]) or zone)  # type: ignore[arg-type,misc]
    except ValueError:  # the 31st of a short month
        return None
    if match["hour"] is None:
        # A date is too coarse for an age in hours; the file was usually written in the same night.
        same = timedelta(0) <= modified - local <= _SAME_NIGHT
        if same:
            return Dated(modified, "date in its name, time of writing")
        return Dated(local.astimezone(UTC), "date in its name")
    return Dated(local.astimezone(UTC), "name" if match["zone"] else f"name, taken as {zone}")


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text.upper() in {"Z", "UTC"}:
        return UTC
    return datetime.strptime(text, "%z").tzinfo
