"""Which tables a copy of an SQLite database fills, with how many bytes, and whether it is whole, page by page.

It is whole if it is as long as its header says, and if every page of the trees of its tables and indexes is one.
Pages have no sum, and whether the copy was made while somebody wrote is not known: ``.backup`` and ``VACUUM
INTO`` are safe from that.

The format is that of https://sqlite.org/fileformat2.html. A file does not shrink when rows are deleted, so its
size tells nothing of a table that was emptied. What a table spills into overflow pages is not added.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from playbook.core.wording import plural
from playbook.readers.archives.lengths import cut_sqlite
from playbook.readers.archives.wholeness import Wholeness

MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes, before the first page's own header
_LOCKED = 1 << 30  # byte whose page is never written
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
    """Pass the bytes of a file to ``write``, then read ``sizes`` and ``wholeness``.

    Attributes:
        unsummed: what of it no sum covers, to follow "got".
    """

    unsummed = "a database of SQLite, whose pages have none"

    def __init__(self) -> None:
        self._head = b""
        self._size = self._zeros = 0
        self._kinds = bytearray(1)  # by page: the first byte of it
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
        self._size += len(data)
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
            tables = [(name, root) for kind, name, root in self._roots() if kind == "table"]
            return {} if self._is_odd else {name: self._size_of(root) for name, root in tables}
        except (IndexError, ValueError, KeyError, OverflowError):
            return {}

    def _begin(self, head: bytes) -> bool:
        if len(head) < _HEADER:
            return False
        self._head = head[:_HEADER]
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
        self._kinds.append(kind)
        self._zeros += not (kind or page.strip(b"\0"))
        # Its leaves stand before the pages that list them, or anywhere behind them.
        if number in self._wanted:
            self._wanted.update(self._children.get(number, ()))
        early = kind == _TABLES and number * len(page) <= _MOST_OF_SCHEMA
        if early or (number in self._wanted and len(self._wanted) * len(page) <= _MOST_OF_SCHEMA):
            self._kept[number] = page

    @property
    def has_rows(self) -> bool | None:
        """Whether it fills a table; None where that is not known."""
        return any(self.sizes.values()) if self.wholeness == Wholeness() else None

    @property
    def wholeness(self) -> Wholeness:
        """Whether each page is there that its header and its trees name."""
        cut = cut_sqlite(self._head, self._size) if len(self._head) == _HEADER else "is cut off within its header"
        if cut:
            return Wholeness(cut)
        if self._is_odd:
            return Wholeness(
                doubt="a database of SQLite whose header is not understood here, or of too many pages"
            )
        stated = int.from_bytes(self._head[28:32], "big") * self._page_size
        if self._head[24:28] != self._head[92:96] or stated != self._size:
            return Wholeness(doubt=f"a database of SQLite of {self._size:,} B whose header says {stated:,} B")
        return self._trees

    @property
    def _trees(self) -> Wholeness:
        """As ``wholeness``, of a file that is as long as its header says."""
        try:
            lost = self._lost()
        except (KeyError, OverflowError):
            return Wholeness(doubt="a database of SQLite with a list of tables that is too long to be read here")
        except (IndexError, ValueError):
            return Wholeness("holds a list of tables that leads nowhere")
        if lost:
            return Wholeness(f"holds tables of which {plural(lost, 'page')} cannot be read")
        free = int.from_bytes(self._head[36:40], "big")
        if self._zeros > free + (self._size > _LOCKED):
            doubt = f"a database of SQLite with {self._zeros:,} pages of zeros, of which {free:,} are free"
            return Wholeness(doubt=doubt)
        return Wholeness()

    def _lost(self) -> int:
        """How many pages of the trees are none of a tree."""
        roots = {1, *(root for _, _, root in self._roots())}
        known = (*_INTERIOR, *_LEAF)
        return sum(self._kinds[page] not in known for root in roots for page in self._below(root))

    def _roots(self) -> Iterator[tuple[str, str, int]]:
        """Kinds, names and first pages of the tables and indexes."""
        count = 0
        for number in self._below(1):
            page, at = self._kept[number], _HEADER if number == 1 else 0
            for place in _places(page, at, at + 8) if page[at] == _TABLES else ():
                kind, name, root = self._row(page[place:])
                count += 1
                if count > _MOST_TABLES:
                    raise OverflowError("too many tables")
                if root and not (kind == "table" and name.startswith(_OWN)):
                    yield kind, name, root

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

    def _size_of(self, root: int) -> int:
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
