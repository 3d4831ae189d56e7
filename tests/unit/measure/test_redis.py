"""Redis: figures from INFO, latency, queue and the workers' counts."""

import pytest

from playbook.clients.redis import ReadOnlyRedis
from playbook.errors import Malformed, TooLittleData
from playbook.measure.redis import (
    FormatStats,
    RedisPing,
    duration,
    image_queue,
    image_stats,
    redis_ping,
    redis_stats,
)
from playbook.settings import load

INFO = {
    "redis_version": "7.2.4",
    "valkey_version": "9.1.2",
    "uptime_in_seconds": 273_600,
    "keyspace_hits": 18_840,
    "keyspace_misses": 1_160,
    "used_memory": 3 * 1024 * 1024,
    "used_memory_peak": 4 * 1024 * 1024,
    "maxmemory": 256 * 1024 * 1024,
    "maxmemory_policy": "allkeys-lru",
    "mem_fragmentation_ratio": 1.42,
    "connected_clients": 12,
    "evicted_keys": 7,
}


class Server(ReadOnlyRedis):
    """Answers as it was made, without a server."""

    def __init__(self, info=None, pings=(), lists=None, hashes=None):
        self.pings = iter(pings)
        self._info, self._lists, self._hashes = info, lists or {}, hashes or {}

    def ping(self):
        return next(self.pings)

    def info(self):
        return self._info

    def llen(self, key):
        return self._lists.get(key, 0)

    def hgetall(self, key):
        return self._hashes.get(key, {})


@pytest.fixture
def settings(tmp_path):
    """A target without a file."""
    return load("production", root=tmp_path, environment={})


def test_the_servers_figures():
    """The hit rate says what it was measured over."""
    stats = redis_stats(Server({**INFO}))
    assert stats.hit_rate.value == pytest.approx(94.2)
    assert stats.hit_rate.over == "20,000 reads (server up 3 d 4 h)"
    facts = stats.evidence().facts
    assert facts["Server"] == "Valkey 9.1.2, up 3 d 4 h"
    assert facts["Memory limit"] == "256.0 MiB (1.2 % used)"
    assert facts["Hit rate"] == "94.2 %"
    assert facts["Keys evicted"] == "7"


def test_an_older_redis_is_read_too():
    """Without a limit of memory, and without the newer fields."""
    kept = ("redis_version", "uptime_in_seconds", "keyspace_hits", "keyspace_misses", "used_memory")
    info = {key: INFO[key] for key in (*kept, "used_memory_peak", "connected_clients")}
    facts = redis_stats(Server(info)).evidence().facts
    assert facts["Server"].startswith("Redis 7.2.4")
    assert facts["Memory limit"] == "none"


@pytest.mark.parametrize(
    ("hits", "misses", "enough"), [(0, 0, False), (98, 1, False), (99, 1, True), (0, 100, True)]
)
def test_a_hit_rate_needs_a_hundred_reads(hits, misses, enough):
    """A server just started says nothing, and is not bad for it."""
    stats = redis_stats(
        Server({**INFO, "keyspace_hits": hits, "keyspace_misses": misses, "uptime_in_seconds": 61})
    )
    assert stats.evidence()
    if enough:
        assert stats.hit_rate.value == hits
    else:
        with pytest.raises(
            TooLittleData, match=f"at least 100 reads to judge by, got {hits + misses} since .* 1 min ago"
        ):
            _ = stats.hit_rate


@pytest.mark.parametrize("value", [None, "many", ""])
def test_a_figure_that_is_none_is_malformed(value):
    """It is named."""
    with pytest.raises(Malformed, match="expected a number as keyspace_hits, got"):
        redis_stats(Server({**INFO, "keyspace_hits": value}))


def test_latency_is_the_median_without_connecting():
    """The first PING opens the connection and is shown apart."""
    ping = redis_ping(Server(pings=[0.5, *[0.001] * 6, *[0.003] * 3, 0.2]))
    assert ping.connecting == 500
    assert ping.latency.value == 1
    assert ping.latency.over == "10 PINGs (slowest 200 ms)"
    assert ping.evidence().facts["Slowest"] == "200.00 ms"
    assert RedisPing(1, (2.0,)).latency.over == "1 PING (slowest 2 ms)"


def test_a_slow_server_is_not_waited_for_ten_times():
    """Two seconds of waiting say enough."""
    assert redis_ping(Server(pings=[0.9] * 11)).latency.over == "3 PINGs (slowest 900 ms)"


def test_the_queues_length(settings):
    """A list that is not there is an empty one."""
    queue = image_queue(Server(lists={"image-processing-queue": 180}), settings)
    assert queue.length.value == 180
    assert image_queue(Server(), settings).length.value == 0
    assert queue.evidence().facts == {"List": "image-processing-queue", "Waiting": "180"}


COUNTS = {
    "webp:success": "90",
    "webp:failure": "10",
    "webp:total_ms": "9000",
    "avif:success": "0",
    "avif:failure": "5",
}


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({**COUNTS, "success": "99", "failure": "1", "total_ms": "990"}, FormatStats(99, 1, 990)),
        (COUNTS, FormatStats(90, 15, 9000)),
        ({"success": "3", "failure": "1"}, FormatStats(3, 1, 0)),
        ({}, FormatStats(0, 0, 0)),
    ],
    ids=["own-total", "sum-of-formats", "no-formats", "nothing"],
)
def test_the_workers_counts(fields, total, settings):
    """By format where there are some; their own total counts before the sum."""
    stats = image_stats(Server(hashes={"image-processing-stats": fields}), settings)
    assert stats.total == total
    assert list(stats.formats) == (["avif", "webp"] if "webp:success" in fields else [])
    assert stats.evidence().rows[-1][0] == "all"
    if total.count:
        assert stats.success_rate.value == pytest.approx(100 * total.success / total.count)
    else:
        with pytest.raises(TooLittleData, match="expected counts in image-processing-stats, got none"):
            _ = stats.success_rate


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_durations_are_readable(seconds, text):
    """Two units at most."""
    assert duration(seconds) == text
