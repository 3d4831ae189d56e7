"""Commands on data that Redis answered with an error: the application has not got what it asked for.

A read of a key of the wrong kind counts as a hit of the cache all the same, so that the hit rate does not show it.
https://valkey.io/commands/info/, commandstats; servers before Redis 6.2 do not count what has failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.core.counters import Grown
from playbook.core.coverage import Coverage
from playbook.measure.redis.redis_info import DATA_CALLS, FAILED_CALLS, FAILS_MOST, Info, recent_growth
from playbook.measure.statements import Statement

# Commands on data that fail in no ordinary work. Scripts by their digest do where they are not loaded yet, streams
# where a group exists, and clients ask new commands of old servers when they connect.
_ON_DATA = frozenset(
    """get set mget mset setex psetex setnx getset getdel getex del unlink exists expire pexpire ttl incr decr
    incrby decrby append strlen hget hset hmget hmset hgetall hdel hincrby hlen hexists hkeys hvals lpush rpush
    lpop rpop brpop blpop llen lrange lrem ltrim lindex lmove brpoplpush rpoplpush sadd srem smembers sismember
    scard spop zadd zrem zrange zrangebyscore zcard zscore zincrby zpopmin zcount xadd xread xlen eval
    """.split()  # noqa: SIM905
)
_LEAST_FAILED = 20
_MOST_PERCENT = 1.0


def calls_of(commands: Mapping[str, Any]) -> dict[str, Any]:
    """Calls of commands on data and how many of them failed, from ``INFO commandstats``; empty where not told."""
    own = {name: commands.get(f"cmdstat_{name}") for name in _ON_DATA}
    told = {
        name: one for name, one in own.items() if isinstance(one, dict) and _count(one, "failed_calls") is not None
    }
    failed = {name: _count(one, "failed_calls") or 0 for name, one in told.items()}
    if not told:
        return {}
    calls = sum(_count(one, "calls") or 0 for one in told.values())
    most = max(failed, key=lambda name: failed[name])
    return {DATA_CALLS: calls, FAILED_CALLS: sum(failed.values()), FAILS_MOST: most.upper()}


def failed_commands(info: Info, growth: Grown) -> list[Statement]:
    """That hardly any command on data has failed since the previous reading, where that is counted."""
    count, calls = info.count(FAILED_CALLS), info.count(DATA_CALLS)
    if not count or count < _LEAST_FAILED or not calls:
        return []
    amount, over = recent_growth(info, growth, FAILED_CALLS, count)
    of, _ = recent_growth(info, growth, DATA_CALLS, calls)
    subject, expected = "Commands to Redis", f"at most {_MOST_PERCENT:g} % that fail"
    if amount is None or of is None:
        return [Statement(subject, True, expected, "not known", warn=True, coverage=growth.known(FAILED_CALLS))]
    percent = 100 * amount / max(of, amount, 1)
    found = f"{percent:.1f} % in {over} ({amount:,.0f} of {of:,.0f}, mostly {info.word(FAILS_MOST)})"
    holds = amount < _LEAST_FAILED or percent <= _MOST_PERCENT
    return [Statement(subject, holds, expected, found, warn=True, coverage=Coverage())]


def _count(one: Mapping[str, Any], name: str) -> int | None:
    value = one.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
