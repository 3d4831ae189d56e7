"""The receiver of notifications: lists what Alertmanager posts to it."""

from __future__ import annotations

import json
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.serving.service import HttpService

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.world import World

_KEPT = 200


class ReceiverService(HttpService):
    """Accepts notifications from clients that know the path, and lists them for clients with the token."""

    name: ClassVar[str] = "receiver"

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self._path = f"/{secrets.token_urlsafe(12)}"
        self._kept: deque[Any] = deque(maxlen=_KEPT)

    @property
    def webhook(self) -> str:
        """Address that Alertmanager posts to."""
        return f"{self.url}{self._path}"

    async def apply(self, world: World) -> None:
        """Forget the notifications of the previous world."""
        self._kept.clear()
        await super().apply(world)

    def settings(self) -> dict[str, Any]:
        """Its address; an alert in the sandbox takes a fraction of a second."""
        own = {"received_url": f"{self.url}/received", "token": self.token, "ca": str(self.context.ca.pem)}
        return {"alert_test": {**own, "seconds": 4.0}}

    def app(self) -> ASGIApp:
        """The two routes."""

        async def take(request: Request) -> Response:
            try:
                self._kept.append(json.loads(await request.body()))
            except ValueError:
                return PlainTextResponse("expected JSON", 400)
            return Response(status_code=200)

        async def show(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            if not secrets.compare_digest(given, f"Bearer {self.token}".encode()):
                return PlainTextResponse("Unauthorized", 401)
            return JSONResponse(list(self._kept))

        return Starlette(routes=[Route(self._path, take, methods=["POST"]), Route("/received", show)])
