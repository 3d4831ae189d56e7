"""Writes the outcome while a load test runs and at its end, atomically."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from loadtests.recorder import SLICES, Counts, Tally, now
from playbook.readers.load.outcome import RUNNING, Endpoint, Error, Moments, Outcome, Step
from playbook.readers.load.plan import Plan

_SETTLED = 10.0  # seconds after which workers no longer report about a given second


class Report:
    """One test's counts as an outcome.

    Attributes:
        counts: of every process.
        ended: why the test ended; ``running`` until then.
        lost: lost workers, in words.
    """

    def __init__(self, plan: Plan, clock: Callable[[], float] = now) -> None:
        self.plan = plan
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Reset: the test starts now."""
        self.counts = Counts()
        self.started = self.updated = self._clock()
        self.ended = RUNNING
        self.lost: list[str] = []
        self.steps: list[Step] = []
        self._moments: list[Moments] = []
        self._users: dict[int, int] = {}
        # A breakpoint test needs whole past steps.
        longest = max((stage.seconds for stage in self.plan.stages), default=0.0)
        self._kept = _SETTLED + (longest if self.plan.breaks else 0.0)

    @property
    def planned_seconds(self) -> float:
        """Duration according to the stages and the cap."""
        return min(sum(stage.seconds for stage in self.plan.stages), self.plan.most_seconds)

    def end(self, why: str) -> None:
        """Record why the test ended; only the first reason counts."""
        if self.ended == RUNNING:
            self.ended = why
            self.updated = self._clock()

    def note_users(self, users: int) -> None:
        """Record the current number of users; the maximum of each second counts."""
        # Called at the end of a second, or shortly after it.
        second = max(int(self._clock() - self.started - 0.5), 0)
        self._users[second] = max(self._users.get(second, 0), users)

    def unanswered(self) -> bool:
        """Whether there was no answer at all for as long as the plan allows."""
        moment = self._clock()
        span = self.plan.unreachable_seconds
        if moment - self.started < span:
            return False
        recent = self.counts.between(moment - span, moment)
        return recent.requests > 0 and recent.unreached == recent.requests

    def outcome(self) -> Outcome:
        """The outcome so far."""
        if self.ended == RUNNING:
            self.updated = self._clock()
        seconds = max(self.updated - self.started, 0.001)
        return Outcome(
            target=self.plan.target,
            shape=self.plan.shape,
            host=self.plan.host,
            started=datetime.fromtimestamp(self.started, UTC),
            updated=datetime.fromtimestamp(self.updated, UTC),
            ended=self.ended,
            planned_seconds=self.planned_seconds,
            seconds=seconds,
            most_users=max(self._users.values(), default=0),
            all=_endpoint("all", self.counts.all(), seconds),
            endpoints=[_endpoint(name, tally, seconds) for name, tally in sorted(self.counts.endpoints.items())],
            moments=[*self._moments, *self._newest()],
            errors=_kinds(self.counts.errors),
            unclear=_kinds(self.counts.unclear),
            workers=self.plan.workers,
            lost=list(self.lost),
            refused=[f"{why} ({times} ×)" for why, times in sorted(self.counts.refused.items())],
            throttled=self.counts.throttled,
            throttled_seconds=round(self.counts.throttled_seconds, 3),
            busy_percent=round(self.counts.busy_percent, 1),
            late_seconds=round(self.counts.late_seconds, 3),
            steps=list(self.steps),
        )

    def summary(self) -> str:
        """One line for the terminal."""
        seen = self.outcome()
        p95 = f", P95 {seen.all.p95:.3f} s" if seen.all.p95 is not None else ""
        return (
            f"{seen.ended} after {seen.seconds:.0f} s: "
            f"{seen.all.requests:,} requests, {seen.all.failures:,} failed{p95}"
            + (f", {seen.all.cut:,} without an answer yet" if seen.all.cut else "")
            + "".join(f"; lost a worker: {worker}" for worker in seen.lost)
            + "".join(f"; held back: {why}" for why in seen.refused)
        )

    def write(self) -> None:
        """Write the outcome to the plan's file."""
        self._settle()
        if not self.plan.outcome:
            return
        file = Path(self.plan.outcome)
        whole = file.with_name(f".{file.name}.new")
        whole.write_bytes(msgspec.json.encode(self.outcome()))
        whole.replace(file)

    def _newest(self) -> list[Moments]:
        """Seconds that may still change."""
        # Requests in progress at the end are counted shortly after it.
        latest = max(self.counts.slices, default=0) / SLICES
        last = int(max(self.updated, latest) - self.started)
        newest = [self._moment(second) for second in range(len(self._moments), last + 1)]
        return newest if newest and newest[-1].requests else newest[:-1]  # the last second has just begun

    def _settle(self) -> None:
        """Convert old quarter seconds to moments, and drop them."""
        last = int(self._clock() - self.started - self._kept)
        while len(self._moments) < last:
            self._moments.append(self._moment(len(self._moments)))
        first = (self.started + len(self._moments)) * SLICES
        for moment in [moment for moment in self.counts.slices if moment < first - SLICES]:
            del self.counts.slices[moment]

    def _moment(self, second: int) -> Moments:
        # Quarter seconds are not aligned with the test's start: each belongs to the second that it begins in.
        start = self.started + second
        tally = Tally()
        begin = -(-start * SLICES // 1)
        for number in range(int(begin) - (second == 0), int(-(-(start + 1) * SLICES // 1))):
            found = self.counts.slices.get(number)
            if found:
                tally.add(found)
        return Moments(
            at=start,
            users=self._users_at(second),
            requests=tally.requests,
            failures=tally.failures,
            p50=tally.percentile(50),
            p95=tally.percentile(95),
            p99=tally.percentile(99),
            slowest=tally.slowest / 1000 if tally.requests else None,
        )

    def _users_at(self, second: int) -> int:
        while second not in self._users and second > 0:
            second -= 1
        return self._users.get(second, 0)


def _kinds(counted: dict[str, dict[str, int]]) -> list[Error]:
    return [
        Error(name=name, message=message, times=times)
        for name, messages in sorted(counted.items())
        for message, times in sorted(messages.items(), key=lambda entry: -entry[1])
    ]


def _endpoint(name: str, tally: Tally, seconds: float) -> Endpoint:
    return Endpoint(
        name=name,
        requests=tally.requests,
        failures=tally.failures,
        cut=tally.cut,
        cached=tally.cached,
        p50=tally.percentile(50),
        p95=tally.percentile(95),
        p99=tally.percentile(99),
        slowest=tally.slowest / 1000 if tally.requests else None,
        per_second=tally.requests / seconds,
        received_bytes=tally.received,
    )
