"""Whether a dump in SQL has its end, by the lines that its program writes first and last.

pg_dump, pg_dumpall, mysqldump, mariadb-dump, mysqlpump and SQLite's .dump write one at the end of each dump, and
several dumps may stand one behind the other in a file. Without comments (``--skip-comments``) MySQL's programs end
with the statements that restore the session's settings; with ``--compact`` nothing shows the end.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from playbook.core import door
from playbook.readers.archives.wholeness import Wholeness

_OVERLAP = 4500  # bytes; longer than a line that is looked for
_MANY_ZEROS = 32  # bytes
_BINARY = 64  # first bytes of a text, among which no zero is
# Rows of COPY may hold any words, and a function may hold some of them. Since August 2025 a key is written before
# and behind what psql is to run.
_LINE = re.compile(
    rb"\n(?:(?P<copy>COPY [^\n]{1,4000} FROM stdin;)|(?P<over>\\\.)"
    rb"|\\(?P<restrict>(?:un)?restrict) (?P<key>\w{1,200})"
    rb"|(?P<begin>-- PostgreSQL database dump\r?\n--)|(?P<postgresql>-- PostgreSQL database dump complete)"
    rb"|(?P<cluster>-- PostgreSQL database cluster dump)"
    rb"|(?P<cluster_end>-- PostgreSQL database cluster dump complete)"
    rb"|(?P<mysql>-- (?:MySQL|MariaDB) dump \d[^\n]{0,200})"
    rb"|(?P<mysql_end>-- Dump completed(?: on [-\d: ]{10,30})?)"
    rb")(?=\r?\n)"
)
_KINDS = ("postgresql", "cluster", "mysql")
_KEY = rb"(?:\s*\\unrestrict \w+)?"
_REMARK = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:--|/\*|#|<\?xml)")
_REMARKS = rb"(?:\s*--[^\n]*)*\s*\Z"


class Program(NamedTuple):
    """A program, and how its output begins and ends.

    Attributes:
        lasts: of which one stands at the end.
        end: the same as all that may stand there.
    """

    name: str
    begin: re.Pattern[bytes]
    lasts: tuple[bytes, ...]
    end: re.Pattern[bytes]


PROGRAMS = (
    Program(
        "MySQL or MariaDB",
        re.compile(rb"-- (?:MySQL|MariaDB) dump "),
        (b"-- Dump completed",),
        re.compile(rb"\n-- Dump completed(?: on \d{4}-\d\d-\d\d {1,2}\d{1,2}:\d\d:\d\d)?" + _REMARKS),
    ),
    Program(
        "PostgreSQL's whole cluster",
        re.compile(rb"-- PostgreSQL database cluster dump\s"),
        (b"-- PostgreSQL database cluster dump complete",),
        re.compile(rb"\n-- PostgreSQL database cluster dump complete" + _REMARKS),
    ),
    Program(
        "PostgreSQL",
        re.compile(rb"-- PostgreSQL database dump\s"),
        (b"-- PostgreSQL database dump complete",),
        re.compile(rb"\n-- PostgreSQL database dump complete\s+--" + _KEY + _REMARKS),
    ),
    Program(
        "SQLite",
        re.compile(rb"\A(?:PRAGMA foreign_keys=OFF;\s+)?BEGIN TRANSACTION;"),
        (b"COMMIT;",),
        re.compile(rb"\nCOMMIT;" + _REMARKS),
    ),
    Program(
        "MySQL or MariaDB",
        re.compile(rb"SET @OLD_(?:SQL_NOTES=@@SQL_NOTES|NOTE_VERBOSITY=@@NOTE_VERBOSITY)"),
        (b"SET SQL_NOTES=@OLD_SQL_NOTES", b"IFNULL(@OLD_SQL_NOTES", b"SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY"),
        re.compile(
            rb"\n/\*M?!\d{5,6} SET (?:SQL_NOTES|NOTE_VERBOSITY)=(?:IFNULL\()?@OLD_[^\n]{1,200}\*/;" + _REMARKS
        ),
    ),
    Program(
        "MySQL or MariaDB",
        re.compile(rb"<mysqldump[\s>]"),
        (b"</mysqldump>",),
        re.compile(rb"\n</mysqldump>\s*\Z"),
    ),
    Program(
        "MySQL",
        re.compile(rb"-- Dump created by MySQL pump utility"),
        (b"-- Dump end time: ",),
        re.compile(rb"\n-- Dump end time: [^\n]+" + _REMARKS),
    ),
    Program(  # what it writes beside its dumps
        "mydumper", re.compile(rb"\A(?:# )?Started dump at: "), (b"Finished dump at: ",), re.compile(rb"(?!)")
    ),
)


class DumpEnds:
    """Pass the bytes of a dump to ``write``, then read ``wholeness``."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._key = b""  # of \restrict that is open
        self._is_in_rows = False
        self._before = b"\n"
        self._looked_to = 0  # in what is held
        self._zeros = ""

    def write(self, data: bytes) -> None:
        """The next bytes."""
        part = self._before + data
        self._look(part)
        if b"\0" in data:
            many = bytes(_MANY_ZEROS) in part
            self._zeros = "many" if many else self._zeros or "some"
        kept = part[-_OVERLAP:]
        self._looked_to = max(0, self._looked_to - (len(part) - len(kept)))
        self._before = kept

    def _look(self, part: bytes) -> None:
        for line in _LINE.finditer(part, self._looked_to):
            self._looked_to = line.end()
            if line["begin"]:  # also of one behind another that broke off within its rows
                self._begun["postgresql"] += 1
                self._is_in_rows = False
            elif self._is_in_rows:
                self._is_in_rows = not line["over"]
            elif line["copy"]:
                self._is_in_rows = True
            elif line["restrict"]:
                is_open = line["restrict"] == b"restrict"
                self._key = line["key"] if is_open else b"" if line["key"] == self._key else self._key
            else:
                self._count(line)

    def _count(self, line: re.Match[bytes]) -> None:
        for kind, of in (("postgresql", self._ended), ("cluster", self._begun), ("mysql", self._begun)):
            of[kind] += bool(line[kind])
        for kind in ("cluster", "mysql"):
            self._ended[kind] += bool(line[f"{kind}_end"])

    def wholeness(self, program: Program, head: bytes, tail: bytes) -> Wholeness:
        """Whether the dump of this program is whole.

        Args:
            head: its first bytes, in which the program is named.
            tail: its last bytes.
        """
        self._look(self._before + b"\n")
        if not any(last in tail for last in program.lasts):
            return Wholeness(f"breaks off, without the line {program.lasts[0].decode()!r} at its end")
        if problem := self._problem:
            return Wholeness(problem)
        return Wholeness(doubt=self._doubt(program, head, tail))

    def _doubt(self, program: Program, head: bytes, tail: bytes) -> str:
        """Why it is not known to be whole, as ``wholeness``; empty where it is."""
        for kind in _KINDS:
            begun, ended = self._begun[kind], self._ended[kind]
            if ended > begun:
                return f"a dump in which {begun} begin and {ended} end"
        if self._zeros:
            return "a dump with zeros in it"
        if stray := _stray(program, head):
            return f"a dump before whose beginning there is more ({door.line(stray, 80)})"
        if not program.end.search(tail):
            rest = tail.rstrip().rpartition(b"\n")[2].decode(errors="replace")
            return f"a dump behind whose end there is more ({door.line(rest, 80)})"
        return ""

    @property
    def _problem(self) -> str:
        """What is wrong before its end, to follow its name; empty where nothing is."""
        if self._zeros == "many":
            return "holds zeros, as a crash or a full disk leaves them"
        if self._is_in_rows:
            return "breaks off within the rows of a table"
        if self._key:
            return "breaks off, without the line '\\unrestrict' that belongs to its beginning"
        for kind in _KINDS:
            begun, ended = self._begun[kind], self._ended[kind]
            if ended < begun:
                return f"holds {begun} dumps one behind the other, of which {begun - ended} broke off"
        return ""


def _stray(program: Program, head: bytes) -> str:
    """The first line before the beginning that is no remark, as a message of ssh or of kubectl; may be empty."""
    begin = program.begin.search(head)
    lines = head[: begin.start() if begin else 0].splitlines()
    return next((line.decode(errors="replace") for line in lines if line.strip() and not _REMARK.match(line)), "")


def program_of(head: bytes) -> Program | None:
    """The program that has written a text, by its beginning; None for others."""
    if b"\0" in head[:_BINARY]:  # a binary file may hold such words, as of a function
        return None
    return next((program for program in PROGRAMS if program.begin.search(head)), None)
