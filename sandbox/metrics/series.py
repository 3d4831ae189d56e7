"""The samples: what a Prometheus that scrapes such a portfolio every minute has gathered in sixty days.

A series is computed as a whole when it is first asked for, from random numbers that depend on its name alone:
a longer history begins like a shorter one. Each target is scraped at its own odd millisecond of the minute, so no
query with times in whole seconds meets a sample exactly at the edge of a range, where Prometheus 2 (which includes
the left edge) and 3 (which does not) would differ.

In the past lie a deployment at which all counters began anew, and forty minutes in which nothing was scraped.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, wraps
from statistics import NormalDist
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from sandbox.metrics.state import HISTORY_DAYS, MetricsState

T = TypeVar("T")
P = ParamSpec("P")

Labels = tuple[tuple[str, str], ...]
Floats = NDArray[np.float64]
Times = NDArray[np.int64]

INTERVAL = 60  # seconds
DAY = 86_400 // INTERVAL  # samples
GAP_DAYS_AGO, GAP_SAMPLES = 20, 40
DEPLOYED_DAYS_AGO = 9
ODD_DAYS_AGO = 3
GROWTH = 0.15  # of traffic, over the history

INSTANCES = {
    "portfolio-web": ("portfolio-web-0:3000", "portfolio-web-1:3000"),
    "image-optimizer": ("image-optimizer-0:3001", "image-optimizer-1:3001"),
    "image-worker": ("image-worker-0:3002",),
}
# component, route: requests a minute over all instances, median seconds
ROUTES = {
    ("portfolio-web", "/"): (6.0, 0.15),
    ("portfolio-web", "/gallery"): (8.0, 0.18),
    ("portfolio-web", "/static"): (14.0, 0.06),
    ("portfolio-web", "/api/health"): (2.0, 0.04),
    ("portfolio-web", "/api/image/optimize"): (1.5, 0.45),
    ("image-optimizer", "/optimize"): (1.5, 0.38),
}
SPREAD = 0.55  # of the logarithm of a response time
BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, math.inf)
# Of all requests; what is left is 200. Errors are told by the state.
STATUSES = {"304": 0.08, "404": 0.006, "429": 0.0008}
ERRORS = {"500": 0.6, "502": 0.25, "503": 0.15}
FORMATS = {"webp": 2.6, "avif": 1.1, "jpeg": 0.7}  # images a minute
IMAGE_MEDIANS = {"webp": 0.31, "avif": 0.9, "jpeg": 0.18}  # seconds
IMAGE_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
# CPU and memory in percent, memory limit in bytes
CONTAINERS = {
    "portfolio-web": (41.0, 55.0, 1 << 30),
    "image-optimizer": (48.0, 58.0, 1 << 30),
    "image-worker": (44.0, 51.0, 512 << 20),
}
DISK = 4.0 * 2**30  # bytes; what App Platform gives a container
PROBES = ("fra1", "nyc3")


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

    def names(self) -> list[str]:
        """Every metric name."""
        return list(self._store.catalogue)

    def labels(self, name: str) -> list[Labels]:
        """The label sets of a metric."""
        return list(self._store.catalogue.get(name, {}))

    def series(self, labels: Labels) -> Series:
        """The samples of one label set."""
        whole = self._store.whole(labels, self._end)
        until = int(np.searchsorted(whole.times, self._end, side="right"))
        return Series(labels, whole.times[:until], whole.values[:until])


Build = Callable[["History"], Floats]


class Store:
    """All series of a state."""

    def __init__(self, state: MetricsState) -> None:
        self._state = state
        self._start = int(state.now.timestamp()) // INTERVAL * INTERVAL - HISTORY_DAYS * 86_400
        self._lock = Lock()
        self._history = self._history_until(self._start * 1000)
        self._built: dict[Labels, Series] = {}
        self.catalogue: dict[str, dict[Labels, Build]] = {}
        if not state.empty:
            for name, labels, build in _catalogue():
                if name in state.missing or _beyond(name, labels, state.largest_bucket):
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
                times = self._history.times(named["job"], named["instance"], always)
                self._built[labels] = Series(labels, times, values[kept])
            return self._built[labels]

    def _history_until(self, end: int) -> History:
        """Whole days, at least one beyond the moment that the state was made for."""
        samples = math.ceil((end - self._start * 1000) / 1000 / INTERVAL)
        days = max(HISTORY_DAYS + 1, math.ceil(samples / DAY) + 1)
        return History(self._state, self._start, days * DAY)


def _remembered(method: Callable[Concatenate[History, P], T]) -> Callable[Concatenate[History, P], T]:
    """Made once for each history, and gone with it: a cache of the function's would keep every history alive."""

    @wraps(method)
    def remembered(history: History, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__name__, *args)
        if key not in history.made:
            history.made[key] = method(history, *args, **kwargs)
        return cast("T", history.made[key])

    return remembered  # type: ignore[return-value]  # mypy loses the method's own signature


class History:
    """The grid that all series are computed on, and what has an effect on many of them."""

    def __init__(self, state: MetricsState, start: int, samples: int) -> None:
        self.state = state
        self.samples = samples
        self.made: dict[tuple[object, ...], Any] = {}
        self.seconds: Times = start + INTERVAL * np.arange(samples, dtype=np.int64)
        now = HISTORY_DAYS * DAY
        self.deployed = now - DEPLOYED_DAYS_AGO * DAY
        self.incident = now - round(state.incident_hours * 60)
        gap = now - GAP_DAYS_AGO * DAY
        end = samples if state.stale_minutes is None else now - round(state.stale_minutes)
        begun = now - round(state.history_days * DAY)
        scraped = np.r_[:gap, gap + GAP_SAMPLES : end]
        self.scraped: Times = scraped[scraped >= begun]
        self.answered: Times = self.scraped[self.scraped != self.deployed]  # when instances were being replaced
        self.silent = samples if state.silent_minutes is None else now - round(state.silent_minutes)

    @property
    def end(self) -> int:
        """Milliseconds since 1970 up to which there are samples."""
        return int(self.seconds[-1]) * 1000

    @_remembered
    def times(self, job: str, instance: str, always: bool) -> Times:
        """When the target was scraped, in milliseconds; ``always`` also when it did not answer."""
        rest, odd_second = divmod(zlib.crc32(instance.encode()), 50)
        odd = 1000 * odd_second + 100 + rest % 800
        return self.seconds[self.kept(job, always)] * 1000 + odd

    def kept(self, job: str, always: bool) -> Times:
        """Which of the grid's moments have a sample; ``always`` also when the target did not answer."""
        if always:
            return self.scraped
        kept: Times = self.answered[self.answered < self.silent] if job == "portfolio" else self.answered
        return kept

    def random(self, *names: str) -> np.random.Generator:
        """Random numbers of their own for each name."""
        return np.random.default_rng(zlib.crc32("/".join(names).encode()))

    def noise(self, *names: str) -> Floats:
        """Slow noise around 0, about 1 wide."""
        white = self.random(*names).standard_normal(self.samples)
        kernel = np.exp(np.arange(60) / -15.0)
        return np.convolve(white, kernel / np.sqrt((kernel**2).sum()))[: self.samples]

    @property
    def days_to_now(self) -> Floats:
        """Days from the moment that the state was made for; before it they are negative."""
        return np.asarray(np.arange(self.samples) / DAY - HISTORY_DAYS, dtype=np.float64)

    @cached_property
    def busy(self) -> Floats:
        """Traffic by its usual mean: afternoons and working days above 1, nights below, growing slowly."""
        days = self.seconds / 86_400
        daily = 1 + 0.45 * np.sin(2 * np.pi * (days % 1) - 0.75 * np.pi)
        weekend = np.where((np.floor(days) + 4) % 7 % 6 == 0, 0.75, 1.0)  # 1970 began on a Thursday
        grown = 1 + GROWTH * (np.arange(self.samples) / (HISTORY_DAYS * DAY) - 1)
        today = int(self.seconds[HISTORY_DAYS * DAY]) // 86_400
        odd = np.where(np.floor(days) == today - ODD_DAYS_AGO, self.state.odd_day, 1.0)
        return np.asarray(daily * weekend * grown * odd, dtype=np.float64)

    @_remembered
    def requests(self, component: str, instance: str, route: str) -> Floats:
        """How many requests there were so far."""
        level = ROUTES[component, route][0] / len(INSTANCES[component])
        return np.cumsum(self.random("requests", instance, route).poisson(level * self.busy), dtype=np.float64)

    @_remembered
    def images(self, format_: str) -> Floats:
        """How many images were tried so far."""
        return np.cumsum(self.random("images", format_).poisson(FORMATS[format_] * self.busy), dtype=np.float64)

    def counter(self, events: Floats, usual: float = 1.0, lever: float | None = None) -> Floats:
        """A share of events as a counter of whole numbers, which begins anew with the deployment.

        Args:
            events: how many there were so far.
            lever: the share during the incident.
        """
        total = events * usual
        if lever is not None and lever != usual:
            total[self.incident :] += (events[self.incident :] - events[self.incident - 1]) * (lever - usual)
        total[self.deployed :] -= total[self.deployed - 1]
        # What is a whole number but for the last bits stays one.
        total += 1e-6
        return np.floor(total, out=total)

    def level(self, usual: float, lever: float) -> Floats:
        """``lever`` during the incident, ``usual`` before."""
        values = np.full(self.samples, usual)
        values[self.incident :] = lever
        return values


def _catalogue() -> Iterator[tuple[str, dict[str, str], Build]]:
    """Every series: name, labels, and how to compute it."""
    targets = [("portfolio", instance) for each in INSTANCES.values() for instance in each]
    targets += [("blackbox", f"blackbox-{probe}:9115") for probe in PROBES]
    for job, instance in [*targets, ("redis", "redis-exporter:9121")]:
        yield "up", {"job": job, "instance": instance}, _up(job)
    for probe in PROBES:
        labels = {"job": "blackbox", "instance": f"blackbox-{probe}:9115", "probe": probe}
        yield "probe_success", labels, _probe(probe)
        yield "probe_duration_seconds", labels, _probe_duration(probe)
    for component, route in ROUTES:
        for instance in INSTANCES[component]:
            labels = {"job": "portfolio", "component": component, "instance": instance, "route": route}
            yield from _http(labels)
    yield from _images({"job": "portfolio", "component": "image-worker", "instance": INSTANCES["image-worker"][0]})
    for component, instances in INSTANCES.items():
        for instance in instances:
            yield from _container({"job": "portfolio", "component": component, "instance": instance})
    yield from _redis({"job": "redis", "instance": "redis-exporter:9121"})


def _up(job: str) -> Build:
    def build(history: History) -> Floats:
        values = np.ones(history.samples)
        if job == "portfolio":
            values[history.deployed] = 0
            values[history.silent :] = 0
        return values

    return build


def _probe(name: str) -> Build:
    def build(history: History) -> Floats:
        chance = history.level(0.0004, 1 - history.state.availability / 100)
        # Spread about evenly, so that a day holds as many failures as the level says.
        missed = np.cumsum(chance * history.random("probe", name).uniform(0.2, 1.8, history.samples))
        failed = np.diff(np.floor(missed), prepend=0.0) > 0
        return 1.0 - failed.astype(np.float64)

    return build


def _probe_duration(name: str) -> Build:
    def build(history: History) -> Floats:
        factor = history.level(1.0, history.state.latency_factor)
        far = 0.09 if name == "nyc3" else 0.0
        seconds: Floats = (0.16 * np.exp(0.2 * history.noise("probe-duration", name)) + far) * factor
        return seconds.round(6)

    return build


def _http(labels: dict[str, str]) -> Iterator[tuple[str, dict[str, str], Build]]:
    target = labels["component"], labels["instance"], labels["route"]
    median = ROUTES[target[0], target[2]][1]

    def by_status(status: str) -> Build:
        def share(errors: float) -> float:
            if status in ERRORS:
                return errors * ERRORS[status]
            return STATUSES[status] if status in STATUSES else 1 - sum(STATUSES.values()) - errors

        return lambda history: history.counter(
            history.requests(*target), share(0.0004), share(history.state.error_percent / 100)
        )

    def bucket(edge: float) -> Build:
        return lambda history: history.counter(
            history.requests(*target),
            _within(edge, median, SPREAD),
            _within(edge, median * history.state.latency_factor, SPREAD),
        )

    def total(history: History) -> Floats:
        mean = median * math.exp(SPREAD**2 / 2) * history.level(1.0, history.state.latency_factor)
        requests = np.diff(history.requests(*target), prepend=0.0)
        seconds = np.cumsum(requests * mean * (1 + 0.05 * np.tanh(history.noise("mean", *target))))
        seconds[history.deployed :] -= seconds[history.deployed - 1]
        return np.round(seconds, 6) + 0.0

    for status in ("200", *STATUSES, *ERRORS):
        yield "http_requests_total", labels | {"status": status}, by_status(status)
    for edge in BUCKETS:
        yield "http_request_duration_seconds_bucket", labels | {"le": _edge(edge)}, bucket(edge)
    yield "http_request_duration_seconds_count", labels, bucket(math.inf)
    yield "http_request_duration_seconds_sum", labels, total


def _images(labels: dict[str, str]) -> Iterator[tuple[str, dict[str, str], Build]]:
    def by_result(format_: str, result: str) -> Build:
        def share(good: float) -> float:
            return good if result == "success" else 1 - good

        return lambda history: history.counter(
            history.images(format_), share(0.996), share(history.state.image_success / 100)
        )

    def bucket(format_: str, edge: float) -> Build:
        return lambda history: history.counter(history.images(format_), _within(edge, IMAGE_MEDIANS[format_], 0.5))

    def queue(history: History) -> Floats:
        return np.maximum(0, np.round(1.5 * history.busy + 1.2 * history.noise("queue"))) + 0.0

    for format_ in FORMATS:
        for result in ("success", "failure"):
            yield (
                "image_optimizations_total",
                labels | {"format": format_, "result": result},
                by_result(format_, result),
            )
        for edge in IMAGE_BUCKETS:
            yield (
                "image_optimization_duration_seconds_bucket",
                labels | {"format": format_, "le": _edge(edge)},
                bucket(format_, edge),
            )
    yield "image_queue_length", labels, queue


def _container(labels: dict[str, str]) -> Iterator[tuple[str, dict[str, str], Build]]:
    component, instance = labels["component"], labels["instance"]
    cpu, memory, limit = CONTAINERS[component]

    def cpu_percent(history: History) -> Floats:
        level = history.state.cpu.get(component, cpu)
        percent: Floats = level * (0.6 + 0.4 * history.busy) + 2 * history.noise("cpu", instance)
        return percent.clip(1, 99).round(4)

    def memory_bytes(history: History) -> Floats:
        share = memory * (0.97 + 0.03 * history.busy) + 0.8 * history.noise("memory", instance)
        if component == "image-worker":
            share += history.state.memory_growth * history.days_to_now
        return np.round(limit * np.clip(share, 1, 100) / 100)

    def disk_bytes(history: History) -> Floats:
        worker = component == "image-worker"
        now = history.state.storage_now if worker else 52.0
        growth = history.state.storage_growth if worker else 0.1
        share = now + growth * history.days_to_now + 0.05 * history.noise("disk", instance)
        return np.round(DISK * np.clip(share, 1, 100) / 100)

    def network(direction: str) -> Build:
        level = 48_000.0 if direction == "transmit" else 9_000.0

        def build(history: History) -> Floats:
            noise = np.exp(0.2 * history.noise(direction, instance))
            return history.counter(np.cumsum(level * INTERVAL * history.busy * noise))

        return build

    yield "container_cpu_usage_percent", labels, cpu_percent
    yield "container_memory_usage_bytes", labels, memory_bytes
    yield "container_spec_memory_limit_bytes", labels, lambda history: np.full(history.samples, float(limit))
    yield "container_fs_usage_bytes", labels, disk_bytes
    yield "container_fs_limit_bytes", labels, lambda history: np.full(history.samples, DISK)
    for direction in ("receive", "transmit"):
        yield f"container_network_{direction}_bytes_total", labels, network(direction)


def _redis(labels: dict[str, str]) -> Iterator[tuple[str, dict[str, str], Build]]:
    def reads(history: History) -> Floats:
        return np.cumsum(history.random("reads").poisson(22 * history.busy), dtype=np.float64)

    def hits(history: History) -> Floats:
        return history.counter(reads(history), 0.94, history.state.cache_hits / 100)

    def misses(history: History) -> Floats:
        return history.counter(reads(history), 0.06, 1 - history.state.cache_hits / 100)

    def memory(history: History) -> Floats:
        mebibytes: Floats = 38 + 3 * history.busy + history.noise("redis")
        return (2.0**20 * mebibytes).round()

    yield "redis_keyspace_hits_total", labels, hits
    yield "redis_keyspace_misses_total", labels, misses
    yield (
        "redis_memory_used_bytes",
        labels,
        memory,
    )


def _within(edge: float, median: float, spread: float) -> float:
    """Share of log-normally distributed times up to ``edge``."""
    return NormalDist().cdf(math.log(edge / median) / spread) if math.isfinite(edge) else 1.0


def _beyond(name: str, labels: dict[str, str], largest: float) -> bool:
    """Whether it is a bucket that the state's histogram of response times does not have."""
    return name == "http_request_duration_seconds_bucket" and largest < float(labels["le"]) < math.inf


def _edge(edge: float) -> str:
    return f"{edge:g}" if math.isfinite(edge) else "+Inf"
