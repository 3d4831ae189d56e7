"""Where arq, asynq and bee-queue keep their queues in Redis, read without any write.

The keys are those of the libraries' own sources:

    arq        arq/constants.py and arq/worker.py of arq 0.26; a queue's name is its whole key, e.g. ``arq:queue``
    asynq      internal/base/base.go and internal/rdb/rdb.go of asynq 0.25
    bee-queue  lib/queue.js and lib/job.js of bee-queue 1.7 and 2.0
"""

from __future__ import annotations

import re
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import lacking
from playbook.measure.redis.job_times import moment_of, object_of, overdue
from playbook.measure.redis.queue_layouts import Figures, Keys, known_queue, oldest_of
from playbook.measure.redis.queue_workers import Attendance, bull_workers, senders
from playbook.settings.sections.queues import JobQueue

_MOST_JOBS = 1000
_MOST_WORKERS = 500
_NANOSECONDS = 1e9
_MILLISECONDS = 1000.0
_RESTARTED = 60.0  # seconds within which another scheduler of asynq has taken the place of one
_RECOVERED = 300.0  # seconds within which a server of asynq has put back a task whose lease is over
# One of the queues and its priority, in Protocol Buffers; and the status of a server that takes no more tasks.
_SERVED = re.compile(r"\*[\x04-\x7f]\n([\x01-\x7f])([^\x10]{1,127}?)\x10[\x01-\x7f](?=[*0:])")
_ENTRY = re.compile(r"\*[\x04-\x7f]\n[\x01-\x7f]")
_STOPPED = ":\x07stopped"
_BEE = "bq"
_ASKING = {"zrangebyscore", "exec"}  # of arq's workers
_ASKED = 60.0  # seconds within which one has asked for jobs
_MOST_GROUPS = 500
_JOINED = 3600.0  # seconds without a new task, of which most servers wait for one minute to join those of a group


def arq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of arq: jobs stay in one sorted set until they are done, by the time at which they are due.

    Its workers share one key, which they renew every hour unless ``health_check_interval`` says otherwise. One
    that was killed leaves it for as long. But each asks for jobs twice a second (``poll_delay``), unless it has
    as many as it may (``_poll_iteration`` of arq/worker.py); with ``allow_abort_jobs`` a transaction follows.
    """
    name = f"{queue.prefix}{queue.name}"
    health = f"{name}:health-check"
    keys = Keys(redis, {name: "zset", health: "string"})
    jobs = _scored(redis, name, _MOST_JOBS) if name in keys.there else {}
    due = {job: now - at / _MILLISECONDS for job, at in jobs.items() if at / _MILLISECONDS <= now}
    kinds = redis.many([("TYPE", f"arq:in-progress:{job}") for job in due])
    waits = [age for age, kind in zip(due.values(), kinds, strict=True) if kind == "none"]
    size = keys.size(name)
    coverage = keys.coverage
    alive = health in keys.there
    working = len(waits) < len(due)
    attended = senders(redis, _ASKING, within=_ASKED) if alive and not working else Attendance()
    if size is not None and size > max(len(jobs), _MOST_JOBS):
        got = f"those of {len(jobs):,} of {size:,} jobs"
        coverage += lacking("jobs not all read", expected="the time of each job", got=got)
    return Figures(
        waiting=None if size is None else len(waits),
        active=None if size is None else len(due) - len(waits),
        later=None if size is None else size - len(due),
        oldest=max(waits, default=None),
        workers=int(alive) if keys.there and health not in keys.wrong else None,
        beating=True,
        unattended=attended.missing,
        unseen=attended.unknown,
        not_told=("failed jobs",),
        seen=bool(keys.there),
        coverage=coverage,
    )


def asynq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of asynq. Servers renew their entry every few seconds; those of all queues are listed together.

    So do schedulers, which put periodic tasks into the queues. One that is told to end takes its entry away, while
    that of one that was killed stays, with the time until which it was to be alive.
    """
    base, queues, servers = f"{queue.prefix}asynq:{{{queue.name}}}:", "asynq:queues", "asynq:servers"
    schedulers = "asynq:schedulers"
    pending, active, paused = (f"{base}{key}" for key in ("pending", "active", "paused"))
    scheduled, retry, archived, lease = (f"{base}{key}" for key in ("scheduled", "retry", "archived", "lease"))
    kinds = {
        queues: "set",
        servers: "zset",
        schedulers: "zset",
        paused: "string",
        **dict.fromkeys((pending, active), "list"),
    }
    keys = Keys(redis, {**kinds, **dict.fromkeys((scheduled, retry, archived, lease), "zset")})
    listed = redis.many([("SISMEMBER", queues, queue.name)]) if queues in keys.there else [0]
    ends = _scored(redis, servers, _MOST_WORKERS) if servers in keys.there else {}
    up = [server for server, at in ends.items() if at > now]
    alive = sum(_may_serve(told, queue.name) for told in redis.many([("GET", server) for server in up]))
    grouped, forgotten = _groups(redis, base, now)
    leases = _scored(redis, lease, 1) if lease in keys.there else {}
    expired = [now - at for at in leases.values() if now - at > _RECOVERED]

    def since(task: str) -> Any:
        told = redis.many([("HGET", f"{base}t:{task}", "pending_since")])[0]
        return int(told) / _NANOSECONDS if str(told).isdecimal() else told

    oldest = oldest_of(redis, keys, [pending], now, time_of=since)
    periodic = _scored(redis, schedulers, _MOST_WORKERS) if schedulers in keys.there else {}
    known = bool(listed[0]) or bool(keys.there - {queues, servers, schedulers})
    scheduled_ones = keys.size(scheduled, retry)
    late = (overdue(redis, {scheduled, retry} & keys.there, now), forgotten, _unscheduled(periodic, now))
    return Figures(
        waiting=keys.size(pending),
        active=keys.size(active),
        failed=keys.size(archived),
        later=None if scheduled_ones is None else scheduled_ones + grouped,
        retried=keys.size(retry),
        overdue=max((seconds for seconds in late if seconds is not None), default=None),
        oldest=oldest.seconds,
        stalled=max(expired, default=None),
        workers=alive if known and servers not in keys.wrong else None,
        lost=len(ends) - alive,
        paused=paused in keys.there,
        coverage=keys.coverage + oldest.coverage + known_queue(known, queue),
    )


def _unscheduled(schedulers: dict[str, float], now: float) -> float | None:
    """Seconds since the last of asynq's schedulers was to be alive; None where one is, or there were none."""
    silent = now - max(schedulers.values(), default=now)
    return silent if silent > _RESTARTED else None


def _may_serve(told: Any, queue: str) -> bool:
    """Whether a server of asynq takes tasks of a queue, by what it tells of itself (ServerInfo of
    internal/proto/asynq.proto); True also where that is not understood.
    """
    text = str(told or "")
    entries = _SERVED.findall(text)
    understood = len(entries) == len(_ENTRY.findall(text)) > 0 and all(
        ord(length) == len(name) for length, name in entries
    )
    return not understood or (queue in [name for _, name in entries] and _STOPPED not in text)


def _groups(redis: ReadOnlyRedis, base: str, now: float) -> tuple[int, float | None]:
    """Number of asynq's tasks that wait to be joined with others of their group, and seconds since a task was
    added to the group that has stood still for longest, where that is so long that no server joins them.
    """
    key = f"{base}groups"
    names = redis.many([("SMEMBERS", key)])[0] if redis.many([("TYPE", key)])[0] == "set" else []
    groups = [f"{base}g:{name}" for name in sorted(map(str, names))[:_MOST_GROUPS]]
    sizes = redis.many([("ZCARD", group) for group in groups])
    newest = redis.many([("ZRANGE", group, -1, -1, "WITHSCORES") for group in groups])
    ages = [now - float(last[1]) for last in newest if len(last) == 2]
    return sum(sizes), max((age for age in ages if age > _JOINED), default=None)


def bee_queue(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of bee-queue, which keeps nothing of its workers. They wait for jobs with BRPOPLPUSH."""
    base = f"{queue.prefix or _BEE}:{queue.name}:"
    waiting, active, delayed, failed = (f"{base}{key}" for key in ("waiting", "active", "delayed", "failed"))
    kinds = {**dict.fromkeys((waiting, active), "list"), delayed: "zset", failed: "set"}
    keys = Keys(redis, {**kinds, f"{base}jobs": "hash", f"{base}id": "string", f"{base}succeeded": "set"})

    def made(job: str) -> Any:
        options = object_of(redis.many([("HGET", f"{base}jobs", job)])[0]).get("options")
        if not isinstance(options, dict):
            return None
        added, due = options.get("timestamp"), moment_of(options.get("delay"))  # until when it was delayed
        return added if due is None else max(due, moment_of(added) or 0.0)

    oldest = oldest_of(redis, keys, [waiting], now, time_of=made)
    # Its workers put back nothing by themselves: what one that was killed had taken stays active for ever.
    undone = bool(keys.size(waiting) or keys.size(active))
    attended = bull_workers(redis, queue.prefix or _BEE, queue.name) if undone else Attendance()
    return Figures(
        waiting=keys.size(waiting),
        active=keys.size(active),
        failed=keys.size(failed),
        later=keys.size(delayed),
        overdue=overdue(redis, {delayed} & keys.there, now, score_per_second=_MILLISECONDS),
        oldest=oldest.seconds,
        unattended=attended.missing,
        unseen=attended.unknown,
        not_told=("workers",),
        coverage=keys.coverage + oldest.coverage + known_queue(bool(keys.there), queue),
    )


def _scored(redis: ReadOnlyRedis, key: str, most: int) -> dict[str, float]:
    """The first members of a sorted set, with their scores."""
    flat = redis.many([("ZRANGE", key, 0, most - 1, "WITHSCORES")])[0]
    return {str(member): float(score) for member, score in zip(flat[::2], flat[1::2], strict=True)}
