"""The review of a log by whole blocks: ordinary lines are counted by their rows, all others are read one by one.

The result equals that of ``Reviewer`` line by line, for any lines. Only the order of processing differs, and only
where it does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress, count
from operator import not_
from typing import NamedTuple

from playbook.readers.logs.ordinary import BARE, EXACT, SAID, Minute, Rows, Sorter
from playbook.readers.logs.parse import Entry, Parser
from playbook.readers.logs.review import Reviewer
from playbook.readers.logs.text import clean
from playbook.readers.logs.traces import WITHIN
from playbook.readers.logs.tracks import MINUTE

_MAX_LINES = 20_000  # lines of a block processed at once, as each parsed line takes memory
_MAX_COMPONENTS = 60  # so that no table of them overflows within a block, where the order would matter
_BATCH = 1 << 17  # characters of single lines that are processed as a block
_LOOK = 16  # lines on the exact path between two looks at the clock


def _never() -> bool:
    return False


Entries = list[tuple[int, str, Entry]]
"""Lines on the exact path: line number in a block, text, and entry."""


class Found(NamedTuple):
    """The rows of a block's lines, and the lines without a row."""

    rows: list[bytes]
    entries: Entries


class _Kind(NamedTuple):
    """The kind of the lines of one row, and their number."""

    row: bytes
    minute: Minute
    lines: int


@dataclass
class BlockReviewer(Reviewer):
    """A reviewer that accepts blocks of lines too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sorter = Sorter(Parser(self.until, self.zone))

    def extend(self, lines: Iterable[str]) -> None:
        """Review all of ``lines``."""
        for batch in _batches(lines):
            text = "\n".join(batch)
            if text.count("\n") >= len(batch):  # not expected in a line of a log, but possible
                super().extend(batch)
                continue
            block = text.encode("utf-8", "surrogatepass")
            self._block(block, block.split(b"\n"), batch, _never)

    def take(self, block: bytes, halt: Callable[[], bool] = _never, found: Found | None = None) -> None:
        """Review a block of lines, without the last line's end.

        Args:
            halt: called now and then; once it returns True the rest of the block is skipped.
            found: result of ``look`` for the block, by another reviewer with the same window.
        """
        block = _unix(block)
        lines = block.split(b"\n")
        if len(lines) <= _MAX_LINES:
            self._block(block, lines, None, halt, found)
            return
        for start in range(0, len(lines), _MAX_LINES):
            if start and halt():
                return
            some = lines[start : start + _MAX_LINES]
            self._block(b"\n".join(some), some, None, halt)

    def look(self, block: bytes) -> Found:
        """The first step of ``take``, which does not depend on earlier blocks.

        Empty for a block of very many lines.
        """
        block = _unix(block)
        lines = block.split(b"\n")
        if len(lines) > _MAX_LINES:
            return Found([], [])
        rows, _, entries = self._read(self._sorter.sort(block, lines), None, _never)
        return Found(rows.rows, entries)

    def _block(
        self,
        block: bytes,
        lines: list[bytes],
        texts: list[str] | None,
        halt: Callable[[], bool],
        found: Found | None = None,
    ) -> None:
        if found and found.rows:
            rows, kinds = self._kinds_of(Rows(lines, found.rows))
            entries = found.entries
        else:
            rows, kinds, entries = self._read(self._sorter.sort(block, lines), texts, halt)
        names = {kind.minute.component for kind in kinds} | {entry.component for _, _, entry in entries}
        if len(self._components) + sum(name not in self._components for name in names) > _MAX_COMPONENTS:
            for number in range(len(rows.lines)):
                if not number % _LOOK and halt():
                    return
                self.add(texts[number] if texts else rows.lines[number].decode("utf-8", "replace"))
            return
        self._reduce(rows, kinds, entries, self.probes.among(block, rows.lines))

    def _read(
        self, sorted_: Rows, texts: list[str] | None, halt: Callable[[], bool]
    ) -> tuple[Rows, list[_Kind], Entries]:
        """The countable rows, and the other lines parsed; both as far as the time allows."""
        rows, kinds = self._kinds_of(sorted_)
        entries: Entries = []
        for number in list(compress(count(), map(not_, rows.rows))):
            if not len(entries) % _LOOK and entries and halt():
                rows, kinds = self._kinds_of(Rows(rows.lines[:number], rows.rows[:number]))
                break
            text = clean(texts[number] if texts else rows.lines[number].decode("utf-8", "replace"))
            entries.append((number, text, self._parse(text)))
        return rows, kinds, entries

    def _kinds_of(self, sorted_: Rows) -> tuple[Rows, list[_Kind]]:
        """The countable rows; the others are empty."""
        kinds, exact = [], set()
        for row, lines in Counter(sorted_.rows).items():
            minute = self._sorter.minute(row) if row else None
            if minute and self._is_whole(minute.start):
                kinds.append(_Kind(row, minute, lines))
            elif row:
                exact.add(row)
        if exact:
            sorted_ = Rows(sorted_.lines, [EXACT if row in exact else row for row in sorted_.rows])
        return sorted_, kinds

    def _is_whole(self, start: float) -> bool:
        """Whether a minute is entirely inside the window or before it."""
        return start + MINUTE <= (self.until if start >= self.since else self.since)

    # ------------------------------------------------------------------------------------------ in order of lines

    def _reduce(self, rows: Rows, kinds: list[_Kind], entries: Entries, probes: set[int]) -> None:
        by_row = {kind.row: kind.minute for kind in kinds}
        new = self._unseen(rows, kinds)
        after = 0  # one past the last line on the exact path
        for number, text, entry in entries:
            if number > after:
                self._gap(rows, by_row, after, number, new)
            after = number + 1
            self._take(text, entry)
        if after < len(rows.rows):
            self._gap(rows, by_row, after, len(rows.rows), new)
        self._count(rows, kinds, Counter([rows.rows[number] for number in probes]))

    def _unseen(self, rows: Rows, kinds: list[_Kind]) -> list[tuple[int, str]]:
        """New components, each with its first line; this order decides between equal weights."""
        first: dict[str, int] = {}
        for kind in kinds:
            name = kind.minute.component
            if name not in self._components:
                place = rows.rows.index(kind.row)
                first[name] = min(place, first.get(name, place))
        return sorted((place, name) for name, place in first.items())

    def _gap(
        self, rows: Rows, by_row: dict[bytes, Minute], start: int, end: int, new: list[tuple[int, str]]
    ) -> None:
        """Effect of ordinary lines on those on the exact path: they date them, and end traces."""
        if self._waiting:
            first = rows.rows[start]
            self._end_waiting(rows.time(start, by_row[first].start))
        while new and new[0][0] < end:
            self._components.row(new.pop(0)[1])
        last = by_row[rows.rows[end - 1]]
        self._before, self._before_named = rows.time(end - 1, last.start), last.component != ""
        self._untimed = 0
        if not self._open and not self._cut:
            return
        touched: set[str] = set()
        again: set[str] = set()
        for row in set(rows.rows[start:end]):
            minute = by_row[row]
            if minute.start < self.since:
                continue
            name = minute.component
            touched.add(name)
            if row[-1:] == BARE:
                trace = self._open.get(name)
                if (trace and _is_near(minute, trace.time)) or (self._cut and name not in self._headed):
                    again.add(name)
        for name in touched - again:
            if name in self._open:
                self._open[name].adjacent = False
            if self._cut:
                self._headed.add(name)
        for name in again:
            self._in_turn(rows, by_row, name, start, end)

    def _in_turn(self, rows: Rows, by_row: dict[bytes, Minute], name: str, start: int, end: int) -> None:
        """Process ordinary lines of one component one by one, as some may belong to a trace."""
        for number in range(start, end):
            row = rows.rows[number]
            minute = by_row[row]
            if minute.component != name or minute.start < self.since:
                continue
            trace = self._open.get(name)
            unheaded = self._cut and name not in self._headed
            if not trace and not unheaded:
                return  # no open trace is left to continue
            if row[-1:] == BARE and (unheaded or (trace and _is_near(minute, trace.time))):
                self._bare(self._parse(rows.lines[number].decode("ascii")), rows.time(number, minute.start))
                continue
            self._headed.add(name)
            if trace:
                trace.adjacent = False

    # --------------------------------------------------------------------------------------------- in any order

    def _count(self, rows: Rows, kinds: list[_Kind], probes: Counter[bytes]) -> None:
        ends: dict[str, list[float]] = {}
        for row, minute, lines in kinds:
            track = self._components.row(minute.component)
            number = int(minute.start) // MINUTE
            is_request = row[-1:] not in (SAID, BARE)
            (track.answered if is_request else track.logged).note(number)
            if is_request:
                self._file.answered.note(number)
            self._file.logged.note(number)
            self._everything.logged.note(number)
            if minute.start < self.since:
                self.outside += lines
                continue
            track.lines += lines
            hour = self._hour_of(minute.start)
            hour.lines += lines
            if is_request:
                hour.requests += lines
                hour.probes += probes[row]
                track.requests += lines - probes[row]
                self._file.requests += lines - probes[row]
            both = ends.setdefault(minute.component, [minute.start, minute.start])
            both[0], both[1] = min(both[0], minute.start), max(both[1], minute.start)
        for name, (first, last) in ends.items():
            track = self._components.row(name)
            if first < track.first:
                track.first = min(track.first, _ends(rows, kinds, name, first)[0])
            if last + MINUTE > track.last:
                track.last = max(track.last, _ends(rows, kinds, name, last)[1])


def _ends(rows: Rows, kinds: list[_Kind], name: str, start: float) -> tuple[float, float]:
    """First and last time of a component in one minute."""
    found: list[float] = []
    for row, minute, _ in kinds:
        if minute.component == name and minute.start == start:
            begin = rows.rows.index(row)
            same = list(compress(rows.lines[begin:], map(row.__eq__, rows.rows[begin:])))
            found += rows.ends(same, row, start)
    return min(found), max(found)


def _unix(block: bytes) -> bytes:
    """The block with uniform line ends."""
    return block.replace(b"\r\n", b"\n").removesuffix(b"\r") if b"\r" in block else block


def _is_near(minute: Minute, time: float) -> bool:
    """Whether a line of this minute can still belong to a trace of this time."""
    return minute.start - WITHIN - 1 <= time <= minute.start + MINUTE + WITHIN + 1


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line) + 1
        if size >= _BATCH or len(batch) >= _MAX_LINES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
