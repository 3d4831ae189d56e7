"""Failures of any answer: delayed, refused, truncated, or the last one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sandbox.world.web import PortfolioState

_METRICS = "/metrics"  # monitoring is not affected


class Burdened:
    """ASGI middleware; ``die`` is called after the last request that is to be answered."""

    def __init__(self, app: ASGIApp, *, state: Callable[[], PortfolioState], die: Callable[[], None]) -> None:
        self._app = app
        self._state = state
        self._die = die
        self._shown: PortfolioState | None = None
        self._seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self._state()
        if scope["type"] != "http" or scope["path"] == _METRICS:
            await self._app(scope, receive, send)
            return
        if state is not self._shown:  # another world
            self._shown, self._seen = state, 0
        self._seen += 1
        number = self._seen
        if state.dies_after and number >= state.dies_after:
            self._die()
        await asyncio.sleep(state.delays.get(scope["path"], 0.0))
        if state.drops_every and number % state.drops_every == 0:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4096")]})
            await send({"type": "http.response.body", "body": b"<!DOCTYPE", "more_body": True})
            raise asyncio.CancelledError  # the server then closes the connection without an answer
        if state.fails_every and number % state.fails_every == 0:
            await _discard_body(receive)
            await JSONResponse({"error": "overloaded"}, 503)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _discard_body(receive: Receive) -> None:
    """A client that is still sending would get a connection error instead of the answer."""
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and bool(message.get("more_body"))
