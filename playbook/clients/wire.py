"""One HTTP request over one fresh connection, each phase timed and the whole of it bounded.

Why h11 and a socket, and no pool: a reused connection has no DNS, connect or TLS to measure, and fails in its own
ways when the server has closed it meanwhile; measurements run on threads of their own, so there would be little
to reuse. And libraries with a pool bound each read but not their sum: a server that sends a byte every second
keeps them for ever. Written out, every wait is the same line: the rest of the budget.
"""

from __future__ import annotations

import errno
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, quote

from playbook.clients.proxies import PORTS, proxy_for, proxy_headers

if TYPE_CHECKING:
    import h11

Method = Literal["GET", "HEAD", "POST"]

_SWITCHING = 101  # protocols
_CHUNK = 64 * 1024
_NO_ROUTE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_PATH = "/%:@!$&'()*+,;=~"  # what a path may hold beside letters, digits and -._


@dataclass(frozen=True, slots=True)
class Phases:
    """Where the time went, in seconds. A phase that did not take place is 0.

    Attributes:
        dns: looking up the name.
        connect: TCP; of the proxy where one is used.
        tls: the handshake.
        first_byte: from sending the request to the first byte of the answer.
        total: everything, the body included.
    """

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    total: float = 0.0

    def __add__(self, other: Phases) -> Phases:
        return Phases(
            self.dns + other.dns,
            self.connect + other.connect,
            self.tls + other.tls,
            self.first_byte + other.first_byte,
            self.total + other.total,
        )


class Broken(Exception):  # noqa: N818 - stays between this module and its callers, who say what it means
    """A request that got no whole answer.

    Attributes:
        phase: DNS, connect, proxy, TLS, request, first byte or body.
        reason: what happened, e.g. ``connection refused``.
        seconds: since the start of the request.
        lasting: another try would end the same way.
        redirects: what was answered before, one line for each hop.
    """

    redirects: tuple[str, ...] = ()

    def __init__(self, phase: str, reason: str, seconds: float, *, lasting: bool = False) -> None:
        super().__init__(f"{reason} ({phase}, after {seconds:.3f} s)")
        self.phase = phase
        self.reason = reason
        self.seconds = seconds
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Call:
    """What to send and how long it may take.

    Attributes:
        trust: gives the TLS context; asked for https only.
        connect: seconds for DNS, for TCP and for TLS each.
        read: seconds to wait for the next bytes.
        deadline: the moment of ``time.monotonic()`` at which all must be over.
        upgrade: the protocol to go on in, e.g. ``websocket``; after status 101 the exchange carries bare bytes.
    """

    method: Method
    url: SplitResult
    headers: dict[str, str]
    trust: Callable[[], ssl.SSLContext]
    connect: float
    read: float
    deadline: float
    body: bytes = b""
    upgrade: str = ""


@dataclass(slots=True)
class Exchange:
    """A request under way: ``with Exchange(call) as exchange`` has status and headers, ``chunks()`` the body."""

    call: Call
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    _spent: dict[str, float] = field(default_factory=dict)
    _started: float = 0.0
    _socket: socket.socket | None = None
    _http: h11.Connection | None = None
    _upgraded: bytes = b""

    def __enter__(self) -> Exchange:
        import h11  # noqa: F401 - here, and the context too, so that no phase is charged for loading them

        context = self.call.trust() if self.call.url.scheme == "https" else None
        self._started = time.perf_counter()
        try:
            self._open(context)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    @property
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

    def chunks(self) -> Iterator[bytes]:
        """The body, as it arrives."""
        import h11

        with self._phase("body"):
            while not isinstance(event := self._next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    yield bytes(event.data)

    def receive(self, limit: float) -> bytes:
        """Bare bytes after an upgrade, as they come; none at the end of the stream.

        Args:
            limit: seconds to wait for some.

        Raises:
            TimeoutError: none came in time.
            Broken: the connection is lost.
        """
        assert self._socket is not None
        assert self._http is not None
        already, self._upgraded = self._upgraded, b""
        if already:
            return already
        self._wait(limit)
        try:
            return self._socket.recv(_CHUNK)
        except TimeoutError:
            raise
        except OSError as error:
            reason, lasting = reason_of(error)
            raise Broken("body", reason, time.perf_counter() - self._started, lasting=lasting) from error

    def send(self, data: bytes) -> None:
        """Bare bytes after an upgrade. A connection that is lost is noticed by the next ``receive``."""
        assert self._socket is not None
        self._wait(self.call.read)
        with suppress(OSError):
            self._socket.sendall(data)

    def _intent(self) -> dict[str, str]:
        if self.call.upgrade:
            return {"Connection": "Upgrade", "Upgrade": self.call.upgrade}
        return {"Connection": "close"}

    def _open(self, context: ssl.SSLContext | None) -> None:
        url = self.call.url
        proxy = proxy_for(url)
        via = proxy or url
        host, port = via.hostname or "", via.port or PORTS[via.scheme]
        with self._phase("DNS"):
            addresses = look_up(host, port, self._left(self.call.connect))
        with self._phase("connect"):
            self._socket = self._connect(addresses)
        target = quote(url.path, safe=_PATH) or "/"
        if url.query:
            target += "?" + quote(url.query, safe=_PATH + "?")
        headers = {"Host": _authority(url), **self.call.headers, **self._intent()}
        if proxy and url.scheme == "https":
            with self._phase("proxy"):
                self._open_tunnel(proxy)
        elif proxy:
            target = f"http://{_authority(url)}{target}"
            headers |= proxy_headers(proxy)
        if context:
            with self._phase("TLS"):
                self._wait(self.call.connect)
                # The handshake happens inside, and a socket's time limit covers all of it.
                self._socket = context.wrap_socket(self._socket, server_hostname=url.hostname)
        with self._phase("request"):
            self._send(self.call.method, target, headers, self.call.body)
        with self._phase("first byte"):
            self.status, self.headers = self._answer()

    def _connect(self, addresses: list[tuple[str, int]]) -> socket.socket:
        """The first address that answers. Each has its share of the time, so that a dead one cannot take all."""
        until = time.monotonic() + self._left(self.call.connect)
        failure = OSError("the name has no address")
        for number, address in enumerate(addresses):
            share = (until - time.monotonic()) / (len(addresses) - number)
            try:
                return socket.create_connection(address, timeout=max(share, 0.001))
            except OSError as error:
                # What a host said tells more than that this machine has no IPv6.
                if number == 0 or error.errno not in _NO_ROUTE:
                    failure = error
        raise failure

    def _open_tunnel(self, proxy: SplitResult) -> None:
        url = self.call.url
        authority = f"{_bracketed(url.hostname or '')}:{url.port or 443}"
        self._send("CONNECT", authority, {"Host": authority, **proxy_headers(proxy)}, b"")
        status, _ = self._answer()
        if not 200 <= status < 300:
            raise OSError(f"the proxy {proxy.hostname} answered HTTP {status}")

    def _send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        import h11

        assert self._socket is not None
        if body:
            headers = {**headers, "Content-Length": str(len(body))}
        self._http = http = h11.Connection(h11.CLIENT)
        try:
            data = http.send(h11.Request(method=method, target=target, headers=list(headers.items()))) or b""
        except h11.LocalProtocolError as error:
            raise OSError(f"the request is not valid HTTP: {error}") from None
        if body:
            data += http.send(h11.Data(data=body)) or b""
        data += http.send(h11.EndOfMessage()) or b""
        self._wait(self.call.read)
        self._socket.sendall(data)

    def _answer(self) -> tuple[int, dict[str, str]]:
        import h11

        assert self._http is not None
        while not isinstance(event := self._next_event(), h11.Response):
            if isinstance(event, h11.InformationalResponse) and event.status_code == _SWITCHING:
                self._upgraded, _ = self._http.trailing_data
                break  # any other 1xx: the answer is still to come
        headers: dict[str, str] = {}
        for name, value in event.headers:
            key, text = name.decode("ascii").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return event.status_code, headers

    def _next_event(self) -> object:
        import h11

        assert self._http is not None
        assert self._socket is not None
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._wait(self.call.read)
                data = self._socket.recv(_CHUNK)
                if not data and self._http.their_state is h11.SEND_RESPONSE:
                    raise OSError("the server closed the connection without an answer")
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise OSError(_protocol_fault(error)) from None
        return event

    def _wait(self, limit: float) -> None:
        assert self._socket is not None
        self._socket.settimeout(self._left(limit))

    def _left(self, limit: float) -> float:
        left = min(limit, self.call.deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError
        return left

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except (OSError, UnicodeError) as error:
            reason, lasting = reason_of(error)
            raise Broken(name, reason, time.perf_counter() - self._started, lasting=lasting) from error
        finally:
            self._spent[name] = self._spent.get(name, 0.0) + time.perf_counter() - started


def reason_of(error: OSError | UnicodeError) -> tuple[str, bool]:
    """What happened, in words, and whether it will happen again."""
    lasting = isinstance(error, ssl.SSLError | UnicodeError)
    match error:
        case TimeoutError():
            reason = "no answer in time"
        case ssl.SSLCertVerificationError():
            reason = f"a certificate that cannot be trusted: {error.verify_message or error.reason}"
        case ssl.SSLError():
            reason = f"a TLS failure: {(error.reason or str(error)).replace('_', ' ').lower()}"
        case socket.gaierror():
            reason = f"a name that cannot be resolved: {error.strerror}"
        case ConnectionRefusedError():
            reason = "connection refused"
        case ConnectionResetError():
            reason = "connection reset"
        case OSError():
            reason = error.strerror or str(error) or type(error).__name__
        case _:
            reason = "a host name that is not valid"
    return reason, lasting


def _protocol_fault(error: Exception) -> str:
    text = str(error)
    if "closed connection" in text or "peer unexpectedly closed" in text:
        return "the server closed the connection before the answer was complete"
    return f"something that is not HTTP: {text}"


def look_up(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """Addresses of a name. On a thread, as the system's resolver knows no time limit of ours."""
    answers: queue.SimpleQueue[list[tuple[str, int]] | OSError | UnicodeError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put(list(dict.fromkeys((str(entry[4][0]), port) for entry in found)))

    threading.Thread(target=resolve, name=f"dns:{host}", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _authority(url: SplitResult) -> str:
    host = _bracketed(url.hostname or "")
    return host if url.port in (None, PORTS[url.scheme]) else f"{host}:{url.port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
