"""Node ids of checks in a run with several targets: ``checks/redis/test_redis.py::test_alive[shop-a]``.

In a check with its own parameters the target follows them, ``test_x[north-@shop-a]``, so the two can be
distinguished. A record holds the id without the target: it is the same however many targets a run has.
"""

from __future__ import annotations

from collections.abc import Collection

PARAMETER = "playbook_target"
_BEHIND = "@"  # never part of a target's name


def parameter_id(target: str, *, has_others: bool) -> str:
    """The target as it is written between the brackets."""
    return f"{_BEHIND}{target}" if has_others else target


def target_in(nodeid: str, targets: Collection[str]) -> str | None:
    """The target named by a node id; None if it names none of these."""
    _, bracket, inner = nodeid.removesuffix("]").rpartition("[")
    if not bracket or not nodeid.endswith("]"):
        return None
    _, _, behind = nodeid.removesuffix("]").rpartition(f"-{_BEHIND}")
    if behind in targets and f"-{_BEHIND}" in nodeid:
        return behind
    return inner if inner in targets else None


def without_target(nodeid: str, target: str) -> str:
    """The id of the check in a run with a single target.

    ``test_x[shop-a]`` → ``test_x``, ``test_x[north-@shop-a]`` → ``test_x[north]``.
    """
    if nodeid.endswith(f"-{_BEHIND}{target}]"):
        return nodeid.removesuffix(f"-{_BEHIND}{target}]") + "]"
    return nodeid.removesuffix(f"[{target}]")


def with_target(check: str, target: str) -> str:
    """The inverse: the id that makes pytest run the check for this target of several."""
    if check.endswith("]"):
        return f"{check.removesuffix(']')}-{_BEHIND}{target}]"
    return f"{check}[{target}]"
