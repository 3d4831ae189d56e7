"""A Redis dump, read once from beginning to end: whether it is intact, and what it contains.

The format is only defined by the source: https://github.com/valkey-io/valkey/blob/unstable/src/rdb.h and rdb.c.
Values are skipped unless they are sampled, so that memory does not grow with the dump.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import IO

from playbook.readers.archives.dump import Dump, DumpError, Sample
from playbook.readers.archives.lzf import unpack
from playbook.readers.archives.rdb_input import SUM, EndedError, Input

_MAGIC = re.compile(rb"REDIS\d{4}|VALKEY\d{3}")
_MAGIC_LENGTH = 9
_MAX_SAMPLED = 1024 * 1024  # bytes of a text that is hashed; of a longer one only the length is compared
_MAX_DATABASES = 1024  # 16 by default; a server allocates memory for each
_ENDED = 0xFF


class _UncountedError(Exception):
    """The keys cannot be counted; the message names what is not understood."""


def read_dump(stream: IO[bytes], now: datetime, *, samples: int = 0, soon: float = 3600.0) -> Dump:
    """Read a dump to its end.

    Args:
        now: aware; keys that have expired by then are not loaded.
        samples: number of keys to remember, sampled uniformly.
        soon: seconds after ``now`` within which a key's expiry makes it ``passing``.

    Raises:
        DumpError: not a dump, truncated, or different from its checksum.
        Whatever the stream raises.
    """
    return _Reading(stream, now.timestamp(), samples, soon).run()


class _Reading:
    def __init__(self, stream: IO[bytes], now: float, samples: int, soon: float) -> None:
        self._input = Input(stream)
        self._now, self._soon = now * 1000, (now + soon) * 1000
        self._wanted = samples
        self._random = Random(64)  # noqa: S311 - the same dump gives the same sample
        self._database = 0
        self._candidates = 0
        self._templates: dict[int, int] = {}  # of Redis 8.10: to the number of a hash's fields

    def run(self) -> Dump:
        try:
            magic = self._input.take(_MAGIC_LENGTH)
        except EndedError:
            raise DumpError("breaks off within its header") from None
        if not _MAGIC.fullmatch(magic):
            raise DumpError(f"does not begin with REDIS or VALKEY and a version, but with {magic!r}")
        self._dump = Dump(magic.decode())
        self._valkey = magic.startswith(b"VALKEY")
        try:
            self._entries()
            # Since version 5; versions older than ten years are not distinguished.
            computed = self._input.sum_so_far()
            written = self._input.take(SUM)
            if not self._input.is_at_its_end():
                raise DumpError("goes on after its end mark")
        except _UncountedError as reason:
            self._dump.uncounted = str(reason)
            written = self._input.rest()
            computed = self._input.sum_so_far()
        except EndedError:
            raise DumpError(f"breaks off {self._place}") from None
        self._compare(written, computed)
        return self._dump

    @property
    def _place(self) -> str:
        return f"after {self._dump.total:,} keys"

    def _compare(self, written: bytes, computed: int) -> None:
        if len(written) != SUM:
            raise DumpError("ends without a checksum")
        expected = int.from_bytes(written, "little")
        if not expected:
            self._dump.summed = False
        elif expected != computed:
            raise DumpError(
                f"differs from its checksum: {expected:016x} is written, its bytes give {computed:016x}"
            )

    def _entries(self) -> None:  # noqa: PLR0912 - one for each kind of entry
        ends: float | None = None
        while (code := self._input.byte()) != _ENDED:
            match code:
                case 0xFD:
                    ends = int.from_bytes(self._input.take(4), "little") * 1000.0
                case 0xFC:
                    ends = float(int.from_bytes(self._input.take(8), "little", signed=True))
                case 0xFE:
                    self._database = self._length()
                    if self._database >= _MAX_DATABASES:
                        raise _UncountedError(f"it has a database of the number {self._database:,}")
                    self._dump.highest = max(self._dump.highest, self._database)
                case 0xFB:
                    self._lengths(2)
                case 0xFA:
                    self._about(self._text()[1], self._text()[1])
                case 0xF9:
                    self._input.skip(1)
                case 0xF8:
                    self._lengths(1)
                case 0xF7:
                    self._length()
                    self._module_values()
                case 0xF5:
                    self._strings(1)
                case 0xF4:
                    self._lengths(3)
                case 0xF3 if self._valkey:
                    self._skip_string()
                    self._lengths(2 * self._length())
                case 0xF3:  # of a key's modules, before its type
                    for _ in range(self._length()):
                        self._input.skip(4)
                        self._module_values()
                case 0xF2 if not self._valkey:
                    number = self._length()
                    self._templates[number] = self._members()
                case _ if code < 0xF0:
                    self._key(code, ends)
                    ends = None
                case _:
                    raise _UncountedError(f"it holds an entry of kind {code}, which is not known here")

    def _about(self, name: bytes | None, value: bytes | None) -> None:
        """A field about the dump itself."""
        if name == b"ctime" and value and value.isdigit():
            with suppress(OverflowError, ValueError):
                self._dump.made = datetime.fromtimestamp(int(value), UTC)

    def _key(self, code: int, ends: float | None) -> None:
        found = (_OF_VALKEY if self._valkey else _OF_REDIS).get(code) or _TYPES.get(code)
        if found is None:
            raise _UncountedError(f"it holds a value of type {code}, which is not known here")
        kind, read = found
        dump = self._dump
        over = ends is not None and ends <= self._now
        place = self._choose() if ends is None or ends > self._soon else None
        if place is None:
            self._skip_string()
            read(self)
        else:
            name = self._text()[1]
            if name is None:  # too long to be remembered
                read(self)
            else:
                dump.samples[place : place + 1] = [self._sample(kind, name, read)]
        dump.keys[kind] += 1
        if over:
            dump.expired[kind] += 1
        elif ends is not None and ends <= self._soon:
            dump.passing[kind] += 1

    def _choose(self) -> int | None:
        """The position in the sample for the next key; None where it is not chosen (Vitter's algorithm R)."""
        self._candidates += 1
        if self._candidates <= self._wanted:
            return self._candidates - 1
        place = self._random.randrange(self._candidates)
        return place if place < self._wanted else None

    def _sample(self, kind: str, key: bytes, read: Callable[[_Reading], int | None]) -> Sample:
        if kind != "string":
            return Sample(self._database, key, kind, read(self))
        length, value = self._text()
        digest = hashlib.sha256(value).hexdigest() if value is not None else ""
        return Sample(self._database, key, kind, length, digest)

    # ------------------------------------------------------------------------------------------------- encodings

    def _prefix(self) -> tuple[int, bool]:
        """A length, or the number of an encoding and True."""
        first = self._input.byte()
        form = first >> 6
        if form == 0:
            return first, False
        if form == 1:
            return (first & 0x3F) << 8 | self._input.byte(), False
        if form == 3:
            return first & 0x3F, True
        if first == 0x80:
            return int.from_bytes(self._input.take(4), "big"), False
        if first == 0x81:
            return int.from_bytes(self._input.take(8), "big"), False
        raise DumpError(f"cannot be read {self._place}")

    def _length(self) -> int:
        length, encoded = self._prefix()
        if encoded:
            raise DumpError(f"cannot be read {self._place}")
        return length

    def _lengths(self, count: int) -> None:
        for _ in range(count):
            self._length()

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
            written = self._length()
            return written, self._length(), 0
        raise DumpError(f"cannot be read {self._place}")

    def _skip_string(self) -> None:
        self._input.skip(self._packed()[0])

    def _text(self) -> tuple[int, bytes | None]:
        """Length of a string, and the string unless it is too long."""
        written, unpacked, integer = self._packed()
        length = written if unpacked is None else unpacked
        if max(length, written) > _MAX_SAMPLED:
            self._input.skip(written)
            return length, None
        data = self._input.take(written)
        if integer:
            data = str(int.from_bytes(data, "little", signed=True)).encode()
        elif unpacked is not None:
            try:
                data = unpack(data, unpacked)
            except ValueError:
                raise DumpError(f"cannot be unpacked {self._place}") from None
        return len(data), data

    def _strings(self, count: int) -> None:
        for _ in range(count):
            self._skip_string()

    # -------------------------------------------------------------------------------------------- types of values

    def _one(self) -> None:
        """Skip a whole collection in one string, which does not give its size outside."""
        self._skip_string()

    def _members(self) -> int:
        count = self._length()
        self._strings(count)
        return count

    def _pairs(self) -> int:
        count = self._length()
        self._strings(2 * count)
        return count

    def _expiring_pairs(self) -> int:
        count = self._length()
        for _ in range(count):
            self._strings(2)
            self._input.skip(8)
        return count

    def _scored_texts(self) -> int:
        count = self._length()
        for _ in range(count):
            self._skip_string()
            width = self._input.byte()
            self._input.skip(width if width < 253 else 0)  # 253 to 255 are NaN and the infinities
        return count

    def _scored(self) -> int:
        count = self._length()
        for _ in range(count):
            self._skip_string()
            self._input.skip(8)
        return count

    def _nodes(self) -> None:
        self._strings(self._length())

    def _marked_nodes(self) -> None:
        for _ in range(self._length()):
            self._length()
            self._skip_string()

    def _timed_one(self) -> None:
        self._input.skip(8)
        self._skip_string()

    def _timed_pairs(self) -> int:
        self._input.skip(8)
        count = self._length()
        for _ in range(count):
            self._length()
            self._strings(2)
        return count

    def _module(self) -> None:
        self._length()
        self._module_values()

    def _module_values(self) -> None:
        while code := self._length():
            match code:
                case 1 | 2:
                    self._length()
                case 3:
                    self._input.skip(4)
                case 4:
                    self._input.skip(8)
                case 5:
                    self._skip_string()
                case _:
                    raise DumpError(f"cannot be read {self._place}")

    def _stream_of(self, version: int) -> int:
        self._strings(2 * self._length())
        count = self._length()
        self._lengths(2 if version == 1 else 7)
        for _ in range(self._length()):  # groups
            self._skip_string()
            self._lengths(2 if version == 1 else 3)
            for _ in range(self._length()):  # pending entries
                self._input.skip(16 + 8)
                self._length()
            for _ in range(self._length()):  # consumers
                self._skip_string()
                self._input.skip(8 if version < 3 else 16)
                self._input.skip(16 * self._length())
            if version >= 5:  # entries that were given back
                self._input.skip(16 * self._length())
        if version >= 4:
            self._lengths(2)
            for _ in range(self._length()):  # producers that send a message once only
                self._skip_string()
                for _ in range(self._length()):
                    self._skip_string()
                    self._lengths(2)
            self._lengths(2)
        return count

    def _array(self) -> int:
        """Places with their values, and the place of the next one where there is a cursor."""
        count = self._length()
        self._lengths(self._length())
        for _ in range(count):
            self._length()
            match self._length():
                case 0 | 3:
                    self._skip_string()
                case 1 | 2:
                    self._input.skip(8)
                case _:
                    raise DumpError(f"cannot be read {self._place}")
        return count

    def _templated(self) -> int:
        count = self._templates.get(self._length())
        if count is None:
            raise DumpError(f"cannot be read {self._place}")
        self._strings(count)
        return count


_TYPES: dict[int, tuple[str, Callable[[_Reading], int | None]]] = {
    0: ("string", _Reading._one),
    1: ("list", _Reading._members),
    2: ("set", _Reading._members),
    3: ("zset", _Reading._scored_texts),
    4: ("hash", _Reading._pairs),
    5: ("zset", _Reading._scored),
    7: ("module", _Reading._module),
    9: ("hash", _Reading._one),
    10: ("list", _Reading._one),
    11: ("set", _Reading._one),
    12: ("zset", _Reading._one),
    13: ("hash", _Reading._one),
    14: ("list", _Reading._nodes),
    15: ("stream", lambda reading: reading._stream_of(1)),
    16: ("hash", _Reading._one),
    17: ("zset", _Reading._one),
    18: ("list", _Reading._marked_nodes),
    19: ("stream", lambda reading: reading._stream_of(2)),
    20: ("set", _Reading._one),
    21: ("stream", lambda reading: reading._stream_of(3)),
}
_OF_VALKEY: dict[int, tuple[str, Callable[[_Reading], int | None]]] = {22: ("hash", _Reading._expiring_pairs)}
# Without 22 and 23, which it dropped before a release; 29 and 31, which only DUMP returns; and 33 of no release.
_OF_REDIS: dict[int, tuple[str, Callable[[_Reading], int | None]]] = {
    24: ("hash", _Reading._timed_pairs),
    25: ("hash", _Reading._timed_one),
    26: ("stream", lambda reading: reading._stream_of(4)),  # 8.6
    27: ("stream", lambda reading: reading._stream_of(5)),  # 8.8, with the next
    28: ("array", _Reading._array),
    30: ("hash", _Reading._one),  # 8.10, with the next
    32: ("hash", _Reading._templated),
}
