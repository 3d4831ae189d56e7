"""Workers that the libraries of background jobs list in Redis, and which of them are alive."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.clients.redis_replies import NotAllowed
from playbook.core.coverage import Coverage, share, understood
from playbook.core.errors import Malformed
from playbook.measure.redis.job_times import moment_of, object_of

_MOST_WORKERS = 500
_STAYS = -1  # reply of TTL for a key that never expires
_NEVER = 0.0  # the time of a heartbeat that is missing: RQ writes one with everything else at a worker's birth
_BUSY = 3600  # seconds that a worker of Celery may work without asking for a job
# Of Bull, BullMQ and bee-queue. BRPOP is of Celery, Sidekiq and others, which may be beside them.
_BLOCKING = {"", "bzpopmin", "brpoplpush", "blmove"}
_SILENT = 3600.0  # seconds after which a worker whose hash stays counts as lost


def is_unattended(redis: ReadOnlyRedis, *, has_mailbox: bool) -> bool:
    """Whether no client is a worker of Celery: False also where that is not known.

    Each worker subscribes to a pattern for remote control, and usually to one for events. Flower subscribes to
    one, but it has no mailbox for remote control and takes no jobs. A worker that was killed leaves its mailbox.
    Where clients are not listed, INFO counts the patterns.

    Args:
        has_mailbox: some worker has declared a mailbox for remote control, and not removed it at its end.
    """
    try:
        clients = redis.clients()
    except (Malformed, NotAllowed):
        clients = []
    here = _of_this_database(redis, clients)
    if len(clients) > 1 and all("psub" in client for client in clients):
        subscribed = [client for client in here if client["psub"] != "0"]
        taking = [client for client in here if client.get("cmd", "brpop") == "brpop"]
        if sum(map(_count, (client["psub"] for client in here))) <= 1:
            return not subscribed or not any(_asks(client) for client in taking)
        return not (has_mailbox or taking)
    try:
        return redis.info().get("pubsub_patterns") == 0
    except (Malformed, NotAllowed):
        return False


def _asks(client: Mapping[str, str]) -> bool:
    """Whether it may be a worker: one that works does not ask for jobs meanwhile, and Flower asks for answers."""
    idle = client.get("idle", "")
    return not idle.isdecimal() or int(idle) < _BUSY


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else 2


def is_unattended_by_bull(
    redis: ReadOnlyRedis, prefix: str, queue: str, *, producers_are_named: bool = False
) -> bool:
    """Whether no client is a worker of Bull or BullMQ: False also where that is not known.

    The connection on which a worker waits for jobs has a name of prefix and queue, where the service allows names
    (``getWorkers`` of src/classes/queue-getters.ts looks for it as well). One without a name, as of workers in
    other languages, is known by its blocking command.

    Args:
        producers_are_named: as by Bull (``redisClientGetter`` of lib/queue.js), which gives every connection of
            every process this name, also of a website that only adds jobs. Then a worker is one that waits for
            jobs, or did so last.
    """
    try:
        clients = redis.clients()
    except (Malformed, NotAllowed):
        return False
    own = f"{prefix}:{b64encode(queue.encode()).decode()}"
    blocking = _BLOCKING if producers_are_named else None
    here = _of_this_database(redis, clients)
    names = [client.get("name") for client in here if not blocking or client.get("cmd", "") in blocking]
    named = any(name is None or name == own or name.startswith(f"{own}:w:") for name in names)
    nameless = {client.get("cmd", "") for client in here if not client.get("name")}
    return len(clients) > 1 and not named and not nameless & _BLOCKING


def _of_this_database(redis: ReadOnlyRedis, clients: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those in the database of the queue, and those that do not tell: others take no job of it."""
    own = str(redis.database)
    return [client for client in clients if client.get("db", own) == own]


def nobody_sends(redis: ReadOnlyRedis, commands: Set[str]) -> bool:
    """Whether no client has sent one of these commands last; False also where that is not known."""
    try:
        clients = redis.clients()
    except (Malformed, NotAllowed):
        return False
    sent = _last_commands(redis, clients)
    return len(clients) > 1 and all(sent) and commands.isdisjoint(sent)


def somebody_sends(redis: ReadOnlyRedis, command: str) -> bool:
    """Whether a client has sent this command last; False also where that is not known."""
    try:
        return command in _last_commands(redis, redis.clients())
    except (Malformed, NotAllowed):
        return False


def _last_commands(redis: ReadOnlyRedis, clients: list[dict[str, str]]) -> list[str]:
    return [client.get("cmd", "") for client in _of_this_database(redis, clients)]


def rq_workers(redis: ReadOnlyRedis, key: str | None, now: float) -> tuple[int | None, int, Coverage]:
    """Numbers of live workers, None where none was found and not all were read, and of lost ones.

    A worker's hash expires when its heartbeat ends; its name stays in the set for a while. A hash that stays for
    ever, as after a worker has written to it too late, proves nothing: its last heartbeat must be recent.
    """
    names, hashes, listed = _listed_hashes(redis, key, "workers")
    answers = redis.many([("HMGET", name, "last_heartbeat", "death") for name in hashes])
    beats = {
        name: _NEVER if beat is None else moment_of(beat) for name, (beat, _) in zip(hashes, answers, strict=True)
    }
    dead = {name for name, (_, death) in zip(hashes, answers, strict=True) if death is not None}
    gone = dead | _stale(redis, beats, now)
    strange = [name for name, beat in beats.items() if name not in gone and beat in (None, _NEVER)]
    alive = len(beats) - len(gone) - len(strange)
    coverage = listed + understood(len(strange), len(names), "workers", examples=strange)
    return alive if alive or listed.enough else None, len(names) - alive, coverage


def _stale(redis: ReadOnlyRedis, beats: Mapping[str, float | None], now: float) -> set[str]:
    """Those whose hash never expires, with a last heartbeat of long ago."""
    lives = redis.many([("TTL", name) for name in beats])
    return {
        name
        for (name, beat), life in zip(beats.items(), lives, strict=True)
        if life == _STAYS and beat is not None and now - beat > _SILENT
    }


def _listed_hashes(
    redis: ReadOnlyRedis, key: str | None, what: str, prefix: str = ""
) -> tuple[list[str], list[str], Coverage]:
    """Names in a set of workers, the keys of those whose hash has not expired, and whether these are all of them.

    Args:
        what: in the plural, e.g. ``workers``.
        prefix: of a hash's key before the name.
    """
    every = sorted(map(str, redis.many([("SMEMBERS", key)])[0])) if key else []
    names = every[:_MOST_WORKERS]
    keys = [f"{prefix}{name}" for name in names]
    kinds = redis.many([("TYPE", one) for one in keys])
    hashes = [one for one, kind in zip(keys, kinds, strict=True) if kind == "hash"]
    return names, hashes, share(len(names), len(every), what) if every != names else Coverage()


@dataclass(frozen=True, slots=True)
class Processes:
    """Processes of Sidekiq."""

    alive: int | None  # None where none was found, and not all were read
    busy: int
    lost: int
    coverage: Coverage


def sidekiq_processes(redis: ReadOnlyRedis, prefix: str, key: str | None, queue: str, now: float) -> Processes:
    """Processes that serve the queue; a quiet process finishes its jobs and takes no others."""
    names, hashes, listed = _listed_hashes(redis, key, "processes", prefix)
    answers = redis.many([("HMGET", name, "info", "busy", "quiet", "beat") for name in hashes])
    beats = {name: moment_of(beat) for name, (*_, beat) in zip(hashes, answers, strict=True)}
    stale = _stale(redis, beats, now)
    alive, busy, quiet = 0, 0, 0
    strange = []
    for name, (info, working, stopping, _) in zip(hashes, answers, strict=True):
        if name in stale:
            continue
        queues = _queues_of(info)
        if queues is None or not str(working or "").isdecimal() or stopping not in ("true", "false"):
            strange.append(name)
            continue
        busy += int(working)
        serves = queue in queues
        alive += serves and stopping == "false"
        quiet += serves and stopping == "true"
    lost = len(names) - len(hashes) + len(stale) + quiet
    coverage = listed + understood(len(strange), len(names), "processes", examples=strange)
    return Processes(alive if alive or listed.enough else None, busy, lost, coverage)


def _queues_of(info: Any) -> set[str] | None:
    """Queues that a process serves, from its own info; None where that is not understood."""
    fields = object_of(info)
    capsules = fields.get("capsules")
    named = fields.get("queues")
    found: set[str] = set()
    if isinstance(capsules, dict):
        for capsule in capsules.values():
            inner = capsule.get("queues", capsule.get("weights")) if isinstance(capsule, dict) else None
            found.update(map(str, inner if isinstance(inner, list | dict) else ()))
    if isinstance(named, list):
        found.update(map(str, named))
    return found or None
