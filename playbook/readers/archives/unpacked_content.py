"""The content of one file as a stream, unpacked as its first bytes say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from playbook.readers.archives.framed import UnsoundError
from playbook.readers.archives.packed import packing_of
from playbook.readers.archives.streams import CHUNK

_MARKS = (
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    *((bytes((first,)) + b"\x2a\x4d\x18", "zst") for first in range(0x50, 0x60)),  # of pzstd
)


class Readable(Protocol):
    """A stream."""

    def read(self, count: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""


class Content:
    """Reads like a file, in memory for a piece of it.

    Attributes:
        head: how the file itself begins.
        damage: what is wrong with how it is packed, to follow "a file that"; known when its end was read.
    """

    def __init__(self, stream: Readable, require_time: Callable[[], None]) -> None:
        self._stream, self._require_time = stream, require_time
        self.head = stream.read(CHUNK)
        ending = next((name for mark, name in _MARKS if self.head.startswith(mark)), "")
        self._packing = packing_of(ending)
        self.damage = ""
        self._held = b""
        self._pieces = self._read()

    @property
    def form(self) -> str:
        """How it is packed; empty where it is not."""
        return self._packing.form if self._packing else ""

    @property
    def is_unpacked(self) -> bool:
        """Whether all that was read so far could be unpacked."""
        return self._packing is None or self._packing.unpacks

    @property
    def is_summed(self) -> bool:
        """Whether all of it was compared with a sum in it; known when its end was read."""
        return self._packing is not None and self._packing.summed and not self.damage

    def peek(self, count: int) -> bytes:
        """The next bytes, which are read again."""
        while len(self._held) < count and (piece := next(self._pieces, b"")):
            self._held += piece
        return self._held[:count]

    def read(self, count: int = -1) -> bytes:
        """At most so many bytes; none at the end, or behind damage."""
        if not self._held:
            self._held = next(self._pieces, b"")
        count = len(self._held) if count < 0 else count
        piece, self._held = self._held[:count], self._held[count:]
        return piece

    def _read(self) -> Iterator[bytes]:
        piece = self.head
        try:
            while piece:
                self._require_time()
                if self._packing is None:
                    yield piece
                else:
                    for part in self._packing.unpacked(piece):
                        self._require_time()
                        if part:
                            yield part
                piece = self._stream.read(CHUNK)
        except UnsoundError:
            self.damage = f"is no sound {self.form} file"
            return
        if self._packing and not self._packing.ended:
            self.damage = "is cut off"
