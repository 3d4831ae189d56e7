"""From chunks of bytes to clean lines: bounded, decoded, and harmless to whoever shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LINE_LIMIT = 8192
"""Characters of a line that are looked at; the rest of a longer line is dropped."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)?|[@-Z\\-_])")
# C0 and C1 controls, soft hyphen, zero-width and direction marks, lone surrogates, line separators.
_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SECRET = re.compile(
    r"(?i)((?:\b|_)(?:access_?key|api_?key|auth|authorization|cookie|credentials?|jwt|pass|passwd|password|pwd|secret"
    r"|session(?:_?id)?|signature|token)[\"']{0,1}\s{0,3}[=:]\s{0,3}[\"']{0,1}(?:bearer\s|basic\s)?)[^\s\"'&,;)}\]]{3,}"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re.compile(r"(?<=://)[^\s/@\"']{1,256}@")


def decode_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines of a stream of chunks, without their line ends. Invalid UTF-8 is replaced.

    Only ``\\n`` and ``\\r\\n`` end a line, so no other character can forge one. A line that does not end keeps no
    more than ``LINE_LIMIT`` in memory.
    """
    rest = b""
    skipping = False  # inside a line whose beginning has been given out already
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            if not skipping:
                rest += chunk[:LINE_LIMIT]
                if len(rest) > LINE_LIMIT:
                    yield _decode(rest)
                    rest, skipping = b"", True
            continue
        complete = chunk[: cut - 1]
        if skipping:
            _, end, complete = complete.partition(b"\n")
            skipping = False
            lines = _decode(complete).split("\n") if end else []
        else:
            lines = _decode(rest + complete).split("\n")
        yield from lines
        rest = chunk[cut:]
    if rest:
        yield _decode(rest)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\r")


def clean(line: str) -> str:
    """The line without colours, control characters and text-direction tricks; tabs become spaces."""
    if len(line) > LINE_LIMIT:
        line = line[:LINE_LIMIT]
    if line.isprintable():
        return line
    line = line.expandtabs(4)[:LINE_LIMIT] if "\t" in line else line
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    return _CONTROL.sub("", line)


def mask(text: str) -> str:
    """The text without what looks like a secret: ``token=…``, ``Bearer …``, ``://user:password@``."""
    text = _SECRET.sub(r"\1…", text)
    text = _BEARER.sub(r"\1 …", text)
    return _USERINFO.sub("…@", text)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis where something was left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
