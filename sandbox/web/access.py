"""Recording of each request: a line in the component's log, and its count and duration."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.requests import Request

from sandbox.products import HEALTH, IMAGE_HEALTH, OPTIMIZE, OPTIMIZER, WEB, Product
from sandbox.web.counters import Counter, Histogram
from sandbox.world.log_history import combined, morgan

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Write = Callable[[str, str], None]


class AccessLog:
    """ASGI middleware. ``write(component, line)`` receives the lines, ``now`` is the clock."""

    def __init__(self, app: ASGIApp, product: Product, *, write: Write, now: Callable[[], datetime]) -> None:
        self._routes = {"/", "/metrics", *map(product.called, (HEALTH, IMAGE_HEALTH, OPTIMIZE))}
        self._images = product.called("/api/image") + "/"
        self._app = app
        self._write = write
        self._now = now
        self.requests = Counter(
            "http_requests_total", "Requests answered", "component", "method", "route", "status"
        )
        self.durations = Histogram(
            "http_request_duration_seconds", "Time from request to the end of its answer", "component", "route"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, size = 500, 0

        async def watch(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._note(Request(scope), status, size, time.perf_counter() - started)

    def text(self) -> str:
        """Counts and durations in Prometheus' format."""
        return self.requests.text() + self.durations.text()

    def _note(self, request: Request, status: int, size: int, seconds: float) -> None:
        path = request.url.path
        route = path if path in self._routes else "other"  # visitors must not be able to invent labels
        component = OPTIMIZER if path.startswith(self._images) else WEB
        method = request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "OTHER"
        self.requests.add(component, method, route, str(status))
        self.durations.observe(seconds, component, route)
        shown = request.scope["raw_path"].decode("latin-1") if request.scope.get("raw_path") else path
        if component == OPTIMIZER:
            line = morgan(request.method, shown, status, seconds * 1000, size)
        else:
            client = request.client.host if request.client else "-"
            agent = request.headers.get("user-agent", "-").replace('"', "'")
            line = combined(self._now(), client, f"{request.method} {shown}", status, size=size, agent=agent)
        self._write(component, line)
