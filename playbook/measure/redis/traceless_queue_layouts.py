"""Where Dramatiq, Huey, Laravel, machinery and taskiq keep their queues in Redis, read without any write.

The keys are those of the libraries' own sources:

    Dramatiq   dramatiq/brokers/redis.py and redis/dispatch.lua of Dramatiq 1.17 to 2.2
    Huey       huey/storage.py of Huey 2.5 to 3.5
    Laravel    Illuminate/Queue/RedisQueue.php and LuaScripts.php of Laravel 12; RedisSupervisorRepository.php and
               RedisMetricsRepository.php of Horizon 5
    machinery  v1/brokers/redis/goredis.go and redis.go of machinery 1.10 and 2.0

They leave no trace of a queue that is empty. So its name counts as right once any run has seen one of its keys,
which the history keeps (``Figures.seen``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.measure.redis.job_times import moment_of, note_age, object_of, overdue, signed_at
from playbook.measure.redis.queue_layouts import Figures, Keys, end_of
from playbook.measure.redis.queue_workers import Attendance, senders
from playbook.settings.sections.queues import JobQueue

_DRAMATIQ = "dramatiq"
_FIRST = 10
_MOST_WORKERS = 500
_MILLISECONDS = 1000.0
_NANOSECONDS = 1e9
_DELAYED = "delayed_tasks"
_OFFLINE = 60.0  # seconds without a heartbeat, after which Dramatiq and Horizon themselves count a worker as gone
_TAKEN_BACK = 300.0  # seconds within which Dramatiq's other workers have put back the messages of one that is gone
# Huey's consumer waits for jobs, or asks for them and for scheduled ones every second.
_HUEYS = {"brpop", "bzpopmin", "rpop", "zpopmin", "evalsha", "eval"}
# Whatever takes from a list: it waits for what comes, or asks again and again.
_TAKING = {"brpop", "blpop", "blmove", "brpoplpush", "blmpop", "rpop", "lpop", "lmove", "rpoplpush", "lmpop"}
_ZONES = 14 * 3600.0  # seconds that a clock on the wall is ahead of UTC at most


def dramatiq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Dramatiq. Each process that sends or takes messages has a heartbeat, so a recent one proves no
    worker, but without any there is none.

    A delayed message is in the memory of a worker until it is due; where no worker takes it, it stays in its list.
    """
    base = f"{queue.prefix or _DRAMATIQ}:"
    waiting, delayed, failed = (f"{base}{queue.name}{end}" for end in ("", ".DQ", ".XQ"))
    beats = f"{base}__heartbeats__"
    messages = {f"{key}.msgs": "hash" for key in (waiting, delayed, failed)}
    kinds = {waiting: "list", delayed: "list", failed: "zset", beats: "zset", **messages}
    keys = Keys(redis, kinds)
    size, all_of_them = keys.size(waiting), keys.size(f"{waiting}.msgs")
    processes, listed = _beats(redis, beats if beats in keys.there else None)
    gone = {name: now - at for name, at in processes.items() if now - at > _OFFLINE}
    taken = [("SCARD", f"{base}__acks__.{name}.{queue.name}") for name in gone]
    held = [
        age for age, count in zip(gone.values(), redis.many(taken), strict=True) if count and age > _TAKEN_BACK
    ]
    ages, unread = _sent(redis, waiting, size or 0, now)
    return Figures(
        waiting=size,
        active=None if size is None or all_of_them is None else max(all_of_them - size, 0),
        failed=keys.size(failed),
        later=keys.size(f"{delayed}.msgs"),
        overdue=_past_eta(redis, delayed, keys.size(delayed) or 0, now),
        oldest=min(ages, default=None),
        stalled=max(held, default=None),
        workers=0 if processes and len(gone) == len(processes) else None,
        lost=len(gone),
        not_told=("workers",),
        seen=bool(keys.there - {beats}),
        coverage=keys.coverage + listed + unread,
    )


def _beats(redis: ReadOnlyRedis, key: str | None) -> tuple[dict[str, float], Coverage]:
    """Epoch seconds of the last heartbeat of each process, the newest ones; and whether these are all."""
    if key is None:
        return {}, Coverage()
    flat, size = redis.many([("ZRANGE", key, -_MOST_WORKERS, -1, "WITHSCORES"), ("ZCARD", key)])
    found = {str(name): float(score) / _MILLISECONDS for name, score in zip(flat[::2], flat[1::2], strict=True)}
    return found, Coverage() if size <= len(found) else share(len(found), size, "processes")


def _message(redis: ReadOnlyRedis, key: str, place: int) -> dict[str, Any] | None:
    """A message of a list; None where it has been taken meanwhile."""
    one = redis.many([("LINDEX", key, place)])[0]
    told = None if one is None else redis.many([("HGET", f"{key}.msgs", str(one))])[0]
    return None if told is None else object_of(told)


def _sent(redis: ReadOnlyRedis, key: str, size: int, now: float) -> tuple[list[float], Coverage]:
    """Ages of the first messages of a list. One that was delayed keeps the time at which it was sent, so the list
    has waited as long as the youngest of them.
    """
    ages: list[float] = []
    unread = ""
    for place in range(min(size, _FIRST)):
        if (message := _message(redis, key, place)) is not None:
            unread = note_age(ages, message.get("message_timestamp"), now) or unread
    coverage = lacking("a message's time not read", expected="the time of each message", got=unread)
    return ages, coverage if unread else Coverage()


def _past_eta(redis: ReadOnlyRedis, key: str, size: int, now: float) -> float | None:
    """Seconds since the first of the delayed messages that no worker holds was due."""
    messages = [_message(redis, key, place) for place in range(min(size, _FIRST))]
    told = [message.get("options") for message in messages if message is not None]
    etas = [moment_of(options.get("eta")) for options in told if isinstance(options, dict)]
    return max((now - eta for eta in etas if eta is not None and eta < now), default=None)


def huey(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Huey, whose jobs are pickles without a time; they are not opened. With priorities the queue is a
    sorted set.

    The time of a scheduled job is that of a clock on the wall, as if it were UTC's: it may be half a day off.
    """
    waiting, schedule, results = (
        f"{queue.prefix}huey.{key}.{queue.key_name}" for key in ("redis", "schedule", "results")
    )
    ranked = redis.many([("TYPE", waiting)])[0] == "zset"
    keys = Keys(redis, {waiting: "zset" if ranked else "list", schedule: "zset", results: "hash"})
    late = overdue(redis, {schedule} & keys.there, now)
    undone = bool(keys.size(waiting) or keys.size(schedule))
    attended = senders(redis, _HUEYS) if undone else Attendance()
    return Figures(
        waiting=keys.size(waiting),
        next_job=_next(redis, waiting, ranked=ranked) if waiting in keys.there else "",
        later=keys.size(schedule),
        overdue=late - _ZONES if late is not None and late > _ZONES else None,
        unattended=attended.missing,
        unseen=attended.unknown,
        not_told=("jobs being worked on", "failed jobs", "the wait of the oldest job", "workers"),
        seen=bool(keys.there),
        coverage=keys.coverage,
    )


def _next(redis: ReadOnlyRedis, key: str, *, ranked: bool) -> str:
    """The job that Huey takes next; empty where it was taken meanwhile."""
    if not ranked:
        return end_of(redis, key)
    return str((redis.many([("ZRANGE", key, 0, 0)])[0] or [""])[0])


def laravel(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Laravel, and of Horizon where the prefix of its keys is given.

    Its workers move delayed jobs, and those that were taken and not done in time, back into the list themselves.
    """
    base = f"{queue.prefix}queues:{queue.name}"
    delayed, reserved, notify = (f"{base}:{key}" for key in ("delayed", "reserved", "notify"))
    keys = Keys(redis, {base: "list", delayed: "zset", reserved: "zset", notify: "list"})
    ages = [age for place in (0, -1) if (age := _pushed(redis, base, place, now)) is not None]
    horizon = _horizon(redis, queue, now) if queue.horizon else Figures(not_told=("failed jobs", "workers"))
    untimed = bool(keys.size(base)) and not ages
    return Figures(
        waiting=keys.size(base),
        active=keys.size(reserved),
        failed=horizon.failed,
        later=keys.size(delayed),
        overdue=overdue(redis, {delayed, reserved} & keys.there, now),
        oldest=max(ages, default=None),
        workers=horizon.workers,
        lost=horizon.lost,
        paused=horizon.paused,
        not_told=(*horizon.not_told, *(("the wait of the oldest job",) if untimed else ())),
        shared=("failed",),
        seen=bool(keys.there) or bool(horizon.seen),
        coverage=keys.coverage + horizon.coverage,
    )


def _pushed(redis: ReadOnlyRedis, key: str, place: int, now: float) -> float | None:
    """How long a job has waited; None where that is not known, as of one that was tried before or was delayed."""
    job = object_of(redis.many([("LINDEX", key, place)])[0])
    at = moment_of(job.get("createdAt", job.get("pushedAt")))
    known = at is not None and not job.get("attempts") and not job.get("delay")
    return max(now - at, 0.0) if known and at is not None else None


def _horizon(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Live workers of the queue, by the supervisors that start them, and failed jobs of all queues."""
    prefix = queue.horizon
    listed, failed, measured = (f"{prefix}{key}" for key in ("supervisors", "failed_jobs", "measured_queues"))
    keys = Keys(redis, {listed: "zset", failed: "zset", measured: "set"})
    flat = redis.many([("ZRANGE", listed, 0, _MOST_WORKERS - 1, "WITHSCORES")])[0] if listed in keys.there else []
    alive = [str(name) for name, at in zip(flat[::2], flat[1::2], strict=True) if now - float(at) <= _OFFLINE]
    told = redis.many([("HMGET", f"{prefix}supervisor:{name}", "status", "processes") for name in alive])
    serving = {
        name: (status, _processes(pools, queue.name)) for name, (status, pools) in zip(alive, told, strict=True)
    }
    strange = [name for name, (_, count) in serving.items() if count is None]
    own = [(status, count) for status, count in serving.values() if count is not None and count >= 0]
    members = [f"{prefix}queue:{queue.name}", f"queue:{queue.name}"]
    known = redis.many([("SISMEMBER", measured, one) for one in members]) if measured in keys.there else []
    workers = sum(count for _, count in own)
    return Figures(
        failed=keys.size(failed),
        workers=None if listed in keys.wrong or (strange and not workers) else workers,
        lost=len(flat) // 2 - len(alive),
        paused=bool(own) and all(status == "paused" for status, _ in own),
        seen=bool(own) or any(known),
        coverage=keys.coverage + understood(len(strange), len(alive), "supervisors", examples=strange),
    )


def _processes(pools: Any, queue: str) -> int | None:
    """Processes of a supervisor that serve a queue, from ``{"redis:default,mail": 3}``: -1 where none is to, None
    where that is not understood.
    """
    counts = object_of(pools)
    if not counts or not all(isinstance(count, int) for count in counts.values()):
        return None
    serving = [count for pool, count in counts.items() if queue in _queues(pool)]
    return sum(serving) if serving else -1


def _queues(pool: str) -> Iterable[str]:
    return pool.partition(":")[2].split(",")


def plain_list(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of a list from which workers take what others have put into it, as of taskiq's ListQueueBroker
    (taskiq_redis/redis_broker.py of taskiq-redis 1.2) and django-q2 (django_q/brokers/redis_broker.py of 1.11).
    What is in it is not opened, and it is not known at which end they take: a job that is still at one of them
    has waited. The time at which Django signed a job is beside it.
    """
    key = f"{queue.prefix}{queue.name}"
    keys = Keys(redis, {key: "list"})
    waiting = keys.size(key)
    attended = senders(redis, _TAKING) if waiting else Attendance()
    last, first = (end_of(redis, key, place) if key in keys.there else "" for place in (-1, 0))
    ages: list[float] = []
    for at in (signed_at(last), signed_at(first)):
        if at is not None:
            note_age(ages, at, now)
    untold = ("jobs being worked on", "failed jobs", *(() if ages else ("the wait of the oldest job",)), "workers")
    return Figures(
        waiting=waiting,
        next_job=last,
        other_end=first,
        oldest=max(ages, default=None),
        unattended=attended.missing,
        unseen=attended.unknown,
        not_told=untold,
        seen=bool(keys.there),
        coverage=keys.coverage,
    )


def machinery(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Go's machinery. Its workers take at the beginning of a list. Tasks with an ETA, and those that
    are tried again, are in one sorted set for all queues until a worker's second loop puts them into their list.
    """
    waiting, delayed = f"{queue.prefix}{queue.name}", f"{queue.prefix}{_DELAYED}"
    keys = Keys(redis, {waiting: "list", delayed: "zset"})
    undone = bool(keys.size(waiting) or keys.size(delayed))
    attended = senders(redis, _TAKING) if undone else Attendance()
    return Figures(
        waiting=keys.size(waiting),
        next_job=end_of(redis, waiting, 0) if waiting in keys.there else "",
        later=keys.size(delayed),
        overdue=overdue(redis, {delayed} & keys.there, now, score_per_second=_NANOSECONDS),
        unattended=attended.missing,
        unseen=attended.unknown,
        not_told=("jobs being worked on", "failed jobs", "the wait of the oldest job", "workers"),
        shared=("later",),
        seen=waiting in keys.there,
        coverage=keys.coverage,
    )
