"""State of maintenance windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

OVER_FOR = timedelta(minutes=45)


BEGINS_IN = timedelta(hours=2)


LENGTH = timedelta(hours=1)


ALERT = "HighErrorRate"  # fires because of the work


@dataclass
class WindowState:
    """One window; times are aware."""

    name: str
    start: datetime
    end: datetime


@dataclass
class MaintenanceState:
    """Windows in the settings; edited by faults."""

    windows: list[WindowState] = field(default_factory=list)

    @classmethod
    def healthy(cls, now: datetime) -> MaintenanceState:
        """One is over, the other is well prepared."""
        ended, begins = now - OVER_FOR, now + BEGINS_IN
        return cls(
            [
                WindowState("Newer image library", ended - LENGTH, ended),
                WindowState("Larger Redis", begins, begins + LENGTH),
            ]
        )
