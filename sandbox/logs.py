"""Logs of the sandbox's components: a week of history, and lines appended by running parts.

``world.logs`` describes the logs; ``world.logs.store`` holds them. The portfolio app appends to it, the
DigitalOcean simulator reads from it, and ``LogsService`` writes rotated files of it if a fault asks for files.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sandbox.log_history import LogLine, combined, floor_hour, hour
from sandbox.products import PORTFOLIO, WEB, Product
from sandbox.service import Context, Service

if TYPE_CHECKING:
    from sandbox.world import World

LIVE_LINES = 20_000
_HOURS_LOST = 1.5  # in a file that is damaged


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
            if start < since or until < end:
                lines = tuple(line for line in lines if since <= line.at <= until)
            to = bisect_left(added, end, lo=taken, key=_time)
            yield from sorted((*lines, *added[taken:to]), key=_time) if taken < to else lines
            start, taken = end, to
        yield from added[taken:]


def _time(line: LogLine) -> datetime:
    return line.at


class LogsService(Service):
    """Log files as log rotation leaves them, for targets that read files; the API reads the store itself.

    The files contain the store as of when the world was applied. They exist only if the source is ``files`` and
    ``logs`` is not gone.
    """

    name = "logs"

    async def start(self, context: Context) -> None:
        """Write the files, if the world has any."""
        self.context = context
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Replace the files by those of ``world``."""
        await asyncio.to_thread(self._write, world)

    async def stop(self) -> None:
        """Nothing to stop; the folder is removed with the sandbox's."""

    def settings(self) -> dict[str, Any]:
        """The source, and the glob of the files if they are used."""
        state = self.world.logs
        bound = {"most_lines": state.most_lines} if state.most_lines else {}
        return {"logs": {"source": state.source, "files": [str(self._folder / "portfolio*.log*")], **bound}}

    @property
    def _folder(self) -> Path:
        return self.context.folder / "logs"

    def _write(self, world: World) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if world.logs.source == "files" and "logs" not in world.gone:
            self._folder.mkdir(parents=True)
            write_files(world.logs, self._folder)


def write_files(state: LogsState, folder: Path) -> None:
    """Write ``portfolio.log``, ``.log.1``, ``.log.2.gz`` and one that is too old, dated by their last lines."""
    entries = list(state.store.entries())
    now = state.store.now()
    for name, newest, oldest in (
        ("portfolio.log", 0, 4),
        ("portfolio.log.1", 4, 12),
        ("portfolio.log.2.gz", 12, 999),
    ):
        lines = [line for line in entries if timedelta(hours=newest) <= now - line.at < timedelta(hours=oldest)]
        data = _text(lines)
        if name == "portfolio.log" and state.ahead:
            data += _text([LogLine(now + timedelta(seconds=state.ahead), WEB, "level=info msg=ready")])
        if name == "portfolio.log" and state.flood:
            last = combined(now, "192.0.2.7", "GET /gallery/7", 503)
            data += _text([LogLine(now - timedelta(seconds=1), WEB, last)]) * state.flood
        if name.endswith(".gz"):
            data = gzip.compress(data)
            if state.damaged:  # truncated by time, whatever the number of lines
                kept = [line for line in lines if now - line.at >= timedelta(hours=newest + _HOURS_LOST)]
                data = data[: len(gzip.compress(_text(kept)))]
        _write_dated(folder / name, data, lines[-1].at if lines else now - timedelta(hours=newest))
    last_week = now - timedelta(days=8)
    old = LogLine(last_week, WEB, f"{last_week:%Y-%m-%d %H:%M:%S} FATAL this was put right a week ago")
    data = gzip.compress(_text([old]))
    _write_dated(folder / "portfolio.log.3.gz", data, last_week)
    if state.stale:
        _write_stale(folder / "portfolio-jobs.log", now)
    for number in range(4, 4 + state.old_files):
        _write_dated(folder / f"portfolio.log.{number}.gz", data, now - timedelta(days=20 * number))


def _write_stale(file: Path, now: datetime) -> None:
    """A separate log with a line per minute until yesterday."""
    end = now - timedelta(hours=26)
    moments = [end - timedelta(minutes=minute) for minute in range(24 * 60, -1, -1)]
    lines = [f"{moment:%Y-%m-%d %H:%M:%S} INFO job done\n" for moment in moments]
    _write_dated(file, "".join(lines).encode(), end)


def _text(lines: list[LogLine]) -> bytes:
    return "".join(f"{line.render()}\n" for line in lines).encode()


def _write_dated(file: Path, data: bytes, at: datetime) -> None:
    file.write_bytes(data)
    os.utime(file, (at.timestamp(), at.timestamp()))
