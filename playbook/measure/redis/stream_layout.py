"""Queues that are a stream of Redis with consumer groups (https://redis.io/docs/latest/develop/data-types/streams/).

Redis itself keeps what was delivered and what was acknowledged, so nothing depends on a library. Only the messages
that Symfony's Messenger has delayed are elsewhere, until its workers put them into the stream (Connection.php of
its Redis transport).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.coverage import Coverage, lacking
from playbook.core.errors import Malformed
from playbook.measure.redis.job_times import overdue
from playbook.measure.redis.queue_layouts import Figures, Keys, known_queue
from playbook.measure.redis.queue_workers import Attendance, senders
from playbook.settings.sections.queues import JobQueue

_MILLISECONDS = 1000.0
_A_TIME = 1e11  # milliseconds; a smaller first half of an id is not Redis' own, which is a time
_NOT_READ = 300.0  # seconds within which a consumer that is there has read what waits
_LEFT = 3600.0  # seconds after which a consumer that asks for nothing has left what it was given
_MOST_COUNTED = 1000
_DELAYED = "__queue"  # behind the stream's name: Symfony's sorted set of delayed messages and further tries


@dataclass(frozen=True, slots=True)
class _Group:
    """One consumer group.

    Attributes:
        waiting: entries that were not delivered to it.
        pending: entries that were delivered and not acknowledged.
        oldest: seconds since the first undelivered entry was added; None for none, or where ids are no times.
        undone: seconds since the oldest of those that are not acknowledged was added; None where there is none, or
            ids are no times.
        idle: for each consumer, seconds since it asked for entries, and how many it has not acknowledged.
        coverage: whether all undelivered entries were counted.
    """

    waiting: int
    pending: int
    oldest: float | None
    undone: float | None
    idle: tuple[tuple[float, int], ...]
    coverage: Coverage

    @property
    def stalled(self) -> float | None:
        """Seconds for which entries are not acknowledged, or for which a consumer that was given some is gone."""
        ages = [idle for idle, pending in self.idle if pending]
        return max((age for age in (*ages, self.undone or 0.0) if age > _LEFT), default=None)

    @property
    def is_unattended(self) -> bool:
        """Entries wait for longer than a consumer needs to read them, and none has asked for any meanwhile."""
        waits = bool(self.waiting) and (self.oldest is None or self.oldest > _NOT_READ)
        return waits and all(idle > _NOT_READ for idle, _ in self.idle)


def stream(redis: ReadOnlyRedis, queue: JobQueue, now: float) -> Figures:
    """Figures of a stream: of the group that the settings name, or the worst of all its groups.

    Since 7.0 Redis counts what a group has not read; before, and after entries were deleted, it is counted here.
    """
    key = f"{queue.prefix}{queue.name}"
    keys = Keys(redis, {key: "stream", f"{key}{_DELAYED}": "zset"})
    if key not in keys.there:
        return Figures(coverage=keys.coverage + known_queue(False, queue))
    try:
        return _figures(redis, queue, keys, now)
    except (LookupError, TypeError, ValueError) as error:
        raise Malformed(
            f"Redis: expected the groups of the stream {key}, got another form", service="Redis"
        ) from error


def _figures(redis: ReadOnlyRedis, queue: JobQueue, keys: Keys, now: float) -> Figures:
    key = f"{queue.prefix}{queue.name}"
    told = redis.many([("XINFO GROUPS", key)])[0]
    named = [group for group in told if queue.group in ("", group["name"])]
    if not named:
        got = ", ".join(str(group["name"]) for group in told[:5]) or "none"
        wanted = f"the consumer group {queue.group}" if queue.group else "a consumer group"
        hint = "Look at group under redis.queues; a stream that nobody reads by a group is no queue."
        return Figures(coverage=lacking("no consumer group", expected=f"{wanted} of {key}", got=got, hint=hint))
    groups = [_group(redis, key, group, now) for group in named]
    # Before 7.2 a consumer is listed once it has received an entry, not while it waits for its first.
    unread = [group for group in groups if not group.idle]
    attended = senders(redis, {"xreadgroup"}) if unread else Attendance()
    if attended.unknown and any(group.waiting for group in unread):
        attended = Attendance(missing=True)
    coverage = keys.coverage + known_queue(True, queue)
    for group in groups:
        coverage += group.coverage
    delayed = f"{key}{_DELAYED}"
    return Figures(
        waiting=max(group.waiting for group in groups),
        active=max(group.pending for group in groups),
        later=keys.size(delayed) if delayed in keys.there else None,
        overdue=overdue(redis, {delayed} & keys.there, now, score_per_second=_MILLISECONDS),
        oldest=max((group.oldest for group in groups if group.oldest is not None), default=None),
        stalled=max((group.stalled for group in groups if group.stalled is not None), default=None),
        workers=0 if attended.missing else None,
        unseen=attended.unknown,
        unattended=any(group.is_unattended for group in groups if group.idle),
        not_told=("failed jobs",),
        coverage=coverage,
    )


def _group(redis: ReadOnlyRedis, key: str, told: Mapping[str, Any], now: float) -> _Group:
    last = str(told["last-delivered-id"])
    consumers = redis.many([("XINFO CONSUMERS", key, told["name"])])[0]
    first = redis.many([("XRANGE", key, f"({last}", "+", "COUNT", 1)])[0]
    lag, coverage = told.get("lag"), Coverage()
    if lag is None and first:
        lag = len(redis.many([("XRANGE", key, f"({last}", "+", "COUNT", _MOST_COUNTED)])[0])
        if lag >= _MOST_COUNTED:
            coverage = lacking(
                "", expected="the number of entries that were not delivered", got=f"at least {lag:,}"
            )
    held = redis.many([("XPENDING", key, told["name"])])[0]["min"] if int(told["pending"]) else None
    return _Group(
        waiting=int(lag or 0),
        pending=int(told["pending"]),
        oldest=_age(first[0][0], now) if first else None,
        undone=_age(held, now) if held else None,
        idle=tuple((float(one["idle"]) / _MILLISECONDS, int(one["pending"])) for one in consumers),
        coverage=coverage,
    )


def _age(entry: str, now: float) -> float | None:
    """Seconds since an entry was added, by its id; None where that is not a time."""
    added = float(str(entry).partition("-")[0])
    return max(now - added / _MILLISECONDS, 0.0) if added > _A_TIME else None
