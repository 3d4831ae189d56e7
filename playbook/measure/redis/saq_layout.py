"""Where SAQ keeps its queues in Redis, read without any write.

The keys are those of its own source, saq/queue/redis.py and saq/job.py of SAQ 0.26.
"""

from __future__ import annotations

from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.measure.redis.job_times import moment_of, object_of
from playbook.measure.redis.queue_layouts import Figures, Keys, oldest_of
from playbook.settings.sections.queues import JobQueue

_MOST_WORKERS = 500
_MOST_ACTIVE = 100
_MOST_SCHEDULED = 1000
_MILLISECONDS = 1000.0
_TIMEOUT = 10.0  # seconds that a job may take where it says nothing else
_DOUBLED = 20  # times that a pause between two attempts is doubled at most
_SWEPT = 300.0  # seconds within which another worker has taken back a job that took longer than it may


def saq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of SAQ. Its workers write every few seconds until when they count as alive; an empty queue without
    any leaves no trace.

    A job that is not done waits in one sorted set: by the time at which it is due, or by 0 once it is queued.
    """
    base = f"{queue.prefix}saq:{queue.name}:"
    queued, active, incomplete, stats = (f"{base}{key}" for key in ("queued", "active", "incomplete", "stats"))
    keys = Keys(redis, {**dict.fromkeys((queued, active), "list"), **dict.fromkeys((incomplete, stats), "zset")})
    told = redis.many([("ZRANGE", stats, 0, _MOST_WORKERS - 1, "WITHSCORES")])[0] if stats in keys.there else []
    ends = [float(end) / _MILLISECONDS for end in told[1::2]]
    alive = sum(end > now for end in ends)
    first = ("ZRANGE", incomplete, 0, _MOST_SCHEDULED - 1, "WITHSCORES")
    undone = redis.many([first])[0] if incomplete in keys.there else []
    due = [now - at for at in map(float, undone[1::2]) if 0 < at < now]
    all_of_them, waiting, taken = sizes = [keys.size(key) for key in (incomplete, queued, active)]
    oldest = oldest_of(redis, keys, [queued], now, time_of=lambda job: _since(_job(redis, job)))
    return Figures(
        waiting=waiting,
        active=taken,
        later=None if None in sizes else max((all_of_them or 0) - (waiting or 0) - (taken or 0), 0),
        overdue=max(due, default=None),
        oldest=oldest.seconds,
        stalled=_stalled(redis, active, taken or 0, now),
        workers=alive if keys.there and stats not in keys.wrong else None,
        beating=True,
        lost=len(ends) - alive,
        not_told=("failed jobs",),
        seen=bool(keys.there),
        coverage=keys.coverage + oldest.coverage,
    )


def _job(redis: ReadOnlyRedis, key: str) -> dict[str, Any]:
    """A job, which is a text of its own; empty where it is gone."""
    kind = redis.many([("TYPE", key)])[0]
    return object_of(redis.many([("GET", key)])[0]) if kind == "string" else {}


def _since(job: dict[str, Any]) -> Any:
    """Since when a job could be taken at the earliest: one that was scheduled keeps the time at which it was
    added, and one that is tried again that of its last attempt, to which its pause is added.
    """
    added, touched, pause = job.get("queued"), moment_of(job.get("touched")), job.get("retry_delay")
    pause = pause if isinstance(pause, int | float) else 0.0
    if job.get("retry_backoff") and isinstance(attempts := job.get("attempts"), int):
        pause *= 2 ** min(max(attempts - 1, 0), _DOUBLED)
    times = (moment_of(added), moment_of(job.get("scheduled")), None if touched is None else touched + pause)
    return added if moment_of(added) is None else max(time for time in times if time is not None)


def _stalled(redis: ReadOnlyRedis, key: str, size: int, now: float) -> float | None:
    """Seconds since the oldest of the active jobs was taken that should have ended; None without one."""
    places = [("LINDEX", key, place) for place in range(-min(size, _MOST_ACTIVE), 0)]
    found = []
    for job in [_job(redis, str(one)) for one in redis.many(places) if one]:
        started, limit = moment_of(job.get("started")), job.get("timeout", _TIMEOUT)
        if started is not None and isinstance(limit, int | float) and now - started > limit + _SWEPT and limit:
            found.append(now - started)
    return max(found, default=None)
