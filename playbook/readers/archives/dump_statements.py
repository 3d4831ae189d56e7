"""What a dump in SQL holds: tables, rows, and messages of the program that wrote it.

A program that ends well writes its last line also where the database was empty, or where it may not read tables.
"""

from __future__ import annotations

import re

# Each at the beginning of a line, as mysqldump, mariadb-dump, pg_dump and SQLite's .dump write them.
_HOLDS = re.compile(
    rb"\n(?:/\*!\d+ )?(?:CREATE(?:\*/| (?!DATABASE|SCHEMA|EXTENSION))|INSERT |REPLACE |COPY |ALTER TABLE )"
    rb"|\n\s*<(?:table_|row)|\nSELECT pg_catalog\.(?:lo_|lowrite|setval)"
)
_TABLE = re.compile(rb"\nCREATE (?:UNLOGGED |FOREIGN |VIRTUAL )?TABLE |\n\s*<table_structure")
# Rows, and COPY that is not followed by its end at once.
_ROW = re.compile(
    rb"\n(?:/\*!\d+ )?(?:INSERT |REPLACE )|\n\s*<row>|\nCOPY [^\n]{1,4000} FROM stdin;\r?\n(?:[^\\]|\\[^.])"
    rb"|\nSELECT pg_catalog\.lo(?:_|write)"
)
_COMPLAINT = re.compile(
    rb"\n((?:mysqldump|mariadb-dump|mysqlpump|pg_dump|pg_dumpall): "
    rb"(?!\[?warning|[^\n]{1,200} tablespaces)[^\n]{1,400}|-- insufficient privileges to [^\n]{1,400})",
    re.IGNORECASE,
)
_MESSAGE = re.compile(rb"\n(?:mysqldump|mariadb-dump|mysqlpump|pg_dump|pg_dumpall): [^\n]", re.IGNORECASE)
# How all their names end, and what mysqldump --force writes into the dump: three searches of every dump, not six.
_WRITERS = (b"ump: ", b"umpall: ", b"-- insufficient ")
_OVERLAP = 5000  # bytes; longer than what one of the patterns needs
# Names of dumps that are to hold the structure alone, beside another one with the rows.
_STRUCTURE = re.compile(
    r"(?i)schema|structure|ddl|no-?_?data|routines?|triggers?|views?|roles|globals|grants|users"
)


class Statements:
    """Pass the bytes of a dump to ``write``, then read what it holds.

    Attributes:
        holds: there is any statement that creates or fills something.
        tables: it creates a table.
        rows: it fills one.
        complaint: the first message of the program that is no warning.
        warned: there is one that is.
    """

    def __init__(self) -> None:
        self.holds = self.tables = self.rows = False
        self.complaint = ""
        self.warned = False
        self._before = b"\n"

    def write(self, data: bytes) -> None:
        """The next bytes."""
        part = self._before + data
        self.holds = self.holds or _HOLDS.search(part) is not None
        self.tables = self.tables or _TABLE.search(part) is not None
        self.rows = self.rows or _ROW.search(part) is not None
        if not self.complaint and any(writer in part for writer in _WRITERS):
            found = _COMPLAINT.search(part)
            self.complaint = found[1].decode(errors="replace") if found else ""
            self.warned = self.warned or _MESSAGE.search(part) is not None
        self._before = part[-_OVERLAP:]


def is_structure(path: str) -> bool:
    """Whether a dump is to hold the structure alone, by its name."""
    return _STRUCTURE.search(path.rpartition("/")[2]) is not None
