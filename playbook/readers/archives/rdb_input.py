"""The bytes of a dump, read as needed and added to the checksum as they are used."""

from __future__ import annotations

from typing import IO

from playbook.readers.archives.crc64 import Crc64

SUM = 8  # bytes of the checksum at the end
_CHUNK = 256 * 1024


class Input:
    """Reads bytes as needed and computes the checksum of those used."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._sum = Crc64()

    def take(self, count: int) -> bytes:
        if self._at + count <= len(self._buffer):
            self._at += count
            return self._buffer[self._at - count : self._at]
        pieces = []
        while count:
            piece = self._piece(count)
            count -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def skip(self, count: int) -> None:
        while count:
            count -= len(self._piece(count))

    def byte(self) -> int:
        return self.take(1)[0]

    def sum_so_far(self) -> int:
        """Checksum of the bytes used so far. After it only the checksum itself may be read."""
        self._sum.update(self._buffer[: self._at])
        return self._sum.value

    def rest(self) -> bytes:
        """Use everything up to the last eight bytes and return those."""
        held = self._buffer[self._at :]
        self._sum.update(self._buffer[: self._at])
        while True:
            self._sum.update(held[: max(len(held) - SUM, 0)])
            held = held[-SUM:]
            more = self._stream.read(_CHUNK)
            if not more:
                self._buffer, self._at = b"", 0
                return held
            held += more

    def read(self, most: int) -> bytes:
        """At most so many of the next bytes; fewer at the end."""
        found = self._buffer[self._at : self._at + most]
        while len(found) < most and (more := self._stream.read(most - len(found))):
            found += more
        return found

    def _piece(self, most: int) -> bytes:
        if self._at == len(self._buffer):
            self._sum.update(self._buffer)
            self._buffer, self._at = self._stream.read(_CHUNK), 0
            if not self._buffer:
                raise EndedError
        piece = self._buffer[self._at : self._at + most]
        self._at += len(piece)
        return piece


class EndedError(Exception):
    """The dump ended too early. An EOFError means that the archive itself is truncated."""
