"""The website without TLS, which redirects to https."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.serving.service import HttpService

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp


class PlainHttpService(HttpService):
    """Redirects everybody to the same page of ``secure()``; available if the website is.

    Args:
        secure: returns the address of the website.
    """

    name: ClassVar[str] = "web"
    tls: ClassVar[bool] = False

    def __init__(self, secure: Callable[[], str]) -> None:
        self._secure = secure

    def app(self) -> ASGIApp:
        """One answer for every path."""
        return Starlette(routes=[Route("/{path:path}", self._answer)])

    def settings(self) -> dict[str, Any]:
        """Its address, and the further website if the product has one."""
        address = {"url": f"{self._secure()}/shop", "http_url": f"{self.url}/shop", "health_path": "/health"}
        sites = [{"name": "shop", **address}] if self.world.portfolio.shop else []
        return {"web": {"http_url": self.url, "also": sites}}

    async def _answer(self, request: Request) -> Response:
        match self.world.portfolio.plain_http:
            case "answered":
                return HTMLResponse("<!DOCTYPE html><title>Portfolio</title><h1>Photographs that load fast</h1>")
            case "to another host":
                return RedirectResponse(self._secure().replace("localhost", "127.0.0.1"), 301)
            case _:
                return RedirectResponse(f"{self._secure()}{request.url.path}", 301)
