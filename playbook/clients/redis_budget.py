"""Limits for answers of a Redis server: bytes, values, nesting and time of one exchange; RESP2 only.

redis-py's own parser trusts any length that a server sends, reads nested arrays recursively, and limits each wait
for bytes but not their sum. https://valkey.io/topics/protocol/
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

from playbook.clients.connecting import connect
from playbook.core.deadline import left

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Connection
    from redis._parsers import _RESP2Parser
    from redis.exceptions import RedisError

MOST_BYTES = 8 << 20
MOST_VALUES = 500_000
DEEPEST = 8  # nested arrays; the slow log has three levels
LONGEST_LINE = 64 * 1024  # bytes of an error, a status or a number; real servers stay far below
_CHUNK = 64 * 1024
_NUMBER = 20  # characters of a 64-bit number
_NAMES = {
    b"%": "a map", b"~": "a set", b">": "a push", b"|": "an attribute", b"_": "a null", b"#": "a boolean",
    b",": "a double", b"(": "a big number", b"=": "a verbatim text", b"!": "a long error",
}  # fmt: skip


class Allowance(threading.local):
    """Remaining allowance of this thread's exchange.

    Attributes:
        seconds: for a whole exchange, if the measurement has that long.
        until: value of ``time.monotonic()`` by which all answers must have arrived.
    """

    until = float("inf")
    bytes = MOST_BYTES
    values = MOST_VALUES

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def begin(self) -> float:
        """Start a new exchange; the seconds that it has."""
        seconds = left(self.seconds)
        self.until = time.monotonic() + seconds
        self.bytes, self.values = MOST_BYTES, MOST_VALUES
        return seconds

    def left(self, most: float) -> float:
        """Seconds left to wait; TimeoutError if there are none."""
        seconds = min(most, self.until - time.monotonic())
        if seconds <= 0:
            raise TimeoutError
        return seconds


def parser(allowance: Allowance) -> type[_RESP2Parser]:
    """A parser class limited by ``allowance``; an answer beyond it is redis-py's InvalidResponse."""
    from redis._parsers import _RESP2Parser
    from redis.exceptions import ConnectionError as Lost

    class Bounded(_RESP2Parser):
        _own: _Buffer
        begin = allowance.begin  # called before each exchange, also by callers that only have a connection pool

        def on_connect(self, connection: Any) -> None:
            super().on_connect(connection)  # type: ignore[no-untyped-call]
            self._buffer = self._own = _Buffer(connection._sock, connection.socket_timeout, allowance)

        def read_response(self, disable_decoding: bool = False, timeout: Any = None) -> Any:
            found = self._value(0, decoded=not disable_decoding)
            if isinstance(found, Lost):  # e.g. too many clients
                raise found
            return found

        def can_read(self, timeout: float = 0) -> bool:
            """Whether data is available. An unsolicited error is raised with the server's own message.

            redis-py checks this before it sends, and would only report that the connection is not ready.
            """
            there = bool(super().can_read(timeout))
            if there and self._own.begins_with(b"-"):
                raise self.read_response()
            return there

        def _value(self, depth: int, *, decoded: bool) -> Any:
            allowance.values -= 1
            if allowance.values < 0:
                raise _odd(f"over {MOST_VALUES:,} values")
            line = self._own.line()
            kind, rest = line[:1], line[1:]
            value: Any
            match kind:
                case b"-":
                    return self.parse_error(rest.decode(errors="replace"))  # type: ignore[no-untyped-call]
                case b"+":
                    value = rest
                case b":":
                    return _number(rest)
                case b"$":
                    length = _number(rest)
                    if length == -1:
                        return None
                    value = self._own.exactly(length)
                case b"*":
                    count = _number(rest)
                    if count == -1:
                        return None
                    return self._array(count, depth + 1, decoded=decoded)
                case _:
                    of_3 = f"{_NAMES[kind]} of RESP3, which was not requested" if kind in _NAMES else "no RESP"
                    raise _odd(f"{of_3}: {line[:40]!r}")
            return self.encoder.decode(value) if decoded else value  # type: ignore[union-attr]

        def _array(self, count: int, depth: int, *, decoded: bool) -> list[Any]:
            if depth > DEEPEST:
                raise _odd(f"arrays of over {DEEPEST} in each other")
            if not 0 <= count <= allowance.values:
                raise _odd(f"an array of {count:,} values")
            return [self._value(depth, decoded=decoded) for _ in range(count)]

    return Bounded


def _odd(what: str) -> RedisError:
    """redis-py's own error for an answer that it does not understand; the message follows "got"."""
    from redis.exceptions import InvalidResponse

    return InvalidResponse(what)


def _number(text: bytes) -> int:
    digits = text.removeprefix(b"-").removeprefix(b"+")
    if len(text) > _NUMBER or not digits.isdigit():
        raise _odd(f"an invalid number: {text[:40]!r}")
    return int(text)


class _Buffer:
    """Received data that is not used yet; implements the part of redis-py's buffer that its connection uses."""

    def __init__(self, connection: socket.socket, socket_timeout: float, allowance: Allowance) -> None:
        self._socket = connection
        self.socket_timeout = socket_timeout
        self._allowance = allowance
        self._data = bytearray()
        self._at = 0

    def can_read(self, timeout: float = 0) -> bool:
        """Whether data is available or arrives in time; raises as redis-py's buffer at the end of the stream."""
        if self._at < len(self._data):
            return True
        self._socket.settimeout(timeout)
        try:
            self._receive()
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            self._socket.settimeout(self.socket_timeout)
        return True

    def begins_with(self, byte: bytes) -> bool:
        """Whether this is the first available byte."""
        return self._data[self._at : self._at + 1] == byte

    def line(self) -> bytes:
        """A line without its line end."""
        searched = self._at
        while (end := self._data.find(b"\r\n", searched)) < 0:
            if len(self._data) - self._at > LONGEST_LINE:
                raise _odd(f"a line of over {LONGEST_LINE:,} B: {bytes(self._data[self._at :][:40])!r}")
            searched = max(self._at, len(self._data) - 1) - self._at
            self._wait()
            searched += self._at
        return self._take(end - self._at, 2)

    def exactly(self, length: int) -> bytes:
        """Exactly this many bytes, without the line end after them."""
        there = len(self._data) - self._at
        if not 0 <= length <= self._allowance.bytes + there:
            raise _odd(f"a text of {length:,} B")
        while len(self._data) - self._at < length + 2:
            self._wait()
        text = self._take(length, 2)
        if self._ended != b"\r\n":
            raise _odd(f"a text of {length:,} B that does not end there")
        return text

    def close(self) -> None:
        """Nothing to close."""
        self._data = bytearray()

    def _take(self, length: int, more: int) -> bytes:
        start, self._at = self._at, self._at + length + more
        self._ended = bytes(self._data[start + length : self._at])
        return bytes(self._data[start : start + length])

    def _wait(self) -> None:
        del self._data[: self._at]
        self._at = 0
        self._socket.settimeout(self._allowance.left(self.socket_timeout))
        self._receive()

    def _receive(self) -> None:
        data = self._socket.recv(_CHUNK)
        if not data:
            from redis.exceptions import ConnectionError as Lost

            raise Lost("Connection closed by server.")
        self._allowance.bytes -= len(data)
        if self._allowance.bytes < 0:
            raise _odd(f"over {MOST_BYTES:,} B")
        self._data += data


def connection(allowance: Allowance, context: Callable[[], ssl.SSLContext] | None) -> type[Connection]:
    """A class of connections that are opened within ``allowance``, whatever a host name resolves to.

    Args:
        context: for TLS.
    """
    from redis import Connection

    class Bounded(Connection):
        def _connect(self) -> socket.socket:
            made = connect(self.host, self.port, allowance.left(self.socket_connect_timeout or float("inf")))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(allowance.left(self.socket_connect_timeout or float("inf")))
            if context:
                made = context().wrap_socket(made, server_hostname=self.host)
            made.settimeout(self.socket_timeout)
            return made

    return Bounded
