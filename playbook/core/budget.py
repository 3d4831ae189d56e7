"""How much of what comes in is taken: values and nesting of JSON, and words of others in a message.

Bytes are bounded where they are read. What is decoded from them takes many times their room: ``[],[],…`` of 16 MiB
would be 360 MB of empty lists. Whatever is over a bound here is an answer that is not understood, and never a
crash: every exception is a ``msgspec.DecodeError``, which each reader takes for one already.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

MOST_VALUES = 3_000_000
DEEPEST = 64  # lists and objects in each other; what goes through them calls itself once for each
MOST_WORDS = 2_000  # characters of a text of others in one message

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = bytes.maketrans(b"[]{}", b"()()")
_OTHERS = bytes(byte for byte in range(256) if byte not in b"[]{}")

T = TypeVar("T")


class OverBudget(msgspec.DecodeError):
    """Too many values, or nested too deeply."""


class Ambiguous(msgspec.DecodeError):
    """An object names one key twice, so that readers differ in what it says (RFC 8259, section 4)."""


def read_json(data: bytes | str, kind: Any = Any, *, decode: Callable[[bytes | str], Any] | None = None) -> Any:
    """JSON as ``kind``.

    Args:
        decode: of a decoder that is made already, instead of ``kind``.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: it is none, of another shape, or over the budget.
    """
    raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
    opened = raw.count(b"[") + raw.count(b"{")
    if opened + raw.count(b",") > MOST_VALUES:
        raise OverBudget(f"of over {MOST_VALUES:,} values")
    try:
        value = decode(data) if decode else msgspec.json.decode(data, type=kind)
    except RecursionError:
        raise OverBudget("that is nested too deeply") from None
    if opened > DEEPEST and _is_deep(raw):
        raise OverBudget("that is nested too deeply")
    return value


def read_unambiguous_json(data: bytes, kind: Any = Any) -> Any:
    """As ``read_json``, of an answer of which one key says one thing.

    msgspec takes the last of two values of a key, others the first: of ``{"status": "error", "status": "ok"}`` it
    is not known which was meant.
    """
    value = read_json(data, kind)
    require_unambiguous(data)
    return value


def require_unambiguous(data: bytes) -> None:
    """Raises Ambiguous where an object of this JSON names one key twice."""
    try:
        json.loads(data, object_pairs_hook=_once, parse_float=str, parse_int=str)
    except RecursionError:
        raise OverBudget("that is nested too deeply") from None


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """As ``msgspec.convert``; what is nested too deeply is a ``msgspec.ValidationError``, too."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except RecursionError:
        raise msgspec.ValidationError("nested too deeply") from None


def shown(value: Any, most: int = 200) -> str:
    """Something of another form than documented, as an example for a message: whole words of it."""
    try:
        return words(str(value), most)
    except RecursionError:
        return f"a {type(value).__name__} nested too deeply"


def words(text: str, most: int = MOST_WORDS) -> str:
    """A text of others for a message: whole words only, at most ``most`` characters of them.

    What is cut is cut between words, so that a secret stands there whole, where it can be found and taken out, or
    not at all.
    """
    if len(text) <= most:
        return text
    kept = text[: most + 1]
    cut = max(kept.rfind(" "), kept.rfind("\n"), kept.rfind("\t"))
    said = f"… ({len(text):,} characters)"
    return f"{kept[:cut].rstrip()} {said}" if cut > 0 else said


def _is_deep(sound: bytes) -> bool:
    """Whether sound JSON is nested over ``DEEPEST``: its brackets are taken away in pairs, level by level."""
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
