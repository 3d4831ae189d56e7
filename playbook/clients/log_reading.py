"""The result of reading a log, and the limits of every reading."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from playbook.readers.logs.text import decode_lines, whole_lines
from playbook.settings.sections.target import Logs

SERVICE = "Logs"
KEPT_HINT = (
    "DigitalOcean does not keep runtime logs: forward them to files, and set logs.source and logs.files; "
    "coverage.window_percent says how much is enough"
)
CHUNK = 1 << 18

Lines = Iterator[str]


class Part:
    """Lines of one log, with the name of that log.

    Attributes:
        name: file name without rotation suffix; empty if there is only one log.
    """

    def __init__(self, name: str, lines: Lines) -> None:
        self.name = name
        self._lines = lines

    def __iter__(self) -> Lines:
        return self._lines

    def __next__(self) -> str:
        return next(self._lines)


class BytesPart(Part):
    """A part that is read once: line by line, or in blocks of bytes.

    Attributes:
        cut: it begins in the middle of a log, whose earlier part comes next.
        joins: it is that earlier part, and ends where the one before it began.
        old: nothing was written to it in the time that is asked for.
        reading: the limits that apply.
    """

    def __init__(
        self,
        name: str,
        chunks: Iterator[bytes],
        reading: Reading,
        *,
        cut: bool = False,
        joins: bool = False,
        old: bool = False,
    ) -> None:
        super().__init__(name, reading.bounded(decode_lines(chunks)))
        self.cut, self.joins, self.old, self.reading = cut, joins, old, reading
        self._chunks = chunks

    def blocks(self) -> Iterator[bytes]:
        """Blocks of whole lines as ``text.whole_lines`` yields them, until a limit is reached."""
        return self.reading.bounded_blocks(whole_lines(self._chunks))


def name_of(part: Lines) -> str:
    """Name of a part's log; empty if it has none."""
    return part.name if isinstance(part, Part) else ""


@dataclass
class LogStream:
    """A log that is being read. ``parts`` can be iterated once; the lists are complete after that.

    Attributes:
        source: where the lines come from, for people.
        parts: lines part by part, newest part first (a file or a block of it, an address); within a part the
            oldest line comes first, and a line without a time belongs to the one before it.
        problems: what could not be read, one sentence each. Nothing based on this log is OK while there are any.
        notes: what was skipped for a good reason, one sentence each.
        expected: components that must have lines, if the source knows them.
        serving: those of them that answer requests.
        found: names of all logs that there are, read or not, where they are files.
        size: approximate number of bytes to read; 0 if unknown.
        zone: of times without one.
    """

    source: str
    parts: Iterator[Lines]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    serving: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    size: int = 0
    zone: tzinfo = UTC


class LogSource(Protocol):
    """A source of logs."""

    def read(self, since: datetime) -> LogStream:
        """Lines that may be from ``since`` (aware) or later; earlier ones may be included.

        Raises:
            Unreachable, Denied, Malformed: nothing can be read.
            TooLittleData: there is no log.
        """


@dataclass
class Reading:
    """Limits of one reading, and its problems.

    Attributes:
        lines: number of lines read.
        ended: a limit has been reached.
    """

    wanted: Logs
    problems: list[str]
    lines: int = 0
    deadline: float = 0.0
    ended: bool = False

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.wanted.most_seconds

    def bounded(self, lines: Lines) -> Lines:
        """The lines, until a limit is reached."""
        for line in lines:
            self.lines += 1
            if not self.lines & 15 and self.reached():  # a single line can take 10 ms
                return
            yield line

    def bounded_blocks(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Blocks of whole lines, until a limit is reached; the same number of lines as ``bounded`` yields."""
        last = (self.wanted.most_lines // 16 + 1) * 16
        for block in blocks:
            count = block.count(b"\n") + 1
            if self.lines + count >= last:
                left, self.lines = last - 1 - self.lines, last
                if left > 0:
                    yield b"\n".join(block.split(b"\n", left)[:left])
                self.reached()
                return
            self.lines += count
            yield block
            if self.reached():
                return

    def in_time(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks, until the time is over: data without line ends would never reach the check per line."""
        for chunk in chunks:
            yield chunk
            if self.reached():
                return

    def left(self, limit: float) -> float:
        """Seconds left to wait, at most ``limit``."""
        return max(0.05, min(limit, self.deadline - time.monotonic()))

    def reached(self) -> bool:
        """True if reading must stop; adds the reason to the problems once."""
        if self.lines > self.wanted.most_lines:
            bound = f"{self.wanted.most_lines:,} lines (logs.most_lines)"
        elif time.monotonic() > self.deadline:
            bound = f"{self.wanted.most_seconds:g} s and {self.lines:,} lines (logs.most_seconds)"
        else:
            return False
        if not self.ended:
            self.problems.append(f"reading stopped after {bound}, with more to read")
        self.ended = True
        return True
