"""The node ids of checks where a run has several targets: ``checks/redis/test_redis.py::test_alive[shop-a]``.

A check that has parameters of its own has the target behind them, ``test_x[north-@shop-a]``, so that one is told
from the other. A record holds the id without the target: it is the same however many targets a run has.
"""

from __future__ import annotations

from collections.abc import Collection

PARAMETER = "playbook_target"
_BEHIND = "@"  # which no name of a target holds


def parameter_id(target: str, *, has_others: bool) -> str:
    """How the target stands between the brackets."""
    return f"{_BEHIND}{target}" if has_others else target


def target_in(nodeid: str, targets: Collection[str]) -> str | None:
    """The target that a node id names; None where it names none of these."""
    _, bracket, inner = nodeid.removesuffix("]").rpartition("[")
    if not bracket or not nodeid.endswith("]"):
        return None
    _, _, behind = nodeid.removesuffix("]").rpartition(f"-{_BEHIND}")
    if behind in targets and f"-{_BEHIND}" in nodeid:
        return behind
    return inner if inner in targets else None


def without_target(nodeid: str, target: str) -> str:
    """The id that the check has where the target is the only one.

    ``test_x[shop-a]`` → ``test_x``, ``test_x[north-@shop-a]`` → ``test_x[north]``.
    """
    if nodeid.endswith(f"-{_BEHIND}{target}]"):
        return nodeid.removesuffix(f"-{_BEHIND}{target}]") + "]"
    return nodeid.removesuffix(f"[{target}]")


def with_target(check: str, target: str) -> str:
    """The other way round: what pytest is told to run the check for this target of several."""
    if check.endswith("]"):
        return f"{check.removesuffix(']')}-{_BEHIND}{target}]"
    return f"{check}[{target}]"
