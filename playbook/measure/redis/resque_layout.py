"""Where Resque and its relatives keep their queues in Redis, read without any write.

The keys are those of the libraries' own sources:

    Resque       lib/resque/data_store.rb and lib/resque/worker.rb of Resque 2.6, and resque-scheduler 4.10
    node-resque  src/core/worker.ts and queue.ts of node-resque 9.3
    php-resque   lib/Worker/ResqueWorker.php and JobHandler.php of php-resque 2.0

They differ in how a worker shows that it is alive: by a field of a hash, by a key of its own, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import share, understood
from playbook.measure.redis.job_times import moment_of, object_of, overdue
from playbook.measure.redis.queue_layouts import Figures, Keys, known_queue
from playbook.measure.redis.queue_workers import Attendance, senders
from playbook.settings.sections.queues import JobQueue

_RESQUE = "resque:"
_MOST_WORKERS = 500
_PRUNED = 300.0  # seconds without a heartbeat after which workers count another as dead
_STUCK = 3600.0  # seconds for which no worker has ended its job, while others wait
# A worker of php-resque asks for jobs every five seconds, or waits for one.
_ASKING = {"lpop", "blpop", "ping", "smembers"}
# "Fri Nov 20 2026 14:01:16 GMT-0800 (PST)" of JavaScript, and "Fri Nov 20 14:01:16 UTC 2026" of PHP and old Ruby.
_RUN_AT = re.compile(
    r"\w{3} (?P<month>\w{3}) (?P<day>\d\d) "
    r"(?:(?P<year>\d{4}) (?P<time>[\d:]{8}) GMT(?P<zone>[+-]\d{4})"
    r"|(?P<clock>[\d:]{8}) (?:UTC|GMT|Z) (?P<last>\d{4}))"
)


def resque(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of Resque, node-resque and php-resque. Failed jobs of all queues are in one list, unless each queue
    has its own.

    When a job was queued is only kept by php-resque, and which workers live only by the others.
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
    told = _beats(redis, prefix, serving, beats if beats in keys.there else None)
    strange = [worker for worker, beat in told.items() if beat is None]
    # Without any heartbeat at all they are php-resque's, or those of a Resque before 1.27.
    silent = bool(serving) and len(strange) == len(serving) and beats not in keys.there
    alive = [worker for worker, beat in told.items() if beat is not None and now - beat <= _PRUNED]
    dead = {worker: now - beat for worker, beat in told.items() if beat is not None and worker not in alive}
    taken = _taken(redis, prefix, every[:_MOST_WORKERS])
    ages = _ages(redis, waiting, now) if waiting in keys.there else []
    known = bool(listed[0]) or waiting in keys.there
    coverage = keys.coverage + understood(0 if silent else len(strange), len(serving), "workers", examples=strange)
    if len(every) > _MOST_WORKERS:
        coverage += share(_MOST_WORKERS, len(every), "workers")
    counted = known and workers not in keys.wrong and not strange
    lacks = (*(("workers",) if silent else ()), *(() if ages else ("the wait of the oldest job",)))
    waits = bool(keys.size(waiting))
    attended = senders(redis, _ASKING) if silent and waits else Attendance()
    return Figures(
        waiting=keys.size(waiting),
        active=len(taken),
        failed=keys.size(failed, own_failed),
        later=keys.size(schedule),
        overdue=overdue(redis, {schedule} & keys.there, now),
        oldest=max(ages, default=None),
        stalled=max((age for worker, age in dead.items() if worker in taken), default=None),
        stuck=_stuck(alive, taken, now) if waits else None,
        workers=len(alive) if counted else (len(alive) or None),
        unattended=attended.missing,
        unseen=attended.unknown,
        lost=len(dead),
        paused=paused in keys.there,
        not_told=lacks,
        shared=("active", "failed", "later"),
        coverage=coverage + known_queue(known, queue),
    )


def _beats(redis: ReadOnlyRedis, prefix: str, workers: Sequence[str], key: str | None) -> dict[str, float | None]:
    """When each worker has last shown that it is alive; None where it does not, or not in a known way.

    Args:
        key: of the hash in which Resque keeps this for all of them, where it is there.
    """
    if not workers:
        return {}
    if key:
        return dict(zip(workers, map(moment_of, redis.many([("HMGET", key, *workers)])[0]), strict=True))
    pings = [f"{prefix}worker:ping:{worker.rpartition(':')[0]}" for worker in workers]
    told = _texts(redis, pings)
    times = [moment_of(object_of(told.get(ping)).get("time")) for ping in pings]
    return dict(zip(workers, times, strict=True))


def _taken(redis: ReadOnlyRedis, prefix: str, workers: Sequence[str]) -> dict[str, float | None]:
    """The workers that have a job, and since when; None where that is not understood."""
    told = _texts(redis, [f"{prefix}worker:{worker}" for worker in workers])
    return {
        worker: _run_at(object_of(told[key]).get("run_at"))
        for worker in workers
        if (key := f"{prefix}worker:{worker}") in told
    }


def _texts(redis: ReadOnlyRedis, keys: Sequence[str]) -> dict[str, object]:
    """The texts in these keys, of those that hold one."""
    kinds = redis.many([("TYPE", key) for key in keys])
    there = [key for key, kind in zip(keys, kinds, strict=True) if kind == "string"]
    return dict(zip(there, redis.many([("GET", key) for key in there]), strict=True))


def _ages(redis: ReadOnlyRedis, key: str, now: float) -> list[float]:
    """How long the jobs at both ends of the list have waited; of php-resque's."""
    jobs = [object_of(redis.many([("LINDEX", key, place)])[0]) for place in (0, -1)]
    return [max(now - at, 0.0) for job in jobs if (at := moment_of(job.get("queue_time"))) is not None]


def _run_at(told: object) -> float | None:
    """Since when a worker works on its job, as each library writes it."""
    found = _RUN_AT.match(told) if isinstance(told, str) else None
    if not found:
        return moment_of(told)
    year, clock, zone = found["year"] or found["last"], found["time"] or found["clock"], found["zone"] or "+0000"
    try:
        return parsedate_to_datetime(f"{found['day']} {found['month']} {year} {clock} {zone}").timestamp()
    except ValueError:
        return None


def _stuck(alive: Sequence[str], taken: Mapping[str, float | None], now: float) -> float | None:
    """Seconds since any of the live workers took a job, where each of them works on one for long."""
    since = [taken.get(worker) for worker in alive]
    newest = max((at for at in since if at is not None), default=None)
    if newest is None or None in since or now - newest < _STUCK:
        return None
    return now - newest


def _serves(worker: str, queue: str) -> bool:
    """Whether a worker takes jobs of a queue, by the queues in its own name: ``host:pid:high,low*,!mail``."""
    names = worker.split(":", 2)[-1].split(",")
    refused = [name[1:] for name in names if name.startswith("!")]
    taken = [name for name in names if not name.startswith("!")] or ["*"]
    return _fits(queue, taken) and not _fits(queue, refused)


def _fits(queue: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(queue, pattern) for pattern in patterns)
