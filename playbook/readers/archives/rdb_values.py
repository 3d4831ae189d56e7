"""Values in a Redis dump: how lengths, strings and each type of value are written.

The format is only defined by the source: https://github.com/valkey-io/valkey/blob/unstable/src/rdb.h and rdb.c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from playbook.readers.archives.dump import DumpError
from playbook.readers.archives.lzf import unpack
from playbook.readers.archives.rdb_input import Input

_MAX_SAMPLED = 1024 * 1024  # bytes of a text that is hashed; of a longer one only the length is compared


class Values:
    """Reads values, or skips them: of a collection only the number of its members is kept.

    Attributes:
        templates: of Redis 8.10: number of a hash's fields.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.input = Input(stream)
        self.templates: dict[int, int] = {}

    @property
    def place(self) -> str:
        """Where in the dump it is, for messages."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------- encodings

    def _prefix(self) -> tuple[int, bool]:
        """A length, or the number of an encoding and True."""
        first = self.input.byte()
        form = first >> 6
        if form == 0:
            return first, False
        if form == 1:
            return (first & 0x3F) << 8 | self.input.byte(), False
        if form == 3:
            return first & 0x3F, True
        if first == 0x80:
            return int.from_bytes(self.input.take(4), "big"), False
        if first == 0x81:
            return int.from_bytes(self.input.take(8), "big"), False
        raise DumpError(f"cannot be read {self.place}")

    def length(self) -> int:
        length, encoded = self._prefix()
        if encoded:
            raise DumpError(f"cannot be read {self.place}")
        return length

    def lengths(self, count: int) -> None:
        for _ in range(count):
            self.length()

    def _packed(self) -> tuple[int, int | None, int]:
        """The next string: bytes as stored, bytes when decompressed (None where not compressed), or an integer's
        width as the third.
        """
        length, encoded = self._prefix()
        if not encoded:
            return length, None, 0
        if length in (0, 1, 2):
            return 1 << length, None, 1 << length
        if length == 3:
            written = self.length()
            return written, self.length(), 0
        raise DumpError(f"cannot be read {self.place}")

    def skip_string(self) -> None:
        self.input.skip(self._packed()[0])

    def text(self) -> tuple[int, bytes | None]:
        """Length of a string, and the string unless it is too long."""
        written, unpacked, integer = self._packed()
        length = written if unpacked is None else unpacked
        if max(length, written) > _MAX_SAMPLED:
            self.input.skip(written)
            return length, None
        data = self.input.take(written)
        if integer:
            data = str(int.from_bytes(data, "little", signed=True)).encode()
        elif unpacked is not None:
            try:
                data = unpack(data, unpacked)
            except ValueError:
                raise DumpError(f"cannot be unpacked {self.place}") from None
        return len(data), data

    def strings(self, count: int) -> None:
        for _ in range(count):
            self.skip_string()

    # -------------------------------------------------------------------------------------------- types of values

    def _one(self) -> None:
        """Skip a whole collection in one string, which does not give its size outside."""
        self.skip_string()

    def members(self) -> int:
        count = self.length()
        self.strings(count)
        return count

    def _pairs(self) -> int:
        count = self.length()
        self.strings(2 * count)
        return count

    def _expiring_pairs(self) -> int:
        count = self.length()
        for _ in range(count):
            self.strings(2)
            self.input.skip(8)
        return count

    def _scored_texts(self) -> int:
        count = self.length()
        for _ in range(count):
            self.skip_string()
            width = self.input.byte()
            self.input.skip(width if width < 253 else 0)  # 253 to 255 are NaN and the infinities
        return count

    def _scored(self) -> int:
        count = self.length()
        for _ in range(count):
            self.skip_string()
            self.input.skip(8)
        return count

    def _nodes(self) -> None:
        self.strings(self.length())

    def _marked_nodes(self) -> None:
        for _ in range(self.length()):
            self.length()
            self.skip_string()

    def _timed_one(self) -> None:
        self.input.skip(8)
        self.skip_string()

    def _timed_pairs(self) -> int:
        self.input.skip(8)
        count = self.length()
        for _ in range(count):
            self.length()
            self.strings(2)
        return count

    def _module(self) -> None:
        self.length()
        self.module_values()

    def module_values(self) -> None:
        while code := self.length():
            match code:
                case 1 | 2:
                    self.length()
                case 3:
                    self.input.skip(4)
                case 4:
                    self.input.skip(8)
                case 5:
                    self.skip_string()
                case _:
                    raise DumpError(f"cannot be read {self.place}")

    def _stream_of(self, version: int) -> int:
        self.strings(2 * self.length())
        count = self.length()
        self.lengths(2 if version == 1 else 7)
        for _ in range(self.length()):  # groups
            self.skip_string()
            self.lengths(2 if version == 1 else 3)
            for _ in range(self.length()):  # pending entries
                self.input.skip(16 + 8)
                self.length()
            for _ in range(self.length()):  # consumers
                self.skip_string()
                self.input.skip(8 if version < 3 else 16)
                self.input.skip(16 * self.length())
            if version >= 5:  # entries that were given back
                self.input.skip(16 * self.length())
        if version >= 4:
            self.lengths(2)
            for _ in range(self.length()):  # producers that send a message once only
                self.skip_string()
                for _ in range(self.length()):
                    self.skip_string()
                    self.lengths(2)
            self.lengths(2)
        return count

    def _array(self) -> int:
        """Places with their values, and the place of the next one where there is a cursor."""
        count = self.length()
        self.lengths(self.length())
        for _ in range(count):
            self.length()
            match self.length():
                case 0 | 3:
                    self.skip_string()
                case 1 | 2:
                    self.input.skip(8)
                case _:
                    raise DumpError(f"cannot be read {self.place}")
        return count

    def _templated(self) -> int:
        count = self.templates.get(self.length())
        if count is None:
            raise DumpError(f"cannot be read {self.place}")
        self.strings(count)
        return count


Kind = tuple[str, Callable[[Values], int | None]]  # what TYPE calls it, and what reads it

TYPES: dict[int, Kind] = {
    0: ("string", Values._one),
    1: ("list", Values.members),
    2: ("set", Values.members),
    3: ("zset", Values._scored_texts),
    4: ("hash", Values._pairs),
    5: ("zset", Values._scored),
    7: ("module", Values._module),
    9: ("hash", Values._one),
    10: ("list", Values._one),
    11: ("set", Values._one),
    12: ("zset", Values._one),
    13: ("hash", Values._one),
    14: ("list", Values._nodes),
    15: ("stream", lambda values: values._stream_of(1)),
    16: ("hash", Values._one),
    17: ("zset", Values._one),
    18: ("list", Values._marked_nodes),
    19: ("stream", lambda values: values._stream_of(2)),
    20: ("set", Values._one),
    21: ("stream", lambda values: values._stream_of(3)),
}
OF_VALKEY: dict[int, Kind] = {22: ("hash", Values._expiring_pairs)}
# Without 22 and 23, which it dropped before a release; 29 and 31, which only DUMP returns; and 33 of no release.
OF_REDIS: dict[int, Kind] = {
    24: ("hash", Values._timed_pairs),
    25: ("hash", Values._timed_one),
    26: ("stream", lambda values: values._stream_of(4)),  # 8.6
    27: ("stream", lambda values: values._stream_of(5)),  # 8.8, with the next
    28: ("array", Values._array),
    30: ("hash", Values._one),  # 8.10, with the next
    32: ("hash", Values._templated),
}
