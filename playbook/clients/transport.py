"""The HTTP library, and the only way its requests are sent. No other module imports httpx or httpcore.

Modules that need httpx import it from here, and where it is used rather than at the top: loading it takes 80 ms.
Why httpx, and when it may be replaced: docs/decisions/028-httpx.md.

Only ``wire.Kept`` keeps connections: a reused connection has no DNS, connect or TLS time, so code that measures
those opens a new one each time. A kept connection that the server has closed is replaced silently.

The library limits each wait but not their sum: a server that sends one byte per second could hold it for ever.
Here each wait is limited by its own limit and by the time left for the whole request.
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
    """Import httpx without its command line, which loads rich and click and takes half of the import time."""
    command = f"{LIBRARY}._main"
    is_loaded = command in sys.modules
    sys.modules.setdefault(command, None)  # type: ignore[arg-type]  # makes the import fail
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

# httpcore sets ALPN on the context that it is given. Our contexts are shared between services and threads, so it
# gets this one, which no connection uses: ``_Stream.start_tls`` uses ours.
_UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_QUOTED = re.compile(r"\s*:?\s*b?['\"]")
# They log full addresses at INFO and headers at DEBUG, including secrets.
for _logger in (httpx.__name__, httpcore.__name__):
    logging.getLogger(_logger).setLevel(logging.WARNING)


class Transport(httpx.BaseTransport):
    """For ``httpx.Client(transport=…)``: a new connection for each request unless connections are kept.
    Thread-safe.

    Reads the request extensions ``timeout`` as httpx defines it, ``deadline``, the value of ``time.monotonic()``
    by which the request must end, and ``target``, the exact bytes of the path. The response extension ``phases``
    is a function that returns the time spent so far.

    Raises ``Broken``, here and while the body is read.
    """

    def __init__(
        self, trust: Callable[[], ssl.SSLContext], *, budget: float, kept: wire.Kept | None = None
    ) -> None:
        """Create a transport.

        Args:
            trust: returns the TLS context; called for https only.
            budget: seconds for a whole request without a deadline of its own.
            kept: reusable connections to one origin. Only for idempotent requests: GET and HEAD.
        """
        self._trust = trust
        self._budget = budget
        self._kept = kept

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the body of the response is read later."""
        deadline = request.extensions.setdefault("deadline", time.monotonic() + self._budget)
        # Created first, so that its cost is not charged to a phase.
        context = self._trust() if request.url.scheme == "https" else None
        way, answer = self._sent(request, _Way(urlsplit(str(request.url)), deadline, context, self._kept))
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, way),
            extensions={**answer.extensions, "phases": way.phases},
        )

    def _sent(self, request: httpx.Request, way: _Way) -> tuple[_Way, httpcore.Response]:
        """Head of the answer; over a new connection if the kept one turns out to be closed."""
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
    """The remaining body, as it arrives."""

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
    """An idle connection, as ``wire.Kept`` holds it."""

    def __init__(self, connection: httpcore.HTTPConnection, stream: _Stream) -> None:
        self.connection = connection
        self.stream = stream

    def stands(self) -> bool:
        return self.stream.is_silent()

    def close(self) -> None:
        self.stream.close()


class _Way(httpcore.NetworkBackend):
    """State of one request: its waits, their durations, and the one at which it failed."""

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
        """Head of the answer."""
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
        """An idle connection, now owned by this request."""
        held = self._kept.take() if self._kept and self._reuses else None
        if not isinstance(held, _Kept):
            return None
        self._is_reused, self._stream = True, held.stream
        held.stream.serve(self)
        self.enter("request")
        return held.connection

    @property
    def was_closed_meanwhile(self) -> bool:
        """Whether a reused connection delivered nothing, for another reason than lack of time."""
        silent = self._stream is not None and not self._stream.heard and self._stream.broke
        return self._is_reused and silent and time.monotonic() < self._deadline

    def anew(self) -> _Way:
        """The same request on a new connection; other idle connections are as old, so they are not tried."""
        way = _Way(self._url, self._deadline, self._context, self._kept)
        way._reuses = False
        return way

    def end(self) -> None:
        """Keep the connection if it can be reused, else close it."""
        kept, self._kept = self._kept, None  # breaks the reference cycle with the stream
        if kept and self._connection and self._stream and self._connection.is_idle():
            kept.put(_Kept(self._connection, self._stream))
        else:
            self.close()

    def phases(self) -> Phases:
        """Time spent in each phase so far."""
        spent = self._spent
        return Phases(
            dns=spent.get("DNS", 0.0),
            connect=spent.get("connect", 0.0),
            tls=spent.get("TLS", 0.0),
            first_byte=spent.get("request", 0.0) + spent.get("first byte", 0.0),
            total=time.perf_counter() - self._started,
        )

    def enter(self, phase: str) -> None:
        """End the phase before and begin this one."""
        now = time.perf_counter()
        self._spent[self._phase] = self._spent.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = phase, now

    def left(self, limit: float | None) -> float:
        """Longest wait in seconds."""
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
        """Convert errors to ``Broken`` with the phase in which they occurred."""
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
        """Follow httpcore's progress: sending the request and waiting for the head."""
        if event.endswith("receive_response_headers.started"):
            self.enter("first byte")

    # -------------------------------------------------------------------------------- what httpcore calls us for

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore.NetworkStream:
        """Resolve the name and connect; with a proxy connect to it, and for https through it."""
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
        """Written here because httpcore omits the brackets of an IPv6 address."""
        authority = wire.authority_of(self._url, with_port=True).encode()
        way = httpcore.URL(scheme=b"http", host=proxy.hostname or "", port=proxy.port, target=authority)
        headers = [(b"Host", authority), *_raw(proxy_headers(proxy))]
        limits = {"timeout": {"read": self.left(None), "write": self.left(None)}}
        asked = httpcore.Request("CONNECT", way, headers=headers, extensions=limits)
        status = httpcore.HTTP11Connection(way.origin, stream).handle_request(asked).status
        if not 200 <= status < 300:
            raise OSError(f"the proxy {proxy.hostname} answered HTTP {status}")

    def secure(self, raw: socket.socket, timeout: float | None) -> socket.socket:
        """TLS handshake."""
        assert self._context is not None
        self.enter("TLS")
        raw.settimeout(self.left(timeout))
        # The handshake happens inside wrap_socket, and the socket's time limit covers all of it.
        secured = self._context.wrap_socket(raw, server_hostname=self._url.hostname)
        self.enter("request")
        return secured


class _UnsentError(httpcore.WriteError, OSError):
    """httpcore continues with the answer, since a server may answer before it has read the whole request."""


class _Stream(httpcore.NetworkStream):
    """The connection.

    Attributes:
        ended: the server has closed its side.
        heard: bytes have been received since the request.
        broke: the connection was lost, rather than silent for too long.
    """

    def __init__(self, way: _Way, connected: socket.socket) -> None:
        self.serve(way)
        # Head and body are sent separately; with Nagle's algorithm the body would wait for the acknowledgement of
        # the head.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        self.ended = False

    def serve(self, way: _Way) -> None:
        """Attach to this request."""
        self._way = way
        self.heard = self.broke = False

    def is_silent(self) -> bool:
        """Whether nothing has been received, not even the server's close."""
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
        """Value for ``response.extensions["network_stream"]``, as httpx documents it."""
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
