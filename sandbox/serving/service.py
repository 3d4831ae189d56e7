"""Base of every part of the sandbox: it starts, shows a world, switches to another one, and stops.

All services share one event loop. An HTTP service derives from HttpService and provides its app; the rest (a port
of its own, TLS, disappearing and returning) is here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import uvicorn

from playbook.core.clock import Clock
from sandbox.loopback import LOOPBACK
from sandbox.serving.seen import Seen

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.serving.authority import CertificateAuthority
    from sandbox.world import World
    from sandbox.world.logs import LogStore

# Linux lets a socket listen on a port that another socket only holds, if both have SO_REUSEADDR. So the port is
# never free there, not even between a server closing its socket and us binding a new one.
_SHARED = sys.platform == "linux"


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Handlers that we cut off ourselves are no errors; all other exceptions of handlers are."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)


@dataclass
class Context:
    """What the services of one sandbox share.

    Attributes:
        folder: temporary folder, removed when the sandbox ends. A service creates its own folder in it.
        ca: the private certificate authority.
        world: the current world; replaced as a whole when faults are switched.
        seen: requests to all services.
    """

    folder: Path
    ca: CertificateAuthority
    clock: Clock
    world: World
    seen: Seen = field(default_factory=Seen)

    @property
    def logs(self) -> LogStore:
        """The log store of the current world: ``context.logs.append(component, text)``."""
        return self.world.logs.store


class Service(ABC):
    """One part of the sandbox.

    Attributes:
        name: its name in ``world.gone``.
        context: set by ``start``.
    """

    name: ClassVar[str]
    context: Context

    @property
    def world(self) -> World:
        """The current world; read it at request time."""
        return self.context.world

    @abstractmethod
    async def start(self, context: Context) -> None:
        """Start serving ``context.world``."""

    @abstractmethod
    async def apply(self, world: World) -> None:
        """Show ``world``, which is already ``context.world``; in effect on return."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop. Called once, even if ``start`` failed half-way."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Its part of the target's settings in the form of playbook.toml: ``{"web": {"url": …, "ca": …}}``.

        Called after ``start`` and after each ``apply``; addresses must not change.
        """


class FileService(Service):
    """Files in place of a server: they are written again whenever the world changes, and go with its folder."""

    async def start(self, context: Context) -> None:
        """Write the files, if the world has any."""
        self.context = context
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Replace the files by those of ``world``."""
        await asyncio.to_thread(self._write, world)

    async def stop(self) -> None:
        """Nothing is left running."""

    @abstractmethod
    def _write(self, world: World) -> None:
        """Write the files of ``world``, and remove those that it does not have."""


class Port:
    """A loopback port that is reserved for the sandbox's life, with or without a listener.

    A bound socket that does not listen refuses connections, and no other process can take its port.
    """

    def __init__(self) -> None:
        self._held = self._bind(0)
        self.number: int = self._held.getsockname()[1]

    def take(self) -> socket.socket:
        """A bound socket for a server to listen on; the server closes it."""
        return self._bind(self.number) if _SHARED else self._held

    def reserve(self) -> None:
        """Hold the port again after a server has closed its socket."""
        if not _SHARED:
            self._held = self._bind(self.number)

    def close(self) -> None:
        """Release the port."""
        self._held.close()

    @staticmethod
    def _bind(number: int) -> socket.socket:
        # asyncio sets TCP_NODELAY only if the protocol is named; otherwise small answers take 40 ms.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # Without it, recent connections (TIME_WAIT) would prevent binding the port again.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, number))
        bound.setblocking(False)
        return bound


class HttpService(Service):
    """A Starlette (or other ASGI) app on its own port. If its name is in ``world.gone``, nothing listens.

    Attributes:
        tls: serve https by the private authority, else plain http.
        websockets: whether the app accepts WebSockets; off by default as they take time to load.
        dates: whether the server adds the Date header to every answer; else the app does.
    """

    tls: ClassVar[bool] = True
    websockets: ClassVar[bool] = False
    dates: ClassVar[bool] = True

    _port: Port | None = None
    _server: _Server | None = None
    _tls: ssl.SSLContext | None = None

    @abstractmethod
    def app(self) -> ASGIApp:
        """The app; called once, when the service starts. Its handlers read ``self.world``."""

    def tls_context(self) -> ssl.SSLContext:
        """Its current TLS context; a new object if it has changed."""
        return self.context.ca.server_context()

    @property
    def url(self) -> str:
        """Its address, without a trailing slash."""
        assert self._port, f"{self.name} has not been started"
        return f"{'https' if self.tls else 'http'}://localhost:{self._port.number}"

    async def start(self, context: Context) -> None:
        """Take a port, and listen unless the service is gone."""
        self.context = context
        self._port = Port()
        self._app = context.seen.watched(self.app(), self.name)
        await self._listen_as_told()

    async def apply(self, world: World) -> None:
        """Disappear or return according to ``world.gone``; derived classes may do more."""
        await self._listen_as_told()

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server:
            await self._server.end()
            self._server = None
        if self._port:
            self._port.close()

    async def _listen_as_told(self) -> None:
        assert self._port
        gone = self.name in self.world.gone
        tls = self.tls_context() if self.tls else None
        if self._server and (gone or tls is not self._tls):
            await self._end_listening()
        if not gone and not self._server:
            self._tls = tls
            self._server = _Server(self._app, tls=tls, websockets=self.websockets, dates=self.dates)
            await self._server.begin(self._port.take())

    async def _end_listening(self) -> None:
        """Close the listener and every connection; the port stays reserved, and refuses connections."""
        assert self._port
        if self._server:
            server, self._server = self._server, None
            await server.end()
            self._port.reserve()


class _Server(uvicorn.Server):
    """uvicorn in an existing event loop: no signal handlers, no logging, and an immediate stop."""

    def __init__(self, app: ASGIApp, *, tls: Any, websockets: bool, dates: bool) -> None:
        ws: Any = "none"
        if websockets:
            from sandbox.serving.frames import FramesTogether  # it takes time to load

            ws = FramesTogether
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws=ws,
                ws_per_message_deflate=False,  # so that a frame is the same for all readers
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=dates,
                proxy_headers=False,
                timeout_keep_alive=60,
                ssl_context_factory=(lambda _config, _default: tls) if tls else None,
            )
        )
        self._ticks: asyncio.Task[None] | None = None

    async def begin(self, bound: socket.socket) -> None:
        """Listen on a bound socket."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[bound])
        await self.on_tick(0)
        self._ticks = asyncio.create_task(self.main_loop())

    async def main_loop(self) -> None:
        """Update the Date header every second: uvicorn's own loop wakes up ten times, in each of many services."""
        while True:
            await asyncio.sleep(1)
            await self.on_tick(0)

    async def end(self) -> None:
        """Stop listening and cut every connection: a service that is gone does not finish its answers."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport:
                transport.abort()
        tasks = [*self.server_state.tasks, *([self._ticks] if self._ticks else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
