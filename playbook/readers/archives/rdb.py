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
from playbook.readers.archives.rdb_input import SUM, EndedError
from playbook.readers.archives.rdb_values import OF_REDIS, OF_VALKEY, TYPES, Values

_MAGIC = re.compile(rb"REDIS\d{4}|VALKEY\d{3}")
_MAGIC_LENGTH = 9
# A server that sends a dump without having written it first ends it with a random mark, which redis-cli --rdb -
# passes on.
_MARK_LENGTH = 40
_MARK_OF_STREAM = re.compile(rb"[0-9a-f]{40}")
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


class _Reading(Values):
    def __init__(self, stream: IO[bytes], now: float, samples: int, soon: float) -> None:
        super().__init__(stream)
        self._now, self._soon = now * 1000, (now + soon) * 1000
        self._wanted = samples
        self._random = Random(64)  # noqa: S311 - the same dump gives the same sample
        self._database = 0
        self._candidates = 0

    def run(self) -> Dump:
        try:
            magic = self.input.take(_MAGIC_LENGTH)
        except EndedError:
            raise DumpError("breaks off within its header") from None
        if not _MAGIC.fullmatch(magic):
            raise DumpError(f"does not begin with REDIS or VALKEY and a version, but with {magic!r}")
        self._dump = Dump(magic.decode())
        self._valkey = magic.startswith(b"VALKEY")
        try:
            self._entries()
            # Since version 5; versions older than ten years are not distinguished.
            computed = self.input.sum_so_far()
            written = self.input.take(SUM)
            if not (_MARK_OF_STREAM.fullmatch(behind := self.input.read(_MARK_LENGTH + 1)) or not behind):
                raise DumpError("goes on after its end mark")
        except _UncountedError as reason:
            self._dump.uncounted = str(reason)
            written = self.input.rest()
            computed = self.input.sum_so_far()
        except EndedError:
            raise DumpError(f"breaks off {self.place}") from None
        self._compare(written, computed)
        return self._dump

    @property
    def place(self) -> str:
        """Behind how many keys it is."""
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
        while (code := self.input.byte()) != _ENDED:
            match code:
                case 0xFD:
                    ends = int.from_bytes(self.input.take(4), "little") * 1000.0
                case 0xFC:
                    ends = float(int.from_bytes(self.input.take(8), "little", signed=True))
                case 0xFE:
                    self._database = self.length()
                    if self._database >= _MAX_DATABASES:
                        raise _UncountedError(f"it has a database of the number {self._database:,}")
                    self._dump.highest = max(self._dump.highest, self._database)
                case 0xFB:
                    self.lengths(2)
                case 0xFA:
                    self._about(self.text()[1], self.text()[1])
                case 0xF9:
                    self.input.skip(1)
                case 0xF8:
                    self.lengths(1)
                case 0xF7:
                    self.length()
                    self.module_values()
                case 0xF5:
                    self.strings(1)
                case 0xF4:
                    self.lengths(3)
                case 0xF3 if self._valkey:
                    self.skip_string()
                    self.lengths(2 * self.length())
                case 0xF3:  # of a key's modules, before its type
                    for _ in range(self.length()):
                        self.input.skip(4)
                        self.module_values()
                case 0xF2 if not self._valkey:
                    number = self.length()
                    self.templates[number] = self.members()
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
        found = (OF_VALKEY if self._valkey else OF_REDIS).get(code) or TYPES.get(code)
        if found is None:
            raise _UncountedError(f"it holds a value of type {code}, which is not known here")
        kind, read = found
        dump = self._dump
        over = ends is not None and ends <= self._now
        place = self._choose() if ends is None or ends > self._soon else None
        if place is None:
            self.skip_string()
            read(self)
        else:
            name = self.text()[1]
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

    def _sample(self, kind: str, key: bytes, read: Callable[[Values], int | None]) -> Sample:
        if kind != "string":
            return Sample(self._database, key, kind, read(self))
        length, value = self.text()
        digest = hashlib.sha256(value).hexdigest() if value is not None else ""
        return Sample(self._database, key, kind, length, digest)
