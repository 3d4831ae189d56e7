"""Samples of a Prometheus that has scraped the portfolio every minute for sixty days.

A series is computed as a whole on first use, from random numbers that depend on its name alone: a longer history
begins like a shorter one. Each target is scraped at its own millisecond of the minute, so no query with times in
whole seconds has a sample exactly at the edge of a range, where Prometheus 2 (which includes the left edge) and 3
(which does not) differ.

The past contains a deployment at which all counters were reset, and forty minutes without scrapes.
"""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from sandbox.figures.catalogue import Build, beyond, catalogue
from sandbox.figures.history import DAY, INTERVAL, Floats, History, Times, odd_milliseconds
from sandbox.world.figures import HISTORY_DAYS, MetricsState

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One series, up to the requested time.

    Attributes:
        labels: names and values, sorted, including ``__name__``.
        times: milliseconds since 1970, ascending.
        values: one for each time.
        whole: the series that this is the beginning of, if it is one.
    """

    labels: Labels
    times: Times
    values: Floats
    whole: Series | None = None

    @cached_property
    def _resets(self) -> tuple[Times, Floats]:
        """Where a counter begins anew, and the total of what it has lost before, at and after each."""
        before, after = self.values[:-1], self.values[1:]
        at = np.flatnonzero(after < before)
        return at + 1, np.cumsum(np.append(0.0, before[at]))

    def lost(self, low: Times, high: Times) -> Floats:
        """What a counter has lost by resets between samples: after those at ``low`` up to those at ``high``."""
        at, total = (self.whole or self)._resets
        until, before = total[at.searchsorted(high, side="right")], total[at.searchsorted(low, side="right")]
        with np.errstate(invalid="ignore"):  # both are infinite if infinity was lost
            return np.asarray(until - before, dtype=np.float64)


@dataclass(slots=True)
class Memory:
    """What has already been computed of samples that do not change; queries repeat each other's parts.

    Attributes:
        series: by labels.
        until: by identity: times as a whole, and until the view's end.
        selected: series by selector.
        tables: by times and bounds, by the text of the expression.
    """

    series: dict[Labels, Series] = field(default_factory=dict)
    until: dict[int, tuple[Times, Times]] = field(default_factory=dict)
    selected: dict[tuple[str | None, str], list[Series]] = field(default_factory=dict)
    tables: dict[tuple[bytes, int, int], dict[str, Any]] = field(default_factory=dict)


class View:
    """The store as of one time: nothing later is in it.

    Attributes:
        memory: shared by all views with the same samples.
    """

    def __init__(self, store: Store, end: int, memory: Memory) -> None:
        self._store = store
        self._end = end
        self.memory = memory

    def names(self) -> list[str]:
        """Every metric name."""
        return list(self._store.catalogue)

    def labels(self, name: str) -> list[Labels]:
        """The label sets of a metric."""
        return list(self._store.catalogue.get(name, {}))

    def series(self, labels: Labels) -> Series:
        """The samples of one label set."""
        known, until = self.memory.series, self.memory.until
        if labels not in known:
            whole = self._store.whole(labels, self._end)
            if id(whole.times) not in until:
                count = int(np.searchsorted(whole.times, self._end, side="right"))
                until[id(whole.times)] = whole.times, whole.times[:count]
            _, times = until[id(whole.times)]
            known[labels] = Series(labels, times, whole.values[: len(times)], whole)
        return known[labels]


class Store:
    """All series of a state."""

    def __init__(self, state: MetricsState) -> None:
        self._state = state
        self._start = _minute(state) - HISTORY_DAYS * 86_400
        self._lock = Lock()
        self._history = self._history_until(self._start * 1000)
        self._built: dict[Labels, Series] = {}
        self.catalogue: dict[str, dict[Labels, Build]] = {}
        if not state.empty:
            for name, labels, build in catalogue(state):
                if name in state.missing or beyond(name, labels, state.largest_bucket):
                    continue
                key = tuple(sorted({"__name__": name, **labels}.items()))
                self.catalogue.setdefault(name, {})[key] = build
        targets = {_target(dict(labels)) for those in self.catalogue.values() for labels in those}
        self._odds = sorted(map(odd_milliseconds, targets))
        self._memory = -1, Memory()  # of the number of scrapes

    def until(self, seconds: float) -> View:
        """Everything scraped by then (Unix time); views share their memory until something new is scraped."""
        end = round(seconds * 1000)
        since = end - self._start * 1000
        scrapes = sum((since - odd) // (INTERVAL * 1000) for odd in self._odds)
        with self._lock:
            if self._memory[0] != scrapes:
                self._memory = scrapes, Memory()
            return View(self, end, self._memory[1])

    def whole(self, labels: Labels, end: int) -> Series:
        """A series up to ``end`` (milliseconds) or somewhat beyond."""
        with self._lock:
            if end > self._history.end:
                self._history = self._history_until(end)
                self._built.clear()
            if labels not in self._built:
                named = dict(labels)
                values = self.catalogue[named["__name__"]][labels](self._history)
                always = named["__name__"] == "up"
                times = self._history.times(named["job"], _target(named), always)
                sampled = self._history.scraped_of(values, named["job"], always=always)
                if len(sampled) and np.isnan(sampled.min()):
                    there = ~np.isnan(sampled)
                    times, sampled = times[there], sampled[there]
                self._built[labels] = Series(labels, times, sampled)  # all of a target share their times
            return self._built[labels]

    def _history_until(self, end: int) -> History:
        """Whole days, at least one beyond the state's time."""
        samples = math.ceil((end - self._start * 1000) / 1000 / INTERVAL)
        days = max(HISTORY_DAYS + 1, math.ceil(samples / DAY) + 1)
        return History(self._state, self._start, days * DAY)


def _target(labels: dict[str, str]) -> str:
    return labels.get("probe", "") + labels["instance"]


_making = Lock()
_latest: list[tuple[MetricsState, Store]] = []


def store_of(state: MetricsState) -> Store:
    """Samples of a state: the last ones made, if that state is of the same minute and has the same levers.

    Most faults do not affect metrics, and sixty days of samples take longer than everything else in a new world.
    """
    with _making:
        for made, store in _latest:
            if _minute(made) == _minute(state) and made == replace(state, now=made.now):
                return store
        kept = deepcopy(state)
        _latest[:] = [(kept, Store(kept))]
        return _latest[0][1]


def _minute(state: MetricsState) -> int:
    """Start of the minute in which it was made, as Unix time."""
    return int(state.now.timestamp()) // INTERVAL * INTERVAL
