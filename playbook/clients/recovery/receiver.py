"""A receiver of alert notifications for a staging Alertmanager: stores what is posted, and returns it on request.

    PLAYBOOK_RECEIVER_TOKEN=… python -m playbook.clients.recovery.receiver --listen 127.0.0.1:9095

Alertmanager's webhook is ``http://HOST:9095/TOKEN``, and ``alert_test.received_url`` is ``http://HOST:9095/`` with
the token as ``alert_test.token``. It keeps the newest two hundred notifications in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playbook.core.budget import read_json

TOKEN_VARIABLE = "PLAYBOOK_RECEIVER_TOKEN"  # noqa: S105 - its name
_KEPT = 200
_MOST = 1024 * 1024  # bytes of a notification


class Receiver(ThreadingHTTPServer):
    """Listens on one address. ``serve_forever`` until ``shutdown``.

    Attributes:
        token: shared secret; part of the webhook's path, and bearer token of the client.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, token: str) -> None:
        super().__init__((host, port), _Handler)
        self.token = token
        self._kept: deque[Any] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def keep(self, notification: Any) -> None:
        """Store a notification."""
        with self._lock:
            self._kept.append(notification)

    def kept(self) -> list[Any]:
        """Stored notifications, oldest first."""
        with self._lock:
            return list(self._kept)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = 10  # seconds to wait for a slow sender

    def do_POST(self) -> None:
        if not compare_digest(self.path.encode(), f"/{self.server.token}".encode()):
            return self._answer(404, b"")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _MOST:
            return self._answer(413, b"")
        try:
            notification = read_json(self.rfile.read(int(length)))
        except ValueError:
            return self._answer(400, b"")
        self.server.keep(notification)
        return self._answer(200, b"{}")

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization", "").encode()
        if not compare_digest(authorization, f"Bearer {self.server.token}".encode()):
            return self._answer(401, b"")
        return self._answer(200, json.dumps(self.server.kept()).encode())

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Log nothing: the webhook's path contains the token."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until terminated; exit code 4 for a usage error."""
    parser = argparse.ArgumentParser(prog="python -m playbook.clients.recovery.receiver", description=__doc__)
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:9095")
    host, _, port = parser.parse_args(arguments).listen.rpartition(":")
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not port.isdigit() or len(token) < 16:
        sys.stderr.write(f"expected HOST:PORT, and a token of 16 characters or more in ${TOKEN_VARIABLE}\n")
        return 4
    with Receiver(host.strip("[]") or "127.0.0.1", int(port), token) as receiver:
        try:
            receiver.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
