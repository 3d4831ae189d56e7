"""Alertmanager: alerts that fire, silences, and what it posts to the receiver."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.alerts import alertmanager
from sandbox.serving.basic_auth import BasicAuthService

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.world import World


class AlertmanagerService(BasicAuthService):
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
