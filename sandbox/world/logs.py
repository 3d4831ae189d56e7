"""State of the logs: generated lines of a week, and those written since the start."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from sandbox.products import PORTFOLIO, Product
from sandbox.world.log_history import LogLine, floor_hour, hour

LIVE_LINES = 20_000
# Of lines older than this, one in so many is kept: they only show how far back the logs go, and every run reads
# them.
_OLD, _ONE_IN = timedelta(hours=48), 6


@dataclass
class LogsState:
    """Contents of the logs; healthy by default, edited by faults.

    Attributes:
        now: when this world was made; lines are dated up to it and continue in real time.
        hours: length of the history.
        extra: lines that a fault adds.
        silent: nothing is or was written.
        source: source of the logs in the target's settings.
        old_files: number of undeleted files from months ago (files only).
        damaged: the newest compressed file is truncated (files only).
        muted: components without lines for this many hours.
        stale: another log was written all day, until 26 hours ago (files only).
        ahead: seconds by which the newest line is dated in the future (files only).
        flood: this many lines of 503 end the newest file (files only).
        most_lines: limit on lines in the target's settings; 0 is the default.
        seed: another number gives another ordinary day.
        flawless: without the few failed requests of a healthy day.
    """

    now: datetime
    hours: float = 176.0
    extra: list[LogLine] = field(default_factory=list)
    silent: bool = False
    source: Literal["api", "files"] = "api"
    old_files: int = 0
    damaged: bool = False
    muted: dict[str, float] = field(default_factory=dict)
    stale: bool = False
    ahead: float = 0.0
    flood: int = 0
    most_lines: int = 0
    seed: int = 0
    flawless: bool = False
    product: Product = PORTFOLIO

    @classmethod
    def healthy(cls, now: datetime, product: Product = PORTFOLIO) -> LogsState:
        """An ordinary day that ends at ``now`` (aware)."""
        return cls(now=now, product=product)

    @cached_property
    def store(self) -> LogStore:
        """The logs of this world."""
        return LogStore(self)


class LogStore:
    """Lines by time: history, generated hour by hour when first read, then appended lines.

    Memory is bounded: the cached hours, and the newest ``LIVE_LINES`` appended lines.
    """

    def __init__(self, state: LogsState) -> None:
        self._state = state
        self._started = time.monotonic()
        self._live: deque[LogLine] = deque(maxlen=LIVE_LINES)

    def now(self) -> datetime:
        """The world's time: its start, plus the time passed since."""
        return self._state.now + timedelta(seconds=time.monotonic() - self._started)

    def append(self, component: str, text: str, at: datetime | None = None) -> None:
        """Write ``text`` as ``component``, one log line per line of text; now, unless ``at`` (aware) is given."""
        moment = at or self.now()
        for line in text.splitlines():
            self._live.append(LogLine(moment, component, line))

    def lines(
        self,
        component: str | None = None,
        since: datetime | None = None,
        tail: int | None = None,
        until: datetime | None = None,
    ) -> Iterator[str]:
        """Lines as App Platform shows them, oldest first: ``portfolio-web 2024-05-29T20:14:14.996999111Z …``.

        Args:
            component: only lines of this component.
            since: only lines at this time (aware) or later.
            tail: only this many newest lines.
            until: the log as of this time (aware); by default now.
        """
        chosen = self.entries(since, until)
        if component is not None:
            chosen = (line for line in chosen if line.component == component)
        if tail is not None:
            chosen = iter(deque(chosen, maxlen=max(tail, 0)))
        return (line.render() for line in chosen)

    def entries(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[LogLine]:
        """The lines before they are rendered, oldest first."""
        if self._state.silent:
            return iter(())
        now = until or self.now()
        oldest = now - timedelta(hours=self._state.hours)
        since = max(since, oldest) if since else oldest
        added = [
            line
            for line in (*self._state.extra, *self._live)
            if since <= line.at and not (until and line.at > until)
        ]
        # A stable sort keeps the order of lines with one timestamp, such as a stack trace's.
        lines = self._lines(since, now, sorted(added, key=_time))
        if self._state.muted:
            silent_since = {name: now - timedelta(hours=hours) for name, hours in self._state.muted.items()}
            lines = (line for line in lines if line.at < silent_since.get(line.component, line.at + timedelta(1)))
        product = self._state.product
        if product is PORTFOLIO:
            return lines
        return (
            line._replace(component=product.called(line.component), text=product.text(line.text))
            for line in lines
            if product.has_component(line.component)
        )

    def _lines(self, since: datetime, until: datetime, added: list[LogLine]) -> Iterator[LogLine]:
        """History from ``since`` until ``until``, merged with the added lines, which may be later."""
        start, taken = floor_hour(since), 0
        while start <= until:
            lines = hour(start, self._state.seed, flawless=self._state.flawless)
            end = start + timedelta(hours=1)
            if end < self._state.now - _OLD:
                lines = lines[::_ONE_IN]
            if start < since or until < end:
                lines = tuple(line for line in lines if since <= line.at <= until)
            to = bisect_left(added, end, lo=taken, key=_time)
            yield from sorted((*lines, *added[taken:to]), key=_time) if taken < to else lines
            start, taken = end, to
        yield from added[taken:]


def _time(line: LogLine) -> datetime:
    return line.at
