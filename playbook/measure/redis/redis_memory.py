"""Memory of the machine that Redis is on: a limit above it is none, and what was swapped out is slow."""

from __future__ import annotations

from playbook.core.counters import Grown
from playbook.core.coverage import Coverage
from playbook.measure.redis.redis_info import Info, mebibytes, recent_growth
from playbook.measure.statements import Statement

_MUCH = 100 * 1024.0**2  # bytes from which on what is resident says whether memory was swapped out
_LEAST_RESIDENT = 0.75  # of what is used; fragmentation makes it more than all


def limit_of(info: Info) -> int | None:
    """Memory limit in bytes; 0 is no limit, None where it is not reported.

    One above the machine's memory is none: that is full before.
    """
    limit, system = info.count("maxmemory"), info.number("total_system_memory")
    return 0 if limit and system and limit >= system else limit


def limit_in_words(info: Info) -> str:
    """Its limit with the policy, or why it has none."""
    limit, told, system = limit_of(info), info.number("maxmemory"), info.number("total_system_memory")
    if limit:
        return f"{mebibytes(limit)} ({info.word('maxmemory_policy') or 'no policy'})"
    return f"one of {mebibytes(told)}, and the machine has {mebibytes(system)}" if told and system else "none"


def evicted_jobs(info: Info, growth: Grown) -> list[Statement]:
    """That no key was evicted since the previous reading, where libraries keep their jobs in this server.

    It evicts their jobs as any other key; BullMQ and Sidekiq ask for the policy noeviction. Jobs never expire, so
    that a volatile-… policy leaves them.
    """
    policy, count = info.word("maxmemory_policy"), info.count("evicted_keys")
    if not policy.startswith("allkeys-") or not count:
        return []
    amount, over = recent_growth(info, growth, "evicted_keys", count)
    found = f"{amount:,.0f} in {over} under {policy}, any of which may have been a job's" if amount else "none"
    known = growth.known("evicted_keys") if amount is None else Coverage()
    return [Statement("Keys of jobs in Redis", not amount, "none evicted", found, warn=True, coverage=known)]


def swapped(info: Info) -> list[Statement]:
    """That its data are in the machine's memory; empty where that cannot be told, or where there are few of them.

    What it has allocated for a backlog of replication and not yet written to counts as used, and takes no memory.
    """
    used, resident = info.number("used_memory"), info.number("used_memory_rss")
    if not used or not resident or used < _MUCH:
        return []
    untouched = (info.number("repl_backlog_size") or 0.0) - (info.number("repl_backlog_histlen") or 0.0)
    used -= max(untouched, 0.0)
    share = f"{mebibytes(resident)} of {mebibytes(used)}"
    subject, expected = "Data of Redis in memory", "nearly all of them"
    holds = resident >= _LEAST_RESIDENT * used
    words = share if holds else f"{share}: the machine has swapped out the rest"
    return [Statement(subject, holds, expected, words, warn=True)]
