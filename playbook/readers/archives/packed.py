"""A compressed file that is unpacked as it comes: by gzip, bzip2 or xz; and which of other kinds hold nothing."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

_AT_ONCE = 1 << 20  # bytes
_MAX_MEMORY = 128 << 20  # bytes; xz -9 needs 65 MiB, a file can request 4 GiB
_ZSTD, _LZ4 = b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"


class _Unpacks(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


_NEW: dict[str, Callable[[], _Unpacks]] = {
    "gz": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_MEMORY),
}
_NAMES = {"gz": "gzip", "bz2": "bzip2", "xz": "xz"}


class Packed:
    """One compressed file: pass its bytes to ``unpack``.

    Attributes:
        damage: what is wrong with it, to follow its name; empty where nothing is.
        unknown: it needs more memory than is given to it.
    """

    def __init__(self, form: str) -> None:
        """One of ``gz``, ``bz2`` and ``xz``."""
        self._form = form
        self._unpacker = _NEW[form]()
        self.damage = ""
        self.unknown = False

    @property
    def ended(self) -> bool:
        """Whether it has come to its end mark."""
        return self._unpacker.eof

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """The content of its next bytes, in pieces of at most 1 MiB."""
        try:
            while piece and not self.damage and not self.unknown:
                if self._unpacker.eof:  # several, one after the other, are one
                    piece = piece.lstrip(b"\0")
                    self._unpacker = _NEW[self._form]() if piece else self._unpacker
                    continue
                found = self._unpacker.decompress(piece, _AT_ONCE)
                while found:
                    yield found
                    held = getattr(self._unpacker, "unconsumed_tail", b"")  # zlib returns it, the others keep it
                    more = bool(held) or getattr(self._unpacker, "needs_input", True) is False
                    found = self._unpacker.decompress(held, _AT_ONCE) if more and not self._unpacker.eof else b""
                piece = self._unpacker.unused_data
        except lzma.LZMAError as error:
            self.unknown = "Memory usage limit" in str(error)
            self.damage = "" if self.unknown else "is no sound xz file"
        except (zlib.error, OSError, ValueError):
            self.damage = f"is no sound {_NAMES[self._form]} file"


def holds_nothing(head: bytes) -> bool:
    """Whether a file by Zstandard or LZ4 is the packed form of nothing, as a program that died leaves it.

    https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1, https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
    """
    if head.startswith(_ZSTD) and len(head) > len(_ZSTD):
        flags = head[4]
        is_single = bool(flags >> 5 & 1)
        at = 5 + (not is_single) + (0, 1, 2, 4)[flags & 3] + (int(is_single), 2, 4, 8)[flags >> 6]
        return head[at : at + 3] == b"\x01\0\0"  # the last block, raw, of 0 bytes
    if head.startswith(_LZ4) and len(head) > len(_LZ4):
        at = 7 + 8 * (head[4] >> 3 & 1) + 4 * (head[4] & 1)
        return head[at : at + 4] == bytes(4)
    return False
