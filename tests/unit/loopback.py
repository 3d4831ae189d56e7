"""A server on loopback that answers what a test tells it to, byte by byte."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Act = Callable[[socket.socket], None]
Answer = bytes | Act
Script = Answer | Mapping[str, Answer]  # by the path of the request, where several come at once


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP answer; header names with underscores for hyphens."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hang_up(connection: socket.socket) -> None:
    """Close without a word."""


@dataclass
class Loopback:
    """What ``serve`` gives: one script for each connection, the last one for all that follow.

    Attributes:
        reader: reads what each connection sends first, by default an HTTP request.
        requests: what was read.
        ended: set when the server ends, for scripts that wait.
    """

    scripts: list[Script]
    tls: ssl.SSLContext | None
    reader: Callable[[socket.socket], bytes]
    requests: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """With the scheme that it speaks."""
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    def silence(self, connection: socket.socket) -> None:
        """A script that never answers, for as long as any test may take."""
        self.ended.wait(60)

    def drip(self, head: bytes) -> Act:
        """A script that sends ``head`` and then one byte every 20 ms, for ever."""

        def act(connection: socket.socket) -> None:
            connection.sendall(head)
            while not self.ended.wait(0.02):
                connection.sendall(b".")

        return act

    def handle(self, connection: socket.socket) -> None:
        """Play the script of this connection."""
        with suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            request = self.reader(connection)
            with self._lock:
                self.requests.append(request)
                script = self.scripts[min(len(self.requests), len(self.scripts)) - 1]
            if isinstance(script, Mapping):
                script = script[request.split()[1].decode()]
            if callable(script):
                script(connection)
            else:
                connection.sendall(script)
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    """One request, its body included."""
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(65536)):
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


@contextmanager
def serve(
    *scripts: Script,
    tls: ssl.SSLContext | None = None,
    reader: Callable[[socket.socket], bytes] = read_request,
) -> Iterator[Loopback]:
    """Answer with ``scripts`` for the length of the block."""
    server = Loopback(list(scripts), tls, reader)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=server.handle, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            server.ended.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


_HELD: list[socket.socket] = []


def closed_port() -> int:
    """A port that nobody listens on, now and later: it stays bound for as long as this process lives.

    One that was merely found free may be given to the next server that is started anywhere on this machine.
    """
    return _held_port(reuse=False)


def free_port() -> int:
    """A port for a server that takes none but a number; nobody listens on it just now.

    On Linux it is held as well: a server that sets ``SO_REUSEADDR``, as they do, may listen on it all the same.
    """
    return _held_port(reuse=True)


def _held_port(*, reuse: bool) -> int:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    held.bind(("127.0.0.1", 0))
    port = int(held.getsockname()[1])
    if reuse and sys.platform != "linux":
        held.close()  # elsewhere nobody else could listen on it
    else:
        _HELD.append(held)
    return port
