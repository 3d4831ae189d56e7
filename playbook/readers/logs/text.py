"""From chunks of bytes to clean lines: bounded, decoded, and safe to display."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from playbook.core.door.characters import encodable, harmless

LINE_LIMIT = 8192
"""Maximum characters of a line; the rest of a longer line is dropped."""

ESCAPED = "#033["
"""Beginning of a colour as rsyslog writes it."""
_ESCAPED_COLOUR = re.compile(r"#033\[[\d;]{0,20}m")
# Where a longer line is cut, so that its last word is whole: half a secret would not be recognised.
_LAST_GAP = re.compile(r"[\s,;&\"'][^\s,;&\"']{0,1000}\Z")


def decode_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines of a stream of chunks, without their line ends. Invalid UTF-8 is replaced.

    Only ``\\n`` and ``\\r\\n`` end a line, so no other character can forge one.
    """
    for block in whole_lines(chunks):
        yield from _decode(block).split("\n")


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of whole lines with their line ends between them, and none after the last.

    An unterminated line keeps at most ``LINE_LIMIT`` in memory.
    """
    rest = b""
    skipping = False  # inside a line whose beginning has been returned already
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            if not skipping:
                rest += chunk[:LINE_LIMIT]
                if len(rest) > LINE_LIMIT:
                    yield rest
                    rest, skipping = b"", True
            continue
        complete = chunk[: cut - 1]
        if skipping:
            _, end, complete = complete.partition(b"\n")
            skipping = False
            if end:
                yield complete
        else:
            yield rest + complete
        rest = chunk[cut:]
    if rest:
        yield rest


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\r")


def clean(line: str) -> str:
    """The line without colours, control characters and text-direction marks; tabs become spaces."""
    if len(line) > LINE_LIMIT:
        line = _LAST_GAP.sub("", line[:LINE_LIMIT])
    if ESCAPED in line:
        line = _ESCAPED_COLOUR.sub("", line)
    if line.isprintable():
        return line
    if not line.strip("\0"):
        return "\ufffd"  # as a crash leaves in place of what was written last
    line = line.expandtabs(4)[:LINE_LIMIT] if "\t" in line else line
    return harmless(encodable(line)).replace("\n", "")


def of_journal(value: object) -> str:
    """A field of the journal: a text, bytes as numbers where it is not UTF-8, or several of them."""
    if isinstance(value, str):
        return clean(value.replace("\n", " "))
    if isinstance(value, list):
        if value and _are_bytes(value):
            return clean(bytes(value).decode("utf-8", "replace").replace("\n", " "))
        return " ".join(of_journal(item) for item in value if not isinstance(item, list) or _are_bytes(item))
    return "" if value is None else str(value)


def _are_bytes(value: list[Any]) -> bool:
    return all(isinstance(item, int) and 0 <= item < 256 for item in value)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis for a cut; for text without secrets."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
