"""What reading a log gives, and the bounds that every reading has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
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
    """Lines that belong together, with the name of the log that they are of.

    Attributes:
        name: of the file without what rotation adds to it; empty where there is only one log.
    """

    def __init__(self, name: str, lines: Lines) -> None:
        self.name = name
        self._lines = lines

    def __iter__(self) -> Lines:
        return self._lines

    def __next__(self) -> str:
        return next(self._lines)


class BytesPart(Part):
    """A part that is read once: line by line, or by whole blocks of bytes.

    Attributes:
        cut: it begins in the middle of a log, whose earlier part comes next.
        joins: it is that earlier part, and ends where the one before it began.
        reading: whose bounds hold for it.
    """

    def __init__(
        self, name: str, chunks: Iterator[bytes], reading: Reading, *, cut: bool = False, joins: bool = False
    ) -> None:
        super().__init__(name, reading.bounded(decode_lines(chunks)))
        self.cut, self.joins, self.reading = cut, joins, reading
        self._chunks = chunks

    def blocks(self) -> Iterator[bytes]:
        """Whole lines at once, as ``text.whole_lines`` gives them, until one of the bounds is reached."""
        return self.reading.bounded_blocks(whole_lines(self._chunks))


def name_of(part: Lines) -> str:
    """The name of the log that a part is of; empty where it has none."""
    return part.name if isinstance(part, Part) else ""


@dataclass
class LogStream:
    """A log that is being read. ``parts`` can be gone through once; the lists are complete after that.

    Attributes:
        source: where the lines come from, for people.
        parts: the lines, part by part, the newest first (a file or a block of it, an address); within a part the
            oldest line comes first, and one without a time belongs to the one before it.
        problems: what could not be read, one sentence each. Nothing is good that stands on it.
        notes: what was left out for a good reason, one sentence each.
        expected: components that must have lines, where the source knows them.
        serving: those of them that answer requests.
        size: bytes to be read, about; 0 where nobody knows.
    """

    source: str
    parts: Iterator[Lines]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    serving: tuple[str, ...] = ()
    size: int = 0


class LogSource(Protocol):
    """A place where logs are."""

    def read(self, since: datetime) -> LogStream:
        """The lines that may be of ``since`` (aware) or later; earlier ones may come too.

        Raises:
            Unreachable, Denied, Malformed: nothing can be read.
            TooLittleData: there is no log.
        """


@dataclass
class Reading:
    """Bounds one reading and keeps what went wrong.

    Attributes:
        lines: read so far.
        ended: a bound has been reached.
    """

    wanted: Logs
    problems: list[str]
    lines: int = 0
    deadline: float = 0.0
    ended: bool = False

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.wanted.most_seconds

    def bounded(self, lines: Lines) -> Lines:
        """The lines, until one of the bounds is reached."""
        for line in lines:
            self.lines += 1
            if not self.lines & 15 and self.reached():  # a line can take a hundredth of a second
                return
            yield line

    def bounded_blocks(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Blocks of whole lines, until one of the bounds is reached; as many lines as ``bounded`` would give."""
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
        """The chunks, until the time is over: without line ends there is no line at which to look at the clock."""
        for chunk in chunks:
            yield chunk
            if self.reached():
                return

    def left(self, limit: float) -> float:
        """Seconds that may still be waited, at most ``limit``."""
        return max(0.05, min(limit, self.deadline - time.monotonic()))

    def reached(self) -> bool:
        """True where reading must end; says why among the problems, once."""
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
