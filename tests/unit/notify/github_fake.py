"""GitHub's issues on loopback, as the REST API documents them: pages, labels, permissions, limits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.http_server import serving

TOKEN = "ghp_" + "a" * 36
REPOSITORY = "example/portfolio"
LABEL = "playbook-incident"
Json = dict[str, Any]


@dataclass
class Refusal:
    """An answer in place of the next one to a method."""

    method: str
    status: int
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class GitHub:
    """What it holds, and what it is to do.

    Attributes:
        size: entries on a page, whatever is asked for.
        refusals: taken one by one.
        meanwhile: called when an issue is to be created, before it is.
        sets_labels: the token may.
        private: whether the repository is; None where that is not said.
    """

    size: int = 100
    issues: list[Json] = field(default_factory=list)
    comments: dict[int, list[Json]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    private: bool | None = None
    refusals: list[Refusal] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    sets_labels: bool = True
    lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    def add(self, title: str, body: str, *labels: str, **more: Any) -> Json:
        """A new issue."""
        with self.lock:
            issue = {
                "number": len(self.issues) + 1,
                "title": title,
                "body": body.replace("\n", "\r\n"),  # as its web form sends it
                "state": "open",
                "state_reason": None,
                "labels": [{"name": name, "color": "ededed"} for name in labels],
                "html_url": f"https://github.com/{REPOSITORY}/issues/{len(self.issues) + 1}",
                "user": {"login": "bot"},
                **more,
            }
            self.issues.append(issue)
            return issue

    def open(self) -> list[Json]:
        """What is open."""
        return [issue for issue in self.issues if issue["state"] == "open"]

    def writes(self) -> list[tuple[str, str]]:
        """Every request that was to change something."""
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def answer(  # noqa: PLR0911 - a table of answers
        self, method: str, target: str, body: Any, token: str
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON and headers."""
        self.requests.append((method, urlsplit(target).path, body))
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if self.refusals and self.refusals[0].method == method:
            refusal = self.refusals.pop(0)
            return refusal.status, {"message": refusal.message}, refusal.headers
        parts = urlsplit(target)
        if parts.path == f"/repos/{REPOSITORY}":
            return 200, {"full_name": REPOSITORY} | ({} if self.private is None else {"private": self.private}), {}
        if not parts.path.startswith(f"/repos/{REPOSITORY}/issues"):
            return 404, {"message": "Not Found"}, {}
        rest = parts.path.removeprefix(f"/repos/{REPOSITORY}/issues").strip("/").split("/")
        query = dict(parse_qsl(parts.query))
        match method, rest:
            case "GET", [""]:
                return self._page(parts.path, query, self._listed(query))
            case "POST", [""]:
                return self._create(body)
            case "PATCH", [number]:
                return self._change(int(number), body)
            case "GET", [number, "comments"]:
                return self._page(parts.path, query, self.comments.get(int(number), []))
            case "POST", [number, "comments"]:
                self.comments.setdefault(int(number), []).append({"body": body["body"]})
                return 201, {"body": body["body"]}, {}
        return 404, {"message": "Not Found"}, {}

    def _listed(self, query: Json) -> list[Json]:
        labels = set(filter(None, query.get("labels", "").split(",")))
        found = [
            issue
            for issue in self.issues
            if query.get("state", "open") in ("all", issue["state"])
            and labels <= {label["name"] for label in issue["labels"]}
        ]
        return found if query.get("direction") == "asc" else found[::-1]

    def _page(self, path: str, query: Json, items: list[Json]) -> tuple[int, Any, dict[str, str]]:
        size, page = min(int(query.get("per_page", 30)), self.size), int(query.get("page", 1))
        headers = {}
        if page * size < len(items):
            onward = urlencode({**query, "page": page + 1})
            headers["Link"] = f'<{self.url}{path}?{onward}>; rel="next", <{self.url}{path}>; rel="last"'
        return 200, items[(page - 1) * size : page * size], headers

    def _create(self, body: Json) -> tuple[int, Any, dict[str, str]]:
        if self.meanwhile:
            self.meanwhile()
        if not body.get("title") or len(body["title"]) > 256 or len(body.get("body", "")) > 65536:
            return 422, {"message": "Validation Failed"}, {}
        return 201, self.add(body["title"], body["body"], *(body["labels"] if self.sets_labels else [])), {}

    def _change(self, number: int, body: Json) -> tuple[int, Any, dict[str, str]]:
        if body.get("state_reason") not in (None, "completed", "not_planned", "reopened"):
            return 422, {"message": "Validation Failed"}, {}
        if not 0 < number <= len(self.issues):
            return 404, {"message": "Not Found"}, {}
        self.issues[number - 1].update(body)
        return 200, self.issues[number - 1], {}


@contextmanager
def github(**more: Any) -> Iterator[GitHub]:
    """GitHub, for the length of the block."""
    fake = GitHub(**more)

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("authorization", "")
            status, answer, headers = fake.answer(self.command, self.path, body, token)
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 - as the library asks for them

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with serving(Handler) as fake.url:
        yield fake
