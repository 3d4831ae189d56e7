"""Which tables a copy of an SQLite database fills, and with how many bytes, read page by page as it comes.

The format is that of https://sqlite.org/fileformat2.html. A file does not shrink when rows are deleted, so its
size tells nothing of a table that was emptied. What a table spills into overflow pages is not added.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes, before the first page's own header
_INTERIOR, _LEAF = (2, 5), (10, 13)  # of indexes, as which tables without a rowid are kept, and of tables
_TABLES = 13
_MOST_PAGES = 2_000_000  # about 16 MB are kept of so many
_MOST_OF_SCHEMA = 4 << 20  # bytes of pages
_MOST_TABLES = 5000
_DEEPEST = 20
_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes of a number, by its serial type
_OWN = "sqlite_"  # how names of its own tables begin


class SqliteTables:
    """Pass the bytes of a file to ``write``, then read ``sizes``."""

    def __init__(self) -> None:
        self._rest = b""
        self._page_size = self._unused = 0
        self._encoding = "utf-8"
        self._filled = array("I", [0])  # by page: bytes of rows
        self._children: dict[int, array[int]] = {}
        self._kept: dict[int, bytes] = {}  # pages that may belong to the list of tables
        self._wanted = {1}
        self._is_odd = False

    def write(self, data: bytes) -> None:
        """The next bytes."""
        if self._is_odd:
            return
        part = self._rest + data
        if not self._page_size and not self._begin(part):
            self._rest = part
            return
        at = 0
        while len(part) - at >= self._page_size:
            self._page(part[at : at + self._page_size])
            at += self._page_size
        self._rest = part[at:]

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of rows by the names of tables, 0 of an empty one; empty where the file is not understood."""
        try:
            return {} if self._is_odd else {name: self._size(root) for name, root in self._roots()}
        except (IndexError, ValueError, KeyError):
            return {}

    def _begin(self, head: bytes) -> bool:
        if len(head) < _HEADER:
            return False
        size = int.from_bytes(head[16:18], "big")
        self._page_size = 65_536 if size == 1 else size
        self._encoding = _ENCODINGS.get(int.from_bytes(head[56:60], "big"), "utf-8")
        self._is_odd = not head.startswith(MAGIC) or self._page_size < 512
        return not self._is_odd

    def _page(self, page: bytes) -> None:
        number = len(self._filled)
        self._is_odd = self._is_odd or number > _MOST_PAGES
        at = _HEADER if number == 1 else 0
        kind, cells = page[at], int.from_bytes(page[at + 3 : at + 5], "big")
        filled = 0
        if kind in _LEAF and cells:
            filled = max(len(page) - (int.from_bytes(page[at + 5 : at + 7], "big") or len(page)), 0)
        elif kind in _INTERIOR:
            self._children[number] = array("I", _pointers(page, at, cells))
        self._filled.append(filled)
        # Its leaves stand before the pages that list them, or anywhere behind them.
        if number in self._wanted:
            self._wanted.update(self._children.get(number, ()))
        early = kind == _TABLES and number * len(page) <= _MOST_OF_SCHEMA
        if early or (number in self._wanted and len(self._wanted) * len(page) <= _MOST_OF_SCHEMA):
            self._kept[number] = page

    def _roots(self) -> Iterator[tuple[str, int]]:
        """Names and first pages of the tables."""
        count = 0
        for number in self._below(1):
            page, at = self._kept[number], _HEADER if number == 1 else 0
            for place in _places(page, at, at + 8) if page[at] == _TABLES else ():
                kind, name, root = self._row(page[place:])
                count += 1
                if count > _MOST_TABLES:
                    raise ValueError("too many tables")
                if kind == "table" and root and not name.startswith(_OWN):
                    yield name, root

    def _row(self, cell: bytes) -> tuple[str, str, int]:
        """Type, name and first page of an entry of the list of tables."""
        _, at = _varint(cell, 0)
        _, at = _varint(cell, at)
        length, inner = _varint(cell, at)
        kinds = []
        while inner < at + length:
            kind, inner = _varint(cell, inner)
            kinds.append(kind)
        texts, inner = [], at + length
        for kind in kinds[:3]:
            size = (kind - 13) // 2 if kind >= 13 and kind % 2 else 0
            texts.append(cell[inner : inner + size].decode(self._encoding))
            inner += size
        root = int.from_bytes(cell[inner : inner + _INTEGERS.get(kinds[3], 0)], "big")
        return texts[0], texts[1], 1 if kinds[3] == 9 else root

    def _size(self, root: int) -> int:
        """Bytes of the rows of the table that begins at a page."""
        return sum(self._filled[page] for page in self._below(root))

    def _below(self, root: int) -> Iterator[int]:
        """The pages of a tree that hold entries: its leaves, or the root without any."""
        level = [root]
        for _ in range(_DEEPEST):
            yield from (page for page in level if page not in self._children)
            level = [child for page in level for child in self._children.get(page, ())]
            if not level:
                return
            if len(level) > len(self._filled):
                break
        raise ValueError("a tree that does not end")


def _pointers(page: bytes, at: int, cells: int) -> list[int]:
    """The pages below an interior one."""
    below = [int.from_bytes(page[place : place + 4], "big") for place in _places(page, at, at + 12)[:cells]]
    return [*below, int.from_bytes(page[at + 8 : at + 12], "big")]


def _places(page: bytes, at: int, first: int) -> list[int]:
    """Where the cells of a page begin."""
    cells = int.from_bytes(page[at + 3 : at + 5], "big")
    listed = page[first : first + 2 * cells]
    return [int.from_bytes(listed[one : one + 2], "big") for one in range(0, len(listed) - 1, 2)]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next begins."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9
