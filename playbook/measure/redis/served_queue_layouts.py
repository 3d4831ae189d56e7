"""Where Hangfire and gocraft/work keep their queues in Redis, read without any write.

Their servers list themselves with a heartbeat and the queues that they serve. The keys are those of the libraries'
own sources:

    Hangfire      RedisConnection.cs, RedisMonitoringApi.cs and FetchedJobsWatcher.cs of 2025's
                  Hangfire.Redis.StackExchange, and EnqueuedState.cs of Hangfire 1.8
    gocraft/work  redis.go, heartbeater.go, client.go and dead_pool_reaper.go of gocraft/work 0.5
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import Coverage, share, understood
from playbook.measure.redis.job_times import moment_of, object_of, overdue
from playbook.measure.redis.queue_layouts import Figures, Keys, known_queue, oldest_of
from playbook.settings.sections.queues import JobQueue

_HANGFIRE = "{hangfire}:"
_MOST_SERVERS = 500
_MOST_QUEUES = 50
_GONE = 300.0  # seconds without a heartbeat after which Hangfire's other servers remove one; it sends one every 30
_DEAD = 60.0  # of gocraft/work, which sends one every 5
_REAPED = 1800.0  # seconds within which other pools of gocraft/work have put back the jobs of a dead one


@dataclass(frozen=True, slots=True)
class _Servers:
    """Servers that are listed with what they tell of themselves.

    Attributes:
        serving: those that are alive and serve the queue.
        dead: seconds since the last heartbeat of each that serves it and is not alive.
        coverage: whether all were read and understood.
    """

    serving: tuple[str, ...]
    dead: Mapping[str, float]
    coverage: Coverage

    def workers(self, *, known: bool) -> int | None:
        """Number of live servers; None where none was found and not all were understood."""
        return len(self.serving) if self.serving or (known and self.coverage.enough) else None


def _listed(redis: ReadOnlyRedis, keys: Keys, key: str) -> tuple[list[str], Coverage]:
    """The first servers of a set, and whether these are all."""
    every = sorted(map(str, redis.many([("SMEMBERS", key)])[0])) if key in keys.there else []
    read = every[:_MOST_SERVERS]
    return read, share(len(read), len(every), "servers") if every != read else Coverage()


def _serving(
    beats: Mapping[str, float | None], queues: Mapping[str, set[str]], queue: str, ages: tuple[float, float]
) -> _Servers:
    """The servers of a queue.

    Args:
        beats: of each that is still there, when it showed itself last; None where that is not understood.
        queues: those that each serves.
        ages: the present, and for how many seconds one without a heartbeat still counts as alive.
    """
    now, gone = ages
    strange = [name for name, beat in beats.items() if beat is None]
    silent = {name: now - beat for name, beat in beats.items() if beat is not None and queue in queues[name]}
    return _Servers(
        tuple(name for name, age in silent.items() if age <= gone),
        {name: age for name, age in silent.items() if age > gone},
        understood(len(strange), len(beats), "servers", examples=strange),
    )


def hangfire(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Hangfire. What its servers took and did not do in time is put back by those that are alive."""
    prefix, name = queue.prefix or _HANGFIRE, queue.name
    waiting, queues, servers = f"{prefix}queue:{name}", f"{prefix}queues", f"{prefix}servers"
    taken, schedule, failed, retries = (
        f"{prefix}{key}" for key in (f"queue:{name}:dequeued", "schedule", "failed", "retries")
    )
    kinds = {**dict.fromkeys((waiting, taken), "list"), **dict.fromkeys((queues, servers), "set")}
    keys = Keys(redis, {**kinds, **dict.fromkeys((schedule, failed, retries), "zset")})
    read, whole = _listed(redis, keys, servers)
    told = redis.many([("HMGET", f"{prefix}server:{one}", "Heartbeat", "StartedAt") for one in read])
    beats = {one: _latest(times) for one, times in zip(read, told, strict=True) if any(times)}
    served = {one: _list(redis, f"{prefix}server:{one}:queues") for one in beats}
    found = _serving(beats, served, name, (now, _GONE))
    listed = redis.many([("SISMEMBER", queues, name)]) if queues in keys.there else [0]
    known = bool(listed[0]) or bool(found.serving) or bool({waiting, taken} & keys.there)

    def since(job: str) -> Any:
        return redis.many([("HGET", f"{prefix}job:{job}:state", "EnqueuedAt")])[0]

    oldest = oldest_of(redis, keys, [waiting], now, time_of=since)
    return Figures(
        waiting=keys.size(waiting),
        active=keys.size(taken),
        failed=keys.size(failed),
        later=keys.size(schedule),
        retried=keys.size(retries),
        overdue=overdue(redis, {schedule} & keys.there, now),
        oldest=oldest.seconds,
        workers=None if servers in keys.wrong else found.workers(known=known),
        lost=len(found.dead),
        shared=("failed", "later"),
        coverage=keys.coverage + whole + found.coverage + oldest.coverage + known_queue(known, queue),
    )


def _latest(times: Iterable[Any]) -> float | None:
    """The last sign of life: the first heartbeat follows the start; None where none is understood."""
    return max((at for at in map(moment_of, times) if at is not None), default=None)


def _list(redis: ReadOnlyRedis, key: str) -> set[str]:
    """The first entries of a short list; empty where there is none."""
    size = redis.many([("LLEN", key)])[0] if redis.many([("TYPE", key)])[0] == "list" else 0
    places = [("LINDEX", key, place) for place in range(min(int(size), _MOST_QUEUES))]
    return {str(one) for one in redis.many(places) if one is not None}


def gocraft(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of gocraft/work, where each kind of job has its own queue. Workers are counted in pools."""
    prefix, name = queue.prefix, queue.name
    waiting, paused = f"{prefix}jobs:{name}", f"{prefix}jobs:{name}:paused"
    kinds_of_jobs, pools = f"{prefix}known_jobs", f"{prefix}worker_pools"
    scheduled, retry, dead = (f"{prefix}{key}" for key in ("scheduled", "retry", "dead"))
    kinds = {waiting: "list", paused: "string", **dict.fromkeys((kinds_of_jobs, pools), "set")}
    keys = Keys(redis, {**kinds, **dict.fromkeys((scheduled, retry, dead), "zset")})
    read, whole = _listed(redis, keys, pools)
    told = redis.many([("HMGET", f"{pools}:{one}", "heartbeat_at", "job_names") for one in read])
    there = {one: pair for one, pair in zip(read, told, strict=True) if any(pair)}
    beats = {one: moment_of(beat) for one, (beat, _) in there.items()}
    names = {one: set(str(jobs or "").split(",")) for one, (_, jobs) in there.items()}
    found = _serving(beats, names, name, (now, _DEAD))
    listed = redis.many([("SISMEMBER", kinds_of_jobs, name)]) if kinds_of_jobs in keys.there else [0]
    known = bool(listed[0]) or bool(found.serving) or waiting in keys.there
    held = [f"{waiting}:{one}:inprogress" for one in (*found.serving, *found.dead)]
    running = Keys(redis, dict.fromkeys(held, "list"))
    left = [
        age for one, age in found.dead.items() if age > _REAPED and running.size(f"{waiting}:{one}:inprogress")
    ]
    oldest = oldest_of(redis, keys, [waiting], now, time_of=lambda job: object_of(job).get("t"))
    return Figures(
        waiting=keys.size(waiting),
        active=running.size(*held),
        failed=keys.size(dead),
        later=keys.size(scheduled, retry),
        retried=keys.size(retry),
        overdue=overdue(redis, {scheduled, retry} & keys.there, now),
        oldest=oldest.seconds,
        stalled=max(left, default=None),
        workers=None if pools in keys.wrong else found.workers(known=known),
        lost=len(found.dead),
        paused=paused in keys.there,
        shared=("failed", "later"),
        coverage=keys.coverage
        + running.coverage
        + whole
        + found.coverage
        + oldest.coverage
        + known_queue(known, queue),
    )
