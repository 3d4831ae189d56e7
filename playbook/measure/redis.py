"""Redis: whether it answers, how well it caches, and what waits in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from playbook.clients.redis import SERVICE, ReadOnlyRedis
from playbook.engine import measurement
from playbook.errors import Malformed, TooLittleData
from playbook.evidence import Facts, Table
from playbook.limits import Reading, format_value
from playbook.settings import Settings

PINGS = 10
_ENOUGH = 2000.0  # milliseconds of waiting after which no further PING is sent
# Fewer reads than this say nothing of a cache, and the suite's own look at the queue is among them.
LEAST_READS = 100


@dataclass(frozen=True, slots=True)
class RedisPing:
    """Several PINGs over one connection.

    Attributes:
        connecting: milliseconds of the first PING, with connection, TLS and login.
        pings: milliseconds of each further one.
    """

    connecting: float
    pings: tuple[float, ...]

    @property
    def latency(self) -> Reading:
        """Median in milliseconds."""
        pings = "1 PING" if len(self.pings) == 1 else f"{len(self.pings)} PINGs"
        return Reading(median(self.pings), f"{pings} (slowest {format_value(max(self.pings), 'ms')})")

    def evidence(self) -> Facts:
        """Fastest, median, slowest, and the first with all that connecting takes."""
        facts = {
            "Connecting, login and first PING": f"{self.connecting:,.2f} ms",
            "Fastest": f"{min(self.pings):,.2f} ms",
            "Median": f"{median(self.pings):,.2f} ms",
            "Slowest": f"{max(self.pings):,.2f} ms",
            "PINGs": str(len(self.pings)),
        }
        return Facts("Redis latency", facts)


@measurement
def redis_ping(redis: ReadOnlyRedis) -> RedisPing:
    """How long Redis takes to answer PING, ten times over an open connection (fewer where it is slow)."""
    connecting = redis.ping() * 1000
    pings: list[float] = []
    while len(pings) < PINGS and sum(pings) < _ENOUGH:
        pings.append(redis.ping() * 1000)
    return RedisPing(connecting, tuple(pings))


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStats:
    """The server's own figures, since it started or since its statistics were last reset.

    Attributes:
        version: e.g. ``Valkey 9.1.2``.
        uptime: seconds.
        hits, misses: of reads by key.
        memory, memory_peak, memory_limit: bytes; a limit of 0 is none.
        resident: bytes that the operating system has given to the process; 0 where that is not said.
        fragmentation: resident memory by used memory.
        policy: what happens when memory is full, e.g. ``allkeys-lru``.
        evicted, expired: keys.
        rejected: connections turned away as there were too many.
        most_clients: how many the server allows; 0 where it does not say.
    """

    version: str
    uptime: int
    hits: int
    misses: int
    memory: int
    memory_peak: int
    memory_limit: int
    resident: int = 0
    fragmentation: float
    policy: str
    clients: int
    blocked_clients: int
    evicted: int
    expired: int
    rejected: int
    most_clients: int = 0

    @property
    def hit_rate(self) -> Reading:
        """Percent of reads that found something; TooLittleData under a hundred reads."""
        return self._of_reads("Cache hit rate", self.hits)

    @property
    def evictions(self) -> Reading:
        """Keys thrown out for want of memory, in percent of the reads; TooLittleData under a hundred reads."""
        return self._of_reads("Cache evictions", self.evicted)

    @property
    def evicts(self) -> bool:
        """Whether it makes room by itself when memory is full."""
        return bool(self.policy) and self.policy != "noeviction"

    @property
    def memory_use(self) -> Reading:
        """Percent of the limit of its memory; TooLittleData where it has none."""
        return self._of_limit("Memory of Redis", self.memory, self.memory_limit, mebibytes(self.memory_limit))

    @property
    def limit_words(self) -> str:
        """The limit of its memory, and what happens there."""
        if not self.memory_limit:
            return "none"
        return f"{mebibytes(self.memory_limit)} ({self.policy or 'no policy given'})"

    @property
    def held(self) -> Reading:
        """What it holds and does not use, in percent of the limit of its memory; TooLittleData without one."""
        unused = max(self.resident - self.memory, 0)
        over = f"{mebibytes(self.memory_limit)} (holds {mebibytes(self.resident)}, uses {mebibytes(self.memory)})"
        return self._of_limit("Memory that Redis holds and does not use", unused, self.memory_limit, over)

    @property
    def client_use(self) -> Reading:
        """Percent of the clients that it allows; TooLittleData where it does not say how many."""
        over = f"{self.most_clients:,} ({self.clients:,} connected)"
        return self._of_limit("Clients of Redis", self.clients, self.most_clients, over)

    def _of_reads(self, what: str, part: int) -> Reading:
        reads = self.hits + self.misses
        if reads < LEAST_READS:
            raise TooLittleData(
                f"{what}: expected at least {LEAST_READS} reads to judge by, got {reads} since the server "
                f"started {duration(self.uptime)} ago",
                service=SERVICE,
                hint="Look again when visitors have come by.",
            )
        return Reading(100 * part / reads, f"{reads:,} reads (server up {duration(self.uptime)})")

    def _of_limit(self, what: str, part: int, limit: int, over: str) -> Reading:
        if not limit:
            raise TooLittleData(f"{what}: expected the server's limit, got none", service=SERVICE)
        return Reading(100 * part / limit, over)

    def evidence(self) -> Facts:
        """Every figure, with its unit."""
        reads = self.hits + self.misses
        limit = "none"
        if self.memory_limit:
            limit = f"{mebibytes(self.memory_limit)} ({100 * self.memory / self.memory_limit:.1f} % used)"
        facts = {
            "Server": f"{self.version}, up {duration(self.uptime)}",
            "Hits": f"{self.hits:,}",
            "Misses": f"{self.misses:,}",
            "Hit rate": f"{100 * self.hits / reads:.1f} %" if reads else "no reads yet",
            "Memory": f"{mebibytes(self.memory)}, at most {mebibytes(self.memory_peak)} so far",
            "Memory limit": limit,
            "When memory is full": self.policy or "not given",
            "Fragmentation": f"{self.fragmentation:.2f}",
            "Held by the process": mebibytes(self.resident) if self.resident else "not given",
            "Clients": f"{self.clients:,} ({self.blocked_clients:,} blocked)",
            "Keys evicted": f"{self.evicted:,}",
            "Keys expired": f"{self.expired:,}",
            "Connections rejected": f"{self.rejected:,}",
        }
        return Facts("Redis", facts)


@measurement
def redis_stats(redis: ReadOnlyRedis) -> RedisStats:
    """Hits, misses, memory and clients, from one INFO (https://valkey.io/commands/info/)."""
    info = redis.info()
    return RedisStats(
        version=_version(info),
        uptime=int(_number(info, "uptime_in_seconds")),
        hits=int(_number(info, "keyspace_hits")),
        misses=int(_number(info, "keyspace_misses")),
        memory=int(_number(info, "used_memory")),
        memory_peak=int(_number(info, "used_memory_peak")),
        memory_limit=int(_number(info, "maxmemory", 0)),
        resident=int(_number(info, "used_memory_rss", 0)),
        fragmentation=_number(info, "mem_fragmentation_ratio", 0),
        policy=str(info.get("maxmemory_policy", "")),
        clients=int(_number(info, "connected_clients")),
        blocked_clients=int(_number(info, "blocked_clients", 0)),
        evicted=int(_number(info, "evicted_keys", 0)),
        expired=int(_number(info, "expired_keys", 0)),
        rejected=int(_number(info, "rejected_connections", 0)),
        most_clients=int(_number(info, "maxclients", 0)),
    )


@dataclass(frozen=True, slots=True)
class ImageQueue:
    """Images that wait to be processed.

    Attributes:
        key: name of the list.
    """

    key: str
    waiting: int

    @property
    def length(self) -> Reading:
        """Images that wait."""
        return Reading(self.waiting)

    def evidence(self) -> Facts:
        """Name and length."""
        return Facts("Image queue", {"List": self.key, "Waiting": f"{self.waiting:,}"})


@measurement
def image_queue(redis: ReadOnlyRedis, settings: Settings) -> ImageQueue:
    """How many images wait in the queue. A list that is not there is an empty one."""
    key = settings.target.redis.queue_key
    return ImageQueue(key, redis.llen(key))


@dataclass(frozen=True, slots=True)
class FormatStats:
    """What the workers counted for one output format, or for all of them.

    Attributes:
        total_ms: milliseconds spent on the successes.
    """

    success: int
    failure: int
    total_ms: float

    @property
    def count(self) -> int:
        """Images that were tried."""
        return self.success + self.failure

    @property
    def mean_ms(self) -> float | None:
        """Milliseconds for one image; ``None`` where none succeeded."""
        return self.total_ms / self.success if self.success else None


@dataclass(frozen=True, slots=True)
class ImageStats:
    """The hash that the image workers count in.

    Attributes:
        key: name of the hash.
        total: over all formats.
        formats: by output format, in order of their names.
    """

    key: str
    total: FormatStats
    formats: Mapping[str, FormatStats]

    @property
    def success_rate(self) -> Reading:
        """Percent of images that were processed without failure; TooLittleData where there were none."""
        if not self.total.count:
            raise TooLittleData(f"Image processing: expected counts in {self.key}, got none", service=SERVICE)
        share = 100 * self.total.success / self.total.count
        return Reading(share, f"{self.total.count:,} images since counting began")

    def evidence(self) -> Table:
        """A row for each format, and one for all."""
        rows = [
            [name, f"{s.count:,}", f"{s.failure:,}", "" if s.mean_ms is None else f"{s.mean_ms:,.0f} ms"]
            for name, s in [*self.formats.items(), ("all", self.total)]
        ]
        return Table(f"Images processed ({self.key})", ["Format", "Images", "Failed", "Mean time"], rows)


@measurement
def image_stats(redis: ReadOnlyRedis, settings: Settings) -> ImageStats:
    """What the image workers counted: images, failures and time, by format."""
    key = settings.target.redis.stats_key
    fields = redis.hgetall(key)
    names = sorted({field.partition(":")[0] for field in fields if ":" in field})
    formats = {name: _format_stats(fields, f"{name}:") for name in names}
    if "success" in fields or not formats:
        total = _format_stats(fields, "")
    else:
        each = formats.values()
        total = FormatStats(
            sum(s.success for s in each), sum(s.failure for s in each), sum(s.total_ms for s in each)
        )
    return ImageStats(key, total, formats)


def _format_stats(fields: Mapping[str, str], prefix: str) -> FormatStats:
    success, failure = (int(_number(fields, f"{prefix}{name}", 0)) for name in ("success", "failure"))
    return FormatStats(success, failure, _number(fields, f"{prefix}total_ms", 0))


def _number(fields: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = fields.get(name, default)
    try:
        return float(value)
    except (TypeError, ValueError):
        got = "nothing" if value is None else repr(value)[:40]
        raise Malformed(f"{SERVICE}: expected a number as {name}, got {got}", service=SERVICE) from None


def _version(info: Mapping[str, Any]) -> str:
    # Valkey also states the version of Redis that it is compatible with: not its own.
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info.get('redis_version', 'of unknown version')}"


def duration(seconds: float) -> str:
    """``3 d 4 h``, ``5 min`` or ``12 s``: the two largest units that matter."""
    minutes, days = int(seconds) // 60, int(seconds) // 86_400
    if days:
        return f"{days} d {minutes // 60 % 24} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"


def mebibytes(amount: float) -> str:
    """``12.3 MiB``."""
    return f"{amount / 1024 / 1024:,.1f} MiB"
