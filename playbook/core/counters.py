"""Counters that a server keeps since it started, turned into a time window: the growth since an earlier reading.

A counter since the start is no window: a cache that was up for 200 days and misses every read of today still shows
94.97 %. So each run stores its readings in its line of the history, and a later run judges by the growth of each
counter. A counter that was reset (a restart, a failover, CONFIG RESETSTAT) is recognised by the server's own
identity, by its start time, and by a value that has decreased. Pure.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

import msgspec

from playbook.core.clock import Moment
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.durations import one_whole_unit

WISHED_HOURS = 24.0
# Seconds. A server reports its uptime in whole seconds, and its clock and ours differ by less than this.
_SAME_START = 300.0  # seconds
_DIGEST = re.compile(r"x-[0-9a-f]{16}")
NEXT_RUN = "The next run will know, where it is at least {hours:g} h from now and keeps the same history."


class Ages(Protocol):
    """Allowed age, in hours, of the earlier reading that a counter is compared with."""

    @property
    def counter_least_hours(self) -> float: ...
    @property
    def counter_most_hours(self) -> float: ...


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A server's counters at one moment.

    Attributes:
        at: when they were read.
        origin: what counted, e.g. a server's run_id; empty where unknown.
        started: earliest start of counting in Unix seconds; 0 where unknown.
        counts: by the counter's own name.
        named: these are names of things, which the team alone reads; for everybody they are digests.
    """

    at: Moment
    origin: str = ""
    started: float = 0.0
    counts: dict[str, float] = {}
    named: bool = False

    @property
    def for_everybody(self) -> Counted:
        """Without names of things."""
        if not self.named:
            return self
        counts = {digest_of(name): value for name, value in self.counts.items()}
        return msgspec.structs.replace(self, counts=dict(sorted(counts.items())), named=False)


def digest_of(name: str) -> str:
    """By which a name is known again; that of a digest is the digest itself."""
    if _DIGEST.fullmatch(name):
        return name
    return f"x-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}"


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """Growth of counters.

    Attributes:
        hours: length of the window; 0 where there is none.
        by: growth by counter name.
        coverage: whether there is a window, in words.
    """

    hours: float = 0.0
    by: Mapping[str, float] = msgspec.field(default_factory=dict)
    coverage: Coverage

    def of(self, name: str) -> float | None:
        """Growth of one counter; None where unknown."""
        return self.by.get(name)

    def known(self, name: str) -> Coverage:
        """Whether the growth of one counter is known: an earlier reading may be without it."""
        if name in self.by or not self.coverage.enough:
            return self.coverage
        return lacking(
            "",
            expected=f"an earlier reading of {name}",
            got="one without it",
            hint="The next run knows it, if one takes place within a day.",
        )

    @property
    def over(self) -> str:
        """``23.4 h``."""
        return f"{self.hours:.1f}".removesuffix(".0") + " h"


class Earlier:
    """Readings of the target's earlier runs. Thread-safe; the history is read on first use."""

    def __init__(
        self,
        read: Callable[[], Iterable[Mapping[str, Counted]]] = tuple,
        last_run: Callable[[], datetime | None] = lambda: None,
        read_month: Callable[[], Iterable[Mapping[str, Counted]]] = tuple,
    ) -> None:
        self._read, self._last_run, self._read_month = read, last_run, read_month
        self._lock = Lock()
        self._known: list[Mapping[str, Counted]] | None = None

    def last_run(self) -> datetime | None:
        """When the newest of them began or read something; None where no run is known."""
        known = [counted.at for readings in self._readings() for counted in readings.values()]
        return max([*known, *filter(None, [self._last_run()])], default=None)

    def of(self, name: str) -> list[Counted]:
        """The readings of one set of counters, e.g. ``redis``."""
        return [readings[name] for readings in self._readings() if name in readings]

    def of_the_month(self, name: str) -> list[Counted]:
        """As ``of``, of a month: of what is read once a week."""
        return [readings[name] for readings in self._read_month() if name in readings]

    def _readings(self) -> list[Mapping[str, Counted]]:
        with self._lock:
            if self._known is None:
                self._known = list(self._read())
            return self._known


def grown(
    now: Counted,
    earlier: Sequence[Counted],
    rules: Ages,
    *,
    from_zero: bool = False,
    wished_hours: float = WISHED_HOURS,
) -> Grown:
    """Growth of the counters since the reading whose age is closest to the wished one, usually a day.

    Readings count if their age is within ``coverage.counter_least_hours`` and ``counter_most_hours``, their origin
    is the same, and no counter has decreased since. The server's own start is such a reading, with all counters at
    zero.

    Args:
        from_zero: a counter only exists once it has counted something, so a missing one is 0.
    """
    moment = now.at.timestamp()
    same = sorted(
        (one for one in earlier if _same(one, now) and one.at < now.at), key=lambda one: one.at, reverse=True
    )
    kept: list[Counted] = []
    reset = False
    later = now
    for one in same:
        if _has_decreased(one.counts, later.counts, from_zero=from_zero):
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
    hours, counts = min(fit, key=lambda window: abs(window[0] - wished_hours))
    by = {name: value - counts.get(name, 0.0) for name, value in now.counts.items() if from_zero or name in counts}
    found = Grown(hours=hours, by=by, coverage=Coverage())
    return msgspec.structs.replace(found, coverage=whole(found.over))


def _has_decreased(before: Mapping[str, float], after: Mapping[str, float], *, from_zero: bool) -> bool:
    """Whether a counter is lower than before."""
    missing = 0.0 if from_zero else math.inf
    return any(value > after.get(name, missing) for name, value in before.items())


def _same(one: Counted, now: Counted) -> bool:
    """Whether both come from the same server without a restart in between, as far as is known."""
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
        why = f"none, as counting began {one_whole_unit(timedelta(hours=up))} ago"
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
