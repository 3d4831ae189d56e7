"""An ``httpx.Client`` for checks that talk to the website themselves: bounded and read-only.

Its errors are both httpx's and ``Unreachable``: a check can catch what httpx documents, and if it does not, its
record is UNKNOWN with the same wording as all other clients.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playbook.clients.encodings import Unreadable, decoded
from playbook.clients.http import MAX_BODY, HttpClient, unreachable
from playbook.clients.transport import Transport, httpx
from playbook.clients.trust import context_for
from playbook.clients.urls import origin, shown
from playbook.clients.wire import Broken
from playbook.core.errors import Forbidden, Malformed, Unreachable

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class ConnectError(Unreachable, httpx.ConnectError):
    """No connection."""


class ConnectTimeout(Unreachable, httpx.ConnectTimeout):
    """No connection in time."""


class ProxyError(Unreachable, httpx.ProxyError):
    """The proxy refuses the connection."""


class ReadError(Unreachable, httpx.ReadError):
    """No complete answer."""


class ReadTimeout(Unreachable, httpx.ReadTimeout):
    """No complete answer in time."""


class UnreadableBody(Malformed, httpx.DecodingError):
    """The body is too large, or does not match its Content-Encoding."""


class BadRedirect(Malformed, httpx.RemoteProtocolError):
    """A redirect has no valid address."""


class EndlessRedirects(Malformed, httpx.TooManyRedirects):
    """Too many redirects."""


_KINDS: dict[tuple[bool, bool], type[Unreachable]] = {
    (True, True): ConnectTimeout,
    (True, False): ConnectError,
    (False, True): ReadTimeout,
    (False, False): ReadError,
}


def open_httpx(website: HttpClient, *, most: int = MAX_BODY) -> httpx.Client:
    """A client bound to the address of ``website``, with its limits, trust and credentials.

    Args:
        most: largest body in bytes, after decompression.
    """
    own = urlsplit(website.base_url)
    client = _Client(
        base_url=own._replace(netloc=own.netloc.rpartition("@")[2]).geturl(),
        headers={
            "User-Agent": "operations-playbook",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        },
        timeout=httpx.Timeout(website.time_limits.read, connect=website.time_limits.connect),
        transport=_OnlyReading(website, most),
        trust_env=False,  # credentials of a .netrc do not belong here; the transport handles proxies
    )
    client.service = website.service
    return client


class _Client(httpx.Client):
    """As httpx.Client, but redirect errors are reported as the website's, not as the check's."""

    service = ""

    def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        """As httpx.Client.send."""
        try:
            return super().send(request, **more)
        except httpx.TooManyRedirects as error:
            text = f"expected an end of redirects from {_shown(request)}, got more than {self.max_redirects}"
            raise EndlessRedirects(f"{self.service}: {text}", service=self.service) from error
        except httpx.RemoteProtocolError as error:
            text = f"expected a valid redirect from {_shown(request)}, got one to an invalid address"
            raise BadRedirect(f"{self.service}: {text}", service=self.service) from error


class _OnlyReading(Transport):
    def __init__(self, website: HttpClient, most: int) -> None:
        super().__init__(lambda: context_for(website.ca, website.service), budget=website.budget)
        self._website = website
        self._most = most

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As ``Transport.handle_request``.

        Raises:
            Forbidden: the request could change something.
        """
        service = self._website.service
        if request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"expected http:// or https://, got {request.url.scheme or 'neither'}")
        if request.method not in READS:
            raise Forbidden(
                f"{service}: {request.method} {request.url.path} could change something and was not sent: this "
                "suite sends GET, HEAD and OPTIONS only, so that no check can change what it looks at"
            )
        self._sign(request)
        # Deadline of the first request in a chain of redirects, which pass it on.
        latest = time.monotonic() + self._website.budget
        request.extensions["deadline"] = min(request.extensions.get("deadline", latest), latest)
        try:
            answer = super().handle_request(request)
        except Broken as broken:
            raise _explained(service, request, broken) from broken
        return _Response(
            answer.status_code,
            headers=answer.headers,
            stream=_Body(answer, service, request, self._most),
            extensions=answer.extensions,
        )

    def _sign(self, request: httpx.Request) -> None:
        """Add our credentials for our origin; remove them after a redirect to another."""
        ours = self._website.authorization()
        if not ours:
            return
        if origin(urlsplit(str(request.url))) == origin(urlsplit(self._website.base_url)):
            request.headers.setdefault("Authorization", ours)
        elif request.headers.get("Authorization") == ours:
            del request.headers["Authorization"]


class _Body(httpx.SyncByteStream):
    """The remaining body, with httpx's errors and a size limit."""

    def __init__(self, answer: httpx.Response, service: str, request: httpx.Request, most: int) -> None:
        self._answer = answer
        self.service = service
        self.request = request
        self.most = most

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.bounded(self._answer.iter_raw())
        except Broken as broken:
            raise _explained(self.service, self.request, broken) from broken

    def bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Pieces up to the size limit."""
        seen = 0
        for piece in pieces:
            seen += len(piece)
            if seen > self.most:
                text = f"{self.service}: expected at most {self.most:,} bytes from {_shown(self.request)}"
                raise UnreadableBody(f"{text}, got more than {self.most:,} bytes", service=self.service)
            yield piece

    def close(self) -> None:
        self._answer.close()


class _Response(httpx.Response):
    """As httpx.Response, but decompresses in bounded pieces."""

    def __init__(self, status: int, *, stream: _Body, **more: object) -> None:
        super().__init__(status, stream=stream, **more)  # type: ignore[arg-type]
        self._bounded = stream

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The body, decompressed."""
        try:
            _ = self.content
        except httpx.ResponseNotRead:
            yield from _in_chunks(self._decoded(), chunk_size)
        else:
            yield from super().iter_bytes(chunk_size)

    def _decoded(self) -> Iterator[bytes]:
        body = self._bounded
        try:
            yield from body.bounded(decoded(self.iter_raw(), self.headers.get("Content-Encoding", "")))
        except Unreadable as error:
            raise UnreadableBody(
                f"{body.service}: expected a body that can be read from {_shown(body.request)}, got {error}",
                service=body.service,
            ) from None


def _in_chunks(pieces: Iterator[bytes], size: int | None) -> Iterator[bytes]:
    if size is None:
        yield from pieces
        return
    kept = b""
    for piece in pieces:
        kept += piece
        while len(kept) >= size:
            yield kept[:size]
            kept = kept[size:]
    if kept:
        yield kept


def _explained(service: str, request: httpx.Request, broken: Broken) -> Unreachable:
    error = unreachable(service, urlsplit(str(request.url)), broken, (f"only try: {broken}",))
    before = broken.phase in ("DNS", "connect", "TLS")
    kind = _KINDS[before, isinstance(broken.__cause__, TimeoutError)]
    if broken.phase == "proxy":
        kind = ProxyError
    return kind(str(error), service=service, hint=error.hint, attempts=error.attempts, kind=error.kind)


def _shown(request: httpx.Request) -> str:
    return shown(urlsplit(str(request.url)))
