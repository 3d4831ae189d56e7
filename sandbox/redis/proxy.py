"""TLS in front of a server without TLS: terminates connections and forwards them to a unix socket."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sandbox.redis.past import Past
from sandbox.serving.seen import Commands
from sandbox.serving.service import Port

_CHUNK = 64 * 1024


class TlsProxy:
    """Listens on a loopback port that stays the same while it is closed and reopened.

    Attributes:
        port: the port number.
        latency: delay of each request in seconds.
    """

    def __init__(self, target: Path, tls: ssl.SSLContext, past: Past, note: Callable[[str], None]) -> None:
        """``past`` is the server's pretended age; ``note`` is called with each command of the read-only user."""
        self._past = past
        self._note = note
        self._target = target
        self._tls = tls
        self._port = Port()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = self._port.number
        self.latency = 0.0

    async def open(self) -> None:
        """Listen; no effect if it does already."""
        if not self._server:
            self._server = await asyncio.start_server(self._serve, sock=self._port.take(), ssl=self._tls)

    async def close(self) -> None:
        """Refuse connections, and cut existing ones; no effect if it does already."""
        if not self._server:
            return
        self._server.close()
        self._server = None
        await self.cut()
        self._port.reserve()

    async def cut(self) -> None:
        """Cut every connection."""
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def end(self) -> None:
        """Close, and release the port."""
        await self.close()
        self._port.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        writers = [writer]
        try:
            target_reader, target_writer = await asyncio.open_unix_connection(self._target)
            writers.append(target_writer)
            turn = asyncio.Event()  # set while the server waits for the client
            turn.set()
            pumps = [
                asyncio.ensure_future(self._ask(reader, target_writer, turn)),
                asyncio.ensure_future(self._answer(target_reader, writer, turn)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
        except OSError:
            pass  # the server is gone, so the connection ends here
        except asyncio.CancelledError:
            for opened in writers:
                opened.transport.abort()
        finally:
            for opened in writers:
                opened.close()
            self._connections.discard(task)

    async def _ask(self, client: asyncio.StreamReader, target: asyncio.StreamWriter, turn: asyncio.Event) -> None:
        commands = Commands(self._note)
        with suppress(OSError):
            while data := await client.read(_CHUNK):
                commands.feed(data)
                if self.latency and turn.is_set():  # once per request, however many pieces it arrives in
                    await asyncio.sleep(self.latency)
                turn.clear()
                target.write(data)
                await target.drain()

    async def _answer(
        self, target: asyncio.StreamReader, client: asyncio.StreamWriter, turn: asyncio.Event
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await target.read(_CHUNK):
                while missing := self._past.missing(data):
                    data += await target.readexactly(missing)
                turn.set()
                client.write(self._past.told(data))
                await client.drain()
