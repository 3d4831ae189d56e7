"""The samples: what a Prometheus that scrapes such a portfolio every minute has gathered in sixty days.

A series is computed as a whole when it is first asked for, from random numbers that depend on its name alone:
a longer history begins like a shorter one. Each target is scraped at its own odd millisecond of the minute, so no
query with times in whole seconds meets a sample exactly at the edge of a range, where Prometheus 2 (which includes
the left edge) and 3 (which does not) would differ.

In the past lie a deployment at which all counters began anew, and forty minutes in which nothing was scraped.
"""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from sandbox.metrics.catalogue import Build, beyond, catalogue
from sandbox.metrics.history import DAY, INTERVAL, Floats, History, Times
from sandbox.metrics.state import HISTORY_DAYS, MetricsState

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One series, up to the moment that was asked for.

    Attributes:
        labels: names and values, sorted, ``__name__`` among them.
        times: milliseconds since 1970, ascending.
        values: one for each time.
    """

    labels: Labels
    times: Times
    values: Floats


class View:
    """The store as it is at one moment: nothing later is in it."""

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
        """What has been scraped by then (Unix time)."""
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
        """Whole days, at least one beyond the moment that the state was made for."""
        samples = math.ceil((end - self._start * 1000) / 1000 / INTERVAL)
        days = max(HISTORY_DAYS + 1, math.ceil(samples / DAY) + 1)
        return History(self._state, self._start, days * DAY)


_making = Lock()
_latest: list[tuple[MetricsState, Store]] = []


def store_of(state: MetricsState) -> Store:
    """The samples of a state: those that were made last, where a state of the same minute has the same levers.

    Most faults leave the metrics alone, and sixty days of samples take longer than all else of a new world.
    """
    with _making:
        for made, store in _latest:
            if _minute(made) == _minute(state) and made == replace(state, now=made.now):
                return store
        kept = deepcopy(state)
        _latest[:] = [(kept, Store(kept))]
        return _latest[0][1]


def _minute(state: MetricsState) -> int:
    """In which it was made: the beginning, as Unix time."""
    return int(state.now.timestamp()) // INTERVAL * INTERVAL
