"""Prometheus, Grafana and Alertmanager over TLS, each with its own credentials.

``api``, ``grafana`` and ``alertmanager`` contain the answers; this module the authorisation.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import secrets
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.metrics import alertmanager, api, grafana
from sandbox.metrics.state import SITE
from sandbox.service import HttpService

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.world import World

USERNAME = "playbook"

Handler = Callable[[Request], Awaitable[Response]]


def _authorized(request: Request, expected: str) -> bool:
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode())


async def _parameters(request: Request) -> api.Parameters:
    """Query string and form together, as Prometheus reads them."""
    pairs = request.query_params.multi_items()
    if request.method == "POST":
        form = await request.form()
        pairs += [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return api.Parameters(pairs)


class _BasicAuth(HttpService):
    """A service with basic authentication, as in Prometheus' ``web.config.file``."""

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(18)

    def settings(self) -> dict[str, Any]:
        """Address and credentials."""
        return {
            self.name: {
                "url": self.url,
                "username": USERNAME,
                "password": self.password,
                "ca": str(self.context.ca.pem),
            }
        }

    def guarded(self, handler: Handler) -> Handler:
        """``handler`` for requests with the right password."""
        known = "Basic " + base64.b64encode(f"{USERNAME}:{self.password}".encode()).decode()

        async def check(request: Request) -> Response:
            if not _authorized(request, known):
                return PlainTextResponse("Unauthorized\n", 401, {"www-authenticate": "Basic"})
            return await handler(request)

        return check


class PrometheusService(_BasicAuth):
    """The metrics store."""

    name: ClassVar[str] = "prometheus"

    def settings(self) -> dict[str, Any]:
        """Address and credentials, and which of the series are the portfolio's own."""
        own = {
            "selector": 'job="portfolio"',
            "probe_selector": f'instance="{SITE}"',
            "redis_selector": 'job="redis"',
        }
        return {self.name: super().settings()[self.name] | own}

    def app(self) -> ASGIApp:
        """``/api/v1`` and the two health endpoints."""

        async def ready(_: Request) -> Response:
            return PlainTextResponse("Prometheus Server is Ready.\n")

        async def healthy(_: Request) -> Response:
            return PlainTextResponse("Prometheus Server is Healthy.\n")

        async def call(request: Request) -> Response:
            return await run_in_threadpool(
                api.answer,
                self.world,
                self.context.clock.now(),
                request.path_params["path"],
                await _parameters(request),
            )

        return Starlette(
            routes=[
                Route("/-/ready", self.guarded(ready)),
                Route("/-/healthy", self.guarded(healthy)),
                Route("/api/v1/{path:path}", self.guarded(call), methods=["GET", "POST"]),
            ]
        )


class GrafanaService(HttpService):
    """One dashboard, one data source, and the alerts of Grafana's own rules."""

    name: ClassVar[str] = "grafana"

    def __init__(self) -> None:
        self.token = f"glsa_{secrets.token_urlsafe(24)}"

    def settings(self) -> dict[str, Any]:
        """Address and the token of a service account."""
        return {"grafana": {"url": self.url, "token": self.token, "ca": str(self.context.ca.pem)}}

    def app(self) -> ASGIApp:
        """The parts of Grafana's HTTP API that a Viewer may read."""
        return Starlette(
            routes=[
                Route("/", self._home),
                Route("/login", self._home),
                Route("/api/health", self._health),
                Route("/api/datasources/proxy/uid/{uid}/{path:path}", self._proxy, methods=["GET", "POST"]),
                Route("/api/{path:path}", self._read),
            ]
        )

    async def _home(self, request: Request) -> Response:
        """Redirect visitors without a session to the login."""
        if request.url.path == "/":
            return RedirectResponse("/login", 302)
        return HTMLResponse("<!DOCTYPE html><title>Grafana</title><h1>Welcome to Grafana</h1>")

    async def _health(self, _: Request) -> Response:
        return JSONResponse(grafana.HEALTH)  # needs no token

    async def _proxy(self, request: Request) -> Response:
        if not _authorized(request, f"Bearer {self.token}"):
            return JSONResponse(*grafana.UNAUTHORIZED)
        if request.path_params["uid"] != grafana.DATASOURCE or not self.world.metrics.datasource:
            return JSONResponse(*grafana.NO_PROXY)
        if "prometheus" in self.world.gone:
            return Response(status_code=502)  # Grafana's proxy answers without a body
        before, _, path = request.path_params["path"].partition("api/v1/")
        if before or not path:
            return PlainTextResponse("404 page not found\n", 404)
        return await run_in_threadpool(
            api.answer, self.world, self.context.clock.now(), path, await _parameters(request)
        )

    async def _read(self, request: Request) -> Response:
        if not _authorized(request, f"Bearer {self.token}"):
            return JSONResponse(*grafana.UNAUTHORIZED)
        now = self.context.clock.now()
        return JSONResponse(*grafana.answer(self.world, now, request.path_params["path"], request.query_params))


class AlertmanagerService(_BasicAuth):
    """Alerts that fire, and silences."""

    name: ClassVar[str] = "alertmanager"

    def __init__(self, webhook: Callable[[], str]) -> None:
        """``webhook`` returns the address of the receiver, once it has one."""
        super().__init__()
        self._webhook = webhook
        self._posted = alertmanager.Posted(self._notify)
        self._notifying: set[asyncio.Task[None]] = set()

    async def apply(self, world: World) -> None:
        """Show another world; posted alerts are forgotten, and no further notification is sent."""
        self._posted = alertmanager.Posted(self._notify)
        self._forget()
        await super().apply(world)

    async def stop(self) -> None:
        """Stop notifying, and close."""
        self._forget()
        await super().stop()

    def _forget(self) -> None:
        for task in self._notifying:
            task.cancel()

    def _notify(self, alerts: list[dict[str, Any]]) -> None:
        task = asyncio.create_task(self._tell(alerts))
        self._notifying.add(task)
        task.add_done_callback(self._notifying.discard)

    async def _tell(self, alerts: list[dict[str, Any]]) -> None:
        """Post to the receiver after group_wait, as Alertmanager does."""
        state = self.world.alerts
        now = self.context.clock.now()
        await asyncio.sleep(state.group_wait)
        body = json.dumps(alertmanager.notification(alerts, now)).encode()
        address = self._webhook() if state.routed else "https://localhost:1/"  # nothing listens there
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.context.ca.client_context())
        )
        with suppress(
            OSError
        ):  # Alertmanager would retry while the alert fires; the receiver is gone for that long
            await asyncio.to_thread(lambda: opener.open(request, timeout=30).close())

    def app(self) -> ASGIApp:
        """``/api/v2`` and the two health endpoints."""

        async def fine(_: Request) -> Response:
            return PlainTextResponse("OK")

        async def call(request: Request) -> Response:
            body = await request.body() if request.method == "POST" else None
            return alertmanager.answer(
                self.world.alerts,
                self._posted,
                self.context.clock.now(),
                request.path_params["path"],
                request.query_params,
                body,
            )

        return Starlette(
            routes=[
                Route("/-/ready", self.guarded(fine)),
                Route("/-/healthy", self.guarded(fine)),
                Route("/api/v2/{path:path}", self.guarded(call), methods=["GET", "POST"]),
            ]
        )
