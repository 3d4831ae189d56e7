"""TLS in front of a server that has none: connections are opened here and passed on to a unix socket."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sandbox.seen import Commands
from sandbox.service import Port
from sandbox.valkey_past import Past

_CHUNK = 64 * 1024


class TlsProxy:
    """Listens on a loopback port that stays the same while it is closed and opened again.

    Attributes:
        port: the port's number.
        latency: seconds that each request waits before it is passed on.
    """

    def __init__(self, target: Path, tls: ssl.SSLContext, past: Past, note: Callable[[str], None]) -> None:
        """``past`` says what is told of the server's age; ``note`` is given each command of who only reads."""
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
        """Listen; nothing where it does already."""
        if not self._server:
            self._server = await asyncio.start_server(self._serve, sock=self._port.take(), ssl=self._tls)

    async def close(self) -> None:
        """Refuse connections, and cut those that are there; nothing where it does already."""
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
        """Close, and give the port up."""
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
            turn = asyncio.Event()  # set while it is the client's turn to speak
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
            pass  # the server behind is away, so the connection ends here
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
                if self.latency and turn.is_set():  # once for each request, however many pieces it comes in
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
