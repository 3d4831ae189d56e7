"""What is counted while a load runs: response times in buckets of one percent, by endpoint and by quarter second.

Locust's own percentiles are rounded to two digits; these are right to half a percent, and can be added up over
workers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from math import exp, log

import msgspec

# The clock may be set while a test runs, and a laptop may sleep: from here on only what passes is added.
_BEGAN = time.time() - time.monotonic()


def now() -> float:
    """Unix time of this process, which nobody sets."""
    return _BEGAN + time.monotonic()


SLICES = 4  # a second
MOST_ERRORS = 50  # kinds that are told apart
OTHERS = "further kinds of failure"

_SCALE = 1 / log(1.01)
_OFFSET = 500  # of the bucket of one millisecond
_LEAST = 0.01  # milliseconds


class Tally(msgspec.Struct):
    """Requests, and how long they took.

    Attributes:
        unreached: failures without any answer: no connection, or one that broke.
        cut: requests that had no answer yet when their visitor was stopped, and had waited for long. They count in
            ``counts`` by how long that was: their answer would have taken longer.
        overdue: besides, at the end of what this is about, requests that wait for longer than they may.
        received: bytes of bodies.
        slowest: milliseconds, of failures too.
        counts: requests that were answered well, by bucket of response time.
    """

    requests: int = 0
    failures: int = 0
    unreached: int = 0
    cut: int = 0
    overdue: int = 0
    received: int = 0
    slowest: float = 0.0
    counts: dict[int, int] = {}

    def add(self, other: Tally) -> None:
        """Count the other's as well."""
        self.requests += other.requests
        self.failures += other.failures
        self.unreached += other.unreached
        self.cut += other.cut
        self.received += other.received
        self.slowest = max(self.slowest, other.slowest)
        for bucket, number in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + number

    def percentile(self, percent: float) -> float | None:
        """Seconds within which so many percent of all requests were answered well; None where fewer ever were.

        A failure is an answer that never came: what is refused at once would else look quick.
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
    """All that was counted, or what came since the last report of a worker.

    Attributes:
        slices: by quarter second of Unix time.
        errors: how often, by endpoint and message.
        refused: requests that the guard held back, by reason.
        throttled: requests that waited for the cap on requests a second.
        throttled_seconds: for so long, all together.
        overdue: requests that wait for longer than they may, by second of Unix time.
        busy_percent: the most that one process was busy for some seconds, of one core.
        late_seconds: the most that one process came too late to what it wanted to do.
    """

    endpoints: dict[str, Tally] = {}
    slices: dict[int, Tally] = {}
    errors: dict[str, dict[str, int]] = {}
    refused: dict[str, int] = {}
    throttled: int = 0
    throttled_seconds: float = 0.0
    overdue: dict[int, int] = {}
    busy_percent: float = 0.0
    late_seconds: float = 0.0

    def record(self, name: str, milliseconds: float, size: int) -> tuple[Tally, Tally]:
        """Count a request; the caller counts in both tallies that it failed."""
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
        """Count a request that was given up as its visitor was stopped, when it had waited for so long."""
        for tally in self.record(name, milliseconds, 0):
            tally.cut += 1

    def fail(
        self, name: str, milliseconds: float, message: str, tallies: Iterable[Tally], *, unreached: bool
    ) -> None:
        """Count in these tallies that the request that was just recorded in them failed, and why."""
        bucket = bucket_of(milliseconds)
        for tally in tallies:
            tally.counts[bucket] -= 1
            tally.failures += 1
            tally.unreached += unreached
        messages = self.errors.setdefault(name, {})
        if message not in messages and len(messages) >= MOST_ERRORS:
            message = OTHERS
        messages[message] = messages.get(message, 0) + 1

    def add(self, other: Counts) -> None:
        """Count the other's as well."""
        for name, tally in other.endpoints.items():
            self.endpoints.setdefault(name, Tally()).add(tally)
        for moment, tally in other.slices.items():
            self.slices.setdefault(moment, Tally()).add(tally)
        for name, messages in other.errors.items():
            own = self.errors.setdefault(name, {})
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
        """Requests of the quarter seconds that lie wholly between two moments of Unix time."""
        found = Tally()
        for moment, tally in self.slices.items():
            if moment >= start * SLICES and moment + 1 <= end * SLICES:
                found.add(tally)
        known = [second for second in self.overdue if start <= second <= end]
        found.overdue = self.overdue[max(known)] if known else 0
        return found

    def all(self) -> Tally:
        """Every request together."""
        found = Tally()
        for tally in self.endpoints.values():
            found.add(tally)
        return found

    def take(self) -> Counts:
        """What was counted, starting anew from zero: what a worker sends to its master."""
        taken = Counts(**{name: getattr(self, name) for name in self.__struct_fields__})
        empty = Counts()
        for name in self.__struct_fields__:
            setattr(self, name, getattr(empty, name))
        return taken


def encode(counts: Counts) -> bytes:
    """For the way to the master."""
    return msgspec.msgpack.encode(counts)


def decode(data: bytes) -> Counts:
    """What a worker sent; raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(data, type=Counts)
