"""Whether a dump of SQL statements holds any row, and which run of its program has written it. Pure.

A dump of the tables alone, or of an empty database beside the right one, is whole and ends as it should, but a
restore from it gives back nothing.
"""

from __future__ import annotations

import re

# What programs write at the beginning whatever they dump: without it the text is not theirs as it was.
_POSTGRESQL = re.compile(rb"-- PostgreSQL database dump\s.*\nSET statement_timeout", re.DOTALL)
_MYSQL = re.compile(rb"-- (?:MySQL|MariaDB) dump .*\n/\*!\d{5} SET ", re.DOTALL)
# Behind a COPY without rows stands its end at once.
_ROW = re.compile(
    rb"\nCOPY [^\n]{1,4000} FROM stdin;\r?\n(?:[^\\]|\\[^.])"
    rb"|\n(?:INSERT|REPLACE) [A-Z_ ]{0,40}INTO |\nSELECT pg_catalog\.lowrite\("
)
_OVERLAP = 4100
# Since August 2025 pg_dump protects its output with a random key.
_KEY = re.compile(rb"\n\\restrict ([A-Za-z0-9]{16,128})\r?\n")


class Rows:
    """Rows in a text that is written piece by piece."""

    def __init__(self) -> None:
        self.found = False
        self._before = b"\n"

    def write(self, data: bytes) -> None:
        """The next bytes."""
        if self.found:
            return
        data = self._before + data
        self.found = _ROW.search(data) is not None
        self._before = data[-_OVERLAP:]


def tells_rows(head: bytes) -> bool:
    """Whether a text is that of a program which writes rows as statements, by its beginning."""
    return bool(_POSTGRESQL.search(head) or _MYSQL.search(head))


def key_of(head: bytes) -> str:
    """What only this run of pg_dump has written, by the beginning of its output; empty where nothing is known."""
    found = _KEY.search(head)
    return found[1].decode() if found else ""
