"""Redis: whether it responds and works, its cache hit rate, memory and clients."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import msgspec

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier, Grown, grown
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.durations import two_whole_units
from playbook.core.engine import measurement
from playbook.core.errors import Refused, Unmeasured, away
from playbook.core.evidence import Facts
from playbook.core.limits import Reading, format_value
from playbook.measure.redis.redis_fields import fields_of
from playbook.measure.redis.redis_info import Info, mebibytes
from playbook.measure.redis.redis_memory import evicted_jobs, limit_in_words, limit_of, swapped
from playbook.measure.redis.redis_replicas import REPLICAS, Replicas, replicas_of
from playbook.measure.redis.redis_work import (
    ANSWERED,
    answer_of,
    policy_evicts,
    statements,
    turned_away,
    used_of,
)
from playbook.measure.statements import Statement
from playbook.settings.model import Settings

PINGS = 10
_LEAST_PINGS = 3
_ENOUGH = 500.0  # total milliseconds after which the minimum number of PINGs is enough
_MOST = 2000.0  # total milliseconds after which no further PING is sent
# Fewer reads say nothing about a cache, and the suite's own look at the queue is among them.
LEAST_READS = 100
CLUSTER_NODES = "cluster_nodes"
OWN_READS = "redis-own"  # what the suite's own commands on keys counted as


@dataclass(frozen=True, slots=True)
class RedisPing:
    """Several PINGs over one connection.

    Attributes:
        connecting: milliseconds of the first PING, including connection, TLS and login.
        pings: milliseconds of each further one.
        refusal: the server's reply instead of PONG; empty for PONG.
    """

    connecting: float
    pings: tuple[float, ...]
    refusal: str = ""

    @property
    def coverage(self) -> Coverage:
        """Number of PINGs."""
        return whole(_pings(len(self.pings) + (1 if math.isfinite(self.connecting) else 0)))

    @property
    def latency(self) -> Reading:
        """Median in milliseconds."""
        if not self.pings:
            got, hint = self.refusal or "no answer", "Allow PING to the user, see SECURITY.md."
            return Reading(math.nan, coverage=lacking("", expected="PONG", got=got, hint=hint))
        return Reading(
            median(self.pings),
            f"{_pings(len(self.pings))} (slowest {format_value(max(self.pings), 'ms')})",
        )

    @property
    def answer(self) -> Statement:
        """That it replies PONG to PING, not an error about its state."""
        return Statement("Redis", not self.refusal, "PONG in answer to PING", self.refusal or "PONG")

    def evidence(self) -> Facts:
        """Fastest, median and slowest PING, and the first including the connection."""
        if not self.pings:
            return Facts("Redis latency", {"Answer to PING": self.refusal or "none"})
        facts = {
            "Connecting, login and first PING": f"{self.connecting:,.2f} ms",
            "Fastest": f"{min(self.pings):,.2f} ms",
            "Median": f"{median(self.pings):,.2f} ms",
            "Slowest": f"{max(self.pings):,.2f} ms",
            "PINGs": str(len(self.pings)),
        }
        if self.refusal:
            facts["Then"] = self.refusal
        return Facts("Redis latency", facts)


@measurement
def redis_ping(redis: ReadOnlyRedis) -> RedisPing:
    """Latency of PING, ten times over an open connection (fewer where it is slow)."""
    connecting = math.nan
    pings: list[float] = []
    try:
        connecting = redis.ping() * 1000
        while len(pings) < PINGS and sum(pings) < (_MOST if len(pings) < _LEAST_PINGS else _ENOUGH):
            pings.append(redis.ping() * 1000)
    except Refused as refused:
        return RedisPing(connecting, tuple(pings), refused.words)
    return RedisPing(connecting, tuple(pings))


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisStats:
    """The server's own figures.

    Attributes:
        info: fields of INFO; empty where there was no reply.
        read: its counters.
        growth: their growth since an earlier reading.
        cluster: reply to CLUSTER INFO, or the error; None where it is not a cluster.
        problem: why there is no INFO; None where there is.
        is_cache: it is used as a cache, so its hit rate is meaningful.
        replicas: those that it feeds; None where there is no INFO.
        holds_jobs: libraries keep their jobs in it.
    """

    info: Info
    read: Counted
    growth: Grown
    cluster: Mapping[str, str] | str | None = None
    problem: Unmeasured | None = None
    is_cache: bool = True
    replicas: Replicas | None = None
    holds_jobs: bool = False

    @property
    def coverage(self) -> Coverage:
        """One INFO, or none; for a cluster, one node of several."""
        if self.problem is None:
            return whole("1 INFO") + self.nodes
        return lacking(
            "no INFO",
            expected="an answer to INFO",
            got=str(self.problem),
            hint=self.problem.hint,
            cause=away(self.problem),
        )

    @property
    def nodes(self) -> Coverage:
        """Whether it is the only node: INFO, keys and slow log are those of one node."""
        if not self.info.flag("cluster_enabled") or CLUSTER_NODES in self.info.not_told:
            return Coverage()
        size = self.cluster.get("cluster_size", "") if isinstance(self.cluster, Mapping) else ""
        if size == "1":
            return Coverage()
        return lacking(
            f"1 of {size or '?'} nodes",
            expected=f"figures of every node of the cluster{f' ({size})' if size else ''}",
            got="those of one",
            hint=f'Watch each node as a target of its own, and add "{CLUSTER_NODES}" to redis.not_told of each.',
        )

    @property
    def tells_most_clients(self) -> bool:
        """Whether it reports its client limit, which older servers do not."""
        return bool(self.info.count("maxclients", "max_clients"))

    @property
    def readings(self) -> dict[str, Counted]:
        """For later runs to compare with."""
        told = {REPLICAS: self.replicas.read} if self.replicas else {}
        return {} if self.problem else {"redis": self.read, **told}

    @property
    def work(self) -> list[Statement]:
        """Whether it can do its work; failing statements first."""
        if self.problem:
            return [answer_of("Redis", "INFO", self.problem)]
        found = statements(self.info, self.growth, self.cluster)
        found += self.replicas.statements if self.replicas else []
        found += evicted_jobs(self.info, self.growth) if self.holds_jobs else []
        return sorted(found, key=lambda one: (one.holds, one.warn))

    @property
    def turned_away(self) -> Statement:
        """That no client was rejected since the previous reading."""
        return turned_away(self.info, self.growth)

    @property
    def hit_rate(self) -> Reading:
        """Percent of reads that found something, since the previous reading; NaN with fewer than a hundred
        reads.
        """
        return self._of_reads("keyspace_hits")

    @property
    def evictions(self) -> Reading:
        """Keys evicted since the previous reading, in percent of the reads."""
        return self._of_reads("evicted_keys")

    @property
    def evicts(self) -> bool:
        """Whether it evicts keys when memory is full."""
        return policy_evicts(self.info) is True

    @property
    def fills_up(self) -> bool:
        """Whether it refuses writes when memory is full; False where its policy is not known."""
        return policy_evicts(self.info) is False

    @property
    def memory_limit(self) -> int | None:
        """Memory limit in bytes; 0 is no limit, None where it is not reported."""
        return limit_of(self.info)

    @property
    def limited(self) -> Statement:
        """That its memory has a limit."""
        limit = self.memory_limit
        known = self.info.need("maxmemory", limit is not None)
        if limit:
            known += self.info.need("maxmemory_policy", policy_evicts(self.info) is not None)
        return Statement(
            "Limit of Redis' memory", limit != 0, "one", limit_in_words(self.info), warn=True, coverage=known
        )

    @property
    def swapped(self) -> list[Statement]:
        """That its data are in the machine's memory, where that can be told."""
        return swapped(self.info)

    @property
    def memory_use(self) -> Reading:
        """Percent of its memory limit; without one, of the machine's memory."""
        limit, used = self.memory_limit, used_of(self.info)
        if limit == 0:
            system, resident = self.info.number("total_system_memory"), self.info.number("used_memory_rss")
            needed = self.info.need("total_system_memory", bool(system))
            needed += self.info.need("used_memory_rss", bool(resident))
            over = f"({mebibytes(resident or 0)} of the machine's {mebibytes(system or 0)})"
            return _share(resident, system, over, needed)
        needed = self.info.need("maxmemory", limit is not None)
        needed += self.info.need("used_memory", used is not None)
        return _share(used, limit, f"({mebibytes(used or 0)} of {mebibytes(limit or 0)})", needed)

    @property
    def held(self) -> Reading:
        """Memory held but not used, in percent of the memory limit."""
        limit, used, resident = self.memory_limit, used_of(self.info), self.info.number("used_memory_rss")
        needed = self.info.need("maxmemory", bool(limit)) + self.info.need("used_memory", used is not None)
        needed += self.info.need("used_memory_rss", bool(resident))
        if not limit or used is None or not resident:
            return _share(None, None, "", needed)
        over = f"({mebibytes(limit)}; it holds {mebibytes(resident)} and uses {mebibytes(used)})"
        return _share(max(resident - used, 0.0), limit, over, needed)

    @property
    def client_use(self) -> Reading:
        """Percent of its client limit."""
        most, connected = self.info.count("maxclients", "max_clients"), self.info.connections
        needed = self.info.need("maxclients", bool(most))
        needed += self.info.need("connected_clients", connected is not None)
        return _share(connected, most, f"({connected or 0:,} of {most or 0:,})", needed)

    @property
    def uptime(self) -> float | None:
        """Seconds; None where it is not reported."""
        return self.info.number("uptime_in_seconds")

    def _of_reads(self, part: str) -> Reading:
        names = ("keyspace_hits", "keyspace_misses", part)
        for name in names:
            if self.info.number(name) is None:
                return Reading(math.nan, coverage=_unknown_field(self.info.need(name, known=False), name))
        if not self.growth.coverage.enough:
            return Reading(math.nan, coverage=self.growth.coverage)
        grew = [self.growth.of(name) for name in names]
        hits, misses, counted = (math.nan if value is None else value for value in grew)
        reads = hits + misses
        if not reads >= LEAST_READS:
            got = "an earlier reading without them" if math.isnan(reads) else f"{reads:,.0f} in {self.growth.over}"
            few = lacking(
                "",
                expected=f"at least {LEAST_READS} reads to judge by",
                got=got,
                hint="Look again when visitors have come by.",
            )
            return Reading(math.nan, coverage=few)
        over = f"{self.growth.over} ({reads:,.0f} reads)"
        return Reading(100 * counted / reads, over, self.growth.coverage)

    def evidence(self) -> Facts:
        """Every figure, with its unit."""
        if self.problem:
            return Facts("Redis", {"INFO": str(self.problem)})
        info = self.info
        hits, misses = info.number("keyspace_hits"), info.number("keyspace_misses")
        reads = None if hits is None or misses is None else hits + misses
        used, limit = used_of(info), self.memory_limit
        shown = "none" if limit == 0 else "not told"
        if limit:
            shown = mebibytes(limit) + ("" if used is None else f" ({100 * used / limit:.1f} % used)")
        facts = {
            "Server": f"{info.version}, up {'unknown' if self.uptime is None else two_whole_units(self.uptime)}",
            "Role": info.word("role") or "not told",
            "Counters compared over": self.growth.over if self.growth.hours else "no earlier reading",
            "Hits": _since(info, self.growth, "keyspace_hits"),
            "Misses": _since(info, self.growth, "keyspace_misses"),
            "Hit rate since it counts": f"{100 * (hits or 0) / reads:.2f} %" if reads else "no reads yet",
            "Memory": _size(used) + f", at most {_size(info.number('used_memory_peak'))} so far",
            "Memory limit": shown,
            "When memory is full": info.word("maxmemory_policy") or "not told",
            "Fragmentation": info.word("mem_fragmentation_ratio") or "not told",
            "Held by the process": _size(info.number("used_memory_rss")),
            "Clients": f"{_count(info, 'connected_clients')} ({_count(info, 'blocked_clients')} blocked)",
            "Keys evicted": _since(info, self.growth, "evicted_keys"),
            "Keys expired": _since(info, self.growth, "expired_keys"),
            "Connections rejected": _since(info, self.growth, "rejected_connections"),
            "Errors answered": _since(info, self.growth, "total_error_replies"),
            "Newest snapshot": info.word("rdb_last_bgsave_status") or "not told",
        }
        return Facts("Redis", facts)


@measurement
def redis_stats(redis: ReadOnlyRedis, settings: Settings, clock: Clock, earlier: Earlier) -> RedisStats:
    """Health, hits and misses, memory and clients, from one INFO (https://valkey.io/commands/info/)."""
    at = clock.now()
    configured = settings.target.redis
    not_told = configured.not_told
    try:
        info = Info(fields_of(redis), not_told)
    except ANSWERED as problem:
        nothing = Counted(at=at)
        return RedisStats(
            info=Info({}, not_told), read=nothing, growth=grown(nothing, [], settings.coverage), problem=problem
        )
    cluster: Mapping[str, str] | str | None = None
    if info.flag("cluster_enabled"):
        try:
            cluster = redis.cluster()
        except ANSWERED as problem:
            cluster = str(problem)
    read = info.counted(at)
    growth = grown(read, earlier.of("redis"), settings.coverage)
    return RedisStats(
        info=info,
        read=read,
        growth=_without_own_reads(growth, read, earlier.of(OWN_READS)),
        cluster=cluster,
        is_cache="cache" not in settings.absent,
        holds_jobs=bool(configured.queues),
        replicas=replicas_of(info, configured.replicas, at, earlier.of(REPLICAS), settings.coverage),
    )


def _without_own_reads(growth: Grown, read: Counted, own: Sequence[Counted]) -> Grown:
    """The growth without the reads that earlier runs made themselves in its window."""
    begins = read.at - timedelta(hours=growth.hours, seconds=1)
    by = dict(growth.by)
    for one in own:
        if one.origin == read.origin and begins <= one.at < read.at:
            for name, count in one.counts.items():
                by[name] = max(by.get(name, 0.0) - count, 0.0)
    return msgspec.structs.replace(growth, by=by) if growth.hours else growth


def _pings(count: int) -> str:
    return "1 PING" if count == 1 else f"{count} PINGs"


def _share(part: float | None, whole_: float | None, over: str, needed: Coverage) -> Reading:
    """Percent, or a reading whose coverage names the missing field."""
    if part is None or not whole_:
        return Reading(math.nan, coverage=_unknown_field(needed, "the server's limit"))
    return Reading(100 * part / whole_, over, needed)


def _unknown_field(needed: Coverage, what: str) -> Coverage:
    """Coverage of an unknown number; a field listed in redis.not_told still leaves it unknown."""
    if needed.enough:
        return lacking("", expected=what, got="none, according to redis.not_told")
    return needed


def _since(info: Info, growth: Grown, name: str) -> str:
    now, by = info.number(name), growth.of(name)
    if now is None:
        return "not told"
    return f"{now:,.0f} since it counts" + ("" if by is None else f", {by:,.0f} of them in {growth.over}")


def _count(info: Info, name: str) -> str:
    value = info.number(name)
    return "not told" if value is None else f"{value:,.0f}"


def _size(value: float | None) -> str:
    return "not told" if value is None else mebibytes(value)
