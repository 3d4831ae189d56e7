"""The sandbox's backup store: a folder with a month of nightly archives.

``world.backups`` says which archives exist and what is wrong with them; the folder follows it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playbook.core.guard import Guard, temporary_folder
from sandbox.service import Context, Service

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.backup_archives import Nights
    from sandbox.world import World

NIGHTS = 30


# What can be wrong with one archive:
#   empty           a file of zero bytes
#   truncated       cut off after two fifths
#   tiny            it opens, but it was made on a server without data
#   no-manifest     manifest.json is not in it
#   missing-member  the manifest lists an image that is not in the archive
#   wrong-checksum  an image differs from its sum in the manifest
#   broken-dump     no server can load dump.rdb, though its sum in the manifest is right
#   newer-dump      dump.rdb is of a version that no server knows yet; it is sound otherwise
#   other-manifest  manifest.json is of a form that nobody has agreed on
#   unlisted        an image is in the archive that the manifest does not list
#   encrypted       the archive was encrypted with age
#   traversal       a member would be written outside the folder that the archive is unpacked in
Damage = Literal[
    "empty",
    "truncated",
    "tiny",
    "no-manifest",
    "missing-member",
    "wrong-checksum",
    "broken-dump",
    "newer-dump",
    "other-manifest",
    "unlisted",
    "encrypted",
    "traversal",
]


@dataclass
class ArchiveState:
    """One night's archive.

    Attributes:
        taken: when the job began, aware, in UTC; part of the name.
        night: age of the store at that time, 1 to NIGHTS.
        finished: False leaves the ``.part`` file of an unfinished job.
    """

    taken: datetime
    night: int
    damage: Damage | None = None
    finished: bool = True

    @property
    def name(self) -> str:
        """``portfolio-backup-20261122T030000Z.tar.gz``."""
        return f"portfolio-backup-{self.taken:%Y%m%dT%H%M%SZ}.tar.gz{'' if self.finished else '.part'}"

    @property
    def ended(self) -> datetime:
        """When the job ended; it takes a little longer every night."""
        return self.taken + timedelta(seconds=95 + 2 * self.night)


@dataclass
class BackupsState:
    """Contents of the store; healthy by default, edited by faults.

    Attributes:
        archives: newest first.
    """

    archives: list[ArchiveState] = field(default_factory=list)

    @classmethod
    def healthy(cls, now: datetime) -> BackupsState:
        """The last thirty nights before ``now`` (aware, in UTC).

        It is always morning in the sandbox: last night's job ran five to six hours ago, whatever the hour is here.
        """
        newest = (now - timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
        return cls([ArchiveState(newest - timedelta(days=ago), NIGHTS - ago) for ago in range(NIGHTS)])


class BackupsService(Service):
    """Keeps the folder in sync with the world. If ``backups`` is gone, so is the folder."""

    name: ClassVar[str] = "backups"

    def __init__(self) -> None:
        self._shown: dict[str, ArchiveState] = {}

    async def start(self, context: Context) -> None:
        """Create a month of contents and write the archives."""
        from sandbox.backup_archives import Nights, launch_valkey

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
