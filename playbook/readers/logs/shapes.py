"""Shapes of lines: a program writes the same few lines with other values, so one decision covers all similar
lines.

A shape is a pattern. For JSON it keeps what ``quiet_json.judge`` reads, and allows any value of the same kind for
the rest. For a text it allows other numbers and hexadecimal ids, as far as ``dull`` gives the same result for all
of them. Every line that it matches is judged like the line that it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from math import prod
from typing import NamedTuple

from playbook.readers.logs.dull import is_dull, sentence_of
from playbook.readers.logs.fields_of import SECOND_LEVELS
from playbook.readers.logs.quiet_json import NO_REQUEST

_STRING = rb'"[^"\\{\[\n]*+"'
_NUMBER = rb"-?+(?:0|[1-9]\d{0,14}+)(?:\.\d{1,20}+)?+"
# Without escapes, exponents, and brackets in texts: lines with those are judged one by one.
_TOKEN = re.compile(
    rb"(?P<string>" + _STRING + rb")|(?P<number>" + _NUMBER + rb"(?![\d.eE]))|(?:true|false|null)|[{}\[\],:]| "
)
_KEY = re.compile(rb" *+:")
_LITERAL = frozenset({b'"level"', *(b'"%s"' % key.encode() for key in SECOND_LEVELS)})
_STATUS = frozenset({b'"statusCode"', b'"status"', b'"status_code"'})
FINE = rb"(?:[1-3]\d\d|4(?:[013-9]\d|2[0-8]))"
"""A status of HTTP, but 429 and 5xx."""
_IS_FINE = re.compile(FINE)
_LONGEST = 7000  # bytes of a line; a shape matches no longer one
_LONGEST_TEXT = 1000

ENOUGH = 256  # lines in a block, for learning a shape
_SHARE = 8  # a shape is kept if at least one in this many of them has it
_MOST_SHAPES = 6
_MOST_TRIES = 18


def shape_of(body: bytes, *, is_request: bool) -> bytes | None:
    """A pattern of the lines that are judged like this one; None where there is none.

    Args:
        body: a line of printable ASCII for which ``quiet_json.judge`` has an answer.
        is_request: that answer.
    """
    parts: list[bytes] = []
    texts = 0
    key = b""
    place = 0
    while place < len(body):
        token = _TOKEN.match(body, place)
        if token is None:
            return None
        place = token.end()
        word = token[0]
        kind = token.lastgroup
        if kind == "string" and _KEY.match(body, place):
            key = word
            parts.append(re.escape(word))
        elif kind is None or key in _LITERAL or word == b'""':
            parts.append(re.escape(word))
        elif key in _STATUS:
            parts.append(FINE if kind == "number" and _IS_FINE.fullmatch(word) else re.escape(word))
        elif kind == "string":
            texts += 1
            parts.append(b"TEXT")
        else:
            parts.append(_NUMBER)
    room = (_LONGEST - len(body) - 40 * len(parts)) // max(texts, 1)
    if room < 1:
        return None
    text = rb'"[^"\\{\[\n]{1,%d}+"' % min(room, _LONGEST_TEXT)
    pattern = b"".join(text if part == b"TEXT" else part for part in parts)
    return pattern if is_request else NO_REQUEST + pattern


# Numbers, and words of hexadecimal digits with both digits and letters.
_RUN = re.compile(rb"\b(?=\d*+[a-f])(?=[a-f]*+\d)[0-9a-f]{4,64}\b|\d++")
_LONGEST_SENTENCE = 3000
_MOST_DIGITS = 12
_MOST_LENGTHS = 128  # combinations of the lengths of a sentence's numbers, each of which is checked


def sentence_shape(text: bytes, others: list[bytes]) -> bytes | None:
    """A pattern of dull lines that differ from this one in numbers and ids; None where there is none.

    Numbers may have any length that occurs in the others; with each combination of lengths the sentence is dull.

    Args:
        text: printable ASCII, dull.
        others: lines of the same log.
    """
    if len(text) > _LONGEST_SENTENCE:
        return None
    literals = [text[start:end] for start, end in _between(text)]
    runs: list[bytes] = _RUN.findall(text)
    loose = _joined(literals, [rb"(\d{1,%d}+)" % _MOST_DIGITS if run.isdigit() else _exactly(run) for run in runs])
    found = [match for match in map(re.compile(loose).fullmatch, others) if match]
    if not found:
        return None
    lengths = [
        {len(number) for number in column} for column in zip(*(match.groups() for match in found), strict=True)
    ]
    bounds = [range(min(column), max(column) + 1) for column in lengths]
    if prod(map(len, bounds)) > _MOST_LENGTHS:
        return None
    for chosen in product(*bounds):
        zeros = iter(chosen)
        filled = [b"0" * next(zeros) if run.isdigit() else run for run in runs]
        if not is_dull(sentence_of(_joined(literals, filled, escape=False)).decode("ascii")):
            return None
    places = iter(bounds)
    return _joined(literals, [_digits(next(places)) if run.isdigit() else _exactly(run) for run in runs])


def _between(text: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each part that is no run: before, between and after the runs."""
    start = 0
    for run in _RUN.finditer(text):
        yield start, run.start()
        start = run.end()
    yield start, len(text)


def _joined(literals: list[bytes], runs: list[bytes], *, escape: bool = True) -> bytes:
    kept = [re.escape(literal) for literal in literals] if escape else literals
    return kept[0] + b"".join(run + literal for run, literal in zip(runs, kept[1:], strict=True))


def _exactly(run: bytes) -> bytes:
    return rb"[0-9a-f]{%d}+" % len(run)


def _digits(bounds: range) -> bytes:
    return rb"\d{%d,%d}+" % (bounds[0], bounds[-1])


class Learned(NamedTuple):
    """Alternatives for JSON that is a request, for other JSON, and for dull texts; empty without any."""

    requests: bytes = b""
    said: bytes = b""
    texts: bytes = b""


class Shapes:
    """The shapes learned from a log so far. Bounded in number and in the effort to find them."""

    def __init__(self) -> None:
        self._found: dict[bytes, str] = {}
        self._tries = 0

    def learn(self, bodies: list[bytes], judged: list[bool | None]) -> Learned | None:
        """Look for a shape shared by many of these lines of JSON; return all shapes if there is a new one.

        Args:
            bodies: lines of printable ASCII that no shape has matched.
            judged: result of ``quiet_json.judge`` for each.
        """
        if not self._may_learn(len(bodies)):
            return None
        for body, is_request in islice(zip(bodies, judged, strict=True), len(bodies) // 2, None):
            if is_request is not None:
                pattern = shape_of(body, is_request=is_request)
                return self._keep(pattern, "request" if is_request else "said", bodies)
        return None

    def learn_texts(self, texts: list[bytes], dull: list[bool]) -> Learned | None:
        """Look for a shape shared by many of these texts, like ``learn``.

        Args:
            dull: whether each is.
        """
        if not self._may_learn(len(texts)):
            return None
        for text, is_so in islice(zip(texts, dull, strict=True), len(texts) // 2, None):
            if is_so:
                return self._keep(sentence_shape(text, texts), "text", texts)
        return None

    def _may_learn(self, count: int) -> bool:
        may = count >= ENOUGH and len(self._found) < _MOST_SHAPES and self._tries < _MOST_TRIES
        self._tries += may
        return may

    def _keep(self, pattern: bytes | None, kind: str, bodies: list[bytes]) -> Learned | None:
        if pattern is None or pattern in self._found:
            return None
        known = re.compile(pattern)
        if sum(known.fullmatch(body) is not None for body in bodies) < len(bodies) // _SHARE:
            return None
        self._found[pattern] = kind
        return Learned(*(b"|".join(self._of(kind)) for kind in ("request", "said", "text")))

    def _of(self, kind: str) -> list[bytes]:
        return [shape for shape, its_kind in self._found.items() if its_kind == kind]
