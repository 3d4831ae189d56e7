"""The sandbox's planned maintenance: one window just over, and one to come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from sandbox.service import Context, Service

if TYPE_CHECKING:
    from sandbox.world import World

ZONE = "Europe/Berlin"
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


class MaintenanceService(Service):
    """Provides only its part of the settings."""

    name: ClassVar[str] = "maintenance"

    async def start(self, context: Context) -> None:
        """Store the context."""
        self.context = context

    async def apply(self, world: World) -> None:
        """Nothing to do: the settings are derived from the world when requested."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def settings(self) -> dict[str, Any]:
        """The windows in local time, as people write them."""
        zone = ZoneInfo(ZONE)
        windows = [
            {
                "name": window.name,
                "start": _local(window.start, zone),
                "end": _local(window.end, zone),
            }
            for window in self.context.world.maintenance.windows
        ]
        return {"maintenance": {"time_zone": ZONE, "windows": windows, "silenced": [{"alertname": ALERT}]}}


def _local(at: datetime, zone: ZoneInfo) -> str:
    """Local wall-clock time; the second occurrence of the repeated hour in autumn has its offset."""
    local = at.astimezone(zone).replace(microsecond=0)
    return (local if local.fold else local.replace(tzinfo=None)).isoformat()
