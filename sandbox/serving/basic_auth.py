"""Services with basic authentication, as in Prometheus' ``web.config.file``."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.serving.service import HttpService

USERNAME = "playbook"


Handler = Callable[[Request], Awaitable[Response]]


def is_authorized(request: Request, expected: str) -> bool:
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode())


class BasicAuthService(HttpService):
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
            if not is_authorized(request, known):
                return PlainTextResponse("Unauthorized\n", 401, {"www-authenticate": "Basic"})
            return await handler(request)

        return check
