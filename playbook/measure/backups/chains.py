"""Backups of duplicity, pgBackRest and WAL-G by their files' names: which have ended, and whether chains hold.

Nobody else can read them, but their names say on which backup each one builds (``duplicity-inc.A.to.B``, ``F_B``,
``base_B_D_A``), and by which file it ended: duplicity's ``.manifest``, pgBackRest's ``backup.manifest``, WAL-G's
``…_backup_stop_sentinel.json``. A chain that lacks a link restores nothing, and neither does an incremental backup
without its full one. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from playbook.clients.backups import StoredFile

_DUPLICITY = re.compile(
    r"(?P<place>(?:.*/)?)duplicity-(?:full\.(?P<at>\w{8,20})|inc\.(?P<base>\w{8,20})\.to\.(?P<until>\w{8,20}))"
    r"\.(?:(?P<end>manifest)(?P<part>\.part)?|vol(?P<volume>\d{1,9})\.difftar)(?P<rest>[.\w]{0,40})"
)
_PGBACKREST = re.compile(
    r"(?P<place>(?:.*/)?backup/[^/]{1,200}/)(?P<full>\d{8}-\d{6})F(?:_(?P<at>\d{8}-\d{6})[DI])?/(?P<file>.+)"
)
# A delta names the beginning of what it builds on: base_000000010000000000000005_D_000000010000000000000003. Other
# databases have full ones alone, stream_20261122T030000Z.
_WALG = re.compile(
    r"(?P<place>(?:.*/)?basebackups_005/)(?P<name>(?:base|stream)_[0-9A-Za-z]{1,40}(?:_D_(?P<base>[0-9A-F]{8,40}))?)"
    r"(?:(?P<end>_backup_stop_sentinel\.json)|/(?:tar_partitions/part_0*(?P<part>\d{1,9})\.tar|.)(?P<rest>.*))"
)
_FIRST = 1


@dataclass
class BackupSet:
    """One backup.

    Attributes:
        name: as its program calls it.
        base: key of the backup on which it builds; empty for a full one.
        files: all of its files.
        ended: its program has written the file by which it ends.
        volumes: their numbers, of duplicity and WAL-G.
    """

    name: str
    base: str = ""
    files: list[StoredFile] = field(default_factory=list)
    ended: bool = False
    volumes: set[int] = field(default_factory=set)


def problem_of(files: Iterable[StoredFile]) -> tuple[str, StoredFile | None]:
    """What is wrong with the newest backup that has ended, to follow "got", empty where its chain is in order; and
    the last file of it. None where none has ended, or the files are of neither program.

    One that has not ended may still be running; its age tells whether it is late.
    """
    sets = _sets(files)
    newest = max((key for key, one in sets.items() if one.ended), default="")
    if not newest:
        return "", None
    problems = (_problem(sets[newest], one) for one in _chain(sets, newest))
    last = max(sets[newest].files, key=lambda file: file.modified)
    return next(filter(None, problems), ""), last


def _problem(newest: BackupSet, one: BackupSet | None) -> str:
    """What is wrong with one backup of the newest one's chain."""
    if one is None:
        return f"{newest.name}, of whose chain a backup before it is missing"
    if not one.ended:
        return f"{newest.name}, which builds on {one.name}, and that has not ended"
    missing = set(range(_FIRST, max(one.volumes, default=0))) - one.volumes
    if missing:
        return f"{one.name} without its volume {min(missing)}"
    return next((f"{file.name} of 0 bytes" for file in one.files if not file.size and _must_hold(file)), "")


def _chain(sets: dict[str, BackupSet], key: str) -> Iterator[BackupSet | None]:
    """A backup and those on which it builds, down to the full one; None for one that is missing."""
    for _ in range(len(sets) + 1):
        one = sets.get(key)
        yield one
        if one is None or not one.base:
            return
        key = one.base


def _sets(files: Iterable[StoredFile]) -> dict[str, BackupSet]:
    """The backups by a key that sorts as they were made: where, and when."""
    found: defaultdict[str, BackupSet] = defaultdict(lambda: BackupSet(""))
    for file in files:
        if match := _DUPLICITY.fullmatch(file.name):
            place, at = match["place"], match["at"] or match["until"]
            one = found[f"{place}{at}"]
            one.name = file.name[len(place) : match.start("end" if match["end"] else "volume")].removesuffix("vol")
            one.name = one.name.rstrip(".")
            one.base = f"{place}{match['base']}" if match["base"] else ""
            one.ended |= bool(match["end"] and not match["part"])
            one.volumes |= {int(match["volume"])} if match["volume"] else set()
        elif match := _PGBACKREST.fullmatch(file.name):
            place, at = match["place"], match["at"] or match["full"]
            one = found[f"{place}{at}"]
            one.name = file.name[len(place) : match.start("file") - 1]
            one.base = f"{place}{match['full']}" if match["at"] else ""
            one.ended |= match["file"] == "backup.manifest"
        elif match := _WALG.fullmatch(file.name):
            place, name = match["place"], match["name"]
            one = found[f"{place}{name}"]
            one.name = name
            one.base = f"{place}base_{match['base']}" if match["base"] else ""
            one.ended |= bool(match["end"])
            one.volumes |= {int(match["part"])} if match["part"] else set()
        else:
            continue
        one.files.append(file)
    for one in found.values():  # the name of a delta begins as that of a full one
        if one.base and one.base not in found:
            one.base = next((key for key in found if key.startswith(f"{one.base}_D_")), one.base)
    return dict(found)


def _must_hold(file: StoredFile) -> bool:
    """Whether a file cannot be empty: PostgreSQL has empty ones of its own."""
    return "/pg_data/" not in file.name
