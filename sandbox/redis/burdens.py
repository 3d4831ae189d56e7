"""Load on the sandbox's Valkey: real evictions, slow commands, idle clients, a tight memory limit."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from sandbox.world.burdens import MEMORY_LIMIT, MOST_CLIENTS, POLICY, SLOW_LOG, Burdens

_WITHIN = 30.0  # seconds
_SNAPSHOT = "dump.rdb"
_NOBODY = 1  # a port on which nothing listens

# Keeps the server busy, as a command over too much data does. TIME does not advance within a script.
_BUSY = """
local start = os.clock()
while os.clock() - start < tonumber(ARGV[1]) / 1000 do end
"""


class Burdened:
    """Applies load to a server, and removes it again."""

    def __init__(self, admin: Redis, socket: Path, folder: Path) -> None:
        """``folder`` is the server's working directory."""
        self._admin = admin
        self._snapshot = folder / _SNAPSHOT
        self._socket = socket
        self._idle: list[asyncio.StreamWriter] = []

    async def clear(self) -> None:
        """Reset a server to no load, before it is filled."""
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
        """Make the server evict ``count`` keys, and delete all others; before it is filled."""
        if not count:
            return
        await self._admin.flushall()
        await self._admin.mset({f"img:old:{number}": "x" for number in range(count)})
        await self._set(maxmemory=1)
        async with asyncio.timeout(_WITHIN):
            while await self._admin.dbsize():  # it deletes in small steps
                await asyncio.sleep(0.005)
        await self._set(maxmemory=MEMORY_LIMIT)

    async def apply(self, burdens: Burdens) -> None:
        """Apply everything except evictions to a filled server. The slow log begins here."""
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
            self._snapshot.mkdir(exist_ok=True)  # not even root can replace a folder by a file
            await self._set(save="3600 1")
            await self._save("err")

    async def end(self) -> None:
        """Close all connections."""
        for writer in self._idle:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self._idle.clear()

    async def _save(self, status: str) -> None:
        """Make it write a snapshot, and wait for the result."""
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
