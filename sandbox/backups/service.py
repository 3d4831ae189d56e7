"""The sandbox's backup store: a folder with a month of nightly archives.

``world.backups`` says which archives exist and what is wrong with them; the folder follows it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from typing import TYPE_CHECKING, Any, ClassVar

from playbook.core.guard import Guard, temporary_folder
from sandbox.serving.service import Context, Service
from sandbox.world.backups import NIGHTS, ArchiveState

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.backups.archives import Nights
    from sandbox.world import World


class BackupsService(Service):
    """Keeps the folder in sync with the world. If ``backups`` is gone, so is the folder."""

    name: ClassVar[str] = "backups"

    def __init__(self) -> None:
        self._shown: dict[str, ArchiveState] = {}

    async def start(self, context: Context) -> None:
        """Create a month of contents and write the archives."""
        from sandbox.backups.archives import Nights, launch_valkey

        self.context = context
        self._folder: Path = context.folder / "backups"
        guard = Guard(temporary_folder())
        try:
            launch_valkey(guard)
            self._nights: Nights = await asyncio.to_thread(Nights, NIGHTS, guard.folder)
        finally:
            guard.end()
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Update the folder; only differences are written."""
        await asyncio.to_thread(self._match, [] if "backups" in world.gone else world.backups.archives)
        if "backups" in world.gone:
            shutil.rmtree(self._folder)

    async def stop(self) -> None:
        """Nothing to stop: the folder is removed with the sandbox's own."""

    def settings(self) -> dict[str, Any]:
        """The folder."""
        return {"backups": {"location": str(self._folder)}}

    def _match(self, archives: list[ArchiveState]) -> None:
        self._folder.mkdir(exist_ok=True)
        wanted = {archive.name: archive for archive in archives}
        for name in self._shown.keys() - wanted.keys():
            (self._folder / name).unlink()
            del self._shown[name]
        for name, archive in wanted.items():
            if self._shown.get(name) != archive:
                file = self._folder / name
                file.write_bytes(self._nights.archive(archive))
                os.utime(file, (archive.ended.timestamp(),) * 2)
                self._shown[name] = dataclasses.replace(archive)
