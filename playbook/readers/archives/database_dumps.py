"""Dumps of databases within an archive: whether one is empty, or ended while it was still being written.

A dump whose program died is packed and summed like a whole one; only its own end shows it. Each of these programs
writes a line at the end if it writes its name at the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from playbook.readers.archives.packed import Packed, holds_nothing

# Deeper ones belong to the source of a program, whose samples may be empty or cut.
_MOST_FOLDERS = 2
_NAME = re.compile(
    r"(?i)[^/]+\.(?:(?P<copy>sqlite3?|db)"
    r"|(?:sql|dump|pgdump|psql|mysql)"
    r"(?:\.(?P<packed>gz|bz2|xz)|(?P<sealed>(?:\.(?:gz|bz2|xz|zst|lz4|gpg|age|enc)){1,2}))?)"
)
_SQLITE = b"SQLite format 3\0"
# Bytes of one that is unpacked whole, and of all of a form in an archive: seconds. Of others the beginning is.
_WHOLE = {"gz": 100 << 20, "bz2": 16 << 20, "xz": 32 << 20}
_ALL = {"gz": 1 << 60, "bz2": 32 << 20, "xz": 64 << 20}
_HEAD, _TAIL = 2048, 4096  # bytes
_ENDS = (
    (re.compile(rb"-- (?:MySQL|MariaDB) dump "), b"-- Dump completed"),
    (re.compile(rb"-- PostgreSQL database cluster dump\s"), b"-- PostgreSQL database cluster dump complete"),
    (re.compile(rb"-- PostgreSQL database dump\s"), b"-- PostgreSQL database dump complete"),
    (re.compile(rb"\APRAGMA foreign_keys=OFF;\s+BEGIN TRANSACTION;"), b"COMMIT;"),
)
# In the time zone of the machine that wrote it.
_MADE = re.compile(rb"-- Dump completed on (\d{4}-\d\d-\d\d) {1,2}(\d{1,2}):(\d\d):(\d\d)\s*\Z")
_ERROR = re.compile(
    rb"(?:mysqldump|mariadb-dump|pg_dump|pg_dumpall): (?:error:|Error|Got error|Couldn't|\[archiver)[^\r\n]{0,80}"
)


class DatabaseDump:
    """One dump: pass its bytes to ``write``, then read ``problem``."""

    def __init__(
        self,
        size: int,
        *,
        packed: str,
        whole: bool,
        sealed: bool,
        may_be_empty: bool,
        require_time: Callable[[], None],
    ) -> None:
        """One dump.

        Args:
            size: bytes, as stored.
            packed: ``gz``, ``bz2`` or ``xz``; empty for others.
            whole: it is unpacked to its end, not only its beginning.
            sealed: otherwise packed, or encrypted: little is known of it.
            require_time: called for each piece that is unpacked, as a few bytes can stand for hours of work.
        """
        self._size, self._sealed, self._may_be_empty = size, sealed, may_be_empty
        self._packed, self._whole = Packed(packed) if packed else None, whole
        self._require_time = require_time
        self._head = self._tail = b""

    def write(self, piece: bytes) -> None:
        """The next bytes, as stored."""
        if self._packed is None:
            self._keep(piece)
            return
        if not self._whole and len(self._head) == _HEAD:
            return
        for content in self._packed.unpack(piece):
            self._require_time()
            self._keep(content)
            if not self._whole and len(self._head) == _HEAD:
                return

    @property
    def problem(self) -> str:
        """What is wrong with it, to follow its name; empty where nothing is."""
        packed = self._packed
        if packed and (packed.damage or packed.unknown):
            return packed.damage
        if packed and self._whole and not packed.ended:
            return "is cut off" if self._head else "is empty"
        if not self._head.strip() or (self._sealed and holds_nothing(self._head)):
            return "" if self._may_be_empty else "is empty"
        return self._error() if self._sealed else self._of_content()

    def _of_content(self) -> str:
        if self._head.startswith(_SQLITE):
            return "" if self._packed else self._cut_copy()
        for begin, end in _ENDS:
            if begin.search(self._head):
                is_whole = end in self._tail or not self._whole
                return "" if is_whole else f"breaks off, without the line {end.decode()!r} at its end"
        return self._error()

    def _error(self) -> str:
        """Of a small file, LZ4 and Zstandard keep the words."""
        error = (_ERROR.search if self._sealed else _ERROR.match)(self._head)
        return f"is an error instead of a dump ({error[0].decode(errors='replace')})" if error else ""

    @property
    def made(self) -> datetime | None:
        """When it was made, by its last line, taken as UTC; None where that does not say."""
        found = _MADE.search(self._tail)
        if not found:
            return None
        day, hour, minute, second = (part.decode() for part in found.groups())
        try:
            return datetime.fromisoformat(f"{day}T{int(hour):02}:{minute}:{second}+00:00")
        except ValueError:
            return None

    def _cut_copy(self) -> str:
        """Whether a file of SQLite is shorter than its own header says (https://sqlite.org/fileformat.html)."""
        head = self._head
        page = int.from_bytes(head[16:18], "big")
        length = (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
        is_known = len(head) >= 100 and head[24:28] == head[92:96]
        return f"is cut off after {self._size:,} of {length:,} B" if is_known and length > self._size else ""

    def _keep(self, data: bytes) -> None:
        if len(self._head) < _HEAD:
            self._head += data[: _HEAD - len(self._head)]
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]


class DatabaseDumps:
    """The dumps in one archive."""

    def __init__(self) -> None:
        self._left = dict(_ALL)

    def reader_of(self, path: str, size: int, require_time: Callable[[], None]) -> DatabaseDump | None:
        """The reader of a member that is a dump by its name; None for others."""
        folders, _, name = path.rpartition("/")
        found = _NAME.fullmatch(name)
        if not found or folders.count("/") + bool(folders) > _MOST_FOLDERS:
            return None
        packed, whole = (found["packed"] or "").lower(), True
        if packed:
            whole = size <= min(_WHOLE[packed], self._left[packed])
            self._left[packed] -= size if whole else 0
        sealed, may_be_empty = bool(found["sealed"]), bool(found["copy"])
        return DatabaseDump(
            size,
            packed=packed,
            whole=whole,
            sealed=sealed,
            may_be_empty=may_be_empty,
            require_time=require_time,
        )


def is_database_dump(path: str) -> bool:
    """Whether a member is a dump by its name."""
    folders, _, name = path.rpartition("/")
    return bool(_NAME.fullmatch(name)) and folders.count("/") + bool(folders) <= _MOST_FOLDERS
