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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import not_
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from playbook.readers.logs import children, formats, quiet_json, shapes, words
from playbook.readers.logs.dull import Sentences
from playbook.readers.logs.parse import BALANCERS, Parser
from playbook.readers.logs.passing import GIVEN_UP, TOLD_IN_PASSING
from playbook.readers.logs.shapes import Learned
from playbook.readers.logs.text import ESCAPED

EXACT = b""
SAID, BARE = b":", b";"
"""Marks at the end of a row: a line that is no request; one that may continue the previous line."""

_METHOD = formats.METHOD.encode()
# Not so close to the end of a minute that its time is rounded to the next one.
_SECONDS = rb"[0-5]\d(?![.,]99999)(?:\.\d{1,9}+)?+"
_REQUEST = rb'"[^"\\\n]{0,3000}+" ' + shapes.FINE + rb" (?:\d{1,12}+|-)(?: [^\n]{0,3000}+)?+"
_UTC = b"+0000"
_ZONED = re.compile(rb"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d ([+-]\d{4})\] ")
_TWO = rb' [^\s\["]{1,255}+ (?!\|)[^\s\["]{1,255}+ \['
_ACCESS = (
    rb'(?:[^\s\["{][^\s\["]{0,254}+' + _TWO + rb"[^\]\n]{11,40}+\] " + _REQUEST
    + rb'|' + _METHOD + rb' [^\s"\[]{1,2000}+ ' + shapes.FINE + rb" (?:[\d.]{1,20}+|-) ms - (?:\d{1,12}+|-))"
)  # fmt: skip
_NOT_EMPTY = rb"(?!(?i:" + words.EMPTY.pattern.encode() + rb"))"
_QUIET_LEVEL = (
    rb"(?:(?:INFO|DEBUG)" + _NOT_EMPTY + rb"(?=[ :])|(?:info|debug)" + _NOT_EMPTY + rb":(?= )"
    rb"|\[(?:INFO|DEBUG|info|debug|notice)" + _NOT_EMPTY + rb"\](?= ))"
)  # fmt: skip
# A request's address next to a method could be an access line; without a method it is none.
_WORDS = rb'(?:[^"=/\n]{0,3000}+(?=\n)|(?![^\n]*' + _METHOD + rb')[^"=\n]{0,3000}+)'
_INNER = rb"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d{1,6})?+ )?+"
_OPEN = rb"(?:\{[^\n]{0,7000}\}|[A-Za-z][^\n]{0,3500}+)"

_NAMED = rb"[A-Za-z][\w.-]{0,62}+ \d{4}-\d\d-\d\dT\d\d:[0-5]\d"
_NAMED_SECONDS = _SECONDS + rb"Z  ?+"


def _prefixed(learned: Learned) -> bytes:
    """The pattern of lines after App Platform's prefix, with the learned shapes.

    The row of a line matched by a text's shape ends with the first digit of its seconds: see ``_of_texts``.
    """
    requests, messages, texts = learned
    second = rb":[0-5](?=\d)|" if texts else b""
    return (
        rb"(" + _NAMED + rb"(?::??|" + second + rb":" + _NAMED_SECONDS + rb"(?=[{A-Za-z])))"
        rb"(?:(?<=\d):" + _NAMED_SECONDS + rb"(?:" + _ACCESS + _or(requests) + rb")"
        rb"|(?<=:)" + _NAMED_SECONDS + rb"(?:" + _INNER + _QUIET_LEVEL + _WORDS + _or(messages) + rb")"
        + (rb"|(?<=:[0-5])" + _NAMED_SECONDS.removeprefix(b"[0-5]") + rb"(?:" + texts + rb")" if texts else b"")
        + rb"|(?<= )" + _OPEN + rb")"
    )  # fmt: skip


def _or(alternatives: bytes) -> bytes:
    return b"|" + alternatives if alternatives else b""


_DATED_SECONDS = rb"[0-5]\d(?![.,]99999)(?:[.,]\d{1,9}+)?+(?:Z  ?+| (?:[ |-] ?+)?+)(?![AaPp][Mm]\b)"


def _dated(learned: Learned) -> bytes:
    """The pattern of lines that begin with their time, with the learned shapes."""
    requests, messages, texts = learned
    return (
        rb"(\d{4}-\d\d-\d\d[T ]\d\d:[0-5]\d(?::??|:" + _DATED_SECONDS + rb"(?=[{A-TV-Ya-z])))"
        rb"(?:(?<=:)" + _DATED_SECONDS + rb"(?:" + _QUIET_LEVEL + _WORDS + _or(messages) + _or(texts) + rb")"
        rb"|(?<=[ |-])" + _OPEN
        + (rb"|(?<=\d):" + _DATED_SECONDS + rb"(?:" + requests + rb")" if requests else b"") + rb")"
    )  # fmt: skip


def _combined(zone: bytes) -> bytes:
    """The pattern of web servers' own lines with times in this zone."""
    return (
        rb"(?:\d[\d.]{6,14}+|\d[\da-f:.]{1,44}+|[\da-f]{0,4}:[\da-f:.]{1,40}+)" + _TWO
        + rb"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:[0-5]\d):[0-5]\d " + re.escape(zone) + rb"\] " + _REQUEST
    )  # fmt: skip


# A level next to a request decides; Rails and Lumen report answers in words. What programs tell in passing may be
# of a crash, or of a job that is lost.
_ODD = ("level=", "Completed ", "Sent ", "Outcome: ", ESCAPED, *TOLD_IN_PASSING, *GIVEN_UP, *children.SIGNS)
# All of them in one pass, forty times as fast as one by one. Only a search for leftmost matches is vectorised.
_ODD_IN = BytesAhoCorasick([word.encode() for word in _ODD], MatchKind.LeftmostFirst).find_matches_as_indexes
_PRINTABLE = bytes(range(32, 127)) + b"\n"


class _Dialect(NamedTuple):
    """Patterns of lines with the same beginning.

    Attributes:
        pattern: matches printable ASCII without any of ``_ODD``.
        named: its lines name their component.
        sample: an example line for the exact reader, which gives the minute and source of a row.
        shaped: rebuilds the pattern with the shapes of a log; None where its lines have none.
    """

    pattern: re.Pattern[bytes]
    named: bool
    sample: str
    shaped: Callable[[Learned], bytes] | None = None


def _compiled(body: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"^(?:" + body + rb"|[^\n]*+)\n", re.MULTILINE)


_DIALECTS = (
    _Dialect(_compiled(_prefixed(Learned())), True, "{}:00Z x", _prefixed),
    _Dialect(_compiled(_combined(_UTC)), False, '::1 - - [{}] "GET / HTTP/1.1" 200 1'),
    _Dialect(_compiled(_dated(Learned())), False, "{}:00 x", _dated),
)
# With which bytes lines of each dialect begin.
_LETTERS, _DIGITS = (
    frozenset(bytes([byte]) for byte in text)
    for text in (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0123456789abcdef:")
)
_BEGIN = (_LETTERS, _DIGITS, _DIGITS)
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
        return _time(self.lines[number], _stem(self.rows[number]), start)

    @staticmethod
    def ends(lines: list[bytes], row: bytes, start: float) -> tuple[float, float]:
        """First and last time of the lines with this row, whose minute begins at ``start``."""
        row = _stem(row)
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


def _stem(row: bytes) -> bytes:
    """The part of a row that its lines contain: without its mark, or the zone of its time."""
    return row.partition(b";")[0].rstrip(b":")


def _time(line: bytes, row: bytes, start: float) -> float:
    second = _SECOND.match(line, line.index(row) + len(row))
    assert second  # the line was recognised as one with seconds
    # Added up like the exact reader does, so that it is equal to the last bit.
    return start + int(second[1]) + (float(b"0." + second[2]) if second[2] else 0.0)


def _is_odd(text: bytes) -> bool:
    """Whether it contains anything but printable ASCII and line ends, or one of ``_ODD``."""
    return not text.isascii() or text.translate(None, _PRINTABLE) != b"" or bool(_ODD_IN(text))


class Sorter:
    """Sorts blocks of lines into rows.

    Args:
        parser: the exact reader, which gives the meaning of a row.
    """

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._sentences = Sentences()
        self._minutes: dict[bytes, Minute | None] = {}
        # Components and hours that the exact reader has read in a prefix. It looks at each of them by itself, and
        # counts from the hour on too.
        self._names: set[str] = set()
        self._hours: dict[str, float] = {}
        self._patterns = [dialect.pattern for dialect in _DIALECTS]
        self._shapes = [shapes.Shapes() for _ in _DIALECTS]
        self._zone, self._zones = _UTC, 0  # of web servers' own lines; how often it was learned anew
        self._commonest = 0  # the dialect of most lines so far, which is tried first; no line is of two

    def sort(self, block: bytes, lines: list[bytes]) -> Rows:
        """Rows of the lines of ``block``."""
        odd = _is_odd(block)
        first = self._commonest
        rows = self._matched(first, lines, block, odd=odd)
        most = len(rows) - rows.count(EXACT)
        unknown = list(compress(count(), map(not_, rows)))
        for dialect, begins in enumerate(_BEGIN):
            if dialect == first:
                continue
            left = [number for number in unknown if not rows[number] and lines[number][:1] in begins]
            if not left:
                continue
            rest = [lines[number] for number in left]
            found = self._matched(dialect, rest, b"\n".join(rest), odd=odd)
            for number, row in zip(left, found, strict=True):
                rows[number] = row
            known = len(found) - found.count(EXACT)
            if known > most:
                most, self._commonest = known, dialect
        left = [number for number in unknown if not rows[number] and lines[number][:1] in _DIGITS]
        self._learn_zone([lines[number] for number in left])
        return Rows(lines, rows)

    def minute(self, row: bytes) -> Minute | None:
        """Meaning of a row; None where its lines must be read exactly after all."""
        row = row.rstrip(b":;")  # the mark, not a zone
        if row not in self._minutes:
            if len(self._minutes) >= _KNOWN_MINUTES:
                self._minutes.clear()
                self._names.clear()
                self._hours.clear()
            self._minutes[row] = self._look(row)
        return self._minutes[row]

    def _look(self, row: bytes) -> Minute | None:
        text = row.decode("ascii")
        dialect = _DIALECTS[0] if row[:1].isalpha() else _DIALECTS[1] if row[2:3] == b"/" else _DIALECTS[2]
        name, _, stamp = text.partition(" ") if dialect.named else ("", "", "")
        hour, minute = stamp[:14], stamp[14:]  # 2024-05-29T20: and 14
        if name in self._names and hour in self._hours:
            return Minute(name, self._hours[hour] + int(minute) * 60)
        entry = self._parser.parse(dialect.sample.format(_with_zone(text) if row[2:3] == b"/" else text))
        if entry.time is None or entry.component != name or name in BALANCERS:
            return None
        if dialect.named and hour[11:] != "24:":
            self._names.add(name)
            self._hours[hour] = entry.time - int(minute) * 60
        return Minute(name, entry.time)

    def _matched(self, dialect: int, lines: Sequence[bytes], block: bytes, *, odd: bool) -> list[bytes]:
        rows: list[bytes] = self._patterns[dialect].findall(block + b"\n")
        if self._patterns[dialect] is not _DIALECTS[dialect].pattern:
            rows = _of_texts(rows) if _DIALECTS[dialect].named else self._zoned(rows)
        if odd:
            rows = [EXACT if row and _is_odd(line) else row for row, line in zip(rows, lines, strict=True)]
        opened = {row for row in set(rows) if row[-1:] in _OPENED}
        if opened:
            self._decide(dialect, lines, rows, [number for number, row in enumerate(rows) if row in opened])
        return rows

    def _decide(self, dialect: int, lines: Sequence[bytes], rows: list[bytes], half: list[int]) -> None:
        """Decide on lines that begin like ordinary ones: JSON, and plain text."""
        named = _DIALECTS[dialect].named
        bodies = [lines[number][len(rows[number]) :] for number in half]
        texts, sentences = half, bodies
        if any([body[0] == _BRACE for body in bodies]):  # noqa: C419 - a generator takes twice as long
            texts, sentences = [], []
            objects: list[int] = []
            values: list[bytes] = []
            for number, body in zip(half, bodies, strict=True):
                of_kind, of_bodies = (objects, values) if body[0] == _BRACE else (texts, sentences)
                of_kind.append(number)
                of_bodies.append(body)
            judged = quiet_json.judge(values, nameless=not named)
            for number, request in zip(objects, judged, strict=True):
                row = rows[number]
                rows[number] = EXACT if request is None else _cut(row) if request else _cut(row) + SAID
            self._learn(dialect, self._shapes[dialect].learn(values, judged))
        if not texts:
            return
        mark = BARE if named else SAID
        dull = self._sentences.are_dull(sentences)
        for number, is_dull in zip(texts, dull, strict=True):
            row = rows[number]
            rows[number] = row[: row.rindex(b":")] + mark if is_dull else EXACT
        self._learn(dialect, self._shapes[dialect].learn_texts(sentences, dull))

    def _zoned(self, rows: list[bytes]) -> list[bytes]:
        """The rows with the zone of their times where that is not UTC: it follows their seconds."""
        zoned = {row: row + b";" + self._zone for row in set(rows) if row[2:3] == b"/"}
        return list(map(zoned.get, rows, rows)) if zoned and self._zone != _UTC else rows

    def _learn_zone(self, lines: Sequence[bytes]) -> None:
        """Use the zone of these unrecognised lines for web servers' own lines in the next blocks."""
        if len(lines) < shapes.ENOUGH or self._zones >= _MOST_ZONES:
            return
        found = _ZONED.search(lines[len(lines) // 2])
        if found and found[1] != self._zone:
            self._zone, self._zones = found[1], self._zones + 1
            self._patterns[_COMBINED] = _compiled(_combined(self._zone))

    def _learn(self, dialect: int, learned: Learned | None) -> None:
        """Recognise the shapes learned from this block in the next ones."""
        shaped = _DIALECTS[dialect].shaped
        if learned and shaped:
            self._patterns[dialect] = _compiled(shaped(learned))


def _with_zone(text: str) -> str:
    """A web server's minute ``29/May/2024:22:14;+0200`` as a complete time, in UTC without a zone."""
    minute, _, zone = text.partition(";")
    return f"{minute}:00 {zone or _UTC.decode()}"


def _of_texts(rows: list[bytes]) -> list[bytes]:
    """The rows, with the mark of a text in place of a trailing digit of the seconds."""
    texts = {row: row[:-2] + BARE for row in set(rows) if row[-2:-1] == b":"}
    return list(map(texts.get, rows, rows)) if texts else rows


_COMBINED = 1  # of ``_DIALECTS``
_MOST_ZONES = 20
_KNOWN_MINUTES = 8192
_BRACE = ord("{")
_OPENED = frozenset((b" ", b"|", b"-"))


def _cut(row: bytes) -> bytes:
    """The row up to its minute."""
    return row[: row.rindex(b":")]
