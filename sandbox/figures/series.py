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
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from sandbox.figures.catalogue import Build, beyond, catalogue
from sandbox.figures.history import DAY, INTERVAL, Floats, History, Times
from sandbox.world.figures import HISTORY_DAYS, MetricsState

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One series, up to the requested time.

    Attributes:
        labels: names and values, sorted, including ``__name__``.
        times: milliseconds since 1970, ascending.
        values: one for each time.
    """

    labels: Labels
    times: Times
    values: Floats


class View:
    """The store as of one time: nothing later is in it."""

    def __init__(self, store: Store, end: int) -> None:
        self._store = store
        self._end = end
        self._seen: dict[Labels, Series] = {}  # a query asks for the same series several times
        self._until: dict[int, tuple[Times, Times]] = {}  # by identity: times as a whole, and until the end

    def names(self) -> list[str]:
        """Every metric name."""
        return list(self._store.catalogue)

    def labels(self, name: str) -> list[Labels]:
        """The label sets of a metric."""
        return list(self._store.catalogue.get(name, {}))

    def series(self, labels: Labels) -> Series:
        """The samples of one label set."""
        if labels not in self._seen:
            whole = self._store.whole(labels, self._end)
            if id(whole.times) not in self._until:
                count = int(np.searchsorted(whole.times, self._end, side="right"))
                self._until[id(whole.times)] = whole.times, whole.times[:count]
            _, times = self._until[id(whole.times)]
            self._seen[labels] = Series(labels, times, whole.values[: len(times)])
        return self._seen[labels]


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

    def until(self, seconds: float) -> View:
        """Everything scraped by then (Unix time)."""
        return View(self, round(seconds * 1000))

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
                kept = self._history.kept(named["job"], always)
                times = self._history.times(named["job"], named.get("probe", "") + named["instance"], always)
                sampled = values[kept]
                there = ~np.isnan(sampled)
                if not there.all():
                    times, sampled = times[there], sampled[there]
                self._built[labels] = Series(labels, times, sampled)  # all of a target share their times
            return self._built[labels]

    def _history_until(self, end: int) -> History:
        """Whole days, at least one beyond the state's time."""
        samples = math.ceil((end - self._start * 1000) / 1000 / INTERVAL)
        days = max(HISTORY_DAYS + 1, math.ceil(samples / DAY) + 1)
        return History(self._state, self._start, days * DAY)


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
