"""Counters of a running load test: response times in buckets of one percent, by endpoint and quarter second.

Locust's own percentiles are rounded to two digits; these are accurate to half a percent, and can be added across
workers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from math import exp, log

import msgspec

# The clock may be set during a test, and a laptop may sleep: from here on only monotonic time is added.
_BEGAN = time.time() - time.monotonic()


def now() -> float:
    """Unix time of this process, unaffected by clock changes."""
    return _BEGAN + time.monotonic()


SLICES = 4  # per second
MOST_ERRORS = 50  # kinds that are distinguished
OTHERS = "further kinds of failure"

_SCALE = 1 / log(1.01)
_OFFSET = 500  # index of the bucket for one millisecond
_LEAST = 0.01  # milliseconds


class Tally(msgspec.Struct):
    """Requests and their response times.

    Attributes:
        unreached: failures without any answer: no connection, or a broken one.
        cut: requests still unanswered when their visitor was stopped, after a long wait. They count in ``counts``
            with that wait: their answer would have taken longer.
        overdue: in addition, requests waiting longer than allowed at the end of the period.
        cached: successful requests that a cache before the website answered.
        received: bytes of bodies.
        slowest: milliseconds, including failures.
        counts: successful requests, by bucket of response time.
    """

    requests: int = 0
    failures: int = 0
    unreached: int = 0
    cut: int = 0
    overdue: int = 0
    cached: int = 0
    received: int = 0
    slowest: float = 0.0
    counts: dict[int, int] = {}

    def add(self, other: Tally) -> None:
        """Add another tally."""
        self.requests += other.requests
        self.failures += other.failures
        self.unreached += other.unreached
        self.cut += other.cut
        self.cached += other.cached
        self.received += other.received
        self.slowest = max(self.slowest, other.slowest)
        for bucket, number in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + number

    def percentile(self, percent: float) -> float | None:
        """Seconds within which this percentage of all requests succeeded; None if fewer ever did.

        A failure counts as an answer that never came: otherwise fast refusals would look fast.
        """
        wanted = (self.requests + self.overdue) * percent / 100
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if self.counts[bucket] and seen >= wanted:
                return min(exp((bucket - _OFFSET + 0.5) / _SCALE), self.slowest) / 1000
        return None


def bucket_of(milliseconds: float) -> int:
    """The bucket of a response time."""
    return int(log(max(milliseconds, _LEAST)) * _SCALE + _OFFSET)


class Counts(msgspec.Struct):
    """Everything counted, or what was counted since a worker's last report.

    Attributes:
        slices: by quarter second of Unix time.
        errors: number by endpoint and message.
        unclear: answers that are neither good nor bad, by endpoint and message; they count as successful.
        refused: requests refused by the guard, by reason.
        throttled: requests delayed by the cap on requests per second.
        throttled_seconds: total delay.
        overdue: requests waiting longer than allowed, by second of Unix time.
        busy_percent: highest CPU usage of one process over some seconds, of one core.
        late_seconds: highest scheduling delay of one process.
    """

    endpoints: dict[str, Tally] = {}
    slices: dict[int, Tally] = {}
    errors: dict[str, dict[str, int]] = {}
    unclear: dict[str, dict[str, int]] = {}
    refused: dict[str, int] = {}
    throttled: int = 0
    throttled_seconds: float = 0.0
    overdue: dict[int, int] = {}
    busy_percent: float = 0.0
    late_seconds: float = 0.0

    def record(self, name: str, milliseconds: float, size: int) -> tuple[Tally, Tally]:
        """Count a request; the caller counts a failure in both tallies."""
        bucket = int(log(milliseconds if milliseconds > _LEAST else _LEAST) * _SCALE + _OFFSET)
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            endpoint = self.endpoints[name] = Tally()
        moment = int(now() * SLICES)
        piece = self.slices.get(moment)
        if piece is None:
            piece = self.slices[moment] = Tally()
        endpoint.requests += 1
        endpoint.received += size
        if milliseconds > endpoint.slowest:  # noqa: PLR1730 - done for every request, and faster than max
            endpoint.slowest = milliseconds
        counts = endpoint.counts
        counts[bucket] = counts.get(bucket, 0) + 1
        piece.requests += 1
        if milliseconds > piece.slowest:  # noqa: PLR1730
            piece.slowest = milliseconds
        counts = piece.counts
        counts[bucket] = counts.get(bucket, 0) + 1
        return endpoint, piece

    def cut(self, name: str, milliseconds: float) -> None:
        """Count an abandoned request of a stopped visitor, after this wait."""
        for tally in self.record(name, milliseconds, 0):
            tally.cut += 1

    def fail(
        self, name: str, milliseconds: float, message: str, tallies: Iterable[Tally], *, unreached: bool
    ) -> None:
        """Count in these tallies that the request just recorded has failed, and why."""
        bucket = bucket_of(milliseconds)
        for tally in tallies:
            tally.counts[bucket] -= 1
            tally.failures += 1
            tally.unreached += unreached
        _count(self.errors, name, message)

    def doubt(self, name: str, message: str) -> None:
        """Count that the answer just recorded is neither good nor bad, and why."""
        _count(self.unclear, name, message)

    def add(self, other: Counts) -> None:
        """Add other counts."""
        for name, tally in other.endpoints.items():
            self.endpoints.setdefault(name, Tally()).add(tally)
        for moment, tally in other.slices.items():
            self.slices.setdefault(moment, Tally()).add(tally)
        for counted, more in ((self.errors, other.errors), (self.unclear, other.unclear)):
            for name, messages in more.items():
                own = counted.setdefault(name, {})
                for message, times in messages.items():
                    own[message] = own.get(message, 0) + times
        for why, times in other.refused.items():
            self.refused[why] = self.refused.get(why, 0) + times
        self.throttled += other.throttled
        self.throttled_seconds += other.throttled_seconds
        for second, number in other.overdue.items():
            self.overdue[second] = self.overdue.get(second, 0) + number
        self.busy_percent = max(self.busy_percent, other.busy_percent)
        self.late_seconds = max(self.late_seconds, other.late_seconds)

    def between(self, start: float, end: float) -> Tally:
        """Requests of the quarter seconds entirely between two Unix times."""
        found = Tally()
        for moment, tally in self.slices.items():
            if moment >= start * SLICES and moment + 1 <= end * SLICES:
                found.add(tally)
        known = [second for second in self.overdue if start <= second <= end]
        found.overdue = self.overdue[max(known)] if known else 0
        return found

    def all(self) -> Tally:
        """All requests together."""
        found = Tally()
        for tally in self.endpoints.values():
            found.add(tally)
        return found

    def take(self) -> Counts:
        """What was counted, reset to zero: a worker's report to its master."""
        taken = Counts(**{name: getattr(self, name) for name in self.__struct_fields__})
        empty = Counts()
        for name in self.__struct_fields__:
            setattr(self, name, getattr(empty, name))
        return taken


def _count(counted: dict[str, dict[str, int]], name: str, message: str) -> None:
    messages = counted.setdefault(name, {})
    if message not in messages and len(messages) >= MOST_ERRORS:
        message = OTHERS
    messages[message] = messages.get(message, 0) + 1


def encode(counts: Counts) -> bytes:
    """Serialise for the master."""
    return msgspec.msgpack.encode(counts)


def decode(data: bytes) -> Counts:
    """A worker's report; raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(data, type=Counts)
