"""Parts of an HTTP request: limits, connection, times, and the error where there is no complete answer."""

from __future__ import annotations

import errno
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import SplitResult

from playbook.clients.proxies import PORTS

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH"]

# The HTTP library, or its successor that can replace it: docs/decisions/028-httpx.md.
LIBRARY = "httpx2" if os.environ.get("PLAYBOOK_HTTP_LIBRARY") == "httpx2" else "httpx"

_NO_ROUTE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds spent in each phase; 0 for a phase that did not take place.

    Attributes:
        dns: name resolution.
        connect: TCP; to the proxy if one is used.
        tls: the handshake.
        first_byte: from sending the request to the first byte of the answer.
        total: everything, including the body.
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
    """A request without a complete answer.

    Attributes:
        phase: DNS, connect, proxy, TLS, request, first byte or body.
        reason: what happened, e.g. ``connection refused``.
        seconds: since the start of the request.
        lasting: a retry would fail in the same way.
        redirects: earlier answers, one line for each hop.
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
    """What to send, and its time limits.

    Attributes:
        trust: returns the TLS context; called for https only.
        connect: seconds for DNS, for TCP and for TLS each.
        read: seconds to wait for the next bytes.
        deadline: value of ``time.monotonic()`` by which everything must end.
        upgrade: protocol to upgrade to, e.g. ``websocket``; after status 101 the exchange carries raw bytes.
        kept: reusable connections; without them the request has its own.
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
    kept: Kept | None = None


class Kept:
    """Idle connections of one client. Thread-safe; closed when the client is garbage-collected.

    For services whose connection time is not measured: a new connection costs three round trips for each one that
    the request itself takes. Measured requests, and single ones, have connections of their own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Idle] = []

    def take(self) -> Idle | None:
        """A usable idle connection, the most recently used first; None if there is none."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.stands():
                return connection
            connection.close()

    def put(self, connection: Idle) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for connection in waiting:
            connection.close()

    def __del__(self) -> None:
        self.close()


class Idle(Protocol):
    """A connection between two requests."""

    def stands(self) -> bool:
        """Whether the server has neither closed it nor sent unsolicited data."""

    def close(self) -> None:
        """Close it."""


def reason_of(error: OSError | UnicodeError) -> tuple[str, bool]:
    """What happened, in words, and whether a retry would fail too."""
    lasting = isinstance(error, ssl.SSLError | UnicodeError)
    match error:
        case TimeoutError():
            reason = "no answer in time"
        case ssl.SSLCertVerificationError():
            reason = f"a certificate that cannot be trusted: {(error.verify_message or error.reason).rstrip('.')}"
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


def look_up(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """Addresses of a host name. In a thread, as the system's resolver has no time limit."""
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


def connect(addresses: list[tuple[str, int]], seconds: float) -> socket.socket:
    """Connect to the first address that answers. Each has its share of the time, so that a dead one cannot use all
    of it.
    """
    until = time.monotonic() + seconds
    failure = OSError("the name has no address")
    for number, address in enumerate(addresses):
        share = (until - time.monotonic()) / (len(addresses) - number)
        try:
            return socket.create_connection(address, timeout=max(share, 0.001))
        except OSError as error:
            # What a host answered is more informative than that this machine has no IPv6.
            if number == 0 or error.errno not in _NO_ROUTE:
                failure = error
    raise failure


def authority_of(url: SplitResult, *, with_port: bool = False) -> str:
    """Host and port as in a URL; the port only if it is not the scheme's default, or ``with_port``."""
    host = url.hostname or ""
    host = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
    port = url.port or PORTS[url.scheme]
    return f"{host}:{port}" if with_port or port != PORTS[url.scheme] else host
