"""Shapes of JSON lines: programs write the same keys in the same order, so a look at one line decides its like.

A shape is a pattern that keeps what ``quiet_json.judge`` looks at, and lets the rest be any value of the same
kind: whatever it matches is judged as the line that it was made of.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_STRING = rb'"[^"\\{\[\n]*+"'
_NUMBER = rb"-?+(?:0|[1-9]\d{0,14}+)(?:\.\d{1,20}+)?+"
# Without escapes, exponents, and brackets in texts: with those a line is looked at by itself.
_TOKEN = re.compile(
    rb"(?P<string>" + _STRING + rb")|(?P<number>" + _NUMBER + rb"(?![\d.eE]))|(?:true|false|null)|[{}\[\],:]| "
)
_KEY = re.compile(rb" *+:")
_LITERAL = frozenset({b'"level"'})
_STATUS = frozenset({b'"statusCode"', b'"status"', b'"status_code"'})
FINE = rb"(?:[1-3]\d\d|4(?:[013-9]\d|2[0-8]))"
"""A status of HTTP, but 429 and 5xx."""
_IS_FINE = re.compile(FINE)
# A line that is no request has no word of a method anywhere.
_NO_METHOD = rb"(?![^\n]*(?:ethod|METHOD))"
_LONGEST = 7000  # bytes of a line: a shape matches no longer one
_LONGEST_TEXT = 1000

_ENOUGH = 256  # lines of JSON in a block, of which a shape is to be learned
_SHARE = 8  # a shape is kept where it is that of each so many-th of them
_MOST_SHAPES = 6
_MOST_TRIES = 18


def shape_of(body: bytes, *, is_request: bool) -> bytes | None:
    """Return a pattern of the lines that are judged like this one; None where it has none.

    Args:
        body: a line of printable ASCII that ``quiet_json.judge`` has an answer for.
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
    return pattern if is_request else _NO_METHOD + pattern


class Learned(NamedTuple):
    """Alternatives of lines that are requests, and of lines that are not; empty where there are none."""

    requests: bytes
    said: bytes


class Shapes:
    """The shapes that a log has shown so far. Bounded in number and in the effort to find them."""

    def __init__(self) -> None:
        self._found: dict[bytes, bool] = {}
        self._tries = 0

    def learn(self, bodies: list[bytes], judged: list[bool | None]) -> Learned | None:
        """Look for a shape that many of these lines have; return all shapes where there is a new one.

        Args:
            bodies: lines of printable ASCII that no shape has matched.
            judged: what ``quiet_json.judge`` says of each.
        """
        if len(bodies) < _ENOUGH or len(self._found) >= _MOST_SHAPES or self._tries >= _MOST_TRIES:
            return None
        self._tries += 1
        middle = len(bodies) // 2
        examples = (
            (body, kind) for body, kind in zip(bodies[middle:], judged[middle:], strict=True) if kind is not None
        )
        body, is_request = next(examples, (b"", False))
        pattern = shape_of(body, is_request=is_request) if body else None
        if pattern is None or pattern in self._found:
            return None
        known = re.compile(pattern)
        if sum(known.fullmatch(body) is not None for body in bodies) < len(bodies) // _SHARE:
            return None
        self._found[pattern] = is_request
        requests, said = (
            b"|".join(shape for shape, kind in self._found.items() if kind is wanted) for wanted in (True, False)
        )
        return Learned(requests, said)
