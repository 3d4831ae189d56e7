"""Samples the server's own figures during a load test, from Redis and the website's metrics, once a second.

Both are only read, each with short time limits, on a separate thread. Read errors are reported at the end and do
not stop the load test.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from playbook.clients.http import HttpClient
from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.errors import PlaybookError
from playbook.measure.redis.job_queues import JobQueue, read_queues
from playbook.readers.load.samples import (
    EVICTED,
    QUEUE,
    QUEUE_IN_PART,
    REDIS_BLOCKED,
    REDIS_CLIENTS,
    REDIS_CPU,
    REDIS_LATENCY,
    REDIS_MEMORY,
    WEB_CPU,
    WEB_MEMORY,
    WEB_QUEUE,
    WEB_REQUESTS,
    Sample,
)
from playbook.settings.model import Settings, TimeLimits

# A sample that takes longer is late, and says little about its second.
LIMITS = TimeLimits(connect=1.0, read=1.0)
_END_LIMIT = 5.0  # seconds for the sample in progress
_LABELS = r"""\{(?:[^"}\n]|"(?:[^"\\\n]|\\.)*")*\}"""
_LINE = re.compile(rf"^(?P<name>[a-zA-Z_:][\w:]*)(?:{_LABELS})?\s+(?P<value>\S+)", re.MULTILINE)
_MIB = 1024 * 1024


@dataclass
class _Rates:
    """Rates per second of increasing counters. A counter that fell was reset, or belongs to another process."""

    _last: dict[str, tuple[float, float]] = field(default_factory=dict)

    def of(self, name: str, value: float, at: float) -> float | None:
        before = self._last.get(name)
        self._last[name] = (at, value)
        if before is None or value < before[1] or at <= before[0]:
            return None
        return (value - before[1]) / (at - before[0])


class Sampler:
    """Takes samples while its context is open.

    Attributes:
        samples: in order of time.
        problems: read errors, with their number.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        self.samples: list[Sample] = []
        self.problems: Counter[str] = Counter()
        self._settings = settings
        self._now = now
        self._rates = _Rates()
        self._over = threading.Event()
        self._readers = self._open()
        self._thread = threading.Thread(target=self._sample_until_stopped, name="sample", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(_END_LIMIT)

    def read(self) -> None:
        """Take one sample."""
        at, values = self._now(), dict[str, float]()
        for reader in self._readers:
            try:
                found = reader(self._now())
                # The website and Redis may each tell the length of the queue.
                longest = {name: max(values[name], found[name]) for name in values.keys() & found.keys()}
                values |= found | longest
            except PlaybookError as error:
                self.problems[str(error)] += 1
        self.samples.append(Sample(at, values))

    def _sample_until_stopped(self) -> None:
        pause = max(self._settings.load.sample_seconds, 0.1)
        due = time.monotonic()
        while not self._over.wait(max(due - time.monotonic(), 0)):
            self.read()
            due = max(due + pause, time.monotonic())

    def _open(self) -> list[Callable[[float], dict[str, float]]]:
        target, load = self._settings.target, self._settings.load
        readers: list[Callable[[float], dict[str, float]]] = []
        try:
            if target.web.url and load.metrics_path:
                website = HttpClient(
                    target.web.url, service="Website's metrics", time_limits=LIMITS, ca=target.web.ca
                )
                readers.append(lambda at: self._of_website(website, at))
            if target.redis.url:
                address = Address.parse(target.redis.url, f"targets.{target.name}.redis.url")
                redis = ReadOnlyRedis(address, time_limits=LIMITS, ca=target.redis.ca)
                readers.append(lambda at: self._of_redis(redis, at))
        except PlaybookError as error:
            self.problems[str(error)] += 1
        return readers

    def _of_redis(self, redis: ReadOnlyRedis, at: float) -> dict[str, float]:
        values = {REDIS_LATENCY: redis.ping() * 1000}
        info = redis.info()
        if "queue" not in self._settings.absent:
            queues = read_queues(redis, self._settings, Clock(), Earlier()).queues
            waiting = [_waiting(queue) for queue in queues]
            known = [count for count in waiting if math.isfinite(count)]
            if known:
                values[QUEUE if len(known) == len(waiting) else QUEUE_IN_PART] = sum(known)
        clients = {REDIS_CLIENTS: ("connected_clients", 1), REDIS_BLOCKED: ("blocked_clients", 1)}
        values |= _numbers(info, {REDIS_MEMORY: ("used_memory", _MIB), **clients})
        cpu = _number(info.get("used_cpu_sys")), _number(info.get("used_cpu_user"))
        if None not in cpu:
            self._rate(values, REDIS_CPU, sum(filter(None, cpu)), at, 100)
        evicted = _number(info.get("evicted_keys"))
        if evicted is not None:
            self._rate(values, EVICTED, evicted, at)
        return values

    def _of_website(self, website: HttpClient, at: float) -> dict[str, float]:
        answer = website.get(self._settings.load.metrics_path, retry="none").expect_ok()
        found, names = sums(answer.text), self._settings.metrics
        values = _numbers(
            found, {WEB_QUEUE: (names.queue_length, 1), WEB_MEMORY: ("process_resident_memory_bytes", _MIB)}
        )
        if WEB_QUEUE in values:
            values[QUEUE] = values[WEB_QUEUE]
        if "process_cpu_seconds_total" in found:
            self._rate(values, WEB_CPU, found["process_cpu_seconds_total"], at, 100)
        if names.requests in found:
            self._rate(values, WEB_REQUESTS, found[names.requests], at)
        return values

    def _rate(self, values: dict[str, float], name: str, counter: float, at: float, times: float = 1) -> None:
        rate = self._rates.of(name, counter, at)
        if rate is not None:
            values[name] = rate * times


def sums(text: str) -> dict[str, float]:
    """Each metric of a page in Prometheus' text format, summed over its labels.

    A metric with a value that is not a finite number is left out: the sum of its other values would be too low.
    """
    found: dict[str, float] = {}
    for line in _LINE.finditer(text):
        value = _number(line["value"])
        found[line["name"]] = found.get(line["name"], 0.0) + (math.nan if value is None else value)
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _waiting(queue: JobQueue) -> float:
    """Number of waiting jobs; NaN where there are none and it is not certain that this is the whole queue."""
    count = queue.waiting.reading.value
    return count if count or queue.coverage.enough else math.nan


def _numbers(found: dict[str, float], wanted: dict[str, tuple[str, float]]) -> dict[str, float]:
    values = {name: (_number(found.get(key)), per) for name, (key, per) in wanted.items()}
    return {name: value / per for name, (value, per) in values.items() if value is not None}


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if number - number == 0 else None
