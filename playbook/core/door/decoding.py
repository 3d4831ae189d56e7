"""A text with its escapes decoded, and the source position of each decoded character.

JSON's and Python's escapes, percent encoding and HTML entities, in any mixture, in rounds: text encoded twice is
decoded twice. Only for searching; the text itself is what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

ROUNDS = 4
"""Rounds of decoding; more than real data needs: JSON in JSON, quoted by Python, in a URL."""

_BYTES = r"(?:%[89A-Fa-f][0-9A-Fa-f])+|(?:\\x[89A-Fa-f][0-9A-Fa-f])+"
_ESCAPE = re.compile(
    rf"""
      %[0-7][0-9A-Fa-f]
    | \\u[dD][89aAbB][0-9A-Fa-f]{{2}}\\u[dD][c-fC-F][0-9A-Fa-f]{{2}}
    | \\u[0-9A-Fa-f]{{4}} | \\u\{{[0-9A-Fa-f]{{1,6}}\}} | \\U[0-9A-Fa-f]{{8}}
    | \\x[0-7][0-9A-Fa-f] | \\[0-3][0-7]{{2}}
    | {_BYTES}
    | \\[\\/"'`nrt]
    | &(?:\#[0-9]{{1,7}}|\#[xX][0-9A-Fa-f]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});
    """,
    re.VERBOSE,
)
_SHORT = {"n": "\n", "r": "\n", "t": "\t"}


@dataclass(frozen=True)
class View:
    """A text after some rounds of decoding.

    Attributes:
        starts, ends: start and end of each character in the original text; empty for the original text itself.
    """

    text: str
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original text that characters ``start`` to ``end`` came from."""
        if not self.starts or start >= end:
            return start, end
        return self.starts[start], self.ends[end - 1]


def views(text: str) -> Iterator[View]:
    """The text, and its form after each round of decoding that changes it."""
    view = View(text)
    yield view
    for _ in range(ROUNDS):
        if not may_be_escaped(view.text) or not _ESCAPE.search(view.text):
            return
        before, view = view.text, _decoded(view)
        if view.text == before:  # what looked like an escape was not one
            return
        yield view


def plain(text: str) -> str:
    """The text after all rounds."""
    for _ in range(ROUNDS):
        if not may_be_escaped(text):
            break
        after = _ESCAPE.sub(_meaning, text)
        if after == text:
            break
        text = after
    return text


def may_be_escaped(text: str) -> bool:
    """Whether there is anything to decode, quickly."""
    return "\\" in text or "%" in text or "&" in text


def _decoded(view: View) -> View:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    known = bool(view.starts)

    def keep(start: int, end: int) -> None:
        pieces.append(view.text[start:end])
        starts.extend(view.starts[start:end] if known else range(start, end))
        ends.extend(view.ends[start:end] if known else range(start + 1, end + 1))

    for match in _ESCAPE.finditer(view.text):
        keep(at, match.start())
        at = match.end()
        meaning = _meaning(match)
        start, end = view.span(match.start(), match.end())
        pieces.append(meaning)
        starts += [start] * len(meaning)
        ends += [end] * len(meaning)
    keep(at, len(view.text))
    return View("".join(pieces), tuple(starts), tuple(ends))


def _meaning(match: re.Match[str]) -> str:
    """The decoded value of an escape; unchanged where it has none."""
    escape = match[0]
    if escape[0] == "&":
        found = unescape(escape)
        return found if found.isprintable() or found.isspace() else escape
    if escape[0] == "%":
        return _of_bytes(bytes.fromhex(escape.replace("%", "")))
    kind = escape[1]
    if kind in "uU":
        return _of_units(escape)
    if kind == "x":
        return _of_bytes(bytes.fromhex(escape.replace("\\x", "")))
    if kind in "0123":
        return chr(int(escape[1:], 8))
    return _SHORT.get(kind, kind)


def _of_units(escape: str) -> str:
    codes = [int(part.strip("{}"), 16) for part in re.split(r"\\[uU]", escape)[1:]]
    if len(codes) == 2:
        return chr(0x10000 + ((codes[0] - 0xD800) << 10) + codes[1] - 0xDC00)
    return chr(codes[0]) if codes[0] < 0x110000 else escape


def _of_bytes(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")  # as written by Python's repr, and in URLs by some servers
