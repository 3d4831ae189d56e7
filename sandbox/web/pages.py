"""Targets of the playbook's links: console, status page, documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.serving.service import HttpService

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

_TITLES = {"console": "Console", "status": "Status: all systems work", "docs": "Documentation"}


class PagesService(HttpService):
    """Three pages without TLS, as they belong to third parties."""

    name: ClassVar[str] = "pages"
    tls: ClassVar[bool] = False

    def app(self) -> ASGIApp:
        """A page by its name; the documentation's begins with a redirect and does not support HEAD."""
        return Starlette(routes=[Route("/{name}", self._page, methods=["GET", "HEAD"])])

    def settings(self) -> dict[str, Any]:
        """The links."""
        pages = {"console": "console", "status_page": "status", "documentation": "documentation"}
        return {"links": {key: f"{self.url}/{name}" for key, name in pages.items()}}

    async def _page(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "documentation":
            return RedirectResponse("/docs", 302)
        if name not in _TITLES:
            return Response(status_code=404)
        if name == "docs" and request.method == "HEAD":
            return Response(status_code=405)
        title = "status.example is for sale" if name in self.world.pages.parked else _TITLES[name]
        page = f"<!DOCTYPE html><title>{title}</title><h1>{title}</h1>"
        return HTMLResponse(page, self.world.pages.statuses.get(name, 200))
