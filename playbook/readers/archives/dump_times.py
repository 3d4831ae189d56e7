"""When a dump was made, by what its program wrote into it. Pure.

A job that packs the same old dump every night has new archives, and their dates are the copies'.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from playbook.core.wording import moment

# At the end of mysqldump's; at the beginning of the others: pg_dump --verbose, PostgreSQL's backup_label,
# mydumper's metadata, and the xtrabackup_info of Percona and MariaDB.
_LAST = re.compile(rb"-- Dump completed on (\d{4}-\d\d-\d\d) {1,2}(\d{1,2}):(\d\d):(\d\d)\s*\Z")
_FIRST = re.compile(
    rb"(?m)^(?:-- Started on |START TIME: |(?:# )?Started dump at: |start_time = )"
    rb"(\d{4}-\d\d-\d\d)[ T](\d{1,2}):(\d\d):(\d\d)"
)
# The field ctime of Redis' dumps, as four bytes: https://rdb.fnordig.de/file_format.html
_OF_REDIS = re.compile(rb"\xfa\x05ctime\xc2(....)", re.DOTALL)
_PG_DUMP = b"PGDMP"
_ZONELESS = 7  # numbers of a struct tm in pg_dump's header, the last of which is no time

_STALE = timedelta(hours=48)  # a time without a zone may be up to 14 hours off
_KEY = re.compile(rb"\n\\restrict ([A-Za-z0-9]{16,128})\r?\n")


@dataclass(frozen=True, slots=True)
class Times:
    """When what is in an archive was made.

    Attributes:
        made: of each dump that says so, when it was made.
        databases: dumps of databases by their names, whether they were read or not.
        newest: when the newest file was written, by the archive; None where it has no times.
        keys: of each dump that has one, what no other run of its program writes.
        tables: of each dump or copy whose tables are known, the bytes of rows by their names.
    """

    made: Mapping[str, datetime] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    newest: datetime | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def stale(self, packed: datetime) -> str:
        """What is much older than the archive that was packed then, as by a job that packs an old dump."""
        old = packed - _STALE
        dumps = [f"{path} of {moment(time)}" for path, time in self.made.items() if time < old]
        if not dumps and self.databases and self.newest and self.newest < old:
            return f"nothing newer than {moment(self.newest)}"
        return ", ".join(dumps)


def made(head: bytes, tail: bytes) -> datetime | None:
    """The time in the first and the last bytes of a file; None where they do not say.

    Taken as UTC, though most programs write the time of their machine.
    """
    if head.startswith(_PG_DUMP):
        return _of_pg_dump(head)
    if found := _OF_REDIS.search(head) if head.startswith((b"REDIS0", b"VALKEY")) else None:
        return datetime.fromtimestamp(struct.unpack("<I", found[1])[0], UTC)
    found = _LAST.search(tail) or _FIRST.search(head)
    if found is None:
        return None
    day, hour, minute, second = (part.decode() for part in found.groups())
    try:
        return datetime.fromisoformat(f"{day}T{int(hour):02}:{minute}:{second}+00:00")
    except ValueError:
        return None


def key_of(head: bytes) -> str:
    """What only this run of pg_dump has written, by the beginning of its output; empty where nothing is known.

    Since August 2025 it protects its output with a random key.
    """
    found = _KEY.search(head)
    return found[1].decode() if found else ""


def _of_pg_dump(head: bytes) -> datetime | None:
    """By the header of its custom format and of toc.dat: ReadHead of pg_backup_archiver.c."""
    if len(head) < 11:
        return None
    version, size, at = tuple(head[5:7]), head[8], 11
    at += 1 if version >= (1, 15) else 1 + size  # how it is packed: one byte, or a number
    numbers = []
    for _ in range(_ZONELESS):
        numbers.append(int.from_bytes(head[at + 1 : at + 1 + size], "little"))
        at += 1 + size
    second, minute, hour, day, month, year, _ = numbers
    try:
        return datetime(1900 + year, 1 + month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
