"""Faults of backups, restores and drills."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("backup-missing", "Last night's backup was not made")
def _(world: World) -> None:
    del world.backups.archives[0]


@fault("backup-old", "The backup job has not run for three nights")
def _(world: World) -> None:
    del world.backups.archives[:3]


@fault("backup-unfinished", "Last night's backup job broke off and left its unfinished file")
def _(world: World) -> None:
    world.backups.archives[0].finished = False


@fault("backup-incomplete", "Last night's archive is cut off in the middle")
def _(world: World) -> None:
    world.backups.archives[0].damage = "truncated"


@fault("backup-empty", "Last night's archive is a file of zero bytes")
def _(world: World) -> None:
    world.backups.archives[0].damage = "empty"


@fault("backup-tiny", "Last night's archive opens, but there is hardly anything in it")
def _(world: World) -> None:
    world.backups.archives[0].damage = "tiny"


@fault("backup-no-manifest", "Last night's archive holds no manifest")
def _(world: World) -> None:
    world.backups.archives[0].damage = "no-manifest"


@fault("backup-missing-image", "Last night's archive lacks an image that its manifest lists")
def _(world: World) -> None:
    world.backups.archives[0].damage = "missing-member"


@fault("backup-wrong-checksum", "An image in last night's archive differs from its sum in the manifest")
def _(world: World) -> None:
    world.backups.archives[0].damage = "wrong-checksum"


@fault("backup-broken-dump", "The Redis dump in the archive of the night before last cannot be loaded")
def _(world: World) -> None:
    world.backups.archives[1].damage = "broken-dump"


@fault("backup-other-manifest", "The manifest in last night's archive is of a form that nobody has agreed on")
def _(world: World) -> None:
    world.backups.archives[0].damage = "other-manifest"


@fault("backup-unlisted-image", "An image is in last night's archive that its manifest does not list")
def _(world: World) -> None:
    world.backups.archives[0].damage = "unlisted"


@fault("backup-encrypted", "Last night's archive was encrypted, which nothing was told of")
def _(world: World) -> None:
    world.backups.archives[0].damage = "encrypted"


@fault("backup-traversal", "A member of an archive would be written outside the folder that it is unpacked in")
def _(world: World) -> None:
    world.backups.archives[2].damage = "traversal"


@fault("restore-fails", "Last night's dump was written by a newer server than the one that it is restored to")
def _(world: World) -> None:
    world.backups.archives[0].damage = "newer-dump"


@fault("backup-gap", "There is no backup of one night two weeks ago")
def _(world: World) -> None:
    del world.backups.archives[14]


@fault("backup-gaps", "There are no backups of four nights in a row")
def _(world: World) -> None:
    del world.backups.archives[14:18]


@fault("backup-over-age", "An archive of last year has not been removed")
def _(world: World) -> None:
    oldest = world.backups.archives[-1]
    world.backups.archives.append(replace(oldest, taken=oldest.taken - timedelta(days=370)))


@fault("backup-none", "The backup folder is there, and no archive is in it")
def _(world: World) -> None:
    world.backups.archives.clear()


@fault("backups-gone", "The place where the backups are kept is not there")
def _(world: World) -> None:
    world.gone.add("backups")


@fault("restore-slow", "The last full restore took more than an hour and a half")
def _(world: World) -> None:
    world.recovery.drills[0].seconds = 5_820.0


@fault("restore-old-data", "A restore of this month had only data of two days before")
def _(world: World) -> None:
    world.recovery.drills[1].data_age_hours = 49.0


@fault("drill-record-cut-off", "The newest line of the drills' records broke off as it was written")
def _(world: World) -> None:
    world.recovery.cut_off = True


@fault("recovery-gone", "The file with the records of drills can neither be read nor written")
def _(world: World) -> None:
    world.gone.add("recovery")


@fault("alert-undelivered", "Alertmanager's route leads to an address where nobody listens any more")
def _(world: World) -> None:
    world.alerts.routed = False


@fault("receiver-gone", "The receiver of alerts cannot be asked what came")
def _(world: World) -> None:
    world.gone.add("receiver")
