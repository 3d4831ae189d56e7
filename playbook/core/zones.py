"""Times in UTC with the local time of the target. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def both(moment: datetime, zone: str) -> str:
    """``Sat 28 Nov 2026, 13:40 UTC (14:40 in Berlin)``; with the local day where it differs."""
    utc = moment.astimezone(UTC)
    return f"{utc:%a %-d %b %Y, %H:%M} UTC{beside(utc, zone)}"


def short_both(moment: datetime, zone: str) -> str:
    """``Sat 28 Nov, 13:40 UTC (14:40 in Berlin)``, for times within a few weeks."""
    utc = moment.astimezone(UTC)
    return f"{utc:%a %-d %b, %H:%M} UTC{beside(utc, zone)}"


def beside(moment: datetime, zone: str) -> str:
    """The text after a time in UTC: `` (14:40 in Berlin)``; empty where the zone is UTC or unknown."""
    if zone == "UTC":
        return ""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # commands that print no local time do without them

    utc = moment.astimezone(UTC)
    try:
        local = utc.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError, OverflowError):  # in a report from another machine
        return ""
    if local.utcoffset() == timedelta():
        return ""
    day = "" if local.date() == utc.date() else f"{local:%a} "
    return f" ({day}{local:%H:%M} in {place_of(zone)})"


def place_of(zone: str) -> str:
    """``Buenos Aires`` for ``America/Argentina/Buenos_Aires``."""
    return zone.rpartition("/")[2].replace("_", " ")
