"""The sandbox's control endpoint: reads and switches its state, with a token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from secrets import compare_digest, token_urlsafe
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playbook.core.errors import UsageError
from sandbox.faults import FAULTS
from sandbox.serving.service import HttpService

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``PUT /faults``."""

    faults: list[str]


class ControlService(HttpService):
    """``GET`` of ``/settings``, ``/seen``, ``/faults``, and ``PUT /faults``; on loopback, with a bearer token.

    Args:
        switch: shows a world with these faults; raises UsageError for an unknown one.
        overlay: current settings of the target, in the form of playbook.toml.
        chosen: active faults.
    """

    name: ClassVar[str] = "control"
    tls: ClassVar[bool] = False

    def __init__(
        self,
        switch: Callable[[list[str]], Awaitable[None]],
        overlay: Callable[[], dict[str, Any]],
        chosen: Callable[[], list[str]],
    ) -> None:
        self.token = token_urlsafe(24)
        self._switch = switch
        self._overlay = overlay
        self._chosen = chosen

    def settings(self) -> dict[str, Any]:
        """Nothing: it is not part of the system under test."""
        return {}

    def app(self) -> ASGIApp:
        """The four routes."""
        return Starlette(
            routes=[
                Route("/settings", self._get_settings),
                Route("/seen", self._get_seen),
                Route("/faults", self._get_faults, methods=["GET"]),
                Route("/faults", self._put_faults, methods=["PUT"]),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return None
        return JSONResponse({"error": "the token is missing or wrong"}, 401)

    async def _get_settings(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse(self._overlay())

    async def _get_seen(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse(self.context.seen.told())

    async def _get_faults(self, request: Request) -> Response:
        known = {name: fault.summary for name, fault in sorted(FAULTS.items())}
        return self._refusal(request) or JSONResponse({"faults": self._chosen(), "known": known})

    async def _put_faults(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        try:
            chosen = msgspec.json.decode(await request.body(), type=Chosen)
            await self._switch(chosen.faults)
        except (msgspec.DecodeError, UsageError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"faults": self._chosen(), "settings": self._overlay()})
