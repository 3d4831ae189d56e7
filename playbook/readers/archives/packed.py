"""What packs or encrypts a file inside an archive, piece by piece."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from playbook.readers.archives.framed import Lz4, UnsoundError, Zstandard
from playbook.readers.archives.sealed import Age, OpenPgp

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LENGTHS_OF_ZSTANDARD = "zst by its lengths"
_AT_ONCE = 1 << 20  # bytes
_MAX_TO_UNPACK = 128 << 20  # bytes of memory
_LARGEST_WINDOW = 27  # as a power of two; what zstd itself unpacks without an option (--long=27)
_FRAME, _SKIPPED = (
    b"\x28\xb5\x2f\xfd",
    b"\x2a\x4d\x18",
)  # how frames begin, and what is behind a first byte of others
_HAS_SUM = 4


class Packing(Protocol):
    """One way of packing.

    Attributes:
        form: its name.
        unpacks: it gives the content, and not only whether it is whole.
        ended: the bytes so far are whole.
        holds_nothing: where it does not unpack, the content is known to be empty.
        summed: all of the content was compared with sums that are stored in it.
    """

    form: str
    unpacks: bool
    ended: bool
    holds_nothing: bool

    @property
    def summed(self) -> bool:
        """See above."""

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """What the next bytes hold; UnsoundError where they are not of this form."""


class _Gzip:
    form = "gzip"
    unpacks = True
    holds_nothing = False
    summed = True

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
    """Of bzip2, xz and Zstandard, whose modules work alike."""

    holds_nothing = False
    form = ""

    def __init__(self) -> None:
        self._one: Any = None
        self._held = b""
        self._has_begun = self.ended = False
        self.unpacks = self.summed = True

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """What the next bytes hold; UnsoundError where they are not of this form."""
        piece, self._held = self._held + piece, b""
        try:
            while self.unpacks:
                if self._one is None:
                    piece = piece.lstrip(b"\0") if self._has_begun else piece
                    if len(piece) < self._least:
                        self._held = piece
                        break
                    self._one, self._has_begun = self._new(piece), True
                yield self._one.decompress(piece, _AT_ONCE)
                piece = b""
                if self._one.eof:
                    self.summed = self.summed and self._has_sum
                    piece, self._one = self._one.unused_data, None
                elif self._one.needs_input:
                    break
        except (OSError, lzma.LZMAError, zstd.ZstdError) as error:
            if not self._is_too_large(error):
                raise UnsoundError from error
            self.unpacks = self.summed = False  # it needs more than it is given, and may be whole
        self.ended = not self.unpacks or (self._has_begun and self._one is None and not self._held)

    _least = 1  # bytes by which a stream is known
    _has_sum = True

    def _new(self, begin: bytes) -> Any:
        """What unpacks the stream that begins so."""
        raise NotImplementedError

    @staticmethod
    def _is_too_large(error: Exception) -> bool:
        return "Memory usage limit" in str(error)


class _Bzip2(_Stream):
    form = "bzip2"

    def _new(self, begin: bytes) -> Any:
        return bz2.BZ2Decompressor()


class _Xz(_Stream):
    form = "xz"

    def _new(self, begin: bytes) -> Any:
        return lzma.LZMADecompressor(memlimit=_MAX_TO_UNPACK)

    @property
    def _has_sum(self) -> bool:  # type: ignore[override]
        return self._one.check not in (lzma.CHECK_NONE, lzma.CHECK_UNKNOWN)


class _Zstandard(_Stream):
    """Its library compares the sum of each frame that has one; ``zstd`` writes it, most other programs do not.

    https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
    """

    form = "Zstandard"
    _least = 5

    def _new(self, begin: bytes) -> Any:
        is_skipped = begin[1:4] == _SKIPPED and begin[0] & 0xF0 == 0x50
        if not is_skipped and not begin.startswith(_FRAME):
            raise UnsoundError
        self._has_sum = is_skipped or bool(begin[4] & _HAS_SUM)
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW})

    @staticmethod
    def _is_too_large(error: Exception) -> bool:
        return "too much memory" in str(error)


_KINDS: dict[str, Callable[[], Packing]] = {
    "gz": _Gzip,
    "bz2": _Bzip2,
    "xz": _Xz,
    "zst": _Zstandard,
    LENGTHS_OF_ZSTANDARD: Zstandard,
    "lz4": Lz4,
    "gpg": OpenPgp,
    "pgp": OpenPgp,
    "age": Age,
}


def packing_of(ending: str) -> Packing | None:
    """How a file with such an ending of its name is packed or encrypted; None for others."""
    return _KINDS[ending]() if ending in _KINDS else None
