"""State of the backup store: a month of nightly archives, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

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
