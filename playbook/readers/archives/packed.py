"""What packs or encrypts a file inside an archive, piece by piece."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from playbook.readers.archives.framed import Lz4, UnsoundError, Zstandard
from playbook.readers.archives.sealed import Age, OpenPgp

_AT_ONCE = 1 << 20  # bytes
_MAX_TO_UNPACK = 128 << 20  # bytes of memory


class Packing(Protocol):
    """One way of packing.

    Attributes:
        form: its name.
        unpacks: it gives the content, and not only whether it is whole.
        ended: the bytes so far are whole.
        holds_nothing: where it does not unpack, the content is known to be empty.
    """

    form: str
    unpacks: bool
    ended: bool
    holds_nothing: bool

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """What the next bytes hold; UnsoundError where they are not of this form."""


class _Gzip:
    form = "gzip"
    unpacks = True
    holds_nothing = False

    def __init__(self) -> None:
        self._one = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.ended = False

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        try:
            while piece:
                if self._one.eof:  # several files of gzip, one after the other, are one
                    piece = piece.lstrip(b"\0")
                    self._one = zlib.decompressobj(zlib.MAX_WBITS | 16) if piece else self._one
                    continue
                yield self._one.decompress(piece, _AT_ONCE)
                piece = self._one.unconsumed_tail or self._one.unused_data
        except zlib.error as error:
            raise UnsoundError from error
        self.ended = self._one.eof


class _Stream:
    """Of bzip2 and xz, whose modules work alike."""

    holds_nothing = False

    def __init__(self, form: str, new: Callable[[], Any]) -> None:
        self.form, self._new, self._one, self.ended = form, new, new(), False
        self.unpacks = True

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        try:
            while self.unpacks:
                if self._one.eof:
                    piece = (self._one.unused_data or piece).lstrip(b"\0")
                    if not piece:
                        break
                    self._one = self._new()
                yield self._one.decompress(piece, _AT_ONCE)
                piece = b""
                if self._one.needs_input and not self._one.eof:
                    break
        except (OSError, lzma.LZMAError) as error:
            if "Memory usage limit" not in str(error):
                raise UnsoundError from error
            self.unpacks = False  # it needs more than it is given, and may be whole
        self.ended = self._one.eof or not self.unpacks


_KINDS: dict[str, Callable[[], Packing]] = {
    "gz": _Gzip,
    "bz2": lambda: _Stream("bzip2", bz2.BZ2Decompressor),
    "xz": lambda: _Stream("xz", lambda: lzma.LZMADecompressor(memlimit=_MAX_TO_UNPACK)),
    "zst": Zstandard,
    "lz4": Lz4,
    "gpg": OpenPgp,
    "pgp": OpenPgp,
    "age": Age,
}


def packing_of(ending: str) -> Packing | None:
    """How a file with such an ending of its name is packed or encrypted; None for others."""
    return _KINDS[ending]() if ending in _KINDS else None
