"""The minutes in which each source wrote, so that a silent source is noticed, whatever the others did.

A source is judged by its own usual gaps. One that is never silent for long, and then was, has a hole; one that
writes once a night, or occasionally, has none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import sub
from typing import NamedTuple

MINUTE = 60
HORIZON = 4 * 24 * 60  # minutes that are kept
_QUARTER = 15
_MIN_QUARTERS = 4  # with lines, before anything is called usual
_CHATTY = 2 / 3  # share of the time that a chatty source spends in gaps shorter than ``newest_minutes``
_USUAL = 0.9  # share of that time spent in gaps of at most the usual length
_SPREAD = 3.0  # a hole is longer than this many times the usual gap


_ONE = re.compile(b"\x01")


class Minutes:
    """The minutes with lines in the days up to the newest of them, in constant memory and in whatever order they
    are recorded. Minutes are counted from the epoch.
    """

    __slots__ = ("_base", "_noted")

    def __init__(self) -> None:
        self._base = 0
        self._noted = bytearray()

    def note(self, minute: int) -> None:
        """Record a minute."""
        place = minute - self._base
        if place >= len(self._noted):
            self._reach(minute)
            place = minute - self._base
        if place >= 0:
            self._noted[place] = 1

    def _reach(self, minute: int) -> None:
        """Make room for this minute and as many days after it as before, so that it is rarely done."""
        base = minute - HORIZON
        kept = self._noted[base - self._base :] if self._noted else bytearray()
        self._noted = kept + bytearray(2 * HORIZON - len(kept))
        self._base = base

    def all(self) -> list[int]:
        """The recorded minutes, in order."""
        oldest = max(0, self._noted.rfind(1) - HORIZON)
        return [self._base + found.start() for found in _ONE.finditer(self._noted, oldest)]


@dataclass(slots=True)
class Track:
    """Lines of one source within the window of a review. Times in epoch seconds.

    Attributes:
        lines: how many; ``strange`` of them were not understood.
        first, last: of its lines.
        answered: minutes with access lines, earlier ones too, as far as they were read.
        logged: minutes with other lines, likewise; of a file those with any lines.
        requests: how many were answered, without those of probes; ``server_errors`` of them with 5xx, and
            ``throttled`` with 429.
        minute_answered, minute: the last of them that were recorded.
    """

    logged: Minutes
    answered: Minutes
    lines: int = 0
    strange: int = 0
    requests: int = 0
    server_errors: int = 0
    throttled: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    minute: int = -1
    minute_answered: int = -1

    @property
    def written(self) -> list[int]:
        """Minutes with lines of any kind, in order."""
        return sorted({*self.logged.all(), *self.answered.all()})


class Hole(NamedTuple):
    """A period in which a source that normally writes did not. Epoch seconds, to the minute.

    Attributes:
        ongoing: it has not written since.
    """

    start: float
    end: float
    ongoing: bool

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def holes(minutes: Sequence[int], since: float, until: float, *, newest_minutes: float) -> list[Hole]:
    """Periods between ``since`` and ``until`` in which a normally active source was silent, longest first.

    Normally means: by the rest of its known time. It must have spent two thirds of that time in gaps shorter than
    ``newest_minutes``, and the hole must be three times as long as nearly all of them.

    Args:
        minutes: with lines, in order, from before ``since`` on where known.
        newest_minutes: a shorter gap is never a hole.
    """
    if len({minute // _QUARTER for minute in minutes}) < _MIN_QUARTERS:
        return []
    begin, end = int(since) // MINUTE, int(until) // MINUTE
    points = [*([begin] if begin < minutes[0] else []), *minutes, *([end] if end > minutes[-1] else [])]
    gaps = Counter(map(sub, points[1:], points))
    short = {length: count for length, count in gaps.items() if length < newest_minutes}
    in_short = sum(length * count for length, count in short.items())
    least = max(newest_minutes, _SPREAD * _usual(short, in_short))
    known = points[-1] - points[0]
    ongoing = points[-1] - minutes[-1]
    found = []
    for earlier, later in pairwise(points) if max(gaps) >= least else ():
        length = later - earlier
        if length < least or later <= begin:
            continue
        is_last = later == end and earlier == minutes[-1]
        others = known - length - (0 if is_last else ongoing)
        if others and in_short >= _CHATTY * others:
            found.append(
                Hole(max(earlier, begin) * 60.0 if later != end else earlier * 60.0, later * 60.0, is_last)
            )
    return sorted(found, key=lambda hole: -hole.seconds)


def _usual(gaps: Mapping[int, int], total: int) -> float:
    """The length of gap in which, or in shorter ones, nine tenths of the time was spent.

    Args:
        gaps: how many there are of each length.
        total: time in all of them.
    """
    seen = 0
    for length, count in sorted(gaps.items()):
        seen += length * count
        if seen >= _USUAL * total:
            return length
    return 0.0
