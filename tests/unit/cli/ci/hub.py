"""GitHub's API as far as `ci setup` asks it, with what a token may: what is lacking is refused in GitHub's words.

https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import serving

ALL = {
    "Metadata": "read",
    "Actions": "write",
    "Administration": "write",
    "Environments": "write",
    "Pages": "write",
}
TOKEN = "github_pat_0123456789abcdef"
_ROUTES = (
    ("GET", r"", ("Metadata",)),
    ("GET", r"/environments/(?P<env>[^/]+)", ("Actions",)),
    ("PUT", r"/environments/(?P<env>[^/]+)", ("Administration",)),
    ("GET", r"/environments/(?P<env>[^/]+)/deployment-branch-policies", ("Actions",)),
    ("POST", r"/environments/(?P<env>[^/]+)/deployment-branch-policies", ("Administration",)),
    ("GET", r"/environments/(?P<env>[^/]+)/variables", ("Environments",)),
    ("POST", r"/environments/(?P<env>[^/]+)/variables", ("Environments",)),
    ("PATCH", r"/environments/(?P<env>[^/]+)/variables/(?P<name>\w+)", ("Environments",)),
    ("GET", r"/environments/(?P<env>[^/]+)/secrets", ("Environments",)),
    ("GET", r"/pages", ("Pages",)),
    ("POST", r"/pages", ("Pages", "Administration")),
    ("PUT", r"/pages", ("Pages", "Administration")),
    ("GET", r"/actions/workflows", ("Actions",)),
    ("PUT", r"/actions/workflows/(?P<file>[\w.-]+)/enable", ("Actions",)),
)


class Hub:
    """One repository, ``owner/playbook``.

    Attributes:
        may: permissions of the token.
        environments: by name: branches that it lets in (None: all), other rules, variables, names of secrets.
        pages: how Pages are built; None where they are off.
        workflows: state by file.
        refuses: by method and path, what is answered instead.
        written: method and path of each request that could change something.
    """

    def __init__(self) -> None:
        self.url = ""
        self.may = dict(ALL)
        self.environments: dict[str, dict[str, Any]] = {}
        self.pages: str | None = None
        self.workflows = {"schedule.yml": "active", "drills.yml": "active", "site.yml": "active"}
        self.refuses: dict[tuple[str, str], tuple[int, str]] = {}
        self.written: list[tuple[str, str]] = []

    def answer(self, method: str, path: str, query: str, token: str, body: Any) -> tuple[int, Any]:
        """Status and body."""
        if token != TOKEN:
            return 401, {"message": "Bad credentials"}
        start, _, rest = path.partition("/repos/owner/playbook")
        if start or not path.startswith("/repos/owner/playbook"):
            return 404, {"message": "Not Found"}
        if (method, rest) in self.refuses:
            status, message = self.refuses[method, rest]
            return status, {"message": message}
        for verb, pattern, needs in _ROUTES:
            match = re.fullmatch(pattern, rest)
            if verb == method and match:
                kind = "read" if method == "GET" else "write"
                if any(self.may.get(each) not in {kind, "write"} for each in needs):
                    return 403, {"message": "Resource not accessible by personal access token"}
                if method != "GET":
                    self.written.append((method, rest))
                return self._do(method, rest, match.groupdict(), query, body)
        return 404, {"message": "Not Found"}

    def _do(  # noqa: PLR0911 - one answer for each kind of request
        self, method: str, path: str, given: dict[str, str], query: str, body: Any
    ) -> tuple[int, Any]:
        if path == "":
            return 200, {"default_branch": "main", "private": False}
        if path == "/pages":
            return self._pages(method, body)
        if path.startswith("/actions"):
            return self._workflows(method, given)
        name, kind = given["env"], path.split("/")[3] if path.count("/") > 2 else ""
        if method == "PUT":
            assert body == {
                "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}
            }
            self.environments.setdefault(name, {"rules": [], "variables": {}, "secrets": []})["branches"] = []
            return 200, {"name": name}
        if name not in self.environments:
            return 404, {"message": "Not Found"}
        found = self.environments[name]
        match method, kind:
            case "GET", "":
                rules = [*({"type": rule} for rule in found["rules"])]
                policy = None
                if found["branches"] is not None:
                    rules.append({"type": "branch_policy"})
                    policy = {"protected_branches": False, "custom_branch_policies": True}
                return 200, {"name": name, "protection_rules": rules, "deployment_branch_policy": policy}
            case "GET", "deployment-branch-policies":
                return 200, {"branch_policies": [{"name": each} for each in found["branches"] or []]}
            case "POST", "deployment-branch-policies":
                found["branches"].append(body["name"])
                return 200, {"name": body["name"]}
            case "POST", "variables":
                assert body["name"] not in found["variables"]
                found["variables"][body["name"]] = body["value"]
                return 201, {}
            case "PATCH", "variables":
                found["variables"][given["name"]] = body["value"]
                return 204, None
            case "GET", "variables":
                listed = [{"name": key, "value": value} for key, value in found["variables"].items()]
                return 200, {"total_count": len(listed), "variables": _page(listed, query)}
            case "GET", "secrets":
                listed = [{"name": each} for each in found["secrets"]]
                return 200, {"total_count": len(listed), "secrets": _page(listed, query)}
        raise NotImplementedError((method, path))

    def _pages(self, method: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            url = "https://owner.github.io/playbook/"
            return (
                (200, {"build_type": self.pages, "html_url": url})
                if self.pages
                else (404, {"message": "Not Found"})
            )
        assert body == {"build_type": "workflow"}
        self.pages = "workflow"
        return (201, {}) if method == "POST" else (204, None)

    def _workflows(self, method: str, given: dict[str, str]) -> tuple[int, Any]:
        if method == "PUT":
            self.workflows[given["file"]] = "active"
            return 204, None
        listed = [{"path": f".github/workflows/{file}", "state": state} for file, state in self.workflows.items()]
        return 200, {"total_count": len(listed), "workflows": listed}


def _page(items: list[Any], query: str) -> list[Any]:
    given = dict(part.split("=") for part in query.split("&") if part)
    size, page = int(given["per_page"]), int(given["page"])
    assert size <= 30, "the most that GitHub gives"
    return items[(page - 1) * size : page * size]


@contextmanager
def hub() -> Iterator[Hub]:
    """GitHub for the length of the block."""
    github = Hub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
            path, _, query = self.path.partition("?")
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, told = github.answer(self.command, path, query, token, json.loads(data) if data else None)
            text = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as github.url:
        yield github
