"""One log file in blocks, newest first, so that a limit cuts off its oldest part.

A block begins with a line that has its own time and is not part of a stack trace, so related lines stay together.
Within a block, lines keep the order of the file. Memory does not depend on the file's size: a compressed file is
unpacked to a temporary one.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import IO, BinaryIO, NamedTuple

from playbook.clients.log_reading import CHUNK, Reading
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.text import clean

BLOCK = 4 << 20
_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 31  # zlib's wbits for gzip header and checksum
_READ = 1 << 20  # bytes of a block that are reviewed at once
_KEPT = 4 << 20  # bytes of an unpacked file in memory
_LARGEST = 8 << 30  # bytes of an unpacked file on disk
_PEEKED = 1 << 16  # bytes searched for a line to begin a block with
_AGREEING = 10  # lines that must all be old before everything above them counts as old
_SLACK = 3600.0  # seconds by which lines of one file may be out of order


class Piece(NamedTuple):
    """A block of a file: its bytes, whether it is ``cut`` from an earlier block, and whether it ``joins`` a later
    one.
    """

    chunks: Iterator[bytes]
    cut: bool
    joins: bool


@dataclass
class Blocks:
    """An open file and its reading state.

    Attributes:
        since, now: epoch seconds; lines older than ``since`` need not be read.
        zone: of times without one.
        skipped: bytes that were skipped as too old.
        damaged: what is wrong with the compressed data; empty if nothing.
    """

    raw: BinaryIO
    since: float
    now: float
    reading: Reading
    block: int = BLOCK
    zone: tzinfo = UTC
    skipped: int = 0
    damaged: str = ""

    def __post_init__(self) -> None:
        self._parser = Parser(self.now, self.zone)

    def __iter__(self) -> Iterator[Piece]:
        """Blocks, newest first. OSError if the file cannot be read."""
        with self._unpacked() as data:
            end = whole = data.seek(0, 2)
            # the time limit applies here too: without line ends no line is counted
            while end > 0 and not self.reading.reached():
                start, is_old = self._start_of_block(data, max(0, end - self.block), end)
                cut = start > 0 and not is_old
                yield Piece(self._bytes(data, start, end), cut=cut, joins=end < whole)
                if is_old:
                    self.skipped = start
                    return
                end = start

    def tail(self, size: int) -> Iterator[bytes]:
        """The last ``size`` bytes, starting at the beginning of a line."""
        with self._unpacked() as data:
            end = data.seek(0, 2)
            start, _ = self._start_of_block(data, max(0, end - size), end)
            yield from self._bytes(data, start, end)

    @contextmanager
    def _unpacked(self) -> Iterator[IO[bytes]]:
        """The file itself, or a temporary one with its decompressed contents, as far as they are readable."""
        raw = self.raw
        raw.seek(0)
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        if not packed:
            yield raw
            return
        # A few megabytes can expand to gigabytes, and other programs need disk space too.
        most = min(_LARGEST, shutil.disk_usage(tempfile.gettempdir()).free // 2)
        with tempfile.SpooledTemporaryFile(max_size=_KEPT) as unpacked:
            for chunk in self._inflated(raw):
                unpacked.write(chunk)
                if self.reading.reached():
                    break
                if unpacked.tell() > most:
                    size = f"{most / (1 << 30):,.1f} GiB"
                    self.damaged = f"is larger than {size} unpacked, and was read up to there"
                    break
            yield unpacked

    def _inflated(self, raw: BinaryIO) -> Iterator[bytes]:
        """Decompressed data, at most ``CHUNK`` bytes at a time; up to the point where the data is damaged.

        ISA-L takes half of zlib's time but returns less of damaged data, so zlib decompresses the end.
        """
        from isal import isal_zlib

        position = 0
        inflating, begun = isal_zlib.decompressobj(wbits=_GZIP_FORMAT), True  # inside a member
        packed = raw.read(CHUNK)
        while packed:
            if not begun:  # after a member: zero padding or the next member
                packed = packed.lstrip(b"\0")
                if packed:
                    inflating, begun = isal_zlib.decompressobj(wbits=_GZIP_FORMAT), True
            if packed:
                try:
                    chunk = inflating.decompress(packed, CHUNK)
                except isal_zlib.IsalError:  # type: ignore[misc] # its stubs do not say so
                    begun = True
                    break
                position += len(chunk)
                if chunk:
                    yield chunk
                begun = not inflating.eof
                packed = inflating.unconsumed_tail if begun else inflating.unused_data
            packed = packed or raw.read(CHUNK)
        if begun:
            yield from self._broken_end(raw, position)

    def _broken_end(self, raw: BinaryIO, given: int) -> Iterator[bytes]:
        """What zlib finds after the first ``given`` bytes of damaged data."""
        raw.seek(0)
        try:
            with gzip.GzipFile(fileobj=raw) as data:
                while chunk := data.read1(CHUNK):
                    more = chunk[given:]
                    given = max(0, given - len(chunk))
                    if more:
                        yield more
                    elif self.reading.reached():
                        return
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.damaged = "is damaged, its compressed data end in the middle"

    def _start_of_block(self, data: IO[bytes], guess: int, end: int) -> tuple[int, bool]:
        """Start of the block that contains ``guess``, and whether everything before it is too old."""
        if guess == 0:
            return 0, False
        data.seek(guess)
        peeked = data.read(min(_PEEKED, end - guess))
        cut = peeked.find(b"\n") + 1
        if not cut:
            return guess, False
        start = first = guess + cut
        found = False
        times: list[float] = []
        for line in peeked[cut:].split(b"\n")[:-1]:
            entry = self._parser.parse(clean(line.decode("utf-8", "replace")))
            if entry.time is not None and not entry.bare:
                found = True
                times.append(entry.time)
            elif not found:
                start += len(line) + 1
            if len(times) > _AGREEING:
                break
        if not found:
            return first, False
        return start, len(times) >= _AGREEING and max(times) < self.since - _SLACK

    @staticmethod
    def _bytes(data: IO[bytes], start: int, end: int) -> Iterator[bytes]:
        data.seek(start)
        left = end - start
        while left > 0 and (chunk := data.read(min(_READ, left))):
            left -= len(chunk)
            yield chunk
