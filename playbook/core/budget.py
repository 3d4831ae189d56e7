"""Limits on input: number and nesting of JSON values, and length of foreign text in a message.

Bytes are bounded where they are read. The values decoded from them take many times their size: ``[],[],…`` of 16
MiB would become 360 MB of empty lists. Input over a bound here counts as an answer that is not understood and
never crashes: every exception is a ``msgspec.DecodeError``, which each reader already handles as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

MAX_VALUES = 3_000_000
DEEPEST = 64  # nested lists and objects; code that walks them recurses once per level
MAX_WORDS = 2_000  # characters of one foreign text in a message

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = bytes.maketrans(b"[]{}", b"()()")
_OTHERS = bytes(byte for byte in range(256) if byte not in b"[]{}")

T = TypeVar("T")


class OverBudget(msgspec.DecodeError):
    """Too many values, or nested too deeply."""


class Ambiguous(msgspec.DecodeError):
    """An object has a duplicate key, which parsers interpret differently (RFC 8259, section 4)."""


def read_json(data: bytes | str, kind: Any = Any, *, decode: Callable[[bytes | str], Any] | None = None) -> Any:
    """Decode JSON as ``kind``.

    Args:
        decode: method of an existing decoder, used instead of ``kind``.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: not JSON, of another shape, or over the budget.
    """
    raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
    opened = raw.count(b"[") + raw.count(b"{")
    if opened + raw.count(b",") > MAX_VALUES:
        raise OverBudget(f"of over {MAX_VALUES:,} values")
    try:
        value = decode(data) if decode else msgspec.json.decode(data, type=kind)
    except RecursionError:
        raise OverBudget("that is nested too deeply") from None
    if opened > DEEPEST and _is_deep(raw):
        raise OverBudget("that is nested too deeply")
    return value


def read_unambiguous_json(data: bytes, kind: Any = Any) -> Any:
    """Decode JSON like ``read_json``, refusing duplicate keys.

    msgspec takes the last of two values of a key, other parsers the first: ``{"status": "error", "status": "ok"}``
    has no definite meaning.
    """
    value = read_json(data, kind)
    require_unambiguous(data)
    return value


def require_unambiguous(data: bytes) -> None:
    """Raise Ambiguous where an object of this JSON has a duplicate key."""
    try:
        json.loads(data, object_pairs_hook=_once, parse_float=str, parse_int=str)
    except RecursionError:
        raise OverBudget("that is nested too deeply") from None


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """Convert like ``msgspec.convert``; a value nested too deeply is a ``msgspec.ValidationError`` as well."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except RecursionError:
        raise msgspec.ValidationError("nested too deeply") from None


def shown(value: Any, most: int = 200) -> str:
    """An undocumented value as an example for a message, cut between words."""
    try:
        return words(str(value), most)
    except RecursionError:
        return f"a {type(value).__name__} nested too deeply"


def words(text: str, most: int = MAX_WORDS) -> str:
    """A foreign text for a message: whole words only, at most ``most`` characters.

    The cut is between words, so a secret appears either whole, where it is found and redacted, or not at all.
    """
    if len(text) <= most:
        return text
    kept = text[: most + 1]
    cut = max(kept.rfind(" "), kept.rfind("\n"), kept.rfind("\t"))
    note = f"… ({len(text):,} characters)"
    return f"{kept[:cut].rstrip()} {note}" if cut > 0 else note


def _is_deep(sound: bytes) -> bool:
    """Whether valid JSON is nested deeper than ``DEEPEST``: pairs of brackets are removed level by level."""
    left = _TEXT.sub(b"", sound).translate(_BRACKETS, _OTHERS)
    for _ in range(DEEPEST):
        left = left.replace(b"()", b"")
        if not left:
            return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise Ambiguous(f"with an object that names {name[:60]!r} twice")
            seen.add(name)
