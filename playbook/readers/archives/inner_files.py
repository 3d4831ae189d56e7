"""Files within an archive whose end shows whether they are whole: dumps of databases, and further archives.

A dump whose program died is packed and summed like a whole one; only its own end shows it. Most programs write a
line or a mark at the end if they write their name at the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from playbook.core import door
from playbook.readers.archives.about_dumps import (
    AOF,
    AOF_MANIFEST,
    CHECKPOINTS,
    DONE,
    TOC,
    Lack,
    Listed,
    left_out,
    wrong_about,
)
from playbook.readers.archives.dump_ends import DumpEnds, program_of
from playbook.readers.archives.dump_statements import Statements
from playbook.readers.archives.dump_tables import Tables
from playbook.readers.archives.dump_times import key_of, made
from playbook.readers.archives.framed import UnsoundError
from playbook.readers.archives.inner_names import name_of
from playbook.readers.archives.lengths import cut_seven_zip, cut_sqlite
from playbook.readers.archives.mongo_collections import MongoCollections
from playbook.readers.archives.packed import LENGTHS_OF_ZSTANDARD, packing_of
from playbook.readers.archives.pg_dump_tables import PgDumpTables
from playbook.readers.archives.sqlite_tables import SqliteTables
from playbook.readers.archives.wholeness import Wholeness

# Packed bytes of all inner files of an archive that are unpacked, and how many times as long as gzip others take.
MAX_PACKED = 100 << 20
_EFFORT = {"bz2": 6, "xz": 3, "zst": 1, "lz4": 0, "gpg": 0, "pgp": 0, "age": 0}
_PACKED_NOTHING = 15  # bytes: frames of Zstandard and LZ4 that hold nothing have 9 to 15
_NOTHING = b"\0 \t\r\n\v\f"  # of a file that a full disk or a crash has left, often only zeros
_SQLITE = b"SQLite format 3\0"
SHOWS_NOTHING = "which shows in no way known here whether it is whole"
"""The doubt about a file of a form without an end of its own, to follow what it is."""
_HEAD, _TAIL = 2048, 4096  # bytes
_CLUSTER = re.compile(rb"-- PostgreSQL database cluster dump\s")  # perhaps of roles alone
# How binary files begin, and whether one with these last bytes is whole. PostgreSQL's custom format ends with the
# length 0 of a block, or with that of an entry without data.
_MARKS: tuple[tuple[tuple[bytes, ...], Callable[[bytes], bool]], ...] = (
    ((b"PGDMP",), lambda tail: tail.endswith(bytes(5))),
    ((b"REDIS0", b"VALKEY"), lambda tail: b"\xff" in (tail[-9:-8], tail[-1:])),
    ((b"PK\x03\x04",), lambda tail: b"PK\x05\x06" in tail),
    ((b"\x6d\xe2\x99\x81",), lambda tail: tail.endswith(b"\xff\xff\xff\xff")),  # mongodump --archive
)
# Binary files that tell of their tables, by how they begin.
_TABLES: dict[bytes, Callable[[], SqliteTables | PgDumpTables | MongoCollections]] = {
    _SQLITE: SqliteTables,
    b"PGDMP": PgDumpTables,
    b"\x6d\xe2\x99\x81": MongoCollections,
}
_NAMES = {
    _SQLITE: "a database of SQLite",
    b"PGDMP": "a dump of PostgreSQL",
    b"\x6d\xe2\x99\x81": "a dump of MongoDB",
}
_LONGEST_MARK = max(map(len, _TABLES))
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_TAR_END = bytes(512)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_STATEMENT = re.compile(
    r"(?im);|^\s*(?:--|/\*|#|\\|go$|(?:alter|begin|copy|create|delete|drop|grant|insert|replace|select|set|update"
    r"|use)\b)"
)
# Statements one below the other, without the words of a program that would show its end (mysqldump --compact).
_ROWS = re.compile(
    rb"(?m)^(?:INSERT INTO|REPLACE INTO|CREATE TABLE) (?:`|[^\n]{0,2000};\r?$)|\A/\*M?![^\n]{1,99}\*/ ?;?\r?\n"
)
_LAST = re.compile(rb"(?:;|\*/|\\\.|(?:^|\n)(?:go|/|(?:--|#|\\)[^\n]*))\s*\Z", re.IGNORECASE)
_PAGE = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html[\s>])")
_ERROR = re.compile(
    r"(?i)\b(?:errors?|fatal|failed|failure|denied|refused|not found|no such|can ?not|could ?n[o']t|unable|unknown"
    r"|not running|not a tty|abort\w{0,3}|insecure|usage:)(?!\w)|^<(?:!doctype|html)"
)


class Documents:
    """Documents of MongoDB one behind the other (https://bsonspec.org)."""

    def __init__(self) -> None:
        self._held = b""
        self._left = 0
        self._are_odd = False

    def write(self, data: bytes) -> None:
        """The next bytes."""
        at = 0
        while at < len(data) and not self._are_odd:
            if self._left:
                done = min(self._left, len(data) - at)
                self._left -= done
                at += done
                continue
            more = 4 - len(self._held)
            self._held += data[at : at + more]
            at += more
            if len(self._held) == 4:
                self._left, self._held = int.from_bytes(self._held, "little") - 4, b""
                self._are_odd = self._left < 1

    @property
    def are_whole(self) -> bool:
        """Whether they end behind one."""
        return not (self._held or self._left or self._are_odd)


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
        documents: bool = False,
        about: str = "",
        bare: bool = False,
    ) -> None:
        """One file.

        Args:
            ending: of its name, where it is packed in a way that is known: ``gz``.
            sealed: otherwise packed, or encrypted: only an empty one is known.
            copied: perhaps a file that its owner has not filled yet.
            text: statements, by its name.
            whole: it is unpacked to its end, not only its beginning.
            documents: of MongoDB, each of which states its length.
            about: its name, where it tells of the files beside it, and may list those that belong to it.
            bare: it is the backup itself, and no member of an archive.
            require_time: called for each piece that is unpacked, as a few bytes can stand for hours of work.
        """
        self._require_time, self._whole, self._bare = require_time, whole, bare
        self._packing = packing_of(ending)
        self._sealed, self._copied, self._text, self._about = sealed, copied, text, about
        self._listed = Listed(about)
        self._documents = Documents() if documents else None
        self._statements = Statements() if text else None
        self._ends = DumpEnds() if text else None
        self._tables: Tables | SqliteTables | PgDumpTables | MongoCollections | None = Tables() if text else None
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
        if self._packing and self._whole and not (self._packing.ended and self._packed_size):
            return "is cut off" if self._packed_size else "is empty"
        is_read = not self._sealed and (self._packing is None or self._packing.unpacks)
        nothing = self._packed_size <= _PACKED_NOTHING or (
            self._packing is not None and self._packing.holds_nothing
        )
        is_empty = not self._head.strip(_NOTHING if self._text else None) if is_read else nothing
        if is_empty:
            return "" if self._copied else "is empty"
        return self._content if is_read and not self._has_enough else ""

    @property
    def beside(self) -> list[str]:
        """The files in its folder that it lists."""
        return self._listed.names(self._head)

    @property
    def left_out(self) -> Lack | None:
        """What the copy beside it leaves out, where it says so."""
        return left_out(self._about, self._head)

    @property
    def key(self) -> str:
        """What tells it from every other dump of the same database; empty where nothing does."""
        return key_of(self._head)

    @property
    def made(self) -> datetime | None:
        """When it was made, by itself, taken as UTC; None where it does not say."""
        return made(self._head, self._tail)

    @property
    def _content(self) -> str:
        head = self._head
        if isinstance(self._tables, PgDumpTables | MongoCollections) and self._tables.is_understood:
            return self._tables.wholeness.problem
        if head.startswith(_SQLITE):
            return cut_sqlite(head, self._size)
        if (self._copied or self._bare) and len(head) == _HEAD and not head.strip(b"\0"):
            return f"begins with {_HEAD:,} zeros, as a crash or a full disk leaves them"  # and no database does
        return wrong_about(self._about, head) or self._wrong_end(head)

    def _wrong_end(self, head: bytes) -> str:
        if head.startswith(_SEVEN_ZIP):
            return cut_seven_zip(head, self._size)
        ends = None if self._about == TOC else self._ends_well
        if ends is not None:
            return "" if ends else "is cut off"
        program = program_of(head)
        if program and self._ends:
            return self._ends.wholeness(program, head, self._tail).problem or self._lacking(head)
        if program and not any(last in self._tail for last in program.lasts):
            return f"breaks off, without the line {program.lasts[0].decode()!r} at its end"
        return "" if program else self._wrong_text() if self._text or not self._copied else ""

    def _lacking(self, head: bytes) -> str:
        """What is wrong with a dump that has its end."""
        told = self._statements
        if told is None:
            return ""
        if told.complaint:
            return f"holds a message of its program ({door.line(told.complaint, 80)})"
        return "" if told.holds or _CLUSTER.search(head) else "holds no table"

    @property
    def has_rows(self) -> bool | None:
        """Whether it fills its tables; None where it creates none, or is no dump of a known program."""
        told = self._statements
        if isinstance(self._tables, PgDumpTables | MongoCollections) or (
            self._bare and isinstance(self._tables, SqliteTables)
        ):
            return self._tables.has_rows if self._whole else None
        is_known = told is not None and program_of(self._head)
        return told.rows if told is not None and is_known and told.tables else None

    @property
    def tables(self) -> dict[str, int]:
        """Bytes of the rows of each table that it fills; empty where that is not known."""
        is_read = self.has_rows if self._text else self._whole and not self.problem
        return self._tables.sizes if self._tables and is_read else {}

    @property
    def wholeness(self) -> Wholeness:
        """Whether it is a dump that is whole by its own form."""
        program = program_of(self._head)
        if problem := self.problem:
            return Wholeness(problem)
        if isinstance(self._tables, SqliteTables | PgDumpTables | MongoCollections):
            return self._tables.wholeness
        if program is None or self._ends is None:
            return Wholeness(doubt=SHOWS_NOTHING)
        if self._statements and self._statements.warned:
            return Wholeness(doubt="a dump with a message of its program in it, which no database reads")
        return self._ends.wholeness(program, self._head, self._tail)

    @property
    def what(self) -> str:
        """What it is, by its beginning: ``a dump of PostgreSQL``."""
        program = program_of(self._head)
        known = next((name for mark, name in _NAMES.items() if self._head.startswith(mark)), "")
        return known or (f"a dump of {program.name}" if program else "a file")

    @property
    def unsummed(self) -> str:
        """What of it no sum covers, to follow "got"."""
        if isinstance(self._tables, SqliteTables | PgDumpTables | MongoCollections):
            return self._tables.unsummed
        return f"{self.what} in plain text, which has none"

    @property
    def _ends_well(self) -> bool | None:
        """Whether it ends as files with its beginning do; None where that is not known."""
        if self._documents:
            return self._documents.are_whole
        for marks, ends_well in _MARKS:
            if self._head.startswith(marks):
                return ends_well(self._tail)
        return self._tail.endswith(_TAR_END) if self._head[257:262] == b"ustar" else None

    def _wrong_text(self) -> str:
        """What is wrong with a text that no known program has begun."""
        if self._text and self._head.startswith(_UTF_16):
            return "is in UTF-16, as PowerShell writes it, which no database reads"
        error = "" if self._copied or self._size > _HEAD else self._error()
        if not error and (self._text or self._bare) and _PAGE.match(self._head):
            return "is a web page instead of a dump"
        if self._size <= _HEAD:
            return error
        is_cut = self._text and _ROWS.search(self._head) and not _LAST.search(self._tail)
        return "breaks off within a statement" if is_cut else ""

    def _error(self) -> str:
        """The message of a program that wrote nothing else; empty where it is no such."""
        try:
            words = self._head.decode()
        except UnicodeDecodeError:
            return ""
        if "\0" in words or _STATEMENT.search(words) or not _ERROR.search(words):
            return ""
        return f"is an error instead of a dump ({door.line(words.strip(), 80)})"

    def _keep(self, data: bytes) -> None:
        if self._documents:
            self._documents.write(data)
        self._listed.write(data)
        if self._statements and self._ends:
            self._statements.write(data)
            self._ends.write(data)
        if self._tables is None and self._size < _LONGEST_MARK <= self._size + len(data):
            self._begin_tables(self._head + data)
        elif self._tables:
            self._tables.write(data)
        self._size += len(data)
        if len(self._head) < _HEAD:
            self._head += data[: _HEAD - len(self._head)]
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]

    def _begin_tables(self, data: bytes) -> None:
        """Read the tables of a binary file from its beginning, if it is of a known kind."""
        if self._about != TOC:
            self._tables = next((reader() for mark, reader in _TABLES.items() if data.startswith(mark)), None)
        if self._tables:
            self._tables.write(data)


def inner_file(path: str, size: int, most: int, require_time: Callable[[], None]) -> tuple[InnerFile | None, int]:
    """The reader of a member that shows by its end whether it is whole, by its name, and the effort of reading it.

    None for others. Of one that takes more effort than ``most`` only the beginning is read, or its lengths.
    """
    found = name_of(path)
    if not found:
        return None, 0
    sealed, copy, about = bool(found["sealed"]), (found["copy"] or "").lower(), (found["about"] or "").lower()
    packed = found["sealed"] or found["packed"] or found["short"] or found["part"] or found["chunk"] or ""
    is_filled = copy == AOF_MANIFEST or about in (TOC, DONE) or about.endswith(CHECKPOINTS)
    ending = packed.lower().replace("bz", "bz2")[:3]
    effort = size * _EFFORT.get(ending, 1) if ending else 0
    whole = effort <= most
    by_lengths = ending == "zst" and not whole
    one = InnerFile(
        require_time,
        ending=LENGTHS_OF_ZSTANDARD if by_lengths else ending,
        sealed=sealed,
        copied=not is_filled and bool(copy or about or found["chunk"]),
        text=bool(found["text"]),
        whole=whole or by_lengths,
        documents=copy == "bson",
        about=about or copy * (copy in (AOF, AOF_MANIFEST)),
    )
    return one, effort if whole else 0
