"""The time, which tests can set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

import msgspec

from playbook.core.errors import UsageError

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
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"{setting}: expected a time zone such as Europe/Berlin, got {name!r}") from None
