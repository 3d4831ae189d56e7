"""A queue of which a command is not answered, as where the user may not send it: what others count is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.errors import Unmeasured
from playbook.measure.redis.queue_layouts import Figures
from playbook.measure.redis.redis_work import ANSWERED

Command = tuple[str | bytes | int, ...]

# Replies as of a key that does not exist.
_LISTS = frozenset({"SMEMBERS", "ZRANGE", "XRANGE", "XINFO GROUPS", "XINFO CONSUMERS"})
_NUMBERS = frozenset({"SISMEMBER", "LLEN", "SCARD", "ZCARD", "HLEN", "XLEN"})


class _Gaps:
    """A server whose unanswered commands are as those about keys that do not exist."""

    def __init__(self, redis: ReadOnlyRedis) -> None:
        self._redis = redis

    def many(self, commands: Sequence[Command]) -> list[Any]:
        answers: dict[int, Any] = {}
        for name in dict.fromkeys(command[0] for command in commands):
            places = [place for place, command in enumerate(commands) if command[0] == name]
            asked = [commands[place] for place in places]
            try:
                told = self._redis.many(asked)
            except ANSWERED:
                told = [_nothing(command) for command in asked]
            answers.update(zip(places, told, strict=True))
        return [answers[place] for place in range(len(commands))]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._redis, name)


def counted(redis: ReadOnlyRedis, read: Callable[[ReadOnlyRedis], Figures], problem: Unmeasured) -> Figures | None:
    """The counts and times that are known without what was not answered; None where there are none.

    They are never more than there are. None of something is left out, and so is what follows from it, as that no
    worker is alive.
    """
    try:
        figures = read(cast(ReadOnlyRedis, _Gaps(redis)))
    except Unmeasured:
        return None
    known = (figures.waiting, figures.failed, figures.retried, figures.oldest, figures.overdue)
    if not any(known):
        return None
    return replace(
        figures,
        waiting=figures.waiting or None,
        failed=figures.failed or None,
        retried=figures.retried or None,
        active=None,
        later=None,
        workers=None,
        beating=False,
        lost=0,
        unattended=False,
        unseen="",
        stuck=None,
        stalled=None,
        next_job="",
        other_end="",
        seen=None,
        not_told=(*figures.not_told, f"what was not answered: {problem.got}"),
    )


def _nothing(command: Command) -> Any:
    name = command[0]
    if name in _LISTS:
        return []
    if name == "TYPE":
        return "none"
    if name == "HMGET":
        return [None] * (len(command) - 2)
    return 0 if name in _NUMBERS else None
