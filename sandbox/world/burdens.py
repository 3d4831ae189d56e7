"""State of what weighs on the sandbox's Valkey."""

from __future__ import annotations

from dataclasses import dataclass

MEMORY_LIMIT = "256mb"


POLICY = "allkeys-lru"


MOST_CLIENTS = 900  # of 1,024 open files, a common limit in containers, the server needs some itself


SLOW_LOG = 128


@dataclass
class Burdens:
    """Load on the server; none by default, edited by faults.

    Attributes:
        evicted: keys evicted for lack of memory.
        slow_commands: entries in the slow log, each of ``slow_ms``.
        idle_clients: unused connections.
        most_clients: its limit of clients.
        headroom: its memory limit, in multiples of what it uses; None for plenty.
        policy: eviction policy.
        slow_log: maximum length of its slow log.
        replica: it is the replica of a server that is gone.
        unsaved: its newest snapshot could not be written, so it refuses writes.
    """

    evicted: int = 0
    slow_commands: int = 0
    slow_ms: float = 12.0
    idle_clients: int = 0
    most_clients: int = MOST_CLIENTS
    headroom: float | None = None
    policy: str = POLICY
    slow_log: int = SLOW_LOG
    replica: bool = False
    unsaved: bool = False
