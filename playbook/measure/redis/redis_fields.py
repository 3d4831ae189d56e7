"""What INFO says of a server, with the sections that it does not tell by default."""

from __future__ import annotations

import re
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.measure.redis.redis_failed import calls_of
from playbook.measure.redis.redis_info import SLOW_LOG_RESETS
from playbook.measure.redis.redis_work import ANSWERED

_SUBCOMMAND = re.compile(r"cmdstat_\w+\|")
_RESETS = ("cmdstat_slowlog|reset", "cmdstat_commandlog|reset")


def fields_of(redis: ReadOnlyRedis) -> dict[str, Any]:
    """Fields of INFO. Dragonfly tells of persistence only when asked, and every server of its commands.

    How often the slow log was emptied, and how many commands on data have failed, are added as fields of their
    own; servers before Redis 7 and 6.2 do not count them.
    """
    fields = redis.info()
    if "loading" not in fields:
        fields = {**_section(redis, "persistence"), **fields}
    commands = _section(redis, "commandstats")
    fields = {**fields, **calls_of(commands)}
    if any(map(_SUBCOMMAND.match, commands)):
        fields = {**fields, SLOW_LOG_RESETS: sum(_calls(commands.get(name)) for name in _RESETS)}
    return fields


def _section(redis: ReadOnlyRedis, name: str) -> dict[str, Any]:
    try:
        return redis.info(name)
    except ANSWERED:
        return {}


def _calls(command: Any) -> int:
    calls = command.get("calls") if isinstance(command, dict) else None
    return calls if isinstance(calls, int) else 0
