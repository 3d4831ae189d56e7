"""Where libraries of background jobs keep their queues in Redis, read without any write.

The keys are those of the libraries' own sources:

    Celery    kombu/transport/redis.py of kombu 5.6 and 5.7
    Sidekiq   lib/sidekiq/api.rb and lib/sidekiq/launcher.rb of Sidekiq 8.1; before 8.0 times were seconds
    Bull      lib/queue.js of Bull 4.15 and src/classes/queue-keys.ts of BullMQ 6.2

To Redis a missing key is an empty list, and so is a misspelled one. So a queue counts as empty only if the library
has left a sign that it knows the queue. Of the jobs, only their times are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.wording import plural
from playbook.measure.redis.job_times import from_payload, moment_of, note_age, object_of, overdue
from playbook.measure.redis.queue_workers import (
    Attendance,
    bull_workers,
    celery_workers,
    sidekiq_processes,
)
from playbook.settings.sections.queues import JobQueue

_COUNTS = {"list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN"}
_KOMBU = "\x06\x16"  # kombu's separator, for priorities and for the parts of a binding
_MARKER = "0:"  # marker entry in a list of BullMQ up to 4, not a job
_BULL_SCORE = 1000.0 * 0x1000  # of a delayed job, per second: milliseconds, and room for a counter
_MILLISECONDS = 1000.0
_MOST_ACTIVE = 100
_GONE = -2  # reply of TTL for a missing key
_LOCKED_AGAIN = 300.0  # seconds within which other workers have noticed a job without a lock
_LOOKS = 2
_MOST_RANKED = 1000

Time = float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a queue; None for those that the library does not keep.

    Attributes:
        waiting: jobs that a worker could take now.
        active: jobs that a worker has taken.
        failed: jobs that failed for good.
        later: jobs that wait for their time, or for others.
        overdue: seconds since the first of those that wait for their time was due; None where none is.
        retried: jobs that failed and will be tried again.
        oldest: seconds that the next job has waited; None where none waits, or it is not known.
        next_job: the one that is taken next, as stored, of libraries that keep no time of it; may be empty.
        other_end: the one at the other end of a list of which it is not known where jobs are taken; may be empty.
        taken: seconds since the oldest of the active ones was taken.
        stalled: seconds since the oldest of the active ones that no worker holds any more was taken; None where
            there is none, or the library does not tell.
        stuck: seconds since any of the live workers took a job, while others wait; None where one did of late, or
            that is not known.
        workers: number of live workers.
        beating: each worker leaves a key while it lives, so that a known queue without any key has no worker.
        unattended: jobs wait, or of Celery are taken and not done, and no client looks like a worker; one of arq
            does so always.
        unseen: why it is not known whether a client looks like a worker, of libraries whose workers are known by
            nothing else; empty where it is known, or does not matter as nothing is to be done.
        lost: listed workers that are no longer alive, or take no new jobs.
        paused: no jobs are handed out.
        not_told: figures that this library does not keep in Redis.
        shared: figures that cover all its queues together.
        seen: whether there is any key of the queue, for libraries that leave none of an empty one; None for the
            others, whose coverage says whether they know the queue.
        coverage: of the keys and times.
    """

    waiting: int | None = None
    active: int | None = None
    failed: int | None = None
    later: int | None = None
    overdue: Time = None
    retried: int | None = None
    oldest: Time = None
    next_job: str = ""
    other_end: str = ""
    taken: Time = None
    stalled: Time = None
    stuck: Time = None
    workers: int | None = None
    beating: bool = False
    unattended: bool = False
    unseen: str = ""
    lost: int = 0
    paused: bool = False
    not_told: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    seen: bool | None = None
    coverage: Coverage = field(default_factory=Coverage)


class Keys:
    """Keys with their required types; a key of another type has no size."""

    def __init__(self, redis: ReadOnlyRedis, wanted: Mapping[str, str]) -> None:
        self._wanted = dict(wanted)
        types = dict(zip(wanted, redis.many([("TYPE", key) for key in wanted]), strict=True))
        self.wrong = {key: str(kind) for key, kind in types.items() if kind not in ("none", wanted[key])}
        self.there = {key for key, kind in types.items() if kind == wanted[key]}
        counted = [key for key in self.there if wanted[key] in _COUNTS]
        sizes = redis.many([(_COUNTS[wanted[key]], key) for key in counted])
        self._sizes = dict(zip(counted, sizes, strict=True))

    def size(self, *keys: str) -> int | None:
        """Total size of the keys; None where one is of another type, or its size is not a number."""
        sizes = [self._sizes.get(key, 0) for key in keys]
        known = all(isinstance(size, int) and size >= 0 for size in sizes)
        return sum(sizes) if known and not self.wrong.keys() & set(keys) else None

    @property
    def coverage(self) -> Coverage:
        """Whether each key has the library's type."""
        examples = [f"{_shown(key)}, a {kind} and no {self._wanted[key]}" for key, kind in self.wrong.items()]
        hint = "Look whether another program or another version of the library writes there."
        return understood(len(self.wrong), len(self._wanted), "keys", examples=examples, hint=hint)


def celery(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Celery. Failed tasks are in the result backend, if anywhere; a message does not hold its time of
    sending.
    """
    prefix, name = queue.prefix, queue.name
    exchanges = dict.fromkeys((queue.exchange or name, name, "celery"))
    bindings = Keys(redis, {f"{prefix}_kombu.binding.{exchange}": "set" for exchange in exchanges})
    bound = redis.many([("SMEMBERS", key) for key in bindings.there])
    separator, separated = _kombu_separator([str(member) for members in bound for member in members], name)
    lists = [f"{prefix}{name}{separator}{step}" if step else f"{prefix}{name}" for step in queue.priorities]
    unacked, index = f"{prefix}unacked", f"{prefix}unacked_index"
    mailbox = f"{prefix}_kombu.binding.celery.pidbox"
    keys = Keys(redis, {unacked: "hash", index: "zset", mailbox: "set", **dict.fromkeys(lists, "list")})
    known = any(str(member).split(separator)[-1] == name for members in bound for member in members)
    known = known or bool(keys.there & set(lists))
    first = redis.many([("ZRANGE", index, 0, 0, "WITHSCORES")])[0] if index in keys.there else []
    taken = moment_of(first[1]) if len(first) == 2 else None
    undone = bool(keys.size(*lists) or keys.size(unacked))
    attended = celery_workers(redis, has_mailbox=mailbox in keys.there) if undone else Attendance()
    return Figures(
        waiting=keys.size(*lists),
        next_job=next((end_of(redis, key) for key in lists if key in keys.there), ""),
        unattended=attended.missing,
        unseen=attended.unknown,
        active=keys.size(unacked),
        taken=None if taken is None else max(now - taken, 0.0),
        not_told=("failed jobs", "the wait of the oldest job", "workers"),
        shared=("active",),
        coverage=keys.coverage + bindings.coverage + separated + known_queue(known, queue),
    )


def end_of(redis: ReadOnlyRedis, key: str, place: int = -1) -> str:
    """The job at the end of a list, where most workers take the next one; empty where it was taken meanwhile."""
    return str(redis.many([("LINDEX", key, place)])[0] or "")


def _kombu_separator(bound: list[str], name: str) -> tuple[str, Coverage]:
    """What stands between the parts of a binding and before a priority, and whether that is known.

    It is kombu's own, or that of Celery's transport option ``sep``. A binding is the routing key, a pattern and
    the queue; usually the first is the queue's name and the second is empty.
    """
    others = [member for member in bound if _KOMBU not in member and member.endswith(name)]
    if not others or len(others) < len([member for member in bound if member.endswith(name)]):
        return _KOMBU, Coverage()
    for member in others:
        between = member.removeprefix(name).removesuffix(name)
        half = between[: len(between) // 2]
        if half and member == f"{name}{half * 2}{name}":
            return half, Coverage()
    hint = "Look at the transport option sep of Celery: lists of priorities are named with it."
    return _KOMBU, understood(len(others), len(bound), "bindings", examples=others, hint=hint)


def sidekiq(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    prefix, name = queue.prefix, queue.name
    waiting, queues, processes = f"{prefix}queue:{name}", f"{prefix}queues", f"{prefix}processes"
    dead, retry, schedule, stopped = f"{prefix}dead", f"{prefix}retry", f"{prefix}schedule", f"{prefix}paused"
    kinds = {waiting: "list", **dict.fromkeys((queues, processes, stopped), "set")}
    keys = Keys(redis, {**kinds, **dict.fromkeys((dead, retry, schedule), "zset")})
    asked = [(key, name) for key in (queues, stopped) if key in keys.there]
    members = dict(zip(asked, redis.many([("SISMEMBER", *pair) for pair in asked]), strict=True))
    workers = sidekiq_processes(redis, prefix, processes if processes in keys.there else None, name, now)
    oldest = oldest_of(redis, keys, [waiting], now, time_of=from_payload)
    known = bool(members.get((queues, name))) or bool(workers.alive) or waiting in keys.there
    return Figures(
        waiting=keys.size(waiting),
        active=None if processes in keys.wrong else workers.busy,
        failed=keys.size(dead),
        later=keys.size(retry, schedule),
        overdue=overdue(redis, {retry, schedule} & keys.there, now),
        retried=keys.size(retry),
        oldest=oldest.seconds,
        workers=workers.alive if known and processes not in keys.wrong else None,
        lost=workers.lost,
        paused=bool(members.get((stopped, name))),
        shared=("active", "failed", "later"),
        coverage=keys.coverage + workers.coverage + oldest.coverage + known_queue(known, queue),
    )


def bull(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Bull and BullMQ. Both keep a lock for each active job but none for a worker, so the number of
    workers is unknown.
    """
    base = f"{queue.prefix or 'bull'}:{queue.name}:"
    kinds = {
        **dict.fromkeys(("wait", "paused", "active"), "list"),
        **dict.fromkeys(("prioritized", "delayed", "waiting-children", "failed", "groups"), "zset"),
        "meta": "hash",
        **dict.fromkeys(("id", "meta-paused"), "string"),
    }
    keys = Keys(redis, {f"{base}{key}": kind for key, kind in kinds.items()})
    wait, paused, prioritized = (f"{base}{key}" for key in ("wait", "paused", "prioritized"))
    waiting = keys.size(wait, paused, prioritized)
    last = redis.many([("LINDEX", key, -1) for key in (wait, paused) if key in keys.there])
    if waiting is not None:  # without the marker that BullMQ up to 4 puts behind the jobs
        waiting -= sum(str(job).startswith(_MARKER) for job in last)
    oldest = oldest_of(redis, keys, [wait, paused], now, time_of=partial(_bull_time, redis, base))
    ranked = _oldest_ranked(redis, base, prioritized, keys.size(prioritized), now)
    stopped = [redis.many([("HGET", f"{base}meta", "paused")])[0]] if f"{base}meta" in keys.there else []
    groups = keys.size(f"{base}groups")
    coverage = keys.coverage + oldest.coverage + ranked.coverage
    if groups:
        got = f"{plural(groups, 'group')}, whose jobs are elsewhere"
        coverage += lacking(
            "jobs in groups not counted",
            expected="all jobs that wait",
            got=got,
            hint="Look at the groups with the library's own dashboard.",
        )
    known = bool({f"{base}meta", f"{base}id", wait, paused, prioritized} & keys.there)
    active = keys.size(f"{base}active")
    # A worker of Bull that has worked since it connected has not waited for a job yet.
    named = queue.preset == "bull" and not active
    prefix = queue.prefix or "bull"
    attended = bull_workers(redis, prefix, queue.name, producers_are_named=named) if waiting else Attendance()
    return Figures(
        waiting=waiting,
        unattended=attended.missing,
        unseen=attended.unknown,
        active=active,
        stalled=_stalled(redis, base, active or 0, now),
        failed=keys.size(f"{base}failed"),
        later=keys.size(f"{base}delayed", f"{base}waiting-children"),
        overdue=overdue(redis, {f"{base}delayed"} & keys.there, now, score_per_second=_BULL_SCORE),
        oldest=max((one.seconds for one in (oldest, ranked) if one.seconds is not None), default=None),
        paused=any(stopped) or f"{base}meta-paused" in keys.there,
        not_told=("workers",),
        coverage=coverage + known_queue(known, queue),
    )


def _bull_time(redis: ReadOnlyRedis, base: str, job: str) -> Any:
    return _bull_times(redis, base, [job])[0]


def _bull_times(redis: ReadOnlyRedis, base: str, jobs: Iterable[str]) -> list[Any]:
    """Since when jobs wait at most: one that was delayed keeps the time at which it was added, and one that is
    tried again was taken before. None where a job is gone; as stored where that is not a time.
    """
    told = redis.many([("HMGET", f"{base}{job}", "timestamp", "opts", "processedOn") for job in jobs])
    found: list[Any] = []
    for added, options, taken in told:
        at, delay = moment_of(added), object_of(options).get("delay")
        due = delay / _MILLISECONDS if isinstance(delay, int | float) and delay > 0 else 0.0
        found.append(added if at is None else max(at + due, moment_of(taken) or 0.0))
    return found


def _stalled(redis: ReadOnlyRedis, base: str, active: int, now: float) -> Time:
    """Seconds since the oldest active job without a lock was taken. A worker renews the lock of each of its jobs.

    Other workers put such jobs back within a minute; where there are none, they stay.
    """
    places = range(-min(active, _MOST_ACTIVE), 0)
    jobs = [job for job in redis.many([("LINDEX", f"{base}active", place) for place in places]) if job is not None]
    locks = redis.many([("TTL", f"{base}{job}:lock") for job in jobs])
    unlocked = [job for job, lock in zip(jobs, locks, strict=True) if lock == _GONE]
    times = map(moment_of, redis.many([("HGET", f"{base}{job}", "processedOn") for job in unlocked]))
    ages = [now - at for at in times if at is not None]
    return max((age for age in ages if age > _LOCKED_AGAIN), default=None)


def known_queue(known: bool, queue: JobQueue, hint: str = "") -> Coverage:
    """Whether the library knows the queue.

    Args:
        hint: before what there is to look at.
    """
    if known:
        return whole(f"queue {queue.name}")
    return lacking(
        "no sign of the queue",
        expected=f"a trace that {queue.preset} knows the queue {queue.name!r}",
        got="none of its keys",
        hint=f"{hint}Look at preset, name and prefix under redis.queues, and at the database in redis.url.",
    )


@dataclass(frozen=True, slots=True)
class Oldest:
    seconds: Time = None
    coverage: Coverage = field(default_factory=Coverage)


def oldest_of(
    redis: ReadOnlyRedis,
    keys: Keys,
    lists: Iterable[str],
    now: float,
    *,
    time_of: Callable[[str], Any],
) -> Oldest:
    """The longest wait of the jobs at both ends of each list, as some are put in front.

    Args:
        time_of: returns a job's time as stored; None where the job is gone.
    """
    ages: list[float] = []
    unread = ""
    for key in lists:
        for index in (0, -1) if keys.size(key) else ():
            stored, job = None, None
            for _ in range(_LOOKS):  # a worker may take it between the two commands
                job = redis.many([("LINDEX", key, index)])[0]
                stored = time_of(str(job)) if job is not None and not str(job).startswith(_MARKER) else None
                if job is None or stored is not None:
                    break
            if job is not None and not str(job).startswith(_MARKER):
                unread = note_age(ages, stored, now) or unread
    return Oldest(max(ages, default=None), _unread(unread))


def _oldest_ranked(redis: ReadOnlyRedis, base: str, key: str, size: int | None, now: float) -> Oldest:
    """The longest wait of BullMQ's jobs by priority: the lowest, which wait longest, are at the end.

    Args:
        size: number of jobs; None where the key is of another type.
    """
    if not size:
        return Oldest()
    half = _MOST_RANKED // 2
    ends = [("ZRANGE", key, 0, half - 1), ("ZRANGE", key, -half, -1)]
    jobs = list(dict.fromkeys(str(job) for end in redis.many(ends) for job in end))
    times = _bull_times(redis, base, jobs)
    gone = [job for job, time in zip(jobs, times, strict=True) if time is None]
    # A worker may have taken a job between the two commands; one that is still there has no time.
    still = {str(job) for end in redis.many(ends if gone else []) for job in end}
    ages: list[float] = []
    unread = ""
    for job, time in zip(jobs, times, strict=True):
        if time is not None or job in still:
            unread = note_age(ages, time, now) or unread
    coverage = _unread(unread)
    if size > max(len(jobs), _MOST_RANKED):
        coverage += _unread(f"those of {len(jobs):,} of {size:,} jobs by priority")
    return Oldest(max(ages, default=None), coverage)


def _unread(got: str) -> Coverage:
    """Coverage of the times of jobs; empty where all were read."""
    return lacking("a job's time not read", expected="the time of each job", got=got) if got else Coverage()


def _shown(key: str) -> str:
    return key.replace(_KOMBU, " ")
