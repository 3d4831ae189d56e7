"""Counters that a server keeps since it started, as a window that is true: the growth since an earlier reading.

A counter since the start is no window: a cache that was up for 200 days and misses every read of today still shows
94.97 %. So each run keeps what it has read, in its line of the history, and a later run judges by how much each
counter grew since. What counts anew (a restart, a failover, CONFIG RESETSTAT) is recognised by the server's own
identity, by the moment it started, and by a counter that has fallen. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Protocol

import msgspec

from playbook.core.clock import Moment
from playbook.core.coverage import Coverage, lacking, whole

WISHED_HOURS = 24.0
# A server tells its age in whole seconds, and our clock and its own differ by less than this.
_SAME_START = 300.0  # seconds
NEXT_RUN = "The next run will know, where it is at least {hours:g} h from now and keeps the same history."


class Ages(Protocol):
    """How old the reading may be that a counter is compared with, in hours."""

    @property
    def counter_least_hours(self) -> float: ...
    @property
    def counter_most_hours(self) -> float: ...


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a server's counters said at one moment.

    Attributes:
        at: when they were read.
        origin: what counted, e.g. a server's run_id; empty where it does not say.
        started: Unix seconds since when it counts at the earliest; 0 where nobody knows.
        counts: by the counter's own name.
    """

    at: Moment
    origin: str = ""
    started: float = 0.0
    counts: dict[str, float] = {}


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """By how much counters grew.

    Attributes:
        hours: length of the window; 0 where there is none.
        by: how much, by the counter's name.
        coverage: whether there is a window, in words.
    """

    hours: float = 0.0
    by: Mapping[str, float] = msgspec.field(default_factory=dict)
    coverage: Coverage

    def of(self, name: str) -> float | None:
        """By how much one counter grew; None where nobody knows."""
        return self.by.get(name)

    @property
    def over(self) -> str:
        """``23.4 h``."""
        return f"{self.hours:.1f}".removesuffix(".0") + " h"


class Earlier:
    """What earlier runs of the target have read. Thread-safe; reads the history when it is first asked."""

    def __init__(
        self,
        read: Callable[[], Iterable[Mapping[str, Counted]]] = tuple,
        last_run: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._read, self._last_run = read, last_run
        self._lock = Lock()
        self._known: list[Mapping[str, Counted]] | None = None

    def last_run(self) -> datetime | None:
        """When the newest of them began, or read something; None where nothing is known of any."""
        known = [counted.at for readings in self._readings() for counted in readings.values()]
        return max([*known, *filter(None, [self._last_run()])], default=None)

    def of(self, name: str) -> list[Counted]:
        """The readings of one set of counters, e.g. ``redis``."""
        return [readings[name] for readings in self._readings() if name in readings]

    def _readings(self) -> list[Mapping[str, Counted]]:
        with self._lock:
            if self._known is None:
                self._known = list(self._read())
            return self._known


def grown(now: Counted, earlier: Sequence[Counted], rules: Ages, *, from_zero: bool = False) -> Grown:
    """By how much the counters grew since the reading that is nearest to a day old.

    Readings count that are as old as ``coverage.counter_least_hours`` and ``counter_most_hours`` allow, of the
    same origin, and since when no counter has fallen. The server's own start is such a reading, of zeros only.

    Args:
        from_zero: a counter is there once it has counted something, so one that is missing stands at 0.
    """
    moment = now.at.timestamp()
    same = sorted(
        (one for one in earlier if _same(one, now) and one.at < now.at), key=lambda one: one.at, reverse=True
    )
    kept: list[Counted] = []
    reset = False
    later = now
    for one in same:
        if _fell(one.counts, later.counts, from_zero=from_zero):
            reset = True
            break
        kept.append(one)
        later = one
    windows = [((moment - one.at.timestamp()) / 3600, one.counts) for one in kept]
    if now.started and not reset:
        windows.append(((moment - now.started) / 3600, dict.fromkeys(now.counts, 0.0)))
    fit = [
        (hours, counts)
        for hours, counts in windows
        if rules.counter_least_hours <= hours <= rules.counter_most_hours
    ]
    if not fit:
        return Grown(coverage=_no_window(now, earlier, reset=reset, rules=rules))
    hours, counts = min(fit, key=lambda window: abs(window[0] - WISHED_HOURS))
    by = {name: value - counts.get(name, 0.0) for name, value in now.counts.items() if from_zero or name in counts}
    found = Grown(hours=hours, by=by, coverage=Coverage())
    return msgspec.structs.replace(found, coverage=whole(found.over))


def _fell(before: Mapping[str, float], after: Mapping[str, float], *, from_zero: bool) -> bool:
    """Whether a counter stands lower than before."""
    missing = 0.0 if from_zero else math.inf
    return any(value > after.get(name, missing) for name, value in before.items())


def _same(one: Counted, now: Counted) -> bool:
    """Whether it is the same that counted, without a restart in between, as far as that is said."""
    if one.origin or now.origin:
        return one.origin == now.origin
    if one.started or now.started:
        return abs(one.started - now.started) <= _SAME_START
    return False


def _no_window(now: Counted, earlier: Sequence[Counted], *, reset: bool, rules: Ages) -> Coverage:
    least, most = rules.counter_least_hours, rules.counter_most_hours
    up = (now.at.timestamp() - now.started) / 3600 if now.started else math.inf
    if reset:
        why = "none since they were set back to zero"
    elif up < least:
        ago = f"{up * 60:.0f} min" if up * 60 >= 1 else "less than a minute"
        why = f"none, as counting began {ago} ago"
    elif not (now.origin or now.started):
        why = "none that can be compared, as it does not say which server counts and since when"
    elif earlier and not any(_same(one, now) for one in earlier):
        why = "only ones of another server, or from before a restart"
    else:
        why = "none"
    return lacking(
        "no earlier reading",
        expected=f"a reading of its counters from {least:g} to {most:g} h before",
        got=why,
        hint=NEXT_RUN.format(hours=least),
    )
