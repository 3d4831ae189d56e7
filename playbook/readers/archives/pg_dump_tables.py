"""How many bytes of each table a dump of PostgreSQL in the custom format holds, read as it comes.

The format is that of ``WriteHead``, ``WriteToc`` and ``_StartData`` of src/bin/pg_dump (pg_backup_archiver.c and
pg_backup_custom.c), 1.12 to 1.16, of PostgreSQL 9 to 18. The bytes are counted as they are packed.
"""

from __future__ import annotations

from collections.abc import Generator

MAGIC = b"PGDMP"
_KNOWN = ((1, 12), (1, 16))  # versions; what a later one adds is not known
_DATA = 1  # how a block of rows begins
_LARGE_OBJECTS = 3
_MOST_ENTRIES = 200_000
_LONGEST = 16 << 20  # bytes of a definition
_TIMES = 7
_EMPTY = 32  # bytes that the end of COPY alone takes, packed

# Yields how many bytes it wants, or as a negative number how many are to be passed over.
Steps = Generator[int, bytes, None]


class PgDumpTables:
    """Pass the bytes of a dump to ``write``, then read ``sizes``."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}  # of tables, by the number of their entries
        self._bytes: dict[int, int] = {}
        self._steps = self._read()
        self._wanted = next(self._steps)
        self._rest = b""
        self._ended = False

    def write(self, data: bytes) -> None:
        """The next bytes."""
        part, at = self._rest + data, 0
        try:
            while not self._ended:
                if self._wanted < 0:
                    passed = min(-self._wanted, len(part) - at)
                    at += passed
                    self._wanted += passed
                    if self._wanted < 0:
                        break
                    self._wanted = self._steps.send(b"")
                elif len(part) - at < self._wanted:
                    break
                else:
                    piece = part[at : at + self._wanted]
                    at += self._wanted
                    self._wanted = self._steps.send(piece)
        except StopIteration:
            self._ended = True
        self._rest = b"" if self._ended else part[at:]

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
            yield 1
        else:
            yield from self._number()
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
        for _ in range(3):
            yield from self._text()
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
        yield -(1 + offset)
        if kind == "TABLE DATA" and name:
            self._names[number] = f"{schema}.{name}" if schema else name
        return kind is not None

    def _blocks(self) -> Steps:
        while True:
            kind = (yield 1)[0]
            number = yield from self._number()
            if kind == _LARGE_OBJECTS:
                while (yield from self._number()):
                    yield from self._chunks()
            elif kind == _DATA:
                self._bytes[number] = yield from self._chunks()
            else:
                return

    def _chunks(self) -> Generator[int, bytes, int]:
        total = 0
        while (size := (yield from self._number())) > 0:
            total += size
            yield -size
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
