"""Workers that the libraries of background jobs list in Redis, and which of them are alive."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.clients.redis_replies import NotAllowed, UnknownCommand
from playbook.core.coverage import Coverage, share, understood
from playbook.core.errors import Malformed
from playbook.measure.redis.job_times import moment_of, object_of

_MOST_WORKERS = 500
_STAYS = -1  # reply of TTL for a key that never expires
_NEVER = 0.0  # the time of a heartbeat that is missing: RQ writes one with everything else at a worker's birth
_BUSY = 3600  # seconds that a worker of Celery may work without asking for a job
# Of Bull, BullMQ and bee-queue. BRPOP is of Celery, Sidekiq and others, which may be beside them.
_BLOCKING = {"bzpopmin", "brpoplpush", "blmove"}
_SILENT = 3600.0  # seconds after which a worker whose hash stays counts as lost


@dataclass(frozen=True, slots=True)
class Attendance:
    """Whether a client looks like a worker of a queue.

    Attributes:
        missing: none does.
        unknown: why that is not known; empty where it is.
    """

    missing: bool = False
    unknown: str = ""


def _others(redis: ReadOnlyRedis) -> tuple[list[dict[str, str]], str]:
    """All clients of the server, or why they are not known."""
    try:
        clients = redis.clients()
    except UnknownCommand:
        return [], "a server that does not know CLIENT LIST"
    except (Malformed, NotAllowed) as problem:
        return [], f"no answer to CLIENT LIST ({problem.got})"
    if len(clients) > 1 or _count_of_clients(redis) == len(clients):
        return clients, ""
    return clients, "a CLIENT LIST without any other client"


def _count_of_clients(redis: ReadOnlyRedis) -> int | None:
    """How many clients the server has; a service that hides the others from CLIENT LIST counts them."""
    try:
        count = redis.info().get("connected_clients")
    except (Malformed, NotAllowed):
        return None
    return count if isinstance(count, int) else None


def celery_workers(redis: ReadOnlyRedis, *, has_mailbox: bool) -> Attendance:
    """Whether a client is a worker of Celery.

    Each worker subscribes to a pattern for remote control, unless ``worker_enable_remote_control`` is off, and
    usually to one for events. Flower subscribes to one, but it has no mailbox for remote control and takes no
    jobs. A worker that was killed leaves its mailbox. Where clients are not listed, INFO counts the patterns; one
    may be Flower's.

    Args:
        has_mailbox: some worker has declared a mailbox for remote control, and not removed it at its end.
    """
    clients, unknown = _others(redis)
    here = _of_this_database(redis, clients)
    if not unknown and all("psub" in client for client in clients):
        subscribed = [client for client in here if client["psub"] != "0"]
        taking = [client for client in here if client.get("cmd", "brpop") == "brpop"]
        if sum(map(_count, (client["psub"] for client in here))) <= 1:
            told = taking if subscribed else [client for client in taking if _is_at_work(client)]
            return Attendance(missing=not any(_asks(client) for client in told))
        return Attendance(missing=not (has_mailbox or taking))
    try:
        patterns = redis.info().get("pubsub_patterns")
    except (Malformed, NotAllowed):
        patterns = None
    if isinstance(patterns, int) and (patterns == 0 or (patterns > 1 and has_mailbox)):
        return Attendance(missing=patterns == 0)
    return Attendance(unknown=unknown or "a CLIENT LIST without subscriptions")


def _is_at_work(client: Mapping[str, str]) -> bool:
    """Whether it took something from a list and does not ask for more.

    Jobs wait: whoever is blocked by asking, or asks again and again, takes from another list.
    """
    idle = client.get("idle", "")
    return "cmd" in client and "b" not in client.get("flags", "") and idle.isdecimal() and int(idle) > 0


def _asks(client: Mapping[str, str]) -> bool:
    """Whether it may be a worker: one that works does not ask for jobs meanwhile, and Flower asks for answers."""
    idle = client.get("idle", "")
    return not idle.isdecimal() or int(idle) < _BUSY


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else 2


def bull_workers(
    redis: ReadOnlyRedis, prefix: str, queue: str, *, producers_are_named: bool = False
) -> Attendance:
    """Whether a client is a worker of Bull or BullMQ.

    The connection on which a worker waits for jobs has a name of prefix and queue, where the service allows names
    (``getWorkers`` of src/classes/queue-getters.ts looks for it as well). One without a name, as of workers in
    other languages, is known by its blocking command.

    Args:
        producers_are_named: as by Bull (``redisClientGetter`` of lib/queue.js), which gives every connection of
            every process this name, also of a website that only adds jobs. Then a worker is one that waits for
            jobs, or did so last.
    """
    clients, unknown = _others(redis)
    if unknown:
        return Attendance(unknown=unknown)
    own = f"{prefix}:{b64encode(queue.encode()).decode()}"
    doubtful = ""
    for client in _of_this_database(redis, clients):
        name, command = client.get("name"), client.get("cmd", "")
        waits = command in _BLOCKING
        named = name is not None and (name == own or name.startswith(f"{own}:w:"))
        if (waits and not name) or (named and (waits or not producers_are_named)):
            return Attendance()
        if name is None or (not command and (named or not name)):
            doubtful = "a CLIENT LIST without names or commands"
    return Attendance(missing=not doubtful, unknown=doubtful)


def _of_this_database(redis: ReadOnlyRedis, clients: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those in the database of the queue, and those that do not tell: others take no job of it."""
    own = str(redis.database)
    return [client for client in clients if client.get("db", own) == own]


def senders(redis: ReadOnlyRedis, commands: Set[str], *, within: float | None = None) -> Attendance:
    """Whether a client has sent one of these commands last, which workers send again and again.

    Args:
        within: seconds since it did so; without a limit, as that of a worker which waits or works, if None.
    """
    clients, unknown = _others(redis)
    here = _of_this_database(redis, clients)
    if any(client.get("cmd") in commands and _is_recent(client, within) for client in here):
        return Attendance()
    if not unknown and not all(client.get("cmd") for client in here):
        unknown = "a CLIENT LIST without commands"
    return Attendance(missing=not unknown, unknown=unknown)


def _is_recent(client: Mapping[str, str], within: float | None) -> bool:
    idle = client.get("idle", "")
    return within is None or not idle.isdecimal() or int(idle) <= within


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
