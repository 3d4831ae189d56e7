"""The sandbox's planned maintenance: one window just over, and one to come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from sandbox.serving.service import Context, Service
from sandbox.world.maintenance import ALERT

if TYPE_CHECKING:
    from sandbox.world import World

ZONE = "Europe/Berlin"


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
