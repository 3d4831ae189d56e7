"""The two endpoints of GitHub's API that the workflows request, on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import serving

_PAGES = "/repos/owner/playbook/pages"
_FINDINGS = "/repos/owner/playbook/code-scanning/sarifs"


class Api:
    """State of GitHub.

    Attributes:
        pages: whether Pages are enabled, with a workflow as their source.
        findings: bodies sent to code scanning.
        tokens: authorisation of the requests.
    """

    def __init__(self) -> None:
        self.url = ""
        self.pages = False
        self.findings: list[dict[str, Any]] = []
        self.tokens: set[str] = set()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        if (method, path) == ("GET", _PAGES) and self.pages:
            return 200, {"build_type": "workflow", "html_url": "https://owner.github.io/playbook/"}
        if (method, path) == ("POST", _FINDINGS):
            self.findings.append(json.loads(body))
            return 202, {"id": "47177e22"}
        return 404, {"message": "Not Found"}


@contextmanager
def github_api() -> Iterator[Api]:
    """Serve the API within the context."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            api.tokens.add(self.headers.get("Authorization", "").removeprefix("Bearer "))
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = api.answer(self.command, self.path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as api.url:
        yield api
