"""Dumps of databases that are folders: their programs show by one file that they have finished.

pg_dump writes ``toc.dat`` last, MySQL Shell ``@.done.json``, xtrabackup ``xtrabackup_checkpoints`` (newer ones of
MariaDB ``mariadb_backup_checkpoints``); mydumper gives ``metadata.partial`` its name ``metadata``. Redis loads
nothing of its append-only file without the manifest. Of PostgreSQL's own folder no file may be missing by which it
starts: ``global/pg_control``, and ``backup_label`` where it was copied while the server ran.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

# A file that is there from the beginning, the one of the end, and whose they are.
_PROGRAMS = (
    (re.compile(r"\d{4,10}\.dat\.(?:gz|lz4|zst)"), re.compile(r"toc\.dat"), "pg_dump", "toc.dat"),
    (re.compile(r"@\.json"), re.compile(r"@\.done\.json"), "MySQL Shell", "@.done.json"),
    (
        re.compile(r"metadata\.partial|.+-schema-create\.sql(?:\.\w{2,4})?"),
        re.compile(r"metadata"),
        "mydumper",
        "metadata",
    ),
    (
        re.compile(r"xtrabackup_logfile(?:\.\w{2,4})?|backup-my\.cnf(?:\.\w{2,4})?"),
        re.compile(r"(?:xtrabackup|mariadb_backup)_checkpoints(?:\.\w{2,4})?"),
        "xtrabackup",
        "xtrabackup_checkpoints",
    ),
    (
        re.compile(r".+\.aof\.\d+\.(?:base\.(?:rdb|aof)|incr\.aof)"),
        re.compile(r".+\.aof\.manifest"),
        "Redis' append-only file",
        "its manifest, so that Redis would begin empty",
    ),
)
_PACKED = re.compile(r"\.(?:gz|lz4|zst|bz2)$")
_BEGIN = re.compile("|".join(begun.pattern for begun, *_ in _PROGRAMS))


def unfinished(paths: Iterable[str]) -> str:
    """What is wrong with the first dump that has not finished, to follow "an archive with"; empty without one."""
    begun: defaultdict[str, set[str]] = defaultdict(set)
    everything = list(paths)
    for path in everything:
        folder, _, name = path.rpartition("/")
        if _BEGIN.fullmatch(name):
            begun[folder].add(name)
    if not begun:
        return _lame(everything)
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for path in everything:
        folder, _, name = path.rpartition("/")
        if folder in begun:
            beside[folder].add(name)
    for folder, names in sorted(beside.items()):
        for begin, end, program, last in _PROGRAMS:
            if any(map(begin.fullmatch, names)) and not any(map(end.fullmatch, names)):
                return (
                    f"a dump of {program} in {folder or 'its first folder'} that is not finished, without {last}"
                )
    return _lame(everything)


def _lame(paths: list[str]) -> str:
    """What is wrong with the first copy of PostgreSQL's folder that it would not start from; empty without one."""
    versions = [path for path in paths if path.rpartition("/")[2] == "PG_VERSION"]
    there = {_PACKED.sub("", path) for path in paths} if versions else set()
    for path in sorted(versions):
        folder = path.removesuffix("PG_VERSION")
        if f"{folder}base/1/PG_VERSION" not in there:
            continue  # that of one database, or of the folder of something else
        shown = f"the copy of PostgreSQL's folder {folder.rstrip('/')}".rstrip()
        if f"{folder}global/pg_control" not in there:
            return f"{shown}, which lacks global/pg_control"
        if f"{folder}postmaster.pid" in there and f"{folder}backup_label" not in there:
            return f"{shown}, which was made while the server ran (postmaster.pid) and without backup_label"
    return ""
