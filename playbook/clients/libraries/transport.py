"""The HTTP library, and the one way on which its requests leave. No other module names httpx or httpcore.

Whatever needs httpx takes it from here, and where it is used, not where the file begins: loading it takes 80 ms.
Why it may be another one than httpx, and when: docs/decisions/028-httpx.md.

Why connections are kept by ``wire.Kept`` alone: a reused one has no DNS, connect or TLS to measure, so whoever
measures those has a new one each time. One that the server has closed meanwhile is replaced without a word.

The library bounds each wait but not their sum: a server that sends a byte each second keeps it for ever. Here each
wait is the same line: its limit, or the rest of the whole where that is less.
"""

from __future__ import annotations

import logging
import re
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from playbook.clients import wire
from playbook.clients.proxies import PORTS, proxy_for, proxy_headers
from playbook.clients.wire import LIBRARY, Broken, Phases


@contextmanager
def _without_its_command() -> Iterator[None]:
    """httpx loads a command line of its own, and rich and click for it, half of its time; it does without."""
    command = f"{LIBRARY}._main"
    is_loaded = command in sys.modules
    sys.modules.setdefault(command, None)  # type: ignore[arg-type]  # which is how an import is told to fail
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules[command]


if TYPE_CHECKING:
    import httpcore
    import httpx
else:
    with _without_its_command():
        httpx = import_module(LIBRARY)
    httpcore = import_module(LIBRARY.replace("httpx", "httpcore"))

__all__ = ["Transport", "httpcore", "httpx"]

# httpcore announces a protocol in the context that it is given. Ours are shared with other services and threads:
# it is given this one, and no connection is made with it, as ``_Stream.start_tls`` takes ours.
_UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_QUOTED = re.compile(r"\s*:?\s*b?['\"]")
# They write whole addresses at INFO and headers at DEBUG, with what is secret in them.
for _logger in (httpx.__name__, httpcore.__name__):
    logging.getLogger(_logger).setLevel(logging.WARNING)


class Transport(httpx.BaseTransport):
    """For ``httpx.Client(transport=…)``: each request has its own connection, unless they are kept. Thread-safe.

    Of a request's extensions it reads ``timeout`` as httpx means it, ``deadline``, the moment of
    ``time.monotonic()`` at which all must be over, and ``target``, the exact bytes of the path. A response's
    extension ``phases`` is called for where the time went so far.

    Raises ``Broken``, here and while the body is read.
    """

    def __init__(
        self, trust: Callable[[], ssl.SSLContext], *, budget: float, kept: wire.Kept | None = None
    ) -> None:
        """Give the way its limits.

        Args:
            trust: gives the TLS context; asked for https only.
            budget: seconds for all of a request, where it has no deadline of its own.
            kept: connections to one origin. Only for what may be sent twice: GET and HEAD.
        """
        self._trust = trust
        self._budget = budget
        self._kept = kept

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; the body of the response is still to come."""
        deadline = request.extensions.setdefault("deadline", time.monotonic() + self._budget)
        # Made first, so that no phase is charged for it.
        context = self._trust() if request.url.scheme == "https" else None
        way, answer = self._sent(request, _Way(urlsplit(str(request.url)), deadline, context, self._kept))
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, way),
            extensions={**answer.extensions, "phases": way.phases},
        )

    def _sent(self, request: httpx.Request, way: _Way) -> tuple[_Way, httpcore.Response]:
        """The head of the answer; over another connection where a kept one turns out to be closed."""
        while True:
            try:
                with way.explained():
                    return way, way.send(request)
            except BaseException:
                way.close()
                if not way.was_closed_meanwhile:
                    raise
            way = way.anew()


class _Body(httpx.SyncByteStream):
    """What is still to come, as it comes."""

    def __init__(self, answer: httpcore.Response, way: _Way) -> None:
        self._answer = answer
        self._way = way

    def __iter__(self) -> Iterator[bytes]:
        with self._way.explained():
            assert isinstance(self._answer.stream, Iterable)
            yield from self._answer.stream

    def close(self) -> None:
        self._answer.close()
        self._way.end()


class _Kept:
    """A connection between two requests, as ``wire.Kept`` holds it."""

    def __init__(self, connection: httpcore.HTTPConnection, stream: _Stream) -> None:
        self.connection = connection
        self.stream = stream

    def stands(self) -> bool:
        return self.stream.is_silent()

    def close(self) -> None:
        self.stream.close()


class _Way(httpcore.NetworkBackend):
    """How one request gets to its server: which waits it has, how long each took, and at which one it ended."""

    def __init__(
        self, url: SplitResult, deadline: float, context: ssl.SSLContext | None, kept: wire.Kept | None = None
    ) -> None:
        self._kept = kept
        self._connection: httpcore.HTTPConnection | None = None
        self._reuses, self._is_reused = True, False
        self._url = url
        self._deadline = deadline
        self._context = context
        self._proxy = proxy_for(url)
        self._stream: _Stream | None = None
        self._spent: dict[str, float] = {}
        self._phase = "DNS"
        self._started = self._since = time.perf_counter()

    def send(self, request: httpx.Request) -> httpcore.Response:
        """The answer's head."""
        headers = list(request.headers.raw)
        target = request.extensions.get("target") or request.url.raw_path
        if self._proxy and self._context is None:
            target = b"http://" + request.url.netloc + target
            headers += _raw(proxy_headers(self._proxy))
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port or PORTS[request.url.scheme],
            target=target,
        )
        connection = self._connection = self._waiting() or httpcore.HTTPConnection(
            url.origin, ssl_context=_UNUSED, network_backend=self
        )
        extensions = {"timeout": request.extensions.get("timeout", {}), "trace": self._trace}
        sent = httpcore.Request(
            request.method, url, headers=headers, content=request.stream, extensions=extensions
        )
        answer = connection.handle_request(sent)
        self.enter("body")
        return answer

    def _waiting(self) -> httpcore.HTTPConnection | None:
        """A connection that was kept, which is this one's from now on."""
        held = self._kept.take() if self._kept and self._reuses else None
        if not isinstance(held, _Kept):
            return None
        self._is_reused, self._stream = True, held.stream
        held.stream.serve(self)
        self.enter("request")
        return held.connection

    @property
    def was_closed_meanwhile(self) -> bool:
        """Whether a connection was reused on which nothing came any more, and not because there was no time."""
        silent = self._stream is not None and not self._stream.heard and self._stream.broke
        return self._is_reused and silent and time.monotonic() < self._deadline

    def anew(self) -> _Way:
        """The same way, not begun; what else waits is as old, so it connects anew."""
        way = _Way(self._url, self._deadline, self._context, self._kept)
        way._reuses = False
        return way

    def end(self) -> None:
        """The answer is done with: keep the connection where it can be used again, else close it."""
        kept, self._kept = self._kept, None  # the stream has its way, and is not to hold what holds it
        if kept and self._connection and self._stream and self._connection.is_idle():
            kept.put(_Kept(self._connection, self._stream))
        else:
            self.close()

    def phases(self) -> Phases:
        """Where the time went, so far."""
        spent = self._spent
        return Phases(
            dns=spent.get("DNS", 0.0),
            connect=spent.get("connect", 0.0),
            tls=spent.get("TLS", 0.0),
            first_byte=spent.get("request", 0.0) + spent.get("first byte", 0.0),
            total=time.perf_counter() - self._started,
        )

    def enter(self, phase: str) -> None:
        """The phase before is over."""
        now = time.perf_counter()
        self._spent[self._phase] = self._spent.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = phase, now

    def left(self, limit: float | None) -> float:
        """Seconds to wait at most."""
        rest = self._deadline - time.monotonic()
        seconds = rest if limit is None else min(limit, rest)
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def close(self) -> None:
        """Close the connection."""
        if self._stream is not None:
            self._stream.close()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What goes wrong is ``Broken``, in the phase in which it did."""
        try:
            yield
        except httpcore.LocalProtocolError as error:
            # Behind its words the library quotes the value, which may be a token.
            self._break(OSError(f"the request is not valid HTTP: {_QUOTED.split(str(error), 1)[0]}"))
        except httpcore.RemoteProtocolError as error:
            self._break(OSError(self._fault(error)))
        except (OSError, UnicodeError) as error:
            self._break(error)

    def _break(self, error: OSError | UnicodeError) -> None:
        reason, lasting = wire.reason_of(error)
        raise Broken(self._phase, reason, time.perf_counter() - self._started, lasting=lasting) from error

    def _fault(self, error: Exception) -> str:
        if self._stream is None or not self._stream.ended:
            return f"something that is not HTTP: {error}"
        if self._phase == "body":
            return "the server closed the connection before the answer was complete"
        return "the server closed the connection without an answer"

    def _trace(self, event: str, _: dict[str, Any]) -> None:
        """What httpcore is doing: it sends the request, waits for the head, and leaves the rest to us."""
        if event.endswith("receive_response_headers.started"):
            self.enter("first byte")

    # -------------------------------------------------------------------------------- what httpcore calls us for

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore.NetworkStream:
        """Look up the name and connect; with a proxy to that, and for https through it."""
        if self._proxy:
            host, port = self._proxy.hostname or "", self._proxy.port or PORTS["http"]
        addresses = wire.look_up(host, port, self.left(timeout))
        self.enter("connect")
        self._stream = _Stream(self, wire.connect(addresses, self.left(timeout)))
        if self._proxy and self._context:
            self.enter("proxy")
            self._open_tunnel(self._proxy, self._stream)
        self.enter("request")
        return self._stream

    def _open_tunnel(self, proxy: SplitResult, stream: _Stream) -> None:
        """By hand: httpcore's own way leaves out the brackets of an IPv6 address."""
        authority = wire.authority_of(self._url, with_port=True).encode()
        way = httpcore.URL(scheme=b"http", host=proxy.hostname or "", port=proxy.port, target=authority)
        headers = [(b"Host", authority), *_raw(proxy_headers(proxy))]
        limits = {"timeout": {"read": self.left(None), "write": self.left(None)}}
        asked = httpcore.Request("CONNECT", way, headers=headers, extensions=limits)
        status = httpcore.HTTP11Connection(way.origin, stream).handle_request(asked).status
        if not 200 <= status < 300:
            raise OSError(f"the proxy {proxy.hostname} answered HTTP {status}")

    def secure(self, raw: socket.socket, timeout: float | None) -> socket.socket:
        """The handshake."""
        assert self._context is not None
        self.enter("TLS")
        raw.settimeout(self.left(timeout))
        # The handshake happens inside, and a socket's time limit covers all of it.
        secured = self._context.wrap_socket(raw, server_hostname=self._url.hostname)
        self.enter("request")
        return secured


class _UnsentError(httpcore.WriteError, OSError):
    """httpcore goes on from it to the answer, as a server may give one before it has read all of a request."""


class _Stream(httpcore.NetworkStream):
    """The connection.

    Attributes:
        ended: the server has closed its side.
        heard: something came since the request.
        broke: the connection was lost, rather than silent for too long.
    """

    def __init__(self, way: _Way, connected: socket.socket) -> None:
        self.serve(way)
        # Head and body are sent one after the other; the second would wait for the first to be acknowledged.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        self.ended = False

    def serve(self, way: _Way) -> None:
        """Be a part of this way from now on."""
        self._way = way
        self.heard = self.broke = False

    def is_silent(self) -> bool:
        """Whether nothing has come, not even that the server has closed it."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._way.left(timeout))
        try:
            data = self._socket.recv(max_bytes)
        except TimeoutError:
            raise
        except OSError:
            self.broke = True
            raise
        self.ended = not data
        self.heard = self.heard or bool(data)
        self.broke = self.broke or self.ended
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(self._way.left(timeout))
        try:
            self._socket.sendall(buffer)
        except TimeoutError:
            raise
        except OSError as error:
            self.broke = True
            raise _UnsentError(*error.args) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._socket = self._way.secure(self._socket, timeout)
        return self

    def get_extra_info(self, info: str) -> Any:
        """What ``response.extensions["network_stream"]`` is asked for, as httpx documents it."""
        match info:
            case "socket":
                return self._socket
            case "ssl_object":
                return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
            case "client_addr":
                return self._socket.getsockname()
            case "server_addr":
                return self._socket.getpeername()
        return None


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
