"""What weighs on the sandbox's Valkey: real evictions, slow commands, idle clients, a tight limit of memory."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

MEMORY_LIMIT = "256mb"
POLICY = "allkeys-lru"
MOST_CLIENTS = 1_000
_EVICTS_WITHIN = 30.0  # seconds

# Keeps the server busy, as a command over too much data does. The clock that stands still in a script is TIME's.
_BUSY = """
local start = os.clock()
while os.clock() - start < tonumber(ARGV[1]) / 1000 do end
"""


@dataclass
class Burdens:
    """What weighs on the server; nothing by default, edited by faults.

    Attributes:
        evicted: keys that were thrown out for want of memory.
        slow_commands: how many there are in the slow log, each of ``slow_ms``.
        idle_clients: connections that nobody uses.
        most_clients: how many it allows.
        headroom: its limit of memory, in multiples of what it uses; None is plenty.
        policy: what it does when memory is full.
    """

    evicted: int = 0
    slow_commands: int = 0
    slow_ms: float = 12.0
    idle_clients: int = 0
    most_clients: int = MOST_CLIENTS
    headroom: float | None = None
    policy: str = POLICY


class Burdened:
    """Puts burdens on a server, and takes them off again."""

    def __init__(self, admin: Redis, socket: Path) -> None:
        self._admin = admin
        self._socket = socket
        self._idle: list[asyncio.StreamWriter] = []

    async def clear(self) -> None:
        """As a server without burdens is set; before it is filled."""
        for writer in self._idle:
            writer.close()
        self._idle.clear()
        await self._set(maxmemory=MEMORY_LIMIT, maxmemory_policy=POLICY, maxclients=MOST_CLIENTS)

    async def evict(self, count: int) -> None:
        """Have the server throw out ``count`` keys, and forget all others; before it is filled."""
        if not count:
            return
        await self._admin.flushall()
        await self._admin.config_resetstat()
        await self._admin.mset({f"img:old:{number}": "x" for number in range(count)})
        await self._set(maxmemory=1)
        async with asyncio.timeout(_EVICTS_WITHIN):
            while await self._admin.dbsize():  # it works through them in small steps
                await asyncio.sleep(0.005)
        await self._set(maxmemory=MEMORY_LIMIT)

    async def apply(self, burdens: Burdens) -> None:
        """Put them on, all but evictions, on a server that has been filled. The slow log begins here."""
        await self._admin.slowlog_reset()
        for _ in range(burdens.slow_commands):
            await self._admin.eval(_BUSY, 0, str(burdens.slow_ms))
        for _ in range(burdens.idle_clients):
            _, writer = await asyncio.open_unix_connection(self._socket)
            self._idle.append(writer)
        await self._set(maxclients=burdens.most_clients, maxmemory_policy=burdens.policy)
        if burdens.headroom:
            used = (await self._admin.info("memory"))["used_memory"]
            await self._set(maxmemory=int(used * burdens.headroom))

    async def end(self) -> None:
        """Close what was opened."""
        for writer in self._idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self._idle.clear()

    async def _set(self, **values: Any) -> None:
        for name, value in values.items():
            await self._admin.config_set(name.replace("_", "-"), value)
