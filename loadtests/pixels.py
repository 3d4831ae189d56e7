"""Width and height of a picture, from its header: to decode it would take longer than a request. Pure."""

from __future__ import annotations

from collections.abc import Callable

Size = tuple[int, int]

# Markers of JPEG with the size of the frame, and those without a length.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xDA)))


def pixels_of(kind: str, data: bytes) -> Size | None:
    """Width and height; None where they are not found."""
    try:
        return _READERS[kind](data)
    except IndexError:
        return None


def _jpeg(data: bytes) -> Size | None:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return _big(data, at + 7, 2), _big(data, at + 5, 2)
        at += 1 if marker == 0xFF else 2 if marker in _ALONE else 2 + _big(data, at + 2, 2)
    return None


def _png(data: bytes) -> Size | None:
    return _big(data, 16, 4), _big(data, 20, 4)


def _webp(data: bytes) -> Size | None:
    """https://developers.google.com/speed/webp/docs/riff_container"""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if chunk == b"VP8L":
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return (_little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF) if chunk == b"VP8 " else None


def _avif(data: bytes) -> Size | None:
    """The largest of its images: parts of it, and its transparency, have sizes of their own."""
    found: list[Size] = []
    at = data.find(b"ispe")
    while at >= 0:
        found.append((_big(data, at + 8, 4), _big(data, at + 12, 4)))
        at = data.find(b"ispe", at + 4)
    return max(found, key=lambda size: size[0] * size[1], default=None)


def _big(data: bytes, at: int, length: int) -> int:
    return _number(data, at, length, "big")


def _little(data: bytes, at: int, length: int) -> int:
    return _number(data, at, length, "little")


def _number(data: bytes, at: int, length: int, order: str) -> int:
    if len(data) < at + length:
        raise IndexError(at)
    return int.from_bytes(data[at : at + length], "big" if order == "big" else "little")


_READERS: dict[str, Callable[[bytes], Size | None]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/avif": _avif,
}
