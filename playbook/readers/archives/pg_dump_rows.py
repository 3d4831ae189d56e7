"""The rows of one table in PostgreSQL's custom format: unpacked, and whether they have their end."""

from __future__ import annotations

import zlib

from playbook.readers.archives.framed import UnsoundError
from playbook.readers.archives.packed import packing_of

_AT_ONCE = 1 << 20  # bytes
_COPY_END = b"\\.\n"
_HELD = 16  # bytes
# By the number of a compression since version 1.15: CompressionAlgorithm of src/include/common/compression.h.
NONE, GZIP, LZ4, ZSTD = range(4)
_PACKINGS = {LZ4: "lz4", ZSTD: "zst"}


class PackedRows:
    """Pass the chunks of a block to ``write``, then call ``end``.

    Attributes:
        size: bytes without packing.
        problem: what is wrong, to follow "rows that"; empty where nothing is.
        is_known: it was unpacked to its end.
        is_summed: it was compared with a sum.
    """

    def __init__(self, packing: int, *, is_copy: bool) -> None:
        self._zlib = zlib.decompressobj() if packing == GZIP else None
        self._packing = packing_of(_PACKINGS.get(packing, ""))
        self._is_copy = is_copy
        self._is_plain = packing == NONE
        self._tail = b""
        self._packed = 0
        self.size = 0
        self.problem = ""
        self.is_known = packing in (NONE, GZIP, LZ4, ZSTD)
        self.is_summed = packing in (GZIP, ZSTD)

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._packed += len(data)
        if self.problem or not self.is_known:
            return
        try:
            if self._zlib:
                while data and not self._zlib.eof:
                    self._keep(self._zlib.decompress(data, _AT_ONCE))
                    data = self._zlib.unconsumed_tail
            elif self._packing:
                for part in self._packing.unpacked(data):
                    self._keep(part)
            else:
                self._keep(data)
        except (zlib.error, UnsoundError):
            self.problem = "cannot be unpacked"

    def _keep(self, data: bytes) -> None:
        self.size += len(data)
        self._tail = (self._tail + data[-_HELD:])[-_HELD:]
        if self._is_copy and b"\0" in data:
            self.problem = "hold zeros, as a crash or a full disk leaves them"

    def end(self) -> None:
        """The block has ended. Newer versions write nothing at all for an empty one."""
        if self.problem or not self.is_known or not self._packed:
            return
        ended = self._zlib.eof if self._zlib else self._packing.ended if self._packing else True
        if not ended:
            self.problem = "break off"
            return
        if self._packing:
            self.is_known, self.is_summed = self._packing.unpacks, self._packing.summed
        if self.is_known and self._is_copy and not self._tail.rstrip(b"\n").endswith(_COPY_END.rstrip()):
            self.is_known = False
