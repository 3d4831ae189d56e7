"""A small website on loopback that counts who asks, and misbehaves as a test tells it to."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

PAGE = b"<!DOCTYPE html><title>Portfolio</title><h1>Photographs of the sea and of the hills</h1>"
HEALTHY = b'{"status":"healthy"}'
WEBP = b"RIFF\x16\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x3c\x00\x28\x00"  # 60 × 40


class Website:
    """What it saw, and how it answers.

    Attributes:
        port: where it listens.
        times: Unix time of each request.
        heads: request line and headers of each.
        bodies: of each post.
        act: called before each answer with the handler; returns True where it has answered itself.
        at_once, most_at_once: requests in work now, and the most that were.
        close: stop listening; connections that are open stay so until their next request.
        connections: that were accepted, whatever came over them.
    """

    def __init__(self) -> None:
        self.port = 0
        self.times: list[float] = []
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.act: Callable[[Any], bool] = lambda _: False
        self.at_once = 0
        self.connections = 0
        self.most_at_once = 0
        self.close: Callable[[], Any] = lambda: None
        self.lock = threading.Lock()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer waits 40 ms for the client's acknowledgement
    website: Website

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer, once it is noted."""
        site = self.website
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with site.lock:
            site.times.append(time.time())
            site.heads.append(f"{self.requestline}\n{self.headers}")
            site.at_once += 1
            site.most_at_once = max(site.most_at_once, site.at_once)
            if body:
                site.bodies.append(body)
        try:
            if not site.act(self):
                self._answer()
        finally:
            with site.lock:
                site.at_once -= 1

    do_POST = do_GET  # noqa: N815
    do_CONNECT = do_GET  # noqa: N815

    def _answer(self) -> None:
        if self.path.endswith("health"):
            self.say(200, "application/json", HEALTHY)
        elif self.path.endswith("optimize"):
            self.say(200, "image/webp", WEBP)
        else:
            self.say(200, "text/html; charset=utf-8", PAGE)

    def say(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> bool:
        """Close without a word."""
        self.close_connection = True
        return True


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    website: Website

    def get_request(self) -> Any:
        """A connection, counted."""
        accepted = super().get_request()
        self.website.connections += 1
        return accepted

    def handle_error(self, *_: Any) -> None:
        """A client may disconnect."""


@contextmanager
def website(tls: ssl.SSLContext | None = None) -> Iterator[Website]:
    """A website that serves; counts nobody yet."""
    site = Website()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"website": site}))
    server.website = site
    site.close = lambda: (server.shutdown(), server.server_close())
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        with suppress(OSError):
            site.close()
        thread.join(5)
