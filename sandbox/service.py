"""What every part of the sandbox is: something that starts, shows a world, takes another one, and stops.

All services share one event loop. An HTTP service derives from HttpService and gives its app; the rest (a port of
its own, TLS, going away and coming back) is here.
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
from sandbox.seen import Seen

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.logs import LogStore
    from sandbox.tls import CertificateAuthority
    from sandbox.world import World

LOOPBACK = "127.0.0.1"
# Linux lets a socket listen on a port that another one only holds, where both have SO_REUSEADDR. So the port is
# never free there, not even for the moment in which a server has closed its socket and we have not yet bound one.
_SHARED = sys.platform == "linux"


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Handlers that we cut off ourselves are no errors; everything else that a handler raises is."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)


@dataclass
class Context:
    """What the services of one sandbox share.

    Attributes:
        folder: temporary folder, gone when the sandbox ends. A service makes its own folder in it.
        ca: the private certificate authority.
        world: what is shown now; replaced as a whole when faults are switched.
        seen: what was asked of all of them.
    """

    folder: Path
    ca: CertificateAuthority
    clock: Clock
    world: World
    seen: Seen = field(default_factory=Seen)

    @property
    def logs(self) -> LogStore:
        """The log store of the world that is shown now: ``context.logs.append(component, text)``."""
        return self.world.logs.store


class Service(ABC):
    """One part of the sandbox.

    Attributes:
        name: what ``world.gone`` calls it.
        context: set by ``start``.
    """

    name: ClassVar[str]
    context: Context

    @property
    def world(self) -> World:
        """The newest world; read it at request time."""
        return self.context.world

    @abstractmethod
    async def start(self, context: Context) -> None:
        """Begin to serve ``context.world``."""

    @abstractmethod
    async def apply(self, world: World) -> None:
        """Show ``world``, which is already ``context.world``; return when that is in effect."""

    @abstractmethod
    async def stop(self) -> None:
        """End. Called once, also where ``start`` failed half-way."""

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
    """A loopback port that stays ours for the sandbox's life, whether somebody listens on it or not.

    A bound socket that does not listen refuses connections, and no other process can get its port meanwhile.
    """

    def __init__(self) -> None:
        self._held = self._bind(0)
        self.number: int = self._held.getsockname()[1]

    def take(self) -> socket.socket:
        """A bound socket, for a server to listen on; the server closes it."""
        return self._bind(self.number) if _SHARED else self._held

    def reserve(self) -> None:
        """Hold the port again after a server has closed its socket."""
        if not _SHARED:
            self._held = self._bind(self.number)

    def close(self) -> None:
        """Give the port up."""
        self._held.close()

    @staticmethod
    def _bind(number: int) -> socket.socket:
        # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named; else they take 40 ms.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # Without it, connections of a moment ago (TIME_WAIT) would keep us from binding the port again.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, number))
        bound.setblocking(False)
        return bound


class HttpService(Service):
    """A Starlette (or other ASGI) app on a port of its own. Where its name is in ``world.gone``, nobody listens.

    Attributes:
        tls: serve https by the private authority, else plain http.
        websockets: whether the app accepts WebSockets; off by default as their support takes time to load.
        dates: the server puts the Date header on every answer; else the app does.
    """

    tls: ClassVar[bool] = True
    websockets: ClassVar[bool] = False
    dates: ClassVar[bool] = True

    _port: Port | None = None
    _server: _Server | None = None
    _tls: ssl.SSLContext | None = None

    @abstractmethod
    def app(self) -> ASGIApp:
        """The app; asked for once, when the service starts. Its handlers read ``self.world``."""

    def tls_context(self) -> ssl.SSLContext:
        """How it speaks TLS now; another object where that has changed."""
        return self.context.ca.server_context()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        assert self._port, f"{self.name} has not been started"
        return f"{'https' if self.tls else 'http'}://localhost:{self._port.number}"

    async def start(self, context: Context) -> None:
        """Take a port, and listen unless the service is gone."""
        self.context = context
        self._port = Port()
        self._app = context.seen.watched(self.app(), self.name)
        await self._listen_as_told()

    async def apply(self, world: World) -> None:
        """Go away or come back as ``world.gone`` says; derived classes may do more."""
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
        """Close the listener and every connection; the port stays ours, and refuses whoever comes."""
        assert self._port
        if self._server:
            server, self._server = self._server, None
            await server.end()
            self._port.reserve()


class _Server(uvicorn.Server):
    """uvicorn inside somebody else's event loop: no signal handlers, no chatter, and an end without waiting."""

    def __init__(self, app: ASGIApp, *, tls: Any, websockets: bool, dates: bool) -> None:
        ws: Any = "none"
        if websockets:
            from sandbox.frames import FramesTogether  # it takes time to load

            ws = FramesTogether
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws=ws,
                ws_per_message_deflate=False,  # so that a frame is the same for all who read it
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
        self._ticks = asyncio.create_task(self.main_loop())  # keeps the Date header right

    async def end(self) -> None:
        """Stop listening and cut every connection: what is gone does not finish its sentences."""
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
