"""How requests to the DigitalOcean API are sent: read-only, with one time limit per call, over our own transport.

pydo (0.44, on azure-core) limits each read but not their sum, retries requests that change something, waits as
long as a Retry-After says, and returns a 404 as if it were the resource. It accepts a custom transport, which is
this one: pydo builds the requests, and this module decides which of them are sent.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from threading import local
from typing import Any
from urllib.parse import urlsplit

from playbook.clients.encodings import Unreadable
from playbook.clients.exchange import Exchange
from playbook.clients.pace import Pace
from playbook.clients.retries import seconds_asked
from playbook.clients.trust import context_for
from playbook.clients.urls import origin
from playbook.clients.wire import Call, Kept
from playbook.core import door
from playbook.core.budget import Ambiguous, OverBudget, read_json, read_unambiguous_json, shown
from playbook.core.deadline import left
from playbook.core.errors import Forbidden
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits

SERVICE = "DigitalOcean API"
LONGEST_TURN = 600.0  # seconds that a request may be delayed by rate limiting if it has no deadline
MAX_BODY = 32 * 1024 * 1024
# Changes nothing; says whether a rollback would be possible.
_HARMLESS_POST = re.compile(r"^/v2/apps/[^/]+/rollback/validate$")

# These answers contain database passwords, so not even the beginning of a truncated one is shown.
_HOLDS_PASSWORDS = re.compile(r"^/v2/databases(/|$)")


class Refused(Exception):  # noqa: N818 - stays between the transport and the client, who says what it means
    """An answer other than 2xx.

    Attributes:
        code, message: from the body; empty if the body has another form.
        retry_after: seconds from the Retry-After header, if present.
    """

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        try:
            content = read_json(body)
        except ValueError:
            content = None
        content = content if isinstance(content, dict) else {}
        self.code = shown(content.get("id") or "")
        self.message = shown(content.get("message") or "")
        self.retry_after = seconds_asked(headers, datetime.now(UTC))

    @property
    def said(self) -> str:
        """The answer in words: ``HTTP 403 forbidden (You are not authorized…)``."""
        return (
            f"HTTP {self.status}"
            + (f" {self.code}" if self.code else "")
            + (f" ({door.line(self.message.rstrip('.'), 200)})" if self.message else "")
        )


class NotJson(Exception):  # noqa: N818
    """A 2xx answer that is not JSON or is too large; the message describes it."""


@dataclass(frozen=True)
class _Response:
    """The part of a response that pydo uses."""

    status_code: int
    headers: dict[str, str]
    content: bytes
    may_be_quoted: bool = True

    def json(self) -> Any:
        try:
            return read_unambiguous_json(self.content)
        except (OverBudget, Ambiguous) as error:
            raise NotJson(f"JSON {error}") from None
        except ValueError:
            if not self.may_be_quoted:
                raise NotJson(f"{len(self.content):,} bytes that are not JSON") from None
            kind = self.headers.get("content-type", "no content type")
            raise NotJson(f"{kind}: {door.quoted(self.content, 80)}") from None


@dataclass(frozen=True)
class ReadOnlyTransport:
    """Sends GET and POST …/rollback/validate to one origin; everything else is refused before it is sent.

    Thread-safe: a connection serves one request at a time, and each thread has its own deadline.
    """

    endpoint: str
    token: Secret = field(repr=False)
    time_limits: TimeLimits
    ca: str | None
    pace: Pace | None = None
    _now: local = field(default_factory=local, repr=False)
    _kept: Kept = field(default_factory=Kept, repr=False)

    def until(self, deadline: float) -> None:
        """Require all requests of this thread to end by this value of ``time.monotonic()``."""
        self._now.deadline = deadline

    def lets_through(self, method: str, path: str) -> bool:
        """Whether such a request may be sent."""
        return method == "GET" or (method == "POST" and _HARMLESS_POST.match(path) is not None)

    def send(self, request: Any, **_: Any) -> _Response:
        """Send one request of azure-core.

        Raises:
            Forbidden: the request could change something, or goes to another origin.
            Refused: the answer's status is not 2xx.
            playbook.clients.wire.Broken: there was no complete answer in time.
            playbook.clients.pace.NoTurn: the token's rate limit leaves no request within the deadline.
            NotJson: the body is too large or cannot be decompressed, or the status is another 2xx than 200.
        """
        url = urlsplit(request.url)
        if origin(url) != origin(urlsplit(self.endpoint)):
            raise Forbidden(f"{SERVICE}: expected a request to {self.endpoint}, got one to {url.hostname}")
        if not self.lets_through(request.method, url.path):
            raise Forbidden(f"{SERVICE}: {request.method} {url.path} could change something and was not sent")
        limits = self.time_limits
        # Waiting for the rate limit does not count as slowness of the API; the measurement's own deadline stays.
        waited = self.pace.take(time.monotonic() + left(LONGEST_TURN)) if self.pace else 0.0
        until = getattr(self._now, "deadline", time.monotonic() + limits.connect + limits.read)
        call = Call(
            method=request.method,
            url=url,
            headers={
                **{name: value for name, value in request.headers.items() if name.lower() != "content-length"},
                "Authorization": f"Bearer {self.token.reveal()}",
                "User-Agent": "operations-playbook",
                "Accept-Encoding": "identity",
            },
            trust=lambda: context_for(self.ca, SERVICE),
            connect=limits.connect,
            read=limits.read,
            deadline=min(until + waited, time.monotonic() + left(LONGEST_TURN)) if waited else until,
            body=_bytes(request.content),
            kept=self._kept if request.method == "GET" else None,
        )
        with Exchange(call) as exchange:
            body = bytearray()
            try:
                for chunk in exchange.chunks():
                    body += chunk
                    if len(body) > MAX_BODY:
                        raise NotJson(f"more than {MAX_BODY:,} bytes")
            except Unreadable as error:
                if 200 <= exchange.status < 300:
                    raise NotJson(str(error)) from None
        if not 200 <= exchange.status < 300:
            raise Refused(exchange.status, exchange.headers, bytes(body))
        if exchange.status != HTTPStatus.OK:  # pydo knows no other, and nothing is created here
            raise NotJson(f"HTTP {exchange.status}")
        may_be_quoted = not _HOLDS_PASSWORDS.match(url.path)
        return _Response(exchange.status, exchange.headers, bytes(body), may_be_quoted)

    def open(self) -> None:
        """Nothing to do: connections are opened when needed."""

    def close(self) -> None:
        """Nothing to do."""


def open_pydo(transport: ReadOnlyTransport) -> Any:
    """pydo's client on this transport, without its own policies. Loading it takes 0.2 s."""
    from pydo import Client

    endpoint = transport.endpoint.rstrip("/")
    # the transport sets the real token
    return Client(token="unused", endpoint=endpoint, transport=transport, policies=[])  # noqa: S106


def _bytes(content: Any) -> bytes:
    if content is None:
        return b""
    return content.encode() if isinstance(content, str) else bytes(content)
