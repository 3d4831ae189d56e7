"""Prometheus, Grafana and Alertmanager over TLS, each with its own credentials.

``api``, ``grafana`` and ``alertmanager`` contain the answers; this module the authorisation.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.figures import api, grafana
from sandbox.serving.basic_auth import BasicAuthService, is_authorized
from sandbox.serving.service import HttpService
from sandbox.world.figures import SITE

if TYPE_CHECKING:
    from starlette.types import ASGIApp


async def _parameters(request: Request) -> api.Parameters:
    """Query string and form together, as Prometheus reads them."""
    pairs = request.query_params.multi_items()
    if request.method == "POST":
        form = await request.form()
        pairs += [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return api.Parameters(pairs)


class PrometheusService(BasicAuthService):
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
                Route("/apis/{path:path}", self._read_v2),
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
        if not is_authorized(request, f"Bearer {self.token}"):
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
        if not is_authorized(request, f"Bearer {self.token}"):
            return JSONResponse(*grafana.UNAUTHORIZED)
        now = self.context.clock.now()
        return JSONResponse(*grafana.answer(self.world, now, request.path_params["path"], request.query_params))

    async def _read_v2(self, request: Request) -> Response:
        if not is_authorized(request, f"Bearer {self.token}"):
            return JSONResponse(*grafana.UNAUTHORIZED)
        return JSONResponse(*grafana.answer_v2(self.world, request.path_params["path"]))
