"""What packs a file inside an archive, piece by piece: gzip, bzip2 and xz, and the frames of Zstandard."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

_AT_ONCE = 1 << 20  # bytes
_MAX_TO_UNPACK = 128 << 20  # bytes of memory


class UnsoundError(Exception):
    """The bytes are not of this form, or damaged."""


class Packing(Protocol):
    """One way of packing.

    Attributes:
        form: its name.
        unpacks: it gives the content, and not only whether it is whole.
        ended: the bytes so far are whole.
    """

    form: str
    unpacks: bool
    ended: bool

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """What the next bytes hold; UnsoundError where they are not of this form."""


class _Gzip:
    form = "gzip"
    unpacks = True

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


class _Zstandard:
    """Its frames, of which only lengths are read, as Python has no way to unpack them.

    https://www.rfc-editor.org/rfc/rfc8878#section-3.1
    """

    form = "Zstandard"
    unpacks = False

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self._in_frame = self._has_sum = False
        self.ended = False

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        self._held += piece
        while step := self._step():
            self._held = self._held[step:]
        self.ended = not (self._in_frame or self._held or self._skip)
        yield from ()

    def _step(self) -> int:
        """How many of the bytes held are done with; 0 where it takes more of them."""
        if self._skip:
            done = min(self._skip, len(self._held))
            self._skip -= done
            return done
        return self._block() if self._in_frame else self._frame()

    def _frame(self) -> int:
        if len(self._held) < 8:
            return 0
        mark, size = struct.unpack("<II", self._held[:8])
        if mark & 0xFFFFFFF0 == 0x184D2A50:  # one to be skipped
            self._skip = size
            return 8
        if mark != 0xFD2FB528:
            raise UnsoundError
        flags = self._held[4]
        is_single = bool(flags & 0x20)
        self._has_sum, self._in_frame = bool(flags & 4), True
        return 5 + (not is_single) + (0, 1, 2, 4)[flags & 3] + (int(is_single), 2, 4, 8)[flags >> 6]

    def _block(self) -> int:
        if len(self._held) < 3:
            return 0
        head = int.from_bytes(self._held[:3], "little")
        kind, size = head >> 1 & 3, head >> 3
        if kind == 3:
            raise UnsoundError
        self._skip = 1 if kind == 1 else size
        if head & 1:
            self._in_frame = False
            self._skip += 4 * self._has_sum
        return 3


def packing_of(ending: str) -> Packing | None:
    """How a file with such a name is packed: ``gz``, ``bz2``, ``xz`` or ``zst``; None for others."""
    if ending == "gz":
        return _Gzip()
    if ending == "bz2":
        return _Stream("bzip2", bz2.BZ2Decompressor)
    if ending == "xz":
        return _Stream("xz", lambda: lzma.LZMADecompressor(memlimit=_MAX_TO_UNPACK))
    return _Zstandard() if ending == "zst" else None
