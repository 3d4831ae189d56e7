"""Which tables a dump in SQL fills, and with how many bytes.

A dump that ends well may lack a table: after ``--exclude-table``, another schema, or rows that somebody deleted.
"""

from __future__ import annotations

import re
from functools import lru_cache

# The beginnings of statements, as pg_dump, mysqldump, mariadb-dump and SQLite's .dump write them. What follows a
# statement that fills a table belongs to it until the next one, or until COPY's own end.
_BEGINNINGS = (
    rb"(?:COPY (?P<copy>[^\s(]{1,300})[^\n]*|(?P<insert>(?:INSERT|REPLACE) INTO (?P<into>[^\s(]{1,300}))"
    rb"|\\\.|(?:ALTER|COMMIT|CREATE|SELECT|SET|UNLOCK)\b|/\*!)"
)
_STATEMENT = re.compile(rb"\n" + _BEGINNINGS)
_QUOTES = bytes.maketrans(b"", b""), b'`"'
_LONGEST = 5000  # bytes of a beginning
_MOST = 5000  # tables


class Tables:
    """Pass the bytes of a dump to ``write``, then read ``sizes``: bytes of rows by the names of tables."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self._filling: str | None = None
        self._next = _STATEMENT
        self._rest = b"\n"

    def write(self, data: bytes) -> None:
        """The next bytes."""
        part = self._rest + data
        end = part.rfind(b"\n")
        if len(part) - end > _LONGEST:
            end = len(part)
        done = 0
        while found := self._next.search(part, done, end):
            self._add(found.start() - done)
            name = found["copy"] or found["into"]
            self._filling = name.translate(*_QUOTES).decode(errors="replace") if name else None
            self._next = _after(found["insert"]) if found["insert"] else _STATEMENT
            done = found.end()
        self._add(end - done)
        self._rest = part[end:]

    def _add(self, size: int) -> None:
        if self._filling is not None and (self._filling in self.sizes or len(self.sizes) < _MOST):
            self.sizes[self._filling] = self.sizes.get(self._filling, 0) + size


@lru_cache(maxsize=64)
def _after(insert: bytes) -> re.Pattern[bytes]:
    """The next statement that does not begin in the same way: there may be one for each row."""
    return re.compile(rb"\n(?!%s[\s(])%s" % (re.escape(insert), _BEGINNINGS))
