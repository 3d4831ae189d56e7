"""Redis in words: a healthy INFO, a server that answers as it was made, and what the real checks say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.clock import FixedClock
from playbook.counters import Earlier
from playbook.measure.image_counts import image_queue
from playbook.measure.redis import RedisPing, RedisStats, redis_ping, redis_stats
from playbook.measure.redis_info import Info
from playbook.settings import Settings, load
from playbook.verdict import Verdict
from tests.judged import check, judged

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
DAY = timedelta(hours=24)
RUN_ID = "5f1c3d9e0b7a4c62a8d04e9b1f7a6c3d2e8b9a10"

INFO: dict[str, Any] = {
    "redis_version": "7.2.4",
    "valkey_version": "9.1.2",
    "server_name": "valkey",
    "server_mode": "standalone",
    "run_id": RUN_ID,
    "uptime_in_seconds": 17_280_000,
    "connected_clients": 12,
    "cluster_connections": 0,
    "maxclients": 10_000,
    "blocked_clients": 1,
    "used_memory": 3 * 1024 * 1024,
    "used_memory_rss": 8 * 1024 * 1024,
    "used_memory_peak": 4 * 1024 * 1024,
    "total_system_memory": 4 * 1024 * 1024 * 1024,
    "maxmemory": 256 * 1024 * 1024,
    "maxmemory_policy": "allkeys-lru",
    "mem_fragmentation_ratio": 2.67,
    "mem_not_counted_for_evict": 0,
    "loading": 0,
    "async_loading": 0,
    "rdb_last_bgsave_status": "ok",
    "aof_enabled": 1,
    "aof_last_bgrewrite_status": "ok",
    "aof_last_write_status": "ok",
    "total_connections_received": 90_000,
    "total_commands_processed": 5_000_000,
    "total_net_input_bytes": 9_000_000_000,
    "rejected_connections": 0,
    "expired_keys": 70_000,
    "evicted_keys": 7,
    "current_eviction_exceeded_time": 0,
    "keyspace_hits": 398_840,
    "keyspace_misses": 21_160,
    "total_error_replies": 2,
    "role": "master",
    "connected_slaves": 1,
    "slave0": {"ip": "10.0.0.7", "port": 6379, "state": "online", "offset": 42, "lag": 0, "type": "replica"},
    "min_slaves_good_slaves": 1,
    "master_failover_state": "no-failover",
    "errorstat_ERR": {"count": 2},
    "cluster_enabled": 0,
    "db0": {"keys": 120, "expires": 118, "avg_ttl": 40_000},
}
YESTERDAY: dict[str, Any] = {
    **INFO,
    "total_connections_received": 89_000,
    "total_commands_processed": 4_900_000,
    "total_net_input_bytes": 8_900_000_000,
    "expired_keys": 69_000,
    "keyspace_hits": 380_000,
    "keyspace_misses": 20_000,
}


class Server(ReadOnlyRedis):
    """Answers as it was made, without a server; an exception among the answers is raised."""

    def __init__(self, info: Any = None, pings: Any = None, **answers: Any) -> None:
        self._pings = iter(pings) if pings is not None else None
        self._info, self._answers = info, answers

    def ping(self) -> float:
        return _raised(0.001 if self._pings is None else next(self._pings))

    def info(self) -> dict[str, Any]:
        return _raised(self._info)

    def llen(self, key: str) -> int:
        return _raised(self._answers.get("lists", {}).get(key, 0))

    def hgetall(self, key: str) -> dict[str, str]:
        return _raised(self._answers.get("hashes", {}).get(key, {}))

    def cluster(self) -> dict[str, str]:
        return _raised(self._answers.get("cluster", {}))

    def config(self, pattern: str) -> dict[str, str]:
        return _raised(self._answers.get("config", {}))

    def slow_commands(self, newest: int) -> list[dict[str, Any]]:
        return list(_raised(self._answers.get("log", [])))[:newest]

    def clients(self) -> list[dict[str, str]]:
        return _raised(self._answers.get("clients", []))


def _raised(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


@cache
def _usual() -> Settings:
    return load("production", environment={})


def settings_of(**target: Any) -> Settings:
    """Of a production target without a file."""
    if not target:
        return _usual()
    return load("production", environment={}, overlay={"targets": {"production": target}})


def past_of(yesterday: Mapping[str, Any] | None = YESTERDAY) -> Earlier:
    """What yesterday's run has read; None is that there was none."""
    if yesterday is None:
        return Earlier()
    read = Info(yesterday).counted(NOW - DAY)
    return Earlier(lambda: [{"redis": read}])


def stats_of(info: Any, yesterday: Mapping[str, Any] | None = YESTERDAY, **answers: Any) -> RedisStats:
    """The server's figures, with a run of yesterday to compare with."""
    settings = answers.pop("settings", None) or settings_of()
    return redis_stats(Server(info, **answers), settings, FixedClock(NOW), past_of(yesterday))


def alive(info: Any, yesterday: Mapping[str, Any] | None = YESTERDAY, **answers: Any) -> tuple[Verdict, str]:
    """What ``daily.redis.alive`` says."""
    settings = answers.pop("settings", None) or settings_of()
    ping: RedisPing = redis_ping(Server(info, pings=answers.pop("pings", None)))
    return judged(
        check("test_redis", "test_redis_answers_fast"),
        settings,
        redis_ping=ping,
        redis_stats=stats_of(info, yesterday, settings=settings, **answers),
        image_queue=image_queue(Server(**answers), settings),
    )


def hit_rate(info: Any, yesterday: Mapping[str, Any] | None = YESTERDAY, **answers: Any) -> tuple[Verdict, str]:
    """What ``daily.kpi.cache-hit-rate`` says."""
    return judged(
        check("test_redis", "test_cache_answers_most_reads"),
        settings_of(),
        redis_stats=stats_of(info, yesterday, **answers),
    )


def optimization(item: str, info: Any, yesterday: Mapping[str, Any] | None = YESTERDAY) -> tuple[Verdict, str]:
    """What a check of the optimisation set that needs Redis' figures only says; by its function's name."""
    return judged(check("test_optimization", item), settings_of(), redis_stats=stats_of(info, yesterday))
