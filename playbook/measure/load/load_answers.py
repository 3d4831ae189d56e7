"""Results of a load test: response times by group of endpoints, failures, and the server's own figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from playbook.core.coverage import Coverage, lacking, share, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Chart, Curve, Evidence, Lines, Table
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Verdict
from playbook.measure.app.resources import Judged
from playbook.measure.load.load import LoadTest
from playbook.measure.load.load_endpoints import endpoint_table, name_of, seconds
from playbook.measure.statements import Statement
from playbook.readers.load.bottleneck import points_of
from playbook.readers.load.outcome import Endpoint
from playbook.readers.load.samples import (
    QUEUE,
    QUEUE_IN_PART,
    REDIS_BLOCKED,
    REDIS_LATENCY,
    UNITS,
    WEB_QUEUE,
    Sample,
)
from playbook.settings.model import Settings

HOMEPAGE = ("homepage",)
HEALTH = ("health", "image_health")
IMAGES = "optimize_"
_FAILED = "Failed requests under load"
_SHOWN = 20
_MOST_BETWEEN = 5.0  # seconds of a test for each look at the server
_NO_CHANCE = 3  # requests of an endpoint that is rarely asked: that most of them fail or are slow is no chance
_PARTS = 4  # of a test: Redis may be slow in one of them and fast in the others


@dataclass(frozen=True, slots=True)
class Group:
    """Endpoints that are judged by the same limits.

    Attributes:
        judged: with enough requests for a percentile.
        few: with fewer than ``least``, including planned ones that were never requested.
        test: coverage of the whole test, and of what its answers said.
        missing: never requested, although by their weights twice ``least`` requests were expected.
        broken_on_purpose: a breakpoint test runs until this fails, so it is shown and not judged.
        slow: those of ``few`` of which most requests took longer than the P95 may.
    """

    name: str
    judged: tuple[Endpoint, ...]
    few: tuple[Endpoint, ...]
    least: int
    broken_on_purpose: bool
    test: Coverage
    missing: tuple[str, ...] = ()
    slow: tuple[Endpoint, ...] = ()

    @property
    def p95(self) -> list[Judged]:
        """Seconds, slowest first; unknown where no endpoint has enough requests, or 5 % of one failed.

        An endpoint may have few requests because it is slow: then their median is judged.
        """
        over = [(one, Reading(one.p50 or 0.0, f"the median of {_over(one)}")) for one in self.slow]
        return [*(Judged(name_of(one.name), median) for one, median in over), *self._percentile("p95")]

    @property
    def p99(self) -> list[Judged]:
        """As ``p95``, of endpoints with fewer than 1 % failures."""
        return self._percentile("p99")

    @property
    def coverage(self) -> Coverage:
        """The test, the share of endpoints with enough requests, and whether any expected one is missing."""
        endpoints = share(len(self.judged), len(self.judged) + len(self.few), "endpoints", least_percent=0)
        return self.test + (endpoints if self.judged else self._none_judged) + self._missing + self._failing

    @property
    def _none_judged(self) -> Coverage:
        return lacking(
            "too few requests",
            expected=f"at least {self.least:,} requests",
            got=", ".join(f"{name_of(one.name)} {one.requests:,}" for one in self.few) or "none",
            hint="Make the test longer under [load.shapes], or raise the weight under [load.weights].",
        )

    @property
    def _missing(self) -> Coverage:
        if not (self.missing and self.judged):
            return Coverage()
        missing = ", ".join(map(name_of, self.missing))
        return lacking(
            f"none for {missing}",
            expected="requests of each endpoint",
            got=f"none for {missing}",
            hint="The weights require some; Locust's own output is in locust.log beside the report.",
        )

    @property
    def _failing(self) -> Coverage:
        failing = [one for one in self.judged if one.p95 is None]
        if not failing or self.broken_on_purpose:
            return Coverage()
        return lacking(
            "too few answers",
            expected="95 % of the requests to be answered well",
            got=", ".join(
                f"{one.failures:,} of {one.requests:,} that failed for {name_of(one.name)}" for one in failing
            ),
            hint="Failures are judged by load.errors; response times can only be judged with answers.",
        )

    def _percentile(self, which: str) -> list[Judged]:
        if self.broken_on_purpose:
            return []
        if not any(getattr(one, which) is not None for one in self.judged) and not self.coverage.enough:
            return [Judged(self.name, Reading(math.nan, coverage=self.coverage))]
        figures = [(getattr(one, which), one) for one in self.judged]
        return [
            Judged(name_of(one.name), Reading(value, _over(one)))
            for value, one in sorted(figures, key=lambda pair: -(pair[0] or 0))
            if value is not None
        ]

    @property
    def statements(self) -> list[Statement]:
        """What is not judged by a limit, each with its reason."""
        subject = f"{self.name} under load"
        few = [Statement(subject, True, "more requests for some endpoints", found) for found in self.unjudged]
        shown = [Statement(subject, True, "no verdict of a breakpoint test", found) for found in self.only_shown]
        return few + shown

    @property
    def unjudged(self) -> list[str]:
        """Endpoints with too few requests beside others that have enough, to follow "got"."""
        found = ", ".join(f"{one.requests:,} for {name_of(one.name)}" for one in self.few)
        return (
            [f"too few to be judged: {found}"] if self.few and self.judged and not self.broken_on_purpose else []
        )

    @property
    def only_shown(self) -> list[str]:
        """The results where nothing is judged; otherwise empty."""
        found = ", ".join(f"P95 {seconds(one.p95)} for {name_of(one.name)}" for one in self.judged)
        return [found] if self.broken_on_purpose else []

    def evidence(self) -> Table:
        """A row for each endpoint."""
        few = f"; fewer than {self.least:,} requests are not judged" if self.few else ""
        return endpoint_table(f"{self.name} under load{few}", [*self.judged, *self.few])


@measurement
def homepage_load(load_test: LoadTest, settings: Settings) -> Group:
    """Response times of the homepage under load."""
    limit = settings.limits.load_homepage_p95
    return _group("Homepage", load_test, settings, limit, lambda name: name in HOMEPAGE)


@measurement(one_of=(("api",), ("images",)))
def health_load(load_test: LoadTest, settings: Settings) -> Group:
    """Response times of the health endpoints under load."""
    limit = settings.limits.load_health_p95
    return _group("Health endpoints", load_test, settings, limit, lambda name: name in HEALTH)


@measurement(parts=("images",))
def image_load(load_test: LoadTest, settings: Settings) -> Group:
    """Response times of image optimisation under load, by size and format of the photograph."""
    limit = settings.limits.load_images_p95
    return _group("Image optimisation", load_test, settings, limit, lambda name: name.startswith(IMAGES))


def _over(one: Endpoint) -> str:
    cached = f", {one.cached:,} of them answered by a cache" if one.cached else ""
    return f"{one.requests:,} requests for {name_of(one.name)}{cached}"


def _group(name: str, test: LoadTest, settings: Settings, limit: Limit, belongs: Callable[[str], bool]) -> Group:
    mine = [one for one in test.outcome.endpoints if belongs(one.name)]
    least = max(settings.load.least_of_endpoint, 1)
    judged = tuple(one for one in mine if one.requests >= least)
    few = tuple(one for one in mine if one.requests < least)
    asked_some = (one for one in few if one.requests >= _NO_CHANCE and not test.is_breakpoint)
    slow = tuple(one for one in asked_some if one.p50 and limit.verdict(one.p50) is not Verdict.OK)
    asked = {one.name for one in mine}
    never = [
        task for task, weight in test.plan.weights.items() if weight > 0 and belongs(task) and task not in asked
    ]
    promised = test.outcome.all.requests / sum(test.plan.weights.values())
    missing = tuple(task for task in never if promised * test.plan.weights[task] >= 2 * least)
    few += tuple(
        Endpoint(name=task, requests=0, failures=0, p50=None, p95=None, p99=None, slowest=None, per_second=0.0)
        for task in never
    )
    seen = test.coverage + test.clear(*(one.name for one in mine)) if mine else test.coverage
    return Group(name, judged, few, least, test.is_breakpoint, seen, missing, slow)


@dataclass(frozen=True, slots=True)
class LoadFailures:
    """Failures under load.

    Attributes:
        shares: percent: of all requests, and of the endpoints that have enough or of which most requests failed;
            empty for a breakpoint test, which runs until requests fail.
    """

    test: LoadTest
    shares: tuple[Judged, ...]

    @property
    def coverage(self) -> Coverage:
        """Coverage of the whole test, and whether it is known of each answer that it is none."""
        return self.test.coverage + self.test.clear()

    @property
    def only_shown(self) -> list[str]:
        """The number of failures where none are judged; otherwise empty."""
        total = self.test.outcome.all
        return [] if self.shares else [f"{total.failures:,} of {total.requests:,} requests"]

    def evidence(self) -> list[Evidence]:
        """Each kind of failure, and when failures occurred."""
        outcome = self.test.outcome
        kinds = (outcome.errors, ""), (outcome.unclear, " (not understood)")
        rows = [
            [error.name, f"{error.message}{how}", f"{error.times:,}"]
            for errors, how in kinds
            for error in sorted(errors, key=lambda error: -error.times)[:_SHOWN]
        ]
        moments = self.test.outcome.moments
        share = [(one.at, 100 * one.failures / one.requests) for one in moments if one.requests]
        return [
            Table("Failures under load", ["Endpoint", "What", "Times"], rows),
            Chart("Failed requests of each second", "%", [Curve("failed", share)]),
        ]


@measurement
def load_failures(load_test: LoadTest, settings: Settings) -> LoadFailures:
    """How many requests failed under load, and how."""
    outcome, least = load_test.outcome, max(settings.load.least_of_endpoint, 1)
    if load_test.is_breakpoint:
        return LoadFailures(load_test, ())
    shares = [
        Judged(
            _FAILED if one is outcome.all else f"{_FAILED}, {name_of(one.name)}",
            Reading(
                round(100 * one.failures / one.requests, 2), f"{one.requests:,} requests ({one.failures:,} failed)"
            ),
        )
        for one in (outcome.all, *outcome.endpoints)
        if one.requests >= (1 if one is outcome.all else least)
        or (one.failures >= _NO_CHANCE and 2 * one.failures > one.requests)
    ]
    # The share of all requests comes first.
    return LoadFailures(load_test, tuple(shares))


@dataclass(frozen=True, slots=True)
class LoadedServer:
    """The server's own figures during the test.

    Attributes:
        test, broken_on_purpose: as in ``Group``.
        has_redis: the target has its own Redis, so its latency must be known.
        has_queue: the product has an image queue, so its length must be known.
        least_looks: that cover the test.
        queue_key: the list in Redis that is the queue; empty where there is none, or another library keeps it.
    """

    samples: tuple[Sample, ...]
    unread: tuple[str, ...]
    bottlenecks: tuple[str, ...]
    test: Coverage
    broken_on_purpose: bool = False
    has_redis: bool = False
    has_queue: bool = True
    queue_key: str = ""
    least_looks: float = 0.0

    @property
    def queue(self) -> list[Reading]:
        """Maximum length of the image queue."""
        longest = max([*self._queue, *self._values(QUEUE_IN_PART)], default=math.nan)
        seen = self._queue_seen
        if self.broken_on_purpose or not self.has_queue:
            return []
        return [Reading(longest, f"{len(self._queue)} looks", seen)]

    @property
    def redis_latency(self) -> list[Reading]:
        """Milliseconds, the median of the slowest quarter of the test; empty where the target has no Redis."""
        if not self.has_redis or self.broken_on_purpose:
            return []
        values = self._values(REDIS_LATENCY)
        size = max(math.ceil(len(values) / _PARTS), _NO_CHANCE)
        last = max(len(values) - size, 0)
        parts = [sorted(values[at : at + size]) for at in {*range(0, last, math.ceil(size / _PARTS)), last}]
        middle = max(part[len(part) // 2] for part in parts) if values else math.nan
        over = f"{len(values)} looks (the median of the slowest {size})"
        return [Reading(middle, over, self._reads(REDIS_LATENCY, "from Redis"))]

    @property
    def coverage(self) -> Coverage:
        """Coverage of the whole test, and of the queue of a breakpoint test, which is only shown."""
        only_shown = self.broken_on_purpose and self.has_queue
        return self.test + (self._queue_seen if only_shown else Coverage())

    @property
    def only_shown(self) -> list[str]:
        """The longest queue, where nothing is judged; otherwise empty."""
        if not self.broken_on_purpose:
            return []
        if not self.has_queue:
            return [f"{len(self.samples)} looks at Redis"]
        return [
            f"{max(self._queue):,.0f} images in the queue at most" if self._queue else "no queue that was read"
        ]

    @property
    def _queue(self) -> list[float]:
        return self._values(QUEUE)

    def _values(self, name: str) -> list[float]:
        return [value for _, value in points_of(self.samples, name)]

    @property
    def _queue_seen(self) -> Coverage:
        """Whether it was read, and is certain to be the queue: to Redis a misspelled list is an empty one."""
        read = self._reads(QUEUE, "from Redis or the website's metrics")
        signs = any(self._queue) or any(self._values(REDIS_BLOCKED)) or bool(self._values(WEB_QUEUE))
        if not self.queue_key or signs or not read.enough:
            return read
        return read + lacking(
            "no sign of the queue",
            expected=f"a sign of the list {self.queue_key}: an image in it, or a client that waits for one",
            got=f"none in {len(self.samples)} looks",
            hint="Look at redis.queue_key and at the number of the database in redis.url, or let the website show "
            "metrics.queue_length.",
        )

    def _reads(self, name: str, source: str) -> Coverage:
        """Whether it was read at least every other time: unread values under load may differ from the others."""
        read, looks = len(points_of(self.samples, name)), len(self.samples)
        words = f"{read} of {looks} looks"
        often = read >= self.least_looks
        if read and 2 * read >= looks and often:
            return whole(words)
        every = "" if often else f", and {self.least_looks:,.0f} of them in all"
        return lacking(
            words,
            expected=f"at least every other reading {source} to succeed{every}",
            got=f"{words} ({'; '.join(self.unread) or 'none'})",
            hint="Set redis.url, or load.metrics_path to where the metric metrics.queue_length is shown; both must"
            " answer within a second while there is load.",
        )

    def evidence(self) -> list[Evidence]:
        """Bottlenecks, a chart for each figure, and what could not be read."""
        order = list(self.bottlenecks) or ["Nothing left its usual range."]
        shown: list[Evidence] = [Lines("First bottleneck", order)]
        for name, unit in UNITS.items():
            points = points_of(self.samples, name)
            if points:
                shown.append(Chart(f"{name} under load", unit, [Curve(name, points)]))
        if self.unread:
            shown.append(Lines("What could not be read", list(self.unread)))
        return shown


@measurement(one_of=(("images", "queue"), ("redis",)))
def loaded_server(load_test: LoadTest, settings: Settings) -> LoadedServer:
    """The server's own figures during the test: the queue, Redis, the website's process."""
    if not settings.load.metrics_path:
        settings.require(settings.target.redis.url, "redis.url", "Redis")
    test = load_test
    bottlenecks = tuple(one.text for one in test.bottlenecks)
    has_redis = bool(settings.target.redis.url)
    return LoadedServer(
        test.samples,
        test.unread,
        bottlenecks,
        test.coverage,
        test.is_breakpoint,
        has_redis=has_redis,
        has_queue=not settings.absent & {"images", "queue"},
        least_looks=test.outcome.seconds / max(_MOST_BETWEEN, 2 * settings.load.sample_seconds),
        queue_key=settings.target.redis.queue_key if has_redis and not settings.target.redis.queues else "",
    )
