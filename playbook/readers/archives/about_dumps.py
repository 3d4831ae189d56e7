"""What files say of the dump that they lie beside: whether it is a part of a chain, and what belongs to it.

xtrabackup's and mariadb-backup's ``…_checkpoints`` and ``…_info``, MySQL Shell's ``@.done.json``, pg_dump's
``toc.dat`` and the manifest of Redis' append-only file. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from playbook.core.coverage import Coverage, lacking

INCREMENTAL = "incremental"
"""What an archive's coverage says where an earlier one holds a part of it."""

ALONE = "An incremental archive alone restores nothing: let the pattern name the full ones."
TOC, DONE, AOF, AOF_MANIFEST = "toc.dat", "@.done.json", "aof", "aof.manifest"
CHECKPOINTS = "_checkpoints"
_LONGEST_LISTED = 300
_MOST_LISTED = 100_000
# Files of pg_dump's folders, each behind its length in toc.dat; those of MySQL Shell before their sizes.
_IN_TOC = re.compile(rb"\0([\x05-\x1f])\0{3}((?:\d{1,10}|blobs(?:_\d{1,10})?)\.(?:dat|toc))")
_IN_DONE = re.compile(rb'"([^"\\\n]{1,255}\.(?:tsv|csv|json)(?:\.(?:gz|zst))?)"\s*:\s*\d')
_IN_AOF_MANIFEST = re.compile(r"(?m)^file \"?([^\s\"]{1,255})\"? seq \d+ type (?P<kind>[bih])")
# How an append-only file begins: with a command, an annotation, or a dump before them.
_AOF_BEGINNINGS = (b"*", b"#", b"REDIS0", b"VALKEY")
# https://github.com/percona/percona-xtrabackup and the knowledge base of MariaDB: files created by mariadb-backup.
_INCREMENTAL = re.compile(r"(?m)^backup_type *= *(?:incremental|log-applied-incremental)|^incremental *= *Y")
# pg_basebackup --incremental of PostgreSQL 17 writes it into backup_label.
_FROM_LSN = re.compile(r"(?m)^INCREMENTAL FROM LSN: *\S+")
_PARTIAL = re.compile(r"(?m)^partial *= *Y")
_SAYS_TYPE = re.compile(r"(?m)^backup_type *= *\w")


class Lack(NamedTuple):
    """What is left out: an earlier part of a chain, or tables."""

    incremental: bool
    got: str


class Listed:
    """The files that one such file names: pass its bytes to ``write``, then read ``names``."""

    def __init__(self, about: str) -> None:
        self._about = about
        self._before = b""
        self._names: dict[str, None] = {}

    def write(self, data: bytes) -> None:
        """The next bytes."""
        if self._about not in (TOC, DONE):
            return
        data = self._before + data
        for found in (_IN_TOC if self._about == TOC else _IN_DONE).finditer(data):
            name = found[2] if self._about == TOC else found[1]
            is_name = self._about == DONE or found[1][0] == len(name)
            if is_name and len(self._names) < _MOST_LISTED:
                self._names[name.decode(errors="replace")] = None
        self._before = data[-_LONGEST_LISTED:]

    def names(self, head: bytes) -> list[str]:
        """The files in its folder that it lists.

        Args:
            head: the first bytes of it.
        """
        if self._about == AOF_MANIFEST:
            return [found[1] for found in _IN_AOF_MANIFEST.finditer(head.decode(errors="replace"))]
        return list(self._names)


def wrong_about(about: str, head: bytes) -> str:
    """What is wrong with what it says, to follow its name; empty where nothing is."""
    text = head.decode(errors="replace")
    if about == AOF and not head.startswith(_AOF_BEGINNINGS):
        return "is no append-only file by its first bytes"
    if about == AOF_MANIFEST:
        kinds = {found["kind"] for found in _IN_AOF_MANIFEST.finditer(text)}
        return "lists no base file, so that Redis would load the newest changes alone" if kinds == {"i"} else ""
    if about.endswith(CHECKPOINTS) and not _SAYS_TYPE.search(text):
        return "does not say what it is a backup of"
    return ""


def left_out(about: str, head: bytes) -> Lack | None:
    """What the copy beside it leaves out by its own words; None where nothing is known to be."""
    text = head.decode(errors="replace")
    if about == "backup_label" and (found := _FROM_LSN.search(text)):
        return Lack(incremental=True, got=f"an incremental one, by {found[0]!r} in {about}")
    if not about.startswith(("xtrabackup_", "mariadb_backup_")):
        return None
    if found := _INCREMENTAL.search(text):
        return Lack(incremental=True, got=f"an incremental one, by {found[0]!r} in {about}")
    if found := _PARTIAL.search(text):
        return Lack(incremental=False, got=f"one of some tables, by {found[0]!r} in {about}")
    return None


def of_left_out(lacks: Iterable[Lack], elsewhere: int) -> Coverage:
    """Coverage of an archive that leaves something out.

    Args:
        elsewhere: files that GNU tar lists as unchanged since an earlier archive.
    """
    found = list(lacks)
    if elsewhere:
        got = f"one that leaves out {elsewhere:,} files as unchanged since an earlier one"
        found.insert(0, Lack(incremental=True, got=got))
    total = Coverage()
    for lack in found:
        total += lacking(
            INCREMENTAL if lack.incremental else "a part",
            expected="an archive that holds everything",
            got=lack.got,
            hint=ALONE if lack.incremental else "Let the job copy all tables, or let the pattern name others.",
        )
    return total
