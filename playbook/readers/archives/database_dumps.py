"""Dumps of databases within an archive: whether one is empty, or ended while it was still being written.

A dump whose program died is packed and summed like a whole one; only its own end shows it. Each of these programs
writes a line at the end if it writes its name at the beginning.
"""

from __future__ import annotations

import re
import zlib
from datetime import datetime

# Deeper ones belong to the source of a program, whose samples may be empty or cut.
_MOST_FOLDERS = 2
_NAME = re.compile(
    r"(?i)[^/]+\.(?:(?P<copy>sqlite3?|db)"
    r"|(?:sql|dump|pgdump|psql|mysql)(?:(?P<packed>\.gz)|(?P<sealed>(?:\.(?:gz|bz2|xz|zst|lz4|gpg|age|enc)){1,2}))?)"
)
_SQLITE = b"SQLite format 3\0"
_MAX_PACKED = 100 << 20  # bytes; a larger one takes too long to unpack
_UNPACKED_AT_ONCE = 1 << 20
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

    def __init__(self, size: int, *, packed: bool, sealed: bool, may_be_empty: bool) -> None:
        """One dump.

        Args:
            size: bytes, as stored.
            packed: by gzip.
            sealed: otherwise packed, or encrypted: only an empty one is known.
        """
        self._size, self._sealed, self._may_be_empty = size, sealed, may_be_empty
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None
        self._head = self._tail = b""
        self._damage = ""

    def write(self, piece: bytes) -> None:
        """The next bytes, as stored."""
        if self._unpacker is None:
            self._keep(piece)
            return
        try:
            while piece and not self._damage:
                if self._unpacker.eof:  # several files of gzip, one after the other, are one
                    piece = piece.lstrip(b"\0")
                    self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if piece else self._unpacker
                    continue
                self._keep(self._unpacker.decompress(piece, _UNPACKED_AT_ONCE))
                piece = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        except zlib.error:
            self._damage = "is no sound gzip file"

    @property
    def problem(self) -> str:
        """What is wrong with it, to follow its name; empty where nothing is."""
        if self._damage:
            return self._damage
        if self._unpacker is not None and not self._unpacker.eof:
            return "is cut off" if self._head else "is empty"
        is_empty = not self._head.strip()
        if is_empty or self._sealed:
            return "is empty" if is_empty and not self._may_be_empty else ""
        if self._head.startswith(_SQLITE):
            return self._cut_copy()
        for begin, end in _ENDS:
            if begin.search(self._head):
                return "" if end in self._tail else f"breaks off, without the line {end.decode()!r} at its end"
        error = _ERROR.match(self._head)
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


def is_database_dump(path: str) -> bool:
    """Whether a member is a dump by its name."""
    folders, _, name = path.rpartition("/")
    return bool(_NAME.fullmatch(name)) and folders.count("/") + bool(folders) <= _MOST_FOLDERS


def database_dump(path: str, size: int) -> DatabaseDump | None:
    """The reader of a member that is a dump by its name; None for others, and for those that take too long."""
    folders, _, name = path.rpartition("/")
    found = _NAME.fullmatch(name)
    if not found or folders.count("/") + bool(folders) > _MOST_FOLDERS:
        return None
    packed = bool(found["packed"])
    if packed and size > _MAX_PACKED:
        return None
    sealed, may_be_empty = bool(found["sealed"]), bool(found["copy"])
    return DatabaseDump(size, packed=packed, sealed=sealed, may_be_empty=may_be_empty)
