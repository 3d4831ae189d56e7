"""Every series of the store: name, labels, and its computation from the history."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist

import numpy as np

from sandbox.figures.history import FORMATS, INSTANCES, INTERVAL, ROUTES, Floats, History
from sandbox.products import Product
from sandbox.world.figures import SITE, MetricsState

Build = Callable[[History], Floats]


SPREAD = 0.55  # standard deviation of the logarithm of a response time
BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, math.inf)
# Shares of all requests; the rest is 200. The state defines the errors.
STATUSES = {"304": 0.08, "404": 0.006, "429": 0.0008}
ERRORS = {"500": 0.6, "502": 0.25, "503": 0.15}
IMAGE_MEDIANS = {"webp": 0.31, "avif": 0.9, "jpeg": 0.18}  # seconds
IMAGE_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
# CPU and memory in percent, memory limit in bytes
CONTAINERS = {
    "portfolio-web": (41.0, 55.0, 1 << 30),
    "image-optimizer": (48.0, 58.0, 1 << 30),
    "image-worker": (44.0, 51.0, 512 << 20),
}
DISK = 4.0 * 2**30  # bytes; disk of an App Platform container
PROBES = ("fra1", "nyc3")
OTHER_SITES = tuple(f"https://customer-{number}.example" for number in range(1, 11))


def catalogue(state: MetricsState) -> Iterator[tuple[str, dict[str, str], Build]]:
    """Every series: name, labels, and its computation. NaN is no sample."""
    product = state.product
    for name, labels, build in _everything(state):
        if _is_of(product, name, labels):
            if state.standing_hours and name.startswith("http_") and labels.get("component") == "portfolio-web":
                build = _standing(build)  # noqa: PLW2901
            yield product.called(name), product.labels(labels), build


def _is_of(product: Product, name: str, labels: dict[str, str]) -> bool:
    """Whether the product has the subject of a series."""
    of_instance = next((name for name, those in INSTANCES.items() if labels.get("instance") in those), "")
    component = labels.get("component") or of_instance
    about_images = name.startswith("image_") or labels.get("route", "").startswith("/api/image")
    about_redis = name.startswith("redis_") or labels.get("job") == "redis"
    return (
        product.has_component(component)
        and (product.has("images") or not about_images)
        and (product.has("redis") or not about_redis)
    )


def _everything(state: MetricsState) -> Iterator[tuple[str, dict[str, str], Build]]:
    targets = [("portfolio", instance) for each in INSTANCES.values() for instance in each]
    for job, instance in [*targets, ("redis", "redis-exporter:9121")]:
        yield "up", {"job": job, "instance": instance}, _up(job)
    # As blackbox_exporter is usually configured: the instance is the probed address.
    for site in (SITE, *OTHER_SITES) if state.probed else OTHER_SITES:
        for probe in PROBES if site == SITE else PROBES[:1]:
            labels = {"job": "blackbox", "instance": site, "probe": probe}
            yield "up", labels, _up("blackbox")
            yield "probe_success", labels, _probe(probe) if site == SITE else _up("blackbox")
            yield "probe_duration_seconds", labels, _probe_duration(probe)
    for component, route in ROUTES:
        for instance in INSTANCES[component]:
            labels = {"job": "portfolio", "component": component, "instance": instance, "route": route}
            yield from _http(labels)
    if state.errors_born:
        labels = {"job": "portfolio", "component": "portfolio-web", "instance": INSTANCES["portfolio-web"][1]}
        yield "http_requests_total", labels | {"route": "/", "status": "504"}, _born(state.errors_born)
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


def _standing(build: Build) -> Build:
    def stopped(history: History) -> Floats:
        values = build(history).copy()
        values[history.standing :] = values[history.standing - 1]
        return values

    return stopped


def _born(value: float) -> Build:
    def build(history: History) -> Floats:
        values = np.full(history.samples, math.nan)
        values[history.born :] = value
        return values

    return build


def _probe(name: str) -> Build:
    def build(history: History) -> Floats:
        chance = history.level(0.0004, 1 - history.state.availability / 100)
        # Spread evenly, so that the number of failures per day matches the level.
        missed = np.cumsum(chance * history.random("probe", name).uniform(0.2, 1.8, history.samples))
        failed = np.diff(np.floor(missed), prepend=0.0) > 0
        failed[history.down] = True
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
        return history.events(22.0, "reads")

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


def beyond(name: str, labels: dict[str, str], largest: float) -> bool:
    """Whether the state's histogram of response times lacks this bucket."""
    return name == "http_request_duration_seconds_bucket" and largest < float(labels["le"]) < math.inf


def _edge(edge: float) -> str:
    return f"{edge:g}" if math.isfinite(edge) else "+Inf"
