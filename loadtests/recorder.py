"""What is counted while a load runs: response times in buckets of one percent, by endpoint and by quarter second.

Locust's own percentiles are rounded to two digits; these are right to half a percent, and can be added up over
workers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from math import exp, log

import msgspec

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
        received: bytes of bodies.
        slowest: milliseconds, of failures too.
        counts: requests that were answered well, by bucket of response time.
    """

    requests: int = 0
    failures: int = 0
    unreached: int = 0
    received: int = 0
    slowest: float = 0.0
    counts: dict[int, int] = {}

    def add(self, other: Tally) -> None:
        """Count the other's as well."""
        self.requests += other.requests
        self.failures += other.failures
        self.unreached += other.unreached
        self.received += other.received
        self.slowest = max(self.slowest, other.slowest)
        for bucket, number in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + number

    def percentile(self, percent: float) -> float | None:
        """Seconds within which so many percent of all requests were answered well; None where fewer ever were.

        A failure is an answer that never came: what is refused at once would else look quick.
        """
        wanted = self.requests * percent / 100
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
    """

    endpoints: dict[str, Tally] = {}
    slices: dict[int, Tally] = {}
    errors: dict[str, dict[str, int]] = {}
    refused: dict[str, int] = {}
    throttled: int = 0

    def record(self, name: str, milliseconds: float, size: int) -> tuple[Tally, Tally]:
        """Count a request; the caller counts in both tallies that it failed."""
        bucket = int(log(milliseconds if milliseconds > _LEAST else _LEAST) * _SCALE + _OFFSET)
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            endpoint = self.endpoints[name] = Tally()
        moment = int(time.time() * SLICES)
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

    def between(self, start: float, end: float) -> Tally:
        """Requests of the quarter seconds that lie wholly between two moments of Unix time."""
        found = Tally()
        for moment, tally in self.slices.items():
            if moment >= start * SLICES and moment + 1 <= end * SLICES:
                found.add(tally)
        return found

    def all(self) -> Tally:
        """Every request together."""
        found = Tally()
        for tally in self.endpoints.values():
            found.add(tally)
        return found

    def take(self) -> Counts:
        """What was counted, starting anew from zero: what a worker sends to its master."""
        taken = Counts(self.endpoints, self.slices, self.errors, self.refused, self.throttled)
        self.endpoints, self.slices, self.errors, self.refused, self.throttled = {}, {}, {}, {}, 0
        return taken


def encode(counts: Counts) -> bytes:
    """For the way to the master."""
    return msgspec.msgpack.encode(counts)


def decode(data: bytes) -> Counts:
    """What a worker sent; raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(data, type=Counts)
