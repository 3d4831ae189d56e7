"""How many bytes of each table a dump of PostgreSQL in the custom format holds, and whether it is whole.

It ends behind the last block of rows, without a mark: its table of contents says of what there must be one.
Where the program could write that table anew at its end, as into a file, it also says where each block begins.
The rows are packed with a sum, unless another packing is asked for; the table of contents has none.

The format is that of ``WriteHead``, ``WriteToc`` and ``_StartData`` of src/bin/pg_dump (pg_backup_archiver.c and
pg_backup_custom.c), 1.12 to 1.16, of PostgreSQL 9 to 18. The bytes are counted as they are packed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from playbook.core.wording import plural
from playbook.readers.archives.pg_dump_rows import GZIP, NONE, PackedRows
from playbook.readers.archives.wholeness import Wholeness

MAGIC = b"PGDMP"
_KNOWN = ((1, 12), (1, 16))  # versions; what a later one adds is not known
_DATA = 1  # how a block of rows begins
_LARGE_OBJECTS = 3
_MOST_ENTRIES = 200_000
_LONGEST = 16 << 20  # bytes of a definition
_TIMES = 7
_EMPTY = 32  # bytes that the end of COPY alone takes, packed
_EMPTY_COPY = 6  # bytes of it, not packed
_PLACED, _NO_DATA = 2, 3  # what an entry says of its block: where it begins, or that there is none
_NOT_PLACED = 1
# What every dump has, and what holds nothing by itself.
_OF_ANY = frozenset(
    {
        "ENCODING",
        "STDSTRINGS",
        "SEARCHPATH",
        "DATABASE",
        "DATABASE PROPERTIES",
        "SCHEMA",
        "EXTENSION",
        "COMMENT",
        "ACL",
    }
)

# Yields how many bytes it wants, or as a negative number how many are to be passed over.
Steps = Generator[int, bytes, None]


class PgDumpTables:
    """Pass the bytes of a dump to ``write``, then read ``sizes`` and ``wholeness``.

    Attributes:
        unsummed: what of it no sum covers, to follow "got"; the rows have one in most dumps.
    """

    unsummed = "a dump of PostgreSQL whose table of contents has none"

    def __init__(self) -> None:
        self._names: dict[int, str] = {}  # of tables, by the number of their entries
        self._bytes: dict[int, int] = {}
        self._places: dict[int, int] = {}  # of the blocks that there must be; 0 where it is not known
        self._copied: set[int] = set()  # entries whose rows are those of COPY
        self._kinds: set[str] = set()
        self._has_rows = False
        self._problem = self._doubt = ""
        self._is_between = self._is_odd = False  # before a block or the end; behind something that is not known
        self._position = 0
        self._sink: Callable[[bytes], None] | None = None
        self._steps = self._read()
        self._wanted = next(self._steps)
        self._rest = b""
        self._ended = False

    def write(self, data: bytes) -> None:
        """The next bytes."""
        if self._ended:
            return
        part, at = self._rest + data, 0
        begin = self._position
        try:
            while not self._ended:
                self._position = begin + at
                if self._wanted < 0:
                    passed = min(-self._wanted, len(part) - at)
                    if self._sink:
                        self._sink(part[at : at + passed])
                    at += passed
                    self._wanted += passed
                    if self._wanted < 0:
                        break
                    self._position = begin + at
                    self._wanted = self._steps.send(b"")
                elif len(part) - at < self._wanted:
                    break
                else:
                    piece = part[at : at + self._wanted]
                    at += self._wanted
                    self._position = begin + at
                    self._wanted = self._steps.send(piece)
        except StopIteration:
            self._ended = self._is_odd = True
        self._position = begin + at
        self._rest = b"" if self._ended else part[at:]

    @property
    def is_understood(self) -> bool:
        """Whether its version is known, and its table of contents was read as far as it goes."""
        return bool(self._kinds) or not self._ended

    @property
    def wholeness(self) -> Wholeness:
        """Whether each block is there, and nothing else."""
        if not self.is_understood:
            return Wholeness(doubt="a dump of PostgreSQL whose table of contents is not understood here")
        missing = self._places.keys() - self._bytes.keys()
        if self._problem or (self._is_odd and not missing):
            return Wholeness(self._problem, "a dump of PostgreSQL behind whose last rows there is more")
        if missing or not self._is_between or self._rest:
            lacks = f", without the rows of {plural(len(missing), 'table')}" if missing else ""
            return Wholeness(f"is cut off after {self._position + len(self._rest):,} B{lacks}")
        return Wholeness(doubt=self._doubt)

    @property
    def has_rows(self) -> bool | None:
        """Whether it fills its tables; None where it is to hold neither, as one of functions alone."""
        if not self._kinds or self._has_rows:
            return self._has_rows or None
        return None if self._kinds - _OF_ANY - {"TABLE"} and "TABLE" not in self._kinds else False

    @property
    def sizes(self) -> dict[str, int]:
        """Packed bytes of the rows by the names of tables, 0 of an empty one; empty where it is not understood."""
        sizes = {self._names[number]: size for number, size in self._bytes.items() if number in self._names}
        return {name: size if size > _EMPTY else 0 for name, size in sizes.items()}

    def _read(self) -> Steps:
        head = yield len(MAGIC) + 6
        version, self._size = tuple(head[5:7]), head[8]
        offset = head[9]
        if not head.startswith(MAGIC) or not _KNOWN[0] <= version <= _KNOWN[1] or self._size not in (4, 8):
            return
        if version >= (1, 15):
            self._packing = (yield 1)[0]
        else:
            self._packing = GZIP if (yield from self._number()) else NONE
        for _ in range(_TIMES):
            yield from self._number()
        for _ in range(3):
            yield from self._text()
        entries = yield from self._number()
        if not 0 <= entries <= _MOST_ENTRIES:
            return
        for _ in range(entries):
            if not (yield from self._entry(version, offset)):
                return
        yield from self._blocks()

    def _entry(self, version: tuple[int, ...], offset: int) -> Generator[int, bytes, bool]:
        number = yield from self._number()
        yield from self._number()
        yield from self._text()
        yield from self._text()
        name = yield from self._text()
        kind = yield from self._text()
        yield from self._number()
        for _ in range(2):
            yield from self._text()
        copy = yield from self._text()
        schema = yield from self._text()
        yield from self._text()
        if version >= (1, 14):
            yield from self._text()
        if version >= (1, 16):
            yield from self._number()
        yield from self._text()
        yield from self._text()
        while (yield from self._text()) is not None:
            pass
        place = yield 1 + offset
        if place[0] in (_NOT_PLACED, _PLACED):
            self._places[number] = int.from_bytes(place[1:], "little") if place[0] == _PLACED else 0
        elif place[0] != _NO_DATA:
            return False
        if kind == "TABLE DATA" and name:
            self._names[number] = f"{schema}.{name}" if schema else name
        if copy:
            self._copied.add(number)
        self._kinds.add(kind or "")
        return kind is not None

    def _blocks(self) -> Steps:
        while True:
            begin, self._is_between = self._position, True
            kind = (yield 1)[0]
            self._is_between = False
            if kind not in (_DATA, _LARGE_OBJECTS):
                return
            number = yield from self._number()
            if number not in self._places or number in self._bytes:
                return
            if self._places[number] not in (0, begin):
                self._problem = (
                    f"has the rows of {self._names.get(number, 'an entry')} in another place than it says"
                )
                return
            total = 0
            if kind == _LARGE_OBJECTS:
                while (yield from self._number()):
                    total += yield from self._chunks(number)
            else:
                total = yield from self._chunks(number)
            self._bytes[number] = total

    def _chunks(self, number: int) -> Generator[int, bytes, int]:
        total = 0
        rows = PackedRows(self._packing, is_copy=number in self._copied)
        self._sink = rows.write
        while (size := (yield from self._number())) > 0:
            total += size
            yield -size
        self._sink = None
        rows.end()
        name = self._names.get(number, "large objects")
        if size < 0 or rows.problem:
            self._problem = self._problem or f"has rows of {name} that {rows.problem or 'break off'}"
        elif not rows.is_known:
            self._doubt = self._doubt or f"a dump of PostgreSQL with rows of {name} that are not understood here"
        is_copy = number in self._copied
        self._has_rows = self._has_rows or rows.size > _EMPTY_COPY * is_copy or (not rows.is_known and total > 0)
        return total

    def _number(self) -> Generator[int, bytes, int]:
        data = yield 1 + self._size
        value = int.from_bytes(data[1:], "little")
        return -value if data[0] else value

    def _text(self) -> Generator[int, bytes, str | None]:
        size = yield from self._number()
        if size < 0:
            return None
        if size > _LONGEST:
            yield -size
            return ""
        return (yield size).decode(errors="replace") if size else ""
