"""Redis in words: a healthy INFO, a server that answers as it was made, and what the real checks say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import Malformed
from playbook.core.verdict import Verdict
from playbook.measure.redis.job_queues import job_queues
from playbook.measure.redis.redis import RedisPing, RedisStats, redis_ping, redis_stats
from playbook.measure.redis.redis_info import Info
from playbook.settings.loading import load
from playbook.settings.model import Settings
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

    database = 0

    def __init__(self, info: Any = None, pings: Any = None, **answers: Any) -> None:
        self._pings = iter(pings) if pings is not None else None
        self._info, self._answers = info, answers

    def ping(self) -> float:
        return _raised(0.001 if self._pings is None else next(self._pings))

    def info(self, section: str = "") -> dict[str, Any]:
        return _raised(self._answers.get(section, self._info) if section else self._info)

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


class Ranked(dict[str, float]):
    """A sorted set."""


# Ours, and those of workers: of Celery, of Huey and taskiq, of arq, of Bull and bee-queue, and of php-resque.
CLIENTS = [
    {"name": "", "psub": "0", "cmd": "client|list"},
    {"name": "", "psub": "1", "cmd": "psubscribe"},
    {"name": "", "psub": "0", "cmd": "brpop", "idle": "1"},
    {"name": "", "psub": "0", "cmd": "zrangebyscore", "idle": "0"},
    {"name": "", "psub": "0", "cmd": "brpoplpush"},
    {"name": "", "psub": "0", "cmd": "lpop"},
]


class Store(Server):
    """Holds keys as a server does: lists, sets, hashes, sorted sets (``Ranked``) and texts."""

    def __init__(self, keys: Mapping[str, Any], info: Any = None, **answers: Any) -> None:
        super().__init__({} if info is None else info, **{"clients": CLIENTS} | answers)
        self.keys = dict(keys)

    def many(self, commands: Sequence[tuple[str | bytes | int, ...]]) -> list[Any]:
        return [self._answer(str(name), str(key), rest) for name, key, *rest in commands]

    def llen(self, key: str) -> int:
        return int(self._answer("LLEN", key, []))

    def _answer(self, name: str, key: str, rest: Sequence[Any]) -> Any:
        value = self.keys.get(key)
        kind = "none" if value is None else _TYPES[type(value)]
        if name == "TYPE":
            return kind
        if name == "TTL":
            return -2 if value is None else -1
        expected, answer = _ANSWERS[name]
        if kind not in ("none", expected):
            raise Malformed("got WRONGTYPE Operation against a key of the wrong kind of value", service="Redis")
        return answer(_EMPTY[expected] if value is None else value, rest)


def _ranked(value: Ranked, rest: Sequence[Any]) -> list[Any]:
    start, stop = (place + len(value) if place < 0 else place for place in rest[:2])
    pairs = sorted(value.items(), key=lambda pair: pair[1])[max(start, 0) : stop + 1]
    return [part for pair in pairs for part in (pair if len(rest) > 2 else pair[:1])]


def _length(value: Any, _: Sequence[Any]) -> int:
    return len(value)


_TYPES = {list: "list", set: "set", dict: "hash", Ranked: "zset", str: "string"}
_EMPTY: dict[str, Any] = {"string": None, "list": [], "set": set(), "hash": {}, "zset": Ranked()}
_ANSWERS: dict[str, tuple[str, Any]] = {
    "LLEN": ("list", _length),
    "SCARD": ("set", _length),
    "HLEN": ("hash", _length),
    "GET": ("string", lambda value, _: value),
    "ZCARD": ("zset", _length),
    "LINDEX": ("list", lambda value, rest: value[rest[0]] if value else None),
    "SMEMBERS": ("set", lambda value, _: set(value)),
    "SISMEMBER": ("set", lambda value, rest: int(rest[0] in value)),
    "HGET": ("hash", lambda value, rest: value.get(rest[0])),
    "HMGET": ("hash", lambda value, rest: [value.get(field) for field in rest]),
    "ZRANGE": ("zset", _ranked),
}


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
        job_queues=job_queues(Server(**answers), settings, FixedClock(NOW), Earlier()),
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
