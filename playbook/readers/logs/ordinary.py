"""Ordinary lines, recognised in whole blocks: a subset of what ``parse`` understands, in which nothing is wrong.

A pattern of bytes is matched against a block in C. A match would be read by the exact reader as an answered
request with a status other than 429 and 5xx, or as a line below a warning. Its result is the line's *row*: the
text of its minute and source as in the line, and a mark for the kind of line. Lines of one row are equal in
everything that a review counts. The row of every other line is empty: the exact reader must read it, in its place.

Each alternative is narrower than the exact reader's patterns, and excludes whatever those would match before or
instead; tests/unit/readers/logs/test_by_blocks.py compares the two for generated lines of all kinds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from playbook.readers.logs import levels, quiet_json
from playbook.readers.logs.dull import Sentences
from playbook.readers.logs.parse import BALANCERS, Parser

EXACT = b""
SAID, BARE = b":", b";"
"""Marks at the end of a row: a line that is no request; one that may continue the previous line."""

_METHOD = rb"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_FINE = rb"(?:[1-3]\d\d|4(?:[013-9]\d|2[0-8]))"
# Not so close to the end of a minute that its time is rounded to the next one.
_SECONDS = rb"[0-5]\d(?![.,]99999)(?:\.\d{1,9}+)?+"
_REQUEST = rb'"[^"\\\n]{0,3000}+" ' + _FINE + rb" (?:\d{1,12}+|-)(?: [^\n]{0,3000}+)?+"
_TWO = rb' [^\s\["]{1,255}+ [^\s\["]{1,255}+ \['
_ACCESS = (
    rb'(?:[^\s\["{][^\s\["]{0,254}+' + _TWO + rb"[^\]\n]{11,40}+\] " + _REQUEST
    + rb'|' + _METHOD + rb' [^\s"\[]{1,2000}+ ' + _FINE + rb" (?:[\d.]{1,20}+|-) ms - (?:\d{1,12}+|-))"
)  # fmt: skip
_NOT_EMPTY = rb"(?!(?i:" + levels.EMPTY.pattern.encode() + rb"))"
_QUIET_LEVEL = (
    rb"(?:(?:INFO|DEBUG)" + _NOT_EMPTY + rb"(?=[ :])|(?:info|debug)" + _NOT_EMPTY + rb":(?= )"
    rb"|\[(?:INFO|DEBUG|info|debug|notice)" + _NOT_EMPTY + rb"\](?= ))"
)  # fmt: skip
_METHODS_TOO = rb"(?:GET|POST|HEAD|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PROPFIND)"
# A request's address next to a method could be an access line; without a method it is none.
_WORDS = rb'(?:[^"=/\n]{0,3000}+(?=\n)|(?![^\n]*' + _METHODS_TOO + rb')[^"=\n]{0,3000}+)'
_INNER = rb"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d{1,6})?+ )?+"
_OPEN = rb"(?:\{[^\n]{0,7000}\}|[A-Za-z][^\n]{0,3500}+)"

_NAMED = rb"[A-Za-z][\w.-]{0,62}+ \d{4}-\d\d-\d\dT\d\d:[0-5]\d"
_NAMED_SECONDS = _SECONDS + rb"Z  ?+"
_PREFIXED = (
    rb"(" + _NAMED + rb"(?::??|:" + _NAMED_SECONDS + rb"(?=[{A-Za-z])))"
    rb"(?:(?<=\d):" + _NAMED_SECONDS + _ACCESS + rb"|(?<=:)" + _NAMED_SECONDS + _INNER + _QUIET_LEVEL + _WORDS
    + rb"|(?<= )" + _OPEN + rb")"
)  # fmt: skip
_DATED_SECONDS = rb"[0-5]\d(?![.,]99999)(?:[.,]\d{1,9}+)?+(?:Z  ?+| (?:[ |-] ?+)?+)"
_DATED = (
    rb"(\d{4}-\d\d-\d\d[T ]\d\d:[0-5]\d(?::??|:" + _DATED_SECONDS + rb"(?=[{A-TV-Ya-z])))"
    rb"(?:(?<=:)" + _DATED_SECONDS + _QUIET_LEVEL + _WORDS + rb"|(?<=[ |-])" + _OPEN + rb")"
)  # fmt: skip
_COMBINED = (
    rb"(?:\d[\d.]{6,14}+|\d[\da-f:.]{1,44}+|[\da-f]{0,4}:[\da-f:.]{1,40}+)" + _TWO
    + rb"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:[0-5]\d):[0-5]\d \+0000\] " + _REQUEST
)  # fmt: skip
# A level next to a request decides; Rails and Lumen report answers in words.
_ODD = (b"level=", b"Completed ", b"Sent ")
_PRINTABLE = bytes(range(32, 127)) + b"\n"


class _Dialect(NamedTuple):
    """Patterns of lines with the same beginning.

    Attributes:
        pattern: matches printable ASCII without any of ``_ODD``.
        named: its lines name their component.
        sample: an example line for the exact reader, which gives the minute and source of a row.
    """

    pattern: re.Pattern[bytes]
    named: bool
    sample: str


def _dialect(body: bytes, sample: str, *, named: bool) -> _Dialect:
    return _Dialect(re.compile(rb"^(?:" + body + rb"|[^\n]*+)\n", re.MULTILINE), named, sample)


_DIALECTS = (
    _dialect(_PREFIXED, "{}:00Z x", named=True),
    _dialect(_COMBINED, '::1 - - [{}:00 +0000] "GET / HTTP/1.1" 200 1', named=False),
    _dialect(_DATED, "{}:00 x", named=False),
)
_SECOND = re.compile(rb":(\d\d)(?:[.,](\d{1,9}))?")


@dataclass(slots=True, frozen=True)
class Minute:
    """Meaning of a row: a component, and the beginning of the minute (epoch seconds)."""

    component: str
    start: float


class Rows(NamedTuple):
    """A block line by line, and the row of each line: empty where it must be read exactly."""

    lines: list[bytes]
    rows: list[bytes]

    def time(self, number: int, start: float) -> float:
        """The time of a line with a row, whose minute begins at ``start``."""
        return _time(self.lines[number], self.rows[number].rstrip(b":;"), start)

    @staticmethod
    def ends(lines: list[bytes], row: bytes, start: float) -> tuple[float, float]:
        """First and last time of the lines with this row, whose minute begins at ``start``."""
        row = row.rstrip(b":;")
        if not lines[0].startswith(row):
            times = [_time(line, row, start) for line in lines]
            return min(times), max(times)
        # Their beginnings differ only in the second, so the lines sort by it.
        length = len(row) + 3
        first, last = min(lines)[:length], max(lines)[:length]
        return (
            min(_time(line, row, start) for line in lines if line.startswith(first)),
            max(_time(line, row, start) for line in lines if line.startswith(last)),
        )


def _time(line: bytes, row: bytes, start: float) -> float:
    second = _SECOND.match(line, line.index(row) + len(row))
    assert second  # the line was recognised as one with seconds
    # Added up like the exact reader does, so that it is equal to the last bit.
    return start + int(second[1]) + (float(b"0." + second[2]) if second[2] else 0.0)


def _is_odd(text: bytes) -> bool:
    """Whether it contains anything but printable ASCII and line ends, or one of ``_ODD``."""
    return (
        not text.isascii()
        or text.translate(None, _PRINTABLE) != b""
        or _ODD[0] in text
        or _ODD[1] in text
        or _ODD[2] in text
    )


class Sorter:
    """Sorts blocks of lines into rows.

    Args:
        parser: the exact reader, which gives the meaning of a row.
    """

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._sentences = Sentences()
        self._minutes: dict[bytes, Minute | None] = {}

    def sort(self, block: bytes) -> Rows:
        """Rows of the lines of ``block``: lines with ``\\n`` between them, and none behind the last."""
        lines = block.split(b"\n")
        odd = _is_odd(block)
        rows = self._matched(_DIALECTS[0], lines, block, odd=odd)
        for dialect in _DIALECTS[1:]:
            left = [number for number, row in enumerate(rows) if not row and lines[number][:1] in _DIGITS]
            if not left:
                break
            rest = [lines[number] for number in left]
            for number, row in zip(left, self._matched(dialect, rest, b"\n".join(rest), odd=odd), strict=True):
                rows[number] = row
        return Rows(lines, rows)

    def minute(self, row: bytes) -> Minute | None:
        """Meaning of a row; None where its lines must be read exactly after all."""
        row = row.rstrip(b":;")
        if row not in self._minutes:
            if len(self._minutes) >= _KNOWN_MINUTES:
                self._minutes.clear()
            self._minutes[row] = self._look(row)
        return self._minutes[row]

    def _look(self, row: bytes) -> Minute | None:
        text = row.decode("ascii")
        dialect = _DIALECTS[0] if row[:1].isalpha() else _DIALECTS[1] if row[2:3] == b"/" else _DIALECTS[2]
        entry = self._parser.parse(dialect.sample.format(text))
        name = text.partition(" ")[0] if dialect.named else ""
        if entry.time is None or entry.component != name or name in BALANCERS:
            return None
        return Minute(name, entry.time)

    def _matched(self, dialect: _Dialect, lines: Sequence[bytes], block: bytes, *, odd: bool) -> list[bytes]:
        rows: list[bytes] = dialect.pattern.findall(block + b"\n")
        if odd:
            rows = [EXACT if row and _is_odd(line) else row for row, line in zip(rows, lines, strict=True)]
        half = [number for number, row in enumerate(rows) if row[-1:] in _OPENED]
        if half:
            self._decide(dialect, lines, rows, half)
        return rows

    def _decide(self, dialect: _Dialect, lines: Sequence[bytes], rows: list[bytes], half: list[int]) -> None:
        """Decide on lines that begin like ordinary ones: JSON, and plain text."""
        objects: list[int] = []
        texts: list[int] = []
        for number in half:
            (objects if lines[number][len(rows[number])] == _BRACE else texts).append(number)
        bodies = [lines[number][len(rows[number]) :] for number in objects]
        if bodies:
            for number, request in zip(objects, quiet_json.judge(bodies, nameless=not dialect.named), strict=True):
                row = rows[number]
                rows[number] = EXACT if request is None else _cut(row) if request else _cut(row) + SAID
        bodies = [lines[number][len(rows[number]) :] for number in texts]
        if bodies:
            mark = BARE if dialect.named else SAID
            for number, dull in zip(texts, self._sentences.are_dull(bodies), strict=True):
                rows[number] = _cut(rows[number]) + mark if dull else EXACT


_KNOWN_MINUTES = 8192
_BRACE = ord("{")
_DIGITS = frozenset(bytes([byte]) for byte in b"0123456789abcdef:")
_OPENED = frozenset((b" ", b"|", b"-"))


def _cut(row: bytes) -> bytes:
    """The row up to its minute."""
    return row[: row.rindex(b":")]
