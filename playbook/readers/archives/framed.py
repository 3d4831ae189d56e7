"""The frames of Zstandard and LZ4, of which the lengths show whether they are whole; the beginning of LZ4 is read.

https://www.rfc-editor.org/rfc/rfc8878#section-3.1
https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator

_SKIPPED = 0x184D2A50  # to 0x184D2A5F, of both
_ZSTANDARD, _LZ4, _OLD_LZ4 = 0xFD2FB528, 0x184D2204, 0x184C2102
_WINDOW = 64 * 1024  # bytes that a block of LZ4 may refer to
_MOST_UNPACKED = 1 << 20  # bytes of one file of LZ4, as Python takes its time for it
_LARGEST_BLOCK = 9 << 20


class UnsoundError(Exception):
    """The bytes are not of this form, or damaged."""


class Framed(ABC):
    """Frames with blocks in them.

    Attributes:
        form: its name.
        unpacks: all of the content so far was given.
        ended: the bytes so far are whole.
    """

    form = ""
    holds_nothing = False  # its size tells that
    summed = False

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self._in_frame = False
        self._content = b""
        self.ended = False
        self.unpacks = True

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """What the next bytes hold, as far as it is read; UnsoundError where they are not of this form."""
        self._held += piece
        while step := self._step():
            self._held = self._held[step:]
            if self._content:
                yield self._content
                self._content = b""
        self.ended = not (self._held or self._skip or (self._in_frame and not self._may_end))

    @property
    def _may_end(self) -> bool:
        """Whether a frame may end behind any of its blocks."""
        return False

    def _step(self) -> int:
        """How many of the bytes held are done with; 0 where it takes more of them."""
        if self._skip:
            done = min(self._skip, len(self._held))
            self._skip -= done
            return done
        if self._in_frame:
            return self._block()
        if len(self._held) < 8:
            return 0
        mark, size = struct.unpack("<II", self._held[:8])
        if mark & 0xFFFFFFF0 == _SKIPPED:
            self._skip = size
            return 8
        return self._frame(mark)

    @abstractmethod
    def _frame(self, mark: int) -> int:
        """Begin a frame with this mark, as ``_step``."""

    @abstractmethod
    def _block(self) -> int:
        """Begin a block, or end the frame, as ``_step``."""


class Zstandard(Framed):
    """Of ``zstd``, by the lengths alone, as of files that take too long to be unpacked."""

    form = "Zstandard"

    def __init__(self) -> None:
        super().__init__()
        self._has_sum = False

    def _frame(self, mark: int) -> int:
        if mark != _ZSTANDARD:
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
        done = 3
        if kind == 0 and self.unpacks:
            if len(self._held) < 3 + size:
                return 0
            self._content = self._held[3 : 3 + size]
            done += size
        else:
            self.unpacks = self.unpacks and not size
            self._skip = 1 if kind == 1 else size
        if head & 1:
            self._in_frame = False
            self._skip += 4 * self._has_sum
        return done


class Lz4(Framed):
    """Of ``lz4``, also in its old form, which has no mark at its end."""

    form = "LZ4"

    def __init__(self) -> None:
        super().__init__()
        self._is_old = False
        self._sums = (0, 0)  # bytes behind a block, and behind the last one
        self._window = b""
        self._given = 0

    def _frame(self, mark: int) -> int:
        if mark == _OLD_LZ4:
            self._in_frame = self._is_old = True
            self._sums = (0, 0)
            return 4
        flags = self._held[4]
        if mark != _LZ4 or flags >> 6 != 1:
            raise UnsoundError
        self._in_frame, self._is_old = True, False
        self._sums = 4 * bool(flags & 0x10), 4 * bool(flags & 4)
        length = 7 + 8 * bool(flags & 8) + 4 * (flags & 1)
        return length if len(self._held) >= length else self._wait()

    def _wait(self) -> int:
        self._in_frame = False
        return 0

    @property
    def _may_end(self) -> bool:
        return self._is_old

    def _block(self) -> int:
        if len(self._held) < 4:
            return 0
        word = int.from_bytes(self._held[:4], "little")
        if not word and not self._is_old:
            self._in_frame, self._skip, self._window = False, self._sums[1], b""
            return 4
        if self._is_old and word in (_LZ4, _OLD_LZ4):
            self._in_frame = False
            return self._step()
        size, is_stored = word & 0x7FFFFFFF, bool(word >> 31)
        if size > _LARGEST_BLOCK:
            raise UnsoundError
        if not self.unpacks:
            self._skip = size + self._sums[0]
            return 4
        if len(self._held) < 4 + size:
            return 0
        data = self._held[4 : 4 + size]
        self._content = data if is_stored else _unpacked(data, b"" if self._is_old else self._window)
        self._window = (self._window + self._content[-_WINDOW:])[-_WINDOW:]
        self._given += len(self._content)
        self.unpacks = self._given <= _MOST_UNPACKED
        self._skip = self._sums[0]
        return 4 + size


def _unpacked(data: bytes, window: bytes) -> bytes:
    """The content of a block of LZ4, or more of its beginning than is read of a file."""
    out, at, end = bytearray(window), 0, len(window) + _MOST_UNPACKED
    try:
        while at < len(data) and len(out) <= end:
            token = data[at]
            count, at = _length(data, token >> 4, at + 1)
            out += data[at : at + count]
            at += count
            if at >= len(data):
                break
            offset = data[at] | data[at + 1] << 8
            count, at = _length(data, token & 15, at + 2)
            count += 4
            start = len(out) - offset
            if not offset or start < 0 or count > _LARGEST_BLOCK:
                raise UnsoundError
            out += (out[start:] * (count // offset + 1))[:count] if offset < count else out[start : start + count]
    except IndexError:
        raise UnsoundError from None
    return bytes(out[len(window) :])


def _length(data: bytes, length: int, at: int) -> tuple[int, int]:
    """A length that goes on in more bytes where it is 15, and where they end."""
    more = 255 if length == 15 else 0
    while more == 255:
        more = data[at]
        length, at = length + more, at + 1
    return length, at
