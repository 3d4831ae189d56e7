"""The time, which tests can set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

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
