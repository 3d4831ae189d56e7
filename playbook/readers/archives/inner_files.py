"""Files within an archive whose end shows whether they are whole: dumps of databases, and further archives.

A dump whose program died is packed and summed like a whole one; only its own end shows it. Most programs write a
line or a mark at the end if they write their name at the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from playbook.core import door
from playbook.readers.archives.packed import UnsoundError, packing_of

# Deeper ones belong to the source of a program, whose samples may be empty or cut.
_MOST_FOLDERS = 2
_NAME = re.compile(
    r"(?i)[^/]+\.(?:(?P<copy>sqlite3?|db|bak|backup|custom|xml|archive)|(?P<text>sql|pgdump|psql|mysql)"
    r"|(?P<binary>dump|rdb|tar|zip)|t(?P<short>gz|bz2?|xz))"
    r"(?:\.(?P<packed>gz|bz2|xz|zst))?(?P<sealed>(?:\.(?:lz4|gpg|age|enc)){1,2})?"
)
# Packed bytes of all inner files of an archive that are unpacked, and how many times as long as gzip others take.
MAX_PACKED = 100 << 20
_EFFORT = {"bz2": 6, "xz": 3, "zst": 0}
_PACKED_NOTHING = 15  # bytes: frames of Zstandard and LZ4 that hold nothing have 9 to 15
_SQLITE = b"SQLite format 3\0"
_HEAD, _TAIL = 2048, 4096  # bytes
# How a text begins, and what stands at its end if it is whole, in the words of each program.
_ENDS: tuple[tuple[re.Pattern[bytes], tuple[bytes, ...]], ...] = (
    (re.compile(rb"-- (?:MySQL|MariaDB) dump "), (b"-- Dump completed",)),
    (re.compile(rb"-- PostgreSQL database cluster dump\s"), (b"-- PostgreSQL database cluster dump complete",)),
    (re.compile(rb"-- PostgreSQL database dump\s"), (b"-- PostgreSQL database dump complete",)),
    (re.compile(rb"\APRAGMA foreign_keys=OFF;\s+BEGIN TRANSACTION;"), (b"COMMIT;",)),
    (re.compile(rb"SET @OLD_SQL_NOTES=@@SQL_NOTES"), (b"SET SQL_NOTES=@OLD_SQL_NOTES", b"IFNULL(@OLD_SQL_NOTES")),
    (re.compile(rb"<mysqldump[\s>]"), (b"</mysqldump>",)),
)
# How binary files begin, and whether one with these last bytes is whole. PostgreSQL's custom format ends with the
# length 0 of a block, or with that of an entry without data.
_MARKS: tuple[tuple[tuple[bytes, ...], Callable[[bytes], bool]], ...] = (
    ((b"PGDMP",), lambda tail: tail.endswith(bytes(5))),
    ((b"REDIS0", b"VALKEY"), lambda tail: b"\xff" in (tail[-9:-8], tail[-1:])),
    ((b"PK\x03\x04",), lambda tail: b"PK\x05\x06" in tail),
    ((b"\x6d\xe2\x99\x81",), lambda tail: tail.endswith(b"\xff\xff\xff\xff")),  # mongodump --archive
)
_TAR_END = bytes(512)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# In the time zone of the machine that wrote it.
_MADE = re.compile(rb"-- Dump completed on (\d{4}-\d\d-\d\d) {1,2}(\d{1,2}):(\d\d):(\d\d)\s*\Z")
_STATEMENT = re.compile(
    r"(?im);|^\s*(?:--|/\*|#|\\|go$|(?:alter|begin|copy|create|delete|drop|grant|insert|replace|select|set|update"
    r"|use)\b)"
)
_ERROR = re.compile(
    r"(?i)\b(?:errors?|fatal|failed|failure|denied|refused|not found|no such|can ?not|could ?n[o']t|unable|unknown"
    r"|not running|not a tty|abort\w{0,3}|insecure|usage:)(?!\w)|^<(?:!doctype|html)"
)


class InnerFile:
    """One file: pass its bytes to ``write``, then read ``problem``."""

    def __init__(
        self,
        require_time: Callable[[], None],
        *,
        ending: str = "",
        sealed: bool,
        copied: bool = False,
        text: bool = False,
        whole: bool = True,
    ) -> None:
        """One file.

        Args:
            ending: of its name, where it is packed in a way that is known: ``gz``.
            sealed: otherwise packed, or encrypted: only an empty one is known.
            copied: perhaps a file that its owner has not filled yet.
            text: statements, by its name.
            whole: it is unpacked to its end, not only its beginning.
            require_time: called for each piece that is unpacked, as a few bytes can stand for hours of work.
        """
        self._require_time, self._whole = require_time, whole
        self._packing = packing_of(ending)
        self._sealed, self._copied, self._text = sealed, copied, text
        self._head = self._tail = b""
        self._size = self._packed_size = 0
        self._damage = ""

    def write(self, piece: bytes) -> None:
        """The next bytes, as stored."""
        self._packed_size += len(piece)
        if self._packing is None:
            self._keep(piece)
            return
        if self._damage or self._has_enough:
            return
        try:
            for part in self._packing.unpacked(piece):
                self._require_time()
                self._keep(part)
                if self._has_enough:
                    return
        except UnsoundError:
            self._damage = f"is no sound {self._packing.form} file"

    @property
    def _has_enough(self) -> bool:
        return not self._whole and len(self._head) == _HEAD

    @property
    def problem(self) -> str:
        """What is wrong with it, to follow its name; empty where nothing is."""
        if self._damage:
            return self._damage
        if self._packing and self._whole and not self._packing.ended:
            return "is cut off" if self._packed_size else "is empty"
        is_read = not self._sealed and (self._packing is None or self._packing.unpacks)
        is_empty = not self._head.strip() if is_read else self._packed_size <= _PACKED_NOTHING
        if is_empty:
            return "" if self._copied else "is empty"
        return self._content if is_read and not self._has_enough else ""

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

    @property
    def _content(self) -> str:
        head = self._head
        if head.startswith(_SQLITE):
            return self._cut_copy()
        for begin, ends in _ENDS:
            if begin.search(head):
                is_whole = any(end in self._tail for end in ends)
                return "" if is_whole else f"breaks off, without the line {ends[0].decode()!r} at its end"
        for marks, ends_well in _MARKS:
            if head.startswith(marks):
                return "" if ends_well(self._tail) else "is cut off"
        if head[257:262] == b"ustar":
            return "" if self._tail.endswith(_TAR_END) else "is cut off"
        if self._text and head.startswith(_UTF_16):
            return "is in UTF-16, as PowerShell writes it, which no database reads"
        return "" if self._copied or self._size > _HEAD else self._error()

    def _error(self) -> str:
        """The message of a program that wrote nothing else; empty where it is no such."""
        try:
            words = self._head.decode()
        except UnicodeDecodeError:
            return ""
        if "\0" in words or _STATEMENT.search(words) or not _ERROR.search(words):
            return ""
        return f"is an error instead of a dump ({door.line(words.strip(), 80)})"

    def _cut_copy(self) -> str:
        """Whether a file of SQLite is shorter than its own header says (https://sqlite.org/fileformat.html)."""
        head = self._head
        page = int.from_bytes(head[16:18], "big")
        length = (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
        is_known = len(head) >= 100 and head[24:28] == head[92:96]
        return f"is cut off after {self._size:,} of {length:,} B" if is_known and length > self._size else ""

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if len(self._head) < _HEAD:
            self._head += data[: _HEAD - len(self._head)]
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]


def is_database_dump(path: str) -> bool:
    """Whether a member is the dump or the copy of a database, by its name."""
    found = _name_of(path)
    return found is not None and (found["binary"] or "").lower() not in ("tar", "zip") and not found["short"]


def inner_file(path: str, size: int, most: int, require_time: Callable[[], None]) -> tuple[InnerFile | None, int]:
    """The reader of a member that shows by its end whether it is whole, by its name, and the effort of reading it.

    None for others. Of one that takes more effort than ``most`` only the beginning is read.
    """
    found = _name_of(path)
    if not found:
        return None, 0
    sealed = bool(found["sealed"])
    ending = "" if sealed else (found["packed"] or found["short"] or "").lower().replace("bz", "bz2")[:3]
    effort = size * _EFFORT.get(ending, 1) if ending else 0
    whole = effort <= most
    copied, text = bool(found["copy"]), bool(found["text"])
    one = InnerFile(require_time, ending=ending, sealed=sealed, copied=copied, text=text, whole=whole)
    return one, effort if whole else 0


def _name_of(path: str) -> re.Match[str] | None:
    folders, _, name = path.rpartition("/")
    return None if folders.count("/") + bool(folders) > _MOST_FOLDERS else _NAME.fullmatch(name)
