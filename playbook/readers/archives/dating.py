"""When an archive was made: by its name, or else by its modification time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

# A clock may be off, and a job may name its archive by its end; a time further ahead is no time of a backup.
AHEAD = timedelta(hours=1)
WRITING = "time of writing"
DOUBTFUL = "date in its name, with the day or the month first"
_SAME_NIGHT = timedelta(hours=36)

_DATE = r"(?P<year>20\d\d)(?P<dash>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=dash)(?P<day>0[1-9]|[12]\d|3[01])"
_NO_DATE = r"(?!20\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d))"  # as in 2026-11-15_2026-11-22
_TIME = (
    rf"[T_. -]{{0,2}}{_NO_DATE}"
    r"(?P<hour>[01]\d|2[0-3])[-_.:h]?(?P<minute>[0-5]\d)(?:[-_.:m]?(?P<second>[0-5]\d))?"
    r"(?:[.,]\d{1,6}|[-_]\d{3}(?=Z))?"
)
_ZONE = r"(?P<zone>Z|UTC|[+-](?:0\d|1[0-4]):?[0-5]\d)?"
_HALF = r"(?:[-_. ]?(?P<half>[ap])\.?m(?![a-z0-9]))?"
_CLOCK = rf"(?:{_TIME}{_ZONE}{_HALF})?(?!\d)"
_MOMENT = re.compile(rf"(?<!\d){_DATE}{_CLOCK}", re.IGNORECASE)
# The year last: 22-11-2026, or 11-22-2026.
_TWO = r"0[1-9]|[12]\d|3[01]"
_YEAR_LAST = re.compile(
    rf"(?<!\d)(?P<one>{_TWO})(?P<dash>[-_.])(?P<two>{_TWO})(?P=dash)(?P<year>20\d\d){_CLOCK}", re.IGNORECASE
)
# Months by their names: 22-Nov-2026, 2026-Nov-22, Nov_22_2026; they are read as numbers.
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH = (
    r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t(?:ember)?|ember|ober)?"
)
_NAMED = tuple(
    re.compile(rf"(?i)(?<![a-z0-9]){form}")
    for form in (
        rf"(?P<day>\d{{1,2}})[-_. ]?{_MONTH}[-_. ]?(?P<year>20\d\d)",
        rf"(?P<year>20\d\d)[-_. ]?{_MONTH}[-_. ]?(?P<day>\d{{1,2}})(?!\d)",
        rf"{_MONTH}[-_. ]?(?P<day>\d{{1,2}})[-_., ]{{1,2}}(?P<year>20\d\d)",
    )
)
# The version of a schema or of a program, v20261018123456, is no time of a backup.
_VERSION = re.compile(r"(?i)(?<![a-z])v(?=20\d\d)")
# Plesk's, with two digits of the year: backup_2611220300.tar. As seconds such a number is of 2033 or later.
_SHORT = re.compile(
    r"(?<!\d)(?P<year>[2-3]\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>)(?P<zone>)(?P<half>)(?!\d)"
)
_EPOCH = re.compile(r"(?<!\d)(?P<seconds>1[5-9]\d{8}|[2-3]\d{9})(?P<milli>\d{3})?(?!\d)")


class Dated(NamedTuple):
    """A moment and its source.

    Attributes:
        time: aware, in UTC.
        source: ``name``, ``name, taken as UTC``, ``date in its name``, ``date in its name, time of writing``,
            ``DOUBTFUL`` or ``WRITING``.
    """

    time: datetime
    source: str


def date_of(name: str, modified: datetime, now: datetime, zone: tzinfo = UTC) -> Dated:
    """When an archive was made.

    Names may contain ``20261122T030000Z``, ``2026-11-22T03:00:00+01:00``, ``2026-11-22_03-00``,
    ``20261122-030000``, ``2026.11.22``, ``20261122``, ``22-11-2026_03-00``, ``22-Nov-2026``,
    ``backup_2611220300`` and seconds or milliseconds since 1970. Of several the last one counts, and the seconds
    where both mean the same night: GitLab's names have a version behind the date, as have Discourse's,
    ``v20261018123456``. The names of the folders are read where the file's own has no time. A time in the future
    is ignored.

    Args:
        modified: when the file was last written, aware.
        zone: of times without an offset.
    """
    for part in reversed(name.split("/")):
        dates = [dated for dated in _from_name(part, modified, now, zone) if dated.time <= now + AHEAD]
        if dates:
            last = dates[-1]
            seconds = [one for one in _seconds(part) if abs(one.time - last.time) <= _SAME_NIGHT]
            return seconds[-1] if seconds else last
    return Dated(modified, WRITING)


def _seconds(name: str) -> Iterator[Dated]:
    for match in _EPOCH.finditer(name):
        yield Dated(datetime.fromtimestamp(int(match["seconds"]), UTC), "name")


def _from_name(name: str, modified: datetime, now: datetime, zone: tzinfo) -> Iterator[Dated]:
    yield from _seconds(name)
    for match in _SHORT.finditer(name) if name.startswith("backup_") else ():
        dated = _dated(match, int(match["month"]), int(match["day"]), modified, zone)
        if dated:
            yield dated
    for pattern in _NAMED:
        name = pattern.sub(_in_numbers, name)
    year_last = list(_YEAR_LAST.finditer(name))
    for match in year_last:
        dated = _year_last(match, modified, now, zone)
        if dated:
            yield dated
    for match in _MOMENT.finditer(name):
        if any(other.start() < match.start() < other.end() for other in year_last):
            continue  # 22-11-2026-03-15 contains no 2026-03-15
        version = _VERSION.match(name, match.start() - 1) if match.start() else None
        if version and any(other.start() < match.start() for other in (*year_last, *_MOMENT.finditer(name))):
            continue
        dated = _dated(match, int(match["month"]), int(match["day"]), modified, zone)
        if dated:
            yield dated


def _in_numbers(match: re.Match[str]) -> str:
    month = _MONTHS.index(match["name"].lower()) + 1
    return f"{match['year']}-{month:02}-{int(match['day']):02}"


def _year_last(match: re.Match[str], modified: datetime, now: datetime, zone: tzinfo) -> Dated | None:
    """With the day or the month first. Where both are possible, the one of the night in which the file was
    written, or else the later one, with the doubt as its source.
    """
    one, two = int(match["one"]), int(match["two"])
    orders = {(month, day) for month, day in ((two, one), (one, two)) if month <= 12}
    found = [dated for month, day in orders if (dated := _dated(match, month, day, modified, zone))]
    found = [dated for dated in found if dated.time <= now + AHEAD]
    written = [dated for dated in found if abs(modified - dated.time) <= _SAME_NIGHT]
    if len(found) > 1 and not written:
        return Dated(max(found).time, DOUBTFUL)
    return max(written or found, default=None)


def _dated(match: re.Match[str], month: int, day: int, modified: datetime, zone: tzinfo) -> Dated | None:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    try:
        local = datetime(
            _year(match["year"]), month, day, hour, minute, second, tzinfo=_offset(match["zone"]) or zone
        )
    except ValueError:  # the 31st of a short month
        return None
    if match["hour"] is None:
        # A date is too coarse for an age in hours; the file was usually written in the same night.
        same = timedelta(0) <= modified - local <= _SAME_NIGHT
        if same:
            return Dated(modified, "date in its name, time of writing")
        return Dated(local.astimezone(UTC), "date in its name")
    return Dated(local.astimezone(UTC), "name" if match["zone"] else f"name, taken as {zone}")


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text.upper() in {"Z", "UTC"}:
        return UTC
    return datetime.strptime(text, "%z").tzinfo
