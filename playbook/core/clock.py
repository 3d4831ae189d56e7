"""The time, which tests can set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated

import msgspec

from playbook.core.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Written to files with its offset from UTC.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# Clocks of two machines differ by less.
AHEAD = timedelta(minutes=5)


class Clock:
    """The system's clock."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def iso(moment: datetime) -> str:
    """A UTC time in ISO 8601, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class FixedClock(Clock):
    """A clock that only moves by ``advance`` and ``sleep``."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._now = datetime.fromtimestamp(self._now.timestamp() + seconds, UTC)


def zone_of(name: str, setting: str) -> tzinfo:
    """The zone of an IANA name.

    Raises:
        UsageError: there is no such zone, by the name of the setting.
    """
    if name == "UTC":
        return UTC
    try:
        return iana_zone(name)
    except ValueError as error:
        raise UsageError(f"{setting}: {error}") from None


def iana_zone(name: object) -> ZoneInfo:
    """The zone of an IANA name; ValueError, in words, where there is none.

    A folder of the database, such as ``Europe``, is none, and neither is a path that leads out of it.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # what needs no local time does without them

    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"expected a time zone such as Europe/Berlin, got {name!r}") from None
