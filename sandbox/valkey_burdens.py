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
MOST_CLIENTS = 900  # of 1,024 open files, which is all that many containers have, the server keeps some
SLOW_LOG = 128
_WITHIN = 30.0  # seconds
_SNAPSHOT = "dump.rdb"
_NOBODY = 1  # a port on which nothing listens

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
        slow_log: how many entries its slow log holds.
        replica: it is the replica of a server that is away.
        unsaved: its newest snapshot could not be written, and it refuses writes for that.
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


class Burdened:
    """Puts burdens on a server, and takes them off again."""

    def __init__(self, admin: Redis, socket: Path, folder: Path) -> None:
        """``folder`` is where the server saves."""
        self._admin = admin
        self._snapshot = folder / _SNAPSHOT
        self._socket = socket
        self._idle: list[asyncio.StreamWriter] = []

    async def clear(self) -> None:
        """As a server without burdens is set; before it is filled."""
        for writer in self._idle:
            writer.close()
        self._idle.clear()
        await self._admin.replicaof("NO", "ONE")
        await self._set(save="")
        if self._snapshot.is_dir():
            self._snapshot.rmdir()
            await self._save("ok")
        await self._set(
            maxmemory=MEMORY_LIMIT,
            maxmemory_policy=POLICY,
            maxclients=MOST_CLIENTS,
            slowlog_max_len=SLOW_LOG,
        )

    async def evict(self, count: int) -> None:
        """Have the server throw out ``count`` keys, and forget all others; before it is filled."""
        if not count:
            return
        await self._admin.flushall()
        await self._admin.mset({f"img:old:{number}": "x" for number in range(count)})
        await self._set(maxmemory=1)
        async with asyncio.timeout(_WITHIN):
            while await self._admin.dbsize():  # it works through them in small steps
                await asyncio.sleep(0.005)
        await self._set(maxmemory=MEMORY_LIMIT)

    async def apply(self, burdens: Burdens) -> None:
        """Put them on, all but evictions, on a server that has been filled. The slow log begins here."""
        await self._set(slowlog_max_len=burdens.slow_log)
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
        if burdens.replica:
            await self._admin.replicaof("127.0.0.1", _NOBODY)
        if burdens.unsaved:
            self._snapshot.unlink(missing_ok=True)
            self._snapshot.mkdir(exist_ok=True)  # which a file cannot replace, whoever the server runs as
            await self._set(save="3600 1")
            await self._save("err")

    async def end(self) -> None:
        """Close what was opened."""
        for writer in self._idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self._idle.clear()

    async def _save(self, status: str) -> None:
        """Have it write a snapshot, and wait until it says how that ended."""
        await self._admin.bgsave()
        async with asyncio.timeout(_WITHIN):
            while True:
                told = await self._admin.info("persistence")
                if not told["rdb_bgsave_in_progress"] and told["rdb_last_bgsave_status"] == status:
                    return
                await asyncio.sleep(0.005)

    async def _set(self, **values: Any) -> None:
        for name, value in values.items():
            await self._admin.config_set(name.replace("_", "-"), value)
