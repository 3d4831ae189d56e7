"""The DigitalOcean API over TLS: authorisation, rate limit, and failures on request."""

from __future__ import annotations

import hmac
import json
import secrets
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route as HttpRoute
from starlette.routing import WebSocketRoute

from sandbox.app import account, apps, billing, databases, monitoring, rollbacks, sizes  # noqa: F401 - their routes
from sandbox.app.answers import ROUTES, ApiError, Call, Route
from sandbox.app.logs import LogAddresses, LogRequest
from sandbox.serving.service import HttpService, Port

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.serving.service import Context
    from sandbox.world import World
    from sandbox.world.app import DigitalOceanState

PER_HOUR = 5000
COME_BACK_SECONDS = 27
GARBAGE = (
    "<!doctype html><title>Just a moment</title><p>Checking your browser before accessing api.digitalocean.com</p>"
)

Endpoint = Callable[[Request], Awaitable[Response]]


class DigitalOceanService(HttpService):
    """The simulator.

    Args:
        live_url: returns the address of the app's website; called for each request.
    """

    name: ClassVar[str] = "digitalocean"
    websockets: ClassVar[bool] = True

    def __init__(self, live_url: Callable[[], str]) -> None:
        self._live_url = live_url
        self.token = f"dop_v1_{secrets.token_hex(32)}"
        self._asked: dict[str, deque[float]] = {}  # by authorization header: the limit is per token
        self._logs = LogAddresses(lambda: self.context.logs)
        self._nobody: Port | None = None

    @property
    def state(self) -> DigitalOceanState:
        """Contents of the account."""
        return self.world.digitalocean

    async def start(self, context: Context) -> None:
        """Listen, and reserve one port on which nothing listens."""
        self._nobody = Port()
        await super().start(context)

    async def apply(self, world: World) -> None:
        """Show another world; the request count is reset."""
        self._asked.clear()
        await super().apply(world)

    async def stop(self) -> None:
        """Close everything."""
        if self._nobody:
            self._nobody.close()
        await super().stop()

    def settings(self) -> dict[str, Any]:
        """Endpoint, token, app and cluster."""
        return {
            "digitalocean": {
                "endpoint": self.url,
                "token": self.token,
                "app_id": self.state.app_id,
                **({"redis_cluster_id": self.state.cluster.id} if self.state.product.has("redis") else {}),
                "databases": [
                    {
                        "id": one.id,
                        "engine": one.engine,
                        **({"most_connections": 75} if one.engine == "mysql" else {}),
                    }
                    for one in self.state.databases
                ],
                "ca": str(self.context.ca.pem),
            },
        }

    def app(self) -> ASGIApp:
        """Routes of the API, and addresses of logs."""
        routes: list[Any] = [
            HttpRoute(route.path, self._endpoint(route), methods=[route.method]) for route in ROUTES
        ]
        routes += [
            HttpRoute("/logs/historic", self._logs.historic),
            WebSocketRoute("/logs", self._logs.live),
            HttpRoute("/{path:path}", self._endpoint(None), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
        return Starlette(routes=routes)

    def _endpoint(self, route: Route | None) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                answer = await self._answer(route, request)
            except ApiError as error:
                answer = _error(error)
            asked = len(self._asked.get(request.headers.get("authorization", ""), ()))
            answer.headers.update(_rate_headers(asked))
            if self.state.answer == "throttled" or asked > self.state.per_minute:
                answer.headers["retry-after"] = str(COME_BACK_SECONDS)
            return answer

        return endpoint

    async def _answer(self, route: Route | None, request: Request) -> Response:
        state = self.state
        sent = request.headers.get("authorization", "")
        asked = self._count(sent)
        # With many targets each has its own token: sandbox/many.py.
        ours, _, number = sent.partition(".")
        is_ours = hmac.compare_digest(ours.encode(), f"Bearer {self.token}".encode())
        if state.answer == "unauthorized" or not is_ours or (number and not number.isdecimal()):
            raise ApiError(401, "unauthorized", "Unable to authenticate you")
        if state.answer == "throttled" or asked > state.per_minute:
            raise ApiError(429, "too_many_requests", "API rate limit exceeded.")
        if state.answer == "server-error":
            raise ApiError(500, "server_error", "Unexpected server-side error")
        if state.answer == "garbage":
            return HTMLResponse(GARBAGE)
        if route is None:
            raise ApiError(404, "not_found", "The resource you requested could not be found.")
        if state.answer == "forbidden" or route.scope in state.missing_scopes:
            raise ApiError(403, "forbidden", "You are not authorized to perform this operation")
        return JSONResponse(route.handler(await self._call(request)))

    async def _call(self, request: Request) -> Call:
        body = None
        if request.method == "POST":
            try:
                body = json.loads(await request.body() or b"null")
            except ValueError:
                raise ApiError(400, "bad_request", "The request body is not valid JSON.") from None
        return Call(
            state=self.state,
            now=self.context.clock.now(),
            base=self.url,
            live_url=f"https://localhost:{self._nobody.number}"
            if self.state.live_url_dead and self._nobody
            else self._live_url(),
            log_url=self._log_url,
            log_time=self.context.logs.now(),
            url_path=request.url.path,
            path={name: str(value) for name, value in request.path_params.items()},
            query=request.query_params,
            body=body,
        )

    def _log_url(self, kind: str, wanted: LogRequest) -> str:
        path = "/logs" if kind == "live" else "/logs/historic"
        return f"{self.url}{path}?{urlencode({'token': self._logs.add(wanted)})}"

    def _count(self, sent: str) -> int:
        """Requests of the last minute with this authorization, including this one."""
        now = time.monotonic()
        asked = self._asked.setdefault(sent, deque())
        while asked and asked[0] < now - 60:
            asked.popleft()
        asked.append(now)
        return len(asked)


def _rate_headers(asked: int) -> dict[str, str]:
    return {
        "ratelimit-limit": str(PER_HOUR),
        "ratelimit-remaining": str(max(PER_HOUR - asked, 0)),
        "ratelimit-reset": str(int(time.time()) + 3600),
    }


def _error(error: ApiError) -> JSONResponse:
    request_id = str(uuid.uuid4())
    body = {"id": error.code, "message": error.message, "request_id": request_id}
    return JSONResponse(body, status_code=error.status, headers={"x-request-id": request_id})
