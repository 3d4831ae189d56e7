"""The DigitalOcean API without a network: pydo asks, and answers are those of the simulator or of a test."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import QueryParams

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount
from playbook.clients.digitalocean_transport import ReadOnlyTransport, Refused, _Response
from playbook.settings.loading import load
from playbook.settings.model import Settings
from sandbox.app import account, apps, billing, databases, monitoring, sizes  # noqa: F401 - their routes
from sandbox.app.answers import ROUTES, ApiError, Call
from sandbox.world.app import DigitalOceanState

NOW = datetime(2026, 11, 18, 7, 30, tzinfo=UTC)
Json = dict[str, Any]
Edit = Callable[[Json], Json | None]


@dataclass
class Canned:
    """A transport for pydo. What is asked is answered by the simulator's handlers, and then edited.

    Attributes:
        edits: by path, e.g. ``/health``: the answers to paths that end so are handed to it; it may edit in place.
        answers: by path: given instead of the simulator's, as (status, body).
    """

    state: DigitalOceanState = field(default_factory=lambda: DigitalOceanState.healthy(NOW))
    edits: dict[str, Edit] = field(default_factory=dict)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    endpoint: str = "https://api.digitalocean.example"

    def until(self, deadline: float) -> None:
        """Nothing here takes time."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def send(self, request: Any, **_: Any) -> _Response:
        """As the real transport: an answer, or Refused."""
        url = urlsplit(request.url)
        self.asked.append(url.path + (f"?{url.query}" if url.query else ""))
        status, body = next(
            (answer for path, answer in self.answers.items() if url.path.endswith(path)), (200, None)
        )
        if body is None:
            status, body = self._simulated(request.method, url.path, url.query, request.content)
        for path, edit in self.edits.items():
            if url.path.endswith(path):
                edited = edit(body)
                body = body if edited is None else edited
        data = json.dumps(body).encode()
        if not 200 <= status < 300:
            raise Refused(status, {}, data)
        return _Response(status, {"content-type": "application/json"}, data)

    def _simulated(self, method: str, path: str, query: str, content: Any) -> tuple[int, Any]:
        for route in ROUTES:
            match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path), path)
            if match and route.method == method:
                call = Call(
                    state=self.state,
                    now=NOW,
                    base=self.endpoint,
                    live_url="https://portfolio.example",
                    log_url=lambda *_: "",
                    log_time=NOW,
                    url_path=path,
                    path=match.groupdict(),
                    query=QueryParams(parse_qsl(query)),
                    body=json.loads(content) if content else None,
                )
                try:
                    return 200, route.handler(call)
                except ApiError as error:
                    return error.status, {"id": error.code, "message": error.message}
        return 404, {"id": "not_found", "message": "The resource you requested could not be found."}

    @property
    def api(self) -> DigitalOceanApi:
        """The client of it."""
        return DigitalOceanApi(
            transport=cast(ReadOnlyTransport, self),
            app_id=self.state.app_id,
            cluster_id=self.state.cluster.id,
            settings=settings(),
        )

    @property
    def account(self) -> DigitalOceanAccount:
        """The client of the account."""
        return DigitalOceanAccount(self.api)


@cache
def settings() -> Settings:
    """The sandbox's, with a budget."""
    return load("sandbox", environment={})
