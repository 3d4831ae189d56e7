"""Where RQ keeps its queues in Redis, read without any write.

The keys are those of its own sources, rq/queue.py, registry.py, rate_limit.py and worker_registration.py of
RQ 2.10 and 3.0.
"""

from __future__ import annotations

from playbook.clients.redis import ReadOnlyRedis
from playbook.measure.redis.job_times import from_hash, overdue
from playbook.measure.redis.queue_layouts import Figures, Keys, known_queue, oldest_of
from playbook.measure.redis.queue_workers import rq_workers
from playbook.settings.sections.queues import JobQueue

_MOST = 100  # groups with a limit, and jobs that may run in one
_RECOVERED = 900.0  # seconds within which a worker's maintenance has queued a job whose dependencies are done
_FREED = 300.0  # seconds within which a job that has ended makes room for the next one
# States of a job that will still run, so that the room it takes is made free.
_GOING_ON = frozenset({"queued", "started", "scheduled", "deferred", "ready_to_enqueue", "created"})


def rq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of RQ. Jobs that a limit of their group holds back count with those for later, of all queues."""
    prefix, name = f"{queue.prefix}rq:", queue.name
    waiting, between = f"{prefix}queue:{name}", f"{prefix}queue:{name}:intermediate"
    wip, failed, workers = f"{prefix}wip:{name}", f"{prefix}failed:{name}", f"{prefix}workers:{name}"
    scheduled, deferred, ready = (f"{prefix}{kind}:{name}" for kind in ("scheduled", "deferred", "ready"))
    queues, suspended = f"{prefix}queues", f"{prefix}suspended"
    kinds = {waiting: "list", between: "list", queues: "set", workers: "set", suspended: "string"}
    elsewhere = f"{prefix}scheduler:scheduled_jobs"  # of the package rq-scheduler, for all queues
    keys = Keys(redis, {**kinds, **dict.fromkeys((wip, failed, scheduled, deferred, ready, elsewhere), "zset")})
    listed = redis.many([("SISMEMBER", queues, waiting)]) if queues in keys.there else [0]
    alive, lost, strange = rq_workers(redis, workers if workers in keys.there else None, now)
    oldest = oldest_of(redis, keys, [waiting], now, time_of=from_hash(redis, f"{prefix}job:", "enqueued_at"))
    held, stuck = _held_back(redis, prefix, now)
    later = keys.size(scheduled, deferred, ready)
    left = overdue(redis, {ready} & keys.there, now) or 0.0
    late = (overdue(redis, {scheduled, elsewhere} & keys.there, now), stuck, left if left > _RECOVERED else None)
    known = bool(listed[0]) or bool(alive) or waiting in keys.there
    return Figures(
        waiting=keys.size(waiting),
        active=keys.size(wip, between),
        failed=keys.size(failed),
        later=None if later is None else later + held,
        overdue=max((seconds for seconds in late if seconds is not None), default=None),
        oldest=oldest.seconds,
        workers=alive if known and workers not in keys.wrong else None,
        lost=lost,
        paused=suspended in keys.there,
        shared=("later",) if held else (),
        coverage=keys.coverage + strange + oldest.coverage + known_queue(known, queue),
    )


def _held_back(redis: ReadOnlyRedis, prefix: str, now: float) -> tuple[int, float | None]:
    """Number of jobs that the limits of their groups hold back, and seconds that the first one waits of a group in
    which every job that takes up room has ended or is gone, so that nothing makes room any more.
    """
    known = f"{prefix}rl-keys"
    names = redis.many([("SMEMBERS", known)])[0] if redis.many([("TYPE", known)])[0] == "set" else []
    total, waits = 0, []
    for name in sorted(map(str, names))[:_MOST]:
        group = f"{prefix}rl:{name}"
        held, first, running = redis.many(
            [
                ("ZCARD", f"{group}:rate_limited"),
                ("ZRANGE", f"{group}:rate_limited", 0, 0, "WITHSCORES"),
                ("ZRANGE", f"{group}:allowed", 0, _MOST - 1),
            ]
        )
        total += held
        if len(first) == 2:
            states = redis.many([("HGET", f"{prefix}job:{job}", "status") for job in running])
            if not any(str(state) in _GOING_ON for state in states):
                waits.append(now - float(first[1]))
    return total, max((wait for wait in waits if wait > _FREED), default=None)
