"""Logs of a deployment: addresses of a live WebSocket or of historic texts, opened by a token in the query.

Lines of running components come from the sandbox's log store; build and deploy logs are generated from the
deployment. https://docs.digitalocean.com/reference/api/reference/apps/#apps_get_logs_active_deployment
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.app.answers import ApiError, Call, Json, get
from sandbox.app.apps import deployment_of
from sandbox.serving.frames import frames_message, text_frame
from sandbox.world.app_history import Deployment
from sandbox.world.log_history import LINES_KEPT
from sandbox.world.logs import LogStore

ADDRESSES_KEPT = 200
LINES_AT_ONCE = 100
POLL_SECONDS = 0.2
_STARTED = frozenset({"DEPLOYING", "ACTIVE", "SUPERSEDED"})


@dataclass(frozen=True)
class LogRequest:
    """The log that a token opens.

    Attributes:
        part: which of two texts: 0 is the older half, 1 the newer, None everything.
        until: end of the log (aware), common to both halves of a text; None is now.
        made_up: lines that are not in the log store, e.g. of a build.
    """

    component: str | None = None
    follow: bool = False
    tail: int | None = None
    part: int | None = None
    until: datetime | None = None
    made_up: tuple[str, ...] = ()


class LogAddresses:
    """The newest tokens that were issued."""

    def __init__(self, store: Callable[[], LogStore]) -> None:
        self._store = store
        self._known: OrderedDict[str, LogRequest] = OrderedDict()

    def add(self, request: LogRequest) -> str:
        """A new token for these lines."""
        token = secrets.token_urlsafe(24)
        self._known[token] = request
        while len(self._known) > ADDRESSES_KEPT:
            self._known.popitem(last=False)
        return token

    def lines(self, request: LogRequest) -> Iterator[str]:
        """The current lines, oldest first."""
        if request.made_up:
            return iter(request.made_up)
        lines = self._store().lines(request.component, tail=request.tail, until=request.until)
        if request.part is None:
            return lines
        everything = list(lines)
        half = len(everything) // 2
        return iter(everything[half:] if request.part else everything[:half])

    async def historic(self, request: Request) -> Response:
        """Plain text; authorised by the token alone."""
        wanted = self._known.get(request.query_params.get("token", ""))
        if wanted is None:
            return PlainTextResponse("Request has expired\n", status_code=403)
        return PlainTextResponse("".join(f"{line}\n" for line in self.lines(wanted)))

    async def live(self, socket: WebSocket) -> None:
        """Frames of one line each; a normal close at the end unless it follows."""
        wanted = self._known.get(socket.query_params.get("token", ""))
        if wanted is None:
            await socket.close()  # before accept: the handshake is refused with 403
            return
        # Both before the handshake ends, so that nothing written after it is missed.
        since = self._store().now()
        lines = self.lines(replace(wanted, until=since))
        await socket.accept()
        try:
            while frames := [_frame(line) for line in islice(lines, LINES_AT_ONCE)]:
                await socket.send(frames_message(frames))
                await asyncio.sleep(0)  # let the other services answer in between
            if wanted.follow:
                await self._follow(socket, wanted, since)
            await socket.close(1000)
        except WebSocketDisconnect:
            return

    async def _follow(self, socket: WebSocket, wanted: LogRequest, since: datetime) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            store = self._store()
            until = store.now()
            for line in store.entries(since, until):
                if line.at > since and wanted.component in (None, line.component):
                    await socket.send(frames_message([_frame(line.render())]))
            since = until


@lru_cache(maxsize=LINES_KEPT)
def _frame(line: str) -> bytes:
    return text_frame(json.dumps({"data": f"{line}\n"}))


@get("/v2/apps/{app_id}/deployments/{deployment_id}/logs", "app:read")
def deployment_logs(call: Call) -> Json:
    return _addresses(call, call.query.get("component_name"))


@get("/v2/apps/{app_id}/deployments/{deployment_id}/components/{component}/logs", "app:read")
def component_logs(call: Call) -> Json:
    return _addresses(call, call.path["component"])


def _addresses(call: Call, component: str | None) -> Json:
    deployment = deployment_of(call)
    known = {c.name for c in call.state.components}
    if component and component not in known:
        raise ApiError(400, "bad_request", f'component "{component}" was not found in the deployment')
    kind = call.query.get("type", "UNSPECIFIED")
    if kind == "BUILD":
        if deployment.phase == "PENDING_BUILD":
            raise _never_reached(kind)
        return {"historic_urls": [call.log_url("historic", LogRequest(made_up=_build_lines(deployment)))]}
    if kind == "DEPLOY":
        if deployment.phase not in _STARTED:
            raise _never_reached(kind)
        return {"historic_urls": [call.log_url("historic", LogRequest(made_up=_deploy_lines(deployment, known)))]}
    if kind in {"RUN", "RUN_RESTARTED"}:
        if deployment.phase not in {"DEPLOYING", "ACTIVE"}:
            raise _never_reached(kind)
        return _running(call, component) if kind == "RUN" else _restarted(call, component)
    raise ApiError(400, "bad_request", f"invalid log type {kind}")


def _running(call: Call, component: str | None) -> Json:
    tail = call.whole("tail_lines", -1)
    wanted = LogRequest(
        component=component or None,
        follow=call.query.get("follow", "false").lower() == "true",
        tail=tail if tail >= 0 else None,
    )
    if not call.state.logs_historic:
        return {"live_url": call.log_url("live", wanted)}
    halves = [replace(wanted, part=part, until=call.log_time) for part in (0, 1)]
    return {"historic_urls": [call.log_url("historic", half) for half in halves]}


def _restarted(call: Call, component: str | None) -> Json:
    """What instances wrote before they were started again: the log of each ends with its last words."""
    lines: list[str] = []
    for one in call.state.components:
        if one.restarts and one.last_words is not None and component in (None, one.name):
            at = call.log_time - timedelta(hours=2)
            words = ["INFO ready", "INFO still at work", *one.last_words.splitlines()]
            lines += [
                f"{one.name} {at:%Y-%m-%dT%H:%M:%S}.{number:09d}Z {text}" for number, text in enumerate(words)
            ]
    if not lines:
        raise ApiError(400, "bad_request", "no instance of the deployment was restarted")
    return {"live_url": call.log_url("live", LogRequest(made_up=tuple(lines)))}


def _never_reached(kind: str) -> ApiError:
    return ApiError(400, "bad_request", f"the deployment never reached the phase that has {kind} logs")


def _build_lines(deployment: Deployment) -> tuple[str, ...]:
    steps = [
        "│ ╭──────────── git repo clone ───────────╼",
        f"│ checking out commit {deployment.commit}",
        "│ RUN npm ci",
    ]
    if deployment.phase == "ERROR" and deployment.reason:
        steps += ["│ npm ERR! code ELIFECYCLE", f"│ {deployment.reason[1]}"]
    else:
        steps += ["│ RUN npm run build", "│ ✔ build complete"]
    return tuple(
        f"build {deployment.created_at + timedelta(seconds=5 * number):%Y-%m-%dT%H:%M:%S.000000000Z} {step}"
        for number, step in enumerate(steps, 1)
    )


def _deploy_lines(deployment: Deployment, components: set[str]) -> tuple[str, ...]:
    at = f"{deployment.ended_at or deployment.created_at:%Y-%m-%dT%H:%M:%S.000000000Z}"
    return tuple(f"{name} {at} starting container" for name in sorted(components))
