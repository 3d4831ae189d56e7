"""Where arq, asynq, bee-queue and Resque keep their queues in Redis, read without any write.

The keys are those of the libraries' own sources:

    arq        arq/constants.py and arq/worker.py of arq 0.26; a queue's name is its whole key, e.g. ``arq:queue``
    asynq      internal/base/base.go and internal/rdb/rdb.go of asynq 0.25
    bee-queue  lib/queue.js and lib/job.js of bee-queue 1.7 and 2.0
    Resque     lib/resque/data_store.rb and lib/resque/worker.rb of Resque 2.6, and resque-scheduler 4.10
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import lacking, share, understood
from playbook.measure.redis.job_times import moment_of, object_of, overdue
from playbook.measure.redis.queue_layouts import Figures, Keys, known_queue, oldest_of
from playbook.measure.redis.queue_workers import is_unattended_by_bull
from playbook.settings.sections.queues import JobQueue

_MOST_JOBS = 1000
_MOST_WORKERS = 500
_NANOSECONDS = 1e9
_MILLISECONDS = 1000.0
_RECOVERED = 300.0  # seconds within which a server of asynq has put back a task whose lease is over
_PRUNED = 300.0  # seconds without a heartbeat after which Resque's workers count another as dead
_BEE = "bq"
_RESQUE = "resque:"


def arq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of arq: jobs stay in one sorted set until they are done, by the time at which they are due.

    Its workers share one key, which they renew every hour unless ``health_check_interval`` says otherwise.
    """
    name = f"{queue.prefix}{queue.name}"
    health = f"{name}:health-check"
    keys = Keys(redis, {name: "zset", health: "string"})
    jobs = _scored(redis, name, _MOST_JOBS) if name in keys.there else {}
    due = {job: now - at / _MILLISECONDS for job, at in jobs.items() if at / _MILLISECONDS <= now}
    kinds = redis.many([("TYPE", f"arq:in-progress:{job}") for job in due])
    waits = [age for age, kind in zip(due.values(), kinds, strict=True) if kind == "none"]
    size = keys.size(name)
    coverage = keys.coverage + known_queue(bool(keys.there), queue)
    if size is not None and size > max(len(jobs), _MOST_JOBS):
        got = f"those of {len(jobs):,} of {size:,} jobs"
        coverage += lacking("jobs not all read", expected="the time of each job", got=got)
    return Figures(
        waiting=None if size is None else len(waits),
        active=None if size is None else len(due) - len(waits),
        later=None if size is None else size - len(due),
        oldest=max(waits, default=None),
        workers=int(health in keys.there) if keys.there and health not in keys.wrong else None,
        not_told=("failed jobs",),
        coverage=coverage,
    )


def asynq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of asynq. Servers renew their entry every few seconds; those of all queues are listed together."""
    base, queues, servers = f"{queue.prefix}asynq:{{{queue.name}}}:", "asynq:queues", "asynq:servers"
    pending, active, paused = (f"{base}{key}" for key in ("pending", "active", "paused"))
    scheduled, retry, archived, lease = (f"{base}{key}" for key in ("scheduled", "retry", "archived", "lease"))
    kinds = {queues: "set", servers: "zset", paused: "string", **dict.fromkeys((pending, active), "list")}
    keys = Keys(redis, {**kinds, **dict.fromkeys((scheduled, retry, archived, lease), "zset")})
    listed = redis.many([("SISMEMBER", queues, queue.name)]) if queues in keys.there else [0]
    ends = _scored(redis, servers, _MOST_WORKERS) if servers in keys.there else {}
    alive = sum(at > now for at in ends.values())
    leases = _scored(redis, lease, 1) if lease in keys.there else {}
    expired = [now - at for at in leases.values() if now - at > _RECOVERED]

    def since(task: str) -> Any:
        told = redis.many([("HGET", f"{base}t:{task}", "pending_since")])[0]
        return int(told) / _NANOSECONDS if str(told).isdecimal() else told

    oldest = oldest_of(redis, keys, [pending], now, time_of=since)
    known = bool(listed[0]) or bool(keys.there - {queues, servers})
    return Figures(
        waiting=keys.size(pending),
        active=keys.size(active),
        failed=keys.size(archived),
        later=keys.size(scheduled, retry),
        retried=keys.size(retry),
        overdue=overdue(redis, {scheduled, retry} & keys.there, now),
        oldest=oldest.seconds,
        stalled=max(expired, default=None),
        workers=alive if known and servers not in keys.wrong else None,
        lost=len(ends) - alive,
        paused=paused in keys.there,
        coverage=keys.coverage + oldest.coverage + known_queue(known, queue),
    )


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
    return Figures(
        waiting=keys.size(waiting),
        active=keys.size(active),
        failed=keys.size(failed),
        later=keys.size(delayed),
        overdue=overdue(redis, {delayed} & keys.there, now, score_per_second=_MILLISECONDS),
        oldest=oldest.seconds,
        unattended=undone and is_unattended_by_bull(redis, queue.prefix or _BEE, queue.name),
        not_told=("workers",),
        coverage=keys.coverage + oldest.coverage + known_queue(bool(keys.there), queue),
    )


def resque(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Resque, which does not keep when a job was queued. Failed jobs of all queues are in one list,
    unless each queue has its own.
    """
    prefix, name = queue.prefix or _RESQUE, queue.name
    waiting, queues = f"{prefix}queue:{name}", f"{prefix}queues"
    workers, beats = f"{prefix}workers", f"{prefix}workers:heartbeat"
    failed, own_failed = f"{prefix}failed", f"{prefix}{name}_failed"
    schedule, paused = f"{prefix}delayed_queue_schedule", f"{prefix}pause-all-workers"
    kinds = {**dict.fromkeys((queues, workers), "set"), beats: "hash", schedule: "zset", paused: "string"}
    keys = Keys(redis, {**kinds, **dict.fromkeys((waiting, failed, own_failed), "list")})
    listed = redis.many([("SISMEMBER", queues, name)]) if queues in keys.there else [0]
    every = sorted(map(str, redis.many([("SMEMBERS", workers)])[0])) if workers in keys.there else []
    serving = [worker for worker in every if _serves(worker, name)][:_MOST_WORKERS]
    told = (
        redis.many([("HMGET", beats, *serving)])[0] if serving and beats in keys.there else [None] * len(serving)
    )
    times = [moment_of(beat) for beat in told]
    strange = [worker for worker, at in zip(serving, times, strict=True) if at is None]
    alive = sum(at is not None and now - at <= _PRUNED for at in times)
    busy = redis.many([("TYPE", f"{prefix}worker:{worker}") for worker in every[:_MOST_WORKERS]])
    known = bool(listed[0]) or waiting in keys.there
    coverage = keys.coverage + understood(len(strange), len(serving), "workers", examples=strange)
    if len(every) > _MOST_WORKERS:
        coverage += share(_MOST_WORKERS, len(every), "workers")
    return Figures(
        waiting=keys.size(waiting),
        active=sum(kind == "string" for kind in busy),
        failed=keys.size(failed, own_failed),
        later=keys.size(schedule),
        overdue=overdue(redis, {schedule} & keys.there, now),
        workers=alive if known and workers not in keys.wrong and not strange else (alive or None),
        lost=len(serving) - alive - len(strange),
        paused=paused in keys.there,
        not_told=("the wait of the oldest job",),
        shared=("active", "failed", "later"),
        coverage=coverage + known_queue(known, queue),
    )


def _serves(worker: str, queue: str) -> bool:
    """Whether a worker takes jobs of a queue, by the queues in its own name: ``host:pid:high,low*,!mail``."""
    names = worker.split(":", 2)[-1].split(",")
    refused = [name[1:] for name in names if name.startswith("!")]
    taken = [name for name in names if not name.startswith("!")] or ["*"]
    return _fits(queue, taken) and not _fits(queue, refused)


def _fits(queue: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(queue, pattern) for pattern in patterns)


def _scored(redis: ReadOnlyRedis, key: str, most: int) -> dict[str, float]:
    """The first members of a sorted set, with their scores."""
    flat = redis.many([("ZRANGE", key, 0, most - 1, "WITHSCORES")])[0]
    return {str(member): float(score) for member, score in zip(flat[::2], flat[1::2], strict=True)}
