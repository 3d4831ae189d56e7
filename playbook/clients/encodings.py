"""Decompression of bodies in pieces: a few kilobytes can expand to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_PIECE = 64 * 1024
_GZIP, _ZLIB, _BARE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_GZIP_BEGINS = 0x1F
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class Unreadable(Exception):  # noqa: N818 - what it is, for those who say whose it is
    """The body does not match its Content-Encoding."""


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The decompressed body, in pieces of at most 64 KiB. Encodings other than gzip and deflate are passed
    through.

    Args:
        encoding: value of the Content-Encoding header.

    Raises:
        Unreadable: it is not in that encoding, or is truncated.
    """
    name = encoding.strip().casefold()
    return _inflated(pieces, name) if name in _WINDOWS else iter(pieces)


def _inflated(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    inflate, begun = zlib.decompressobj(_WINDOWS[name]), False
    for piece in pieces:
        data = piece
        while data:
            if inflate.eof and (name == "deflate" or data[0] != _GZIP_BEGINS):
                break  # padding
            if inflate.eof:  # gzip allows several members in sequence
                inflate = zlib.decompressobj(_WINDOWS[name])
            elif not begun and name == "deflate" and not _is_zlib(data):
                inflate = zlib.decompressobj(_BARE)  # raw deflate, which many servers send under this name
            begun = True
            yield from _all_of(inflate, data, name)
            data = inflate.unused_data
    if begun and not inflate.eof:
        raise Unreadable(f"a body in {name} that breaks off")


def _all_of(inflate: zlib._Decompress, data: bytes, name: str) -> Iterator[bytes]:
    full = True
    while (data or full) and not inflate.eof:
        try:
            piece = inflate.decompress(data, _PIECE)
        except zlib.error:
            raise Unreadable(f"a body that is not {name}, although its Content-Encoding says so") from None
        if piece:
            yield piece
        data, full = inflate.unconsumed_tail, len(piece) == _PIECE


def _is_zlib(data: bytes) -> bool:
    return data[0] & 0x0F == zlib.DEFLATED and (len(data) == 1 or int.from_bytes(data[:2]) % 31 == 0)
