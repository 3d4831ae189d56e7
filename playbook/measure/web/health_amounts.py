"""Keys of health reports that hold numbers: counts, shares and amounts, and which tell of trouble. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from playbook.measure.web.health_key_words import ERRORS, LIMITING, word_set, words_of
from playbook.measure.web.health_words import MEANING, canonical

_PEERS = word_set("clients sockets websocket websockets subscribers")
_COUNTERS = _PEERS | word_set(
    """complete completed waiting delayed processed requests jobs sent received finished succeeded successful count
    hits misses"""
)
_STAGES = word_set("pending queued enqueued waiting scheduled")
_SETS = word_set("retry retries dead archived discarded retryable")  # of jobs, as their libraries keep them
_STATES = word_set("retryable discarded cancelled")  # of jobs, in Oban and River
_QUEUES = word_set("paused")  # what a queue alone can be
_PART = re.compile(r"(\d{1,6}) ?(?:/|of) ?(\d{1,6})")
_YES_OR_NO = word_set("health healthy alive connected reachable up")
_SHARES = word_set("rate ratio percent percentage pct share")
_AMOUNTS = word_set("latency ping rtt ms seconds time duration days left remaining free available")
_DISKS = word_set("disk disks storage filesystem filesystems inode inodes")
_FREE, _USE = word_set("free available left remaining"), word_set("usage utilization utilisation percent full")
_UNITS = word_set("kb mb gb tb kib mib gib tib bytes")
_EXPIRES = word_set("expire expires expiry expiration")
_DIFFERENCES = word_set("offset drift skew diff difference delta change trend zone")
_SUCCESSES = word_set("success successes successful succeeded passed passing healthy availability")
_WELL = word_set("healthy ready alive live online up connected")
_COPIES = word_set(
    "instances replicas nodes workers pods hosts backends upstreams brokers services servers consumers"
)
_TAKERS = word_set("workers consumers brokers masters")  # of jobs, of messages, and of Horizon's queues
_PROCESSES = word_set("nodes processes servers supervisors")  # the same, by what a library of jobs calls them
_JOB_LIBRARIES = word_set("celery sidekiq resque rq dramatiq huey horizon goodjob")
_NO_NUMBER = re.compile(r"(?:0(?:\s*(?:/|of)\s*\d+)?|none|no|\[\])?")
_HOW_MANY = word_set("count total number num size online alive live running available connected registered")

_QUEUE_LIBRARIES = _JOB_LIBRARIES | word_set(
    "hangfire asynq solidqueue delayedjob jobrunr faktory machinery jobs queue queues"
)


def is_percent(key: str) -> bool:
    """Whether a key says that its number is in percent."""
    return bool({*words_of(key)} & {"percent", "percentage", "pct", "perc"})


def space_of(name: str, key: str) -> str:
    """``free``, ``used``, or ``share`` for its use, where a key holds the space of a disk; empty for any other."""
    own = {*words_of(key)}
    if own & LIMITING or not ({*words_of(name)} | own) & _DISKS:
        return ""
    if own & _FREE:
        return "free"
    return "used" if "used" in own or own & _UNITS else "share" if own & _USE else ""


def is_rate(key: str) -> bool:
    """Whether a key holds a share of failures or of successes: ``errorRate``, ``success_percent``."""
    words = set(words_of(key))
    if words & LIMITING or words & {"budget", "limit"}:
        return False
    return bool(words & _SHARES and words & (ERRORS | _SUCCESSES)) or words == {"availability"}


def is_bad_rate(key: str, value: float, percent: bool) -> bool:
    """Whether a share is bad: where its unit is not known, both as a fraction and in percent.

    Without requests, no share is 0.
    """
    words = set(words_of(key))
    percent = percent or bool(words & {"percent", "percentage", "pct"})
    if words & ERRORS:
        return value >= 5 or (0.5 <= value <= 1 and not percent)
    return 0 < value < 0.95 or 1 < value < 95


def is_odd(key: str, value: float) -> bool:
    """Whether a number tells of trouble: a process that has failed, a negative time, no healthy replica."""
    words = words_of(key)
    if "".join(words) in ("exitcode", "exitstatus", "returncode"):
        return value != 0
    if value == 0 and "days" in words and {*words} & _FREE:  # of a certificate, which ends today
        return True
    if value < -1 and "in" in words and {*words} & _EXPIRES:  # -1 is often none
        return True
    if value < 0:
        return bool(_AMOUNTS & set(words)) and not _DIFFERENCES & set(words)
    return value == 0 and are_copies(key) and words[0] in _WELL


def are_copies(key: str) -> bool:
    """Whether a key names a number of equal things that should all work: ``workers``, ``healthyInstances``."""
    return words_of(key)[-1:] != () and words_of(key)[-1] in _COPIES


def is_part_of(key: str, value: str) -> bool:
    """Whether a text under a key of equal things tells that some are missing: ``"replicas": "1/3"``.

    Workers may be busy in part, and the number of those that are is written alike.
    """
    match = _PART.fullmatch(value.strip())
    is_part = match is not None and int(match[1]) < int(match[2])
    return is_part and are_copies(key) and words_of(key)[-1] not in _TAKERS


def counts_workers(key: str, name: str = "") -> bool:
    """Whether a key names workers or how many there are: ``workers``, ``worker_count``, ``onlineConsumers``.

    Args:
        name: of what has them; those of Celery are its ``nodes``, those of Sidekiq its ``processes``, and those of
            asynq its ``servers``.
    """
    words = words_of(key)
    named = [word for word in words if word not in _HOW_MANY and word not in _JOB_LIBRARIES]
    if len(named) == 1 and named[0] in _PROCESSES:
        return bool(_JOB_LIBRARIES & {*words_of(name), *words}) or "".join(words_of(name)) in _QUEUE_LIBRARIES
    is_one = len(named) == 1 and f"{named[0]}s" in _TAKERS and len(words) > 1
    return is_one or (len(named) == 1 and named[0] in _TAKERS)


def is_of_queues(keys: Iterable[str]) -> bool:
    """Whether one of these keys names queues, or a library of them: ``queue``, ``asynq``."""
    return any("".join(words_of(key)) in _QUEUE_LIBRARIES for key in keys)


def counts_no_workers(name: str, key: str, value: object) -> bool:
    """Whether a key that counts or lists workers has no number of them: null, ``"0"``, ``"0/3"``, ``"none"``; or
    names one of Celery's that has not answered.
    """
    is_none = value is None or (
        isinstance(value, str) and _NO_NUMBER.fullmatch(value.strip().casefold()) is not None
    )
    return is_none and (counts_workers(key, name) or (value is None and "@" in key))


def is_count(key: str) -> bool:
    """Whether a key beside the name of equal things tells how many there are: ``count``, ``total``, ``idle``."""
    words = words_of(key)
    return bool(words) and set(words) <= _HOW_MANY | {"idle", "busy", "active", "value", "observed"}


def is_tally(keys: list[str]) -> bool:
    """Whether an object counts dependencies by state: ``{"ok": 0, "degraded": 0, "error": 0}``."""
    return len(keys) > 2 and all(
        canonical(key) in MEANING or canonical(key) in ("total", "unknown") for key in keys
    )


def counts(keys: list[str]) -> bool:
    """Whether an object counts events, e.g. jobs of a queue, of which some may have failed long ago.

    Args:
        keys: its name, and those in it.
    """
    # arq counts jobs as "j_complete" and "j_failed".
    if any("".join(word for word in words_of(key) if len(word) > 1) in _COUNTERS for key in keys):
        return True
    of_library = bool(keys) and "".join(words_of(keys[0])) in _QUEUE_LIBRARIES
    return of_library and any({*words_of(key)} & (_STAGES | _SETS) for key in keys[1:])


def counts_stage(key: str, beside: list[str]) -> bool:
    """Whether a key counts jobs that are worked on, beside those that wait: ``running`` and ``pending``; or that
    may be, beside others of Oban and River: ``available`` and ``retryable``.
    """
    others = {word for one in beside for word in words_of(one)}
    if words_of(key) == ("available",):
        return bool(others & _STATES)
    return words_of(key) in (("running",), ("working",), ("executing",)) and bool(
        others & (_STAGES | _STATES | _QUEUES)
    )


def counts_none(key: str, beside: list[str]) -> bool:
    """Whether 0 under this key is a number of things, also in an object that counts: of clients none is connected,
    but a Redis with ``hits`` and ``up: 0`` is away.
    """
    words = words_of(key)
    is_number = not words or words[-1] not in _YES_OR_NO
    return is_number or any("".join(words_of(one)) in _PEERS for one in beside)
