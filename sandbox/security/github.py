"""GitHub's REST API: an organisation of three, one repository with its activity and Dependabot alerts."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.serving.service import HttpService
from sandbox.world.github import GitHubState, Member

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Json = dict[str, Any]
ORGANISATION, REPOSITORY = "example", "example/portfolio"
LIMIT = 5000
DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}


class _Refused(Exception):  # noqa: N818
    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class GitHubService(HttpService):
    """The simulator."""

    name: ClassVar[str] = "github"

    def __init__(self) -> None:
        self.token = f"ghp_{secrets.token_hex(18)}"

    @property
    def state(self) -> GitHubState:
        """What it shows now."""
        return self.world.github

    def settings(self) -> dict[str, Any]:
        """Endpoint, token, organisation and repository."""
        return {
            "github": {
                "endpoint": self.url,
                "token": self.token,
                "organisation": ORGANISATION,
                "repository": REPOSITORY,
                "ca": str(self.context.ca.pem),
            },
            "access": {"github_owners": ["ada-novak", "ben-okafor"], "github_outsiders": []},
        }

    def app(self) -> ASGIApp:
        """The few paths that are used; everything else is 404."""
        organisation, repository = f"/orgs/{ORGANISATION}", f"/repos/{REPOSITORY}"
        paths: dict[str, Callable[[Request], Response]] = {
            organisation: self._organisation,
            f"{organisation}/members": self._members,
            f"{organisation}/public_members": self._public_members,
            f"{organisation}/outside_collaborators": self._collaborators,
            f"{organisation}/invitations": self._invitations,
            f"{repository}/activity": self._activity,
            f"{repository}/dependabot/alerts": self._alerts,
            f"{repository}/dependency-graph/sbom": self._materials,
            "/{path:path}": _unknown,
        }
        return Starlette(routes=[Route(path, self._endpoint(answer)) for path, answer in paths.items()])

    def _endpoint(self, answer: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                self._admit(request)
                response = HTMLResponse("<h1>Unicorn!</h1>") if self.state.answer == "garbage" else answer(request)
            except _Refused as refused:
                body = {"message": refused.message, "documentation_url": "https://docs.github.com/rest"}
                response = JSONResponse(body, status_code=refused.status)
                response.headers.update({name.replace("_", "-"): value for name, value in refused.headers.items()})
            response.headers.setdefault("x-ratelimit-limit", str(LIMIT))
            response.headers.setdefault("x-ratelimit-remaining", str(LIMIT - 7))
            response.headers.setdefault("x-ratelimit-reset", str(int(time.time()) + 1800))
            return response

        return endpoint

    def _admit(self, request: Request) -> None:
        sent = request.headers.get("authorization", "")
        if self.state.answer == "unauthorized" or not hmac.compare_digest(
            sent.encode(), f"Bearer {self.token}".encode()
        ):
            raise _Refused(401, "Bad credentials")
        if self.state.answer == "throttled":
            raise _Refused(403, "API rate limit exceeded for user ID 1.", x_ratelimit_remaining="0")
        if self.state.answer == "server-error":
            raise _Refused(500, "Server Error")

    def _require(self, permission: str, needs: str) -> None:
        if permission in self.state.missing:
            raise _Refused(
                403, "Resource not accessible by personal access token", x_accepted_github_permissions=needs
            )

    def _organisation(self, _request: Request) -> Response:
        self._require("members", "members=read")
        shown: Json = {"login": ORGANISATION, "id": 7_402_118, "type": "Organization"}
        if self.state.owners_token:
            shown |= {
                "two_factor_requirement_enabled": self.state.two_factor_required,
                "default_repository_permission": self.state.default_permission,
            }
        return JSONResponse(shown)

    def _members(self, request: Request) -> Response:
        role = request.query_params.get("role", "all")
        wanted = [m for m in self.state.members if role in ("all", "admin" if m.owner else "member")]
        return self._people(request, wanted)

    def _public_members(self, request: Request) -> Response:
        shown = self.state.members[:1]
        return _page(request, self.url, [_user(member.login) for member in shown])

    def _collaborators(self, request: Request) -> Response:
        return self._people(request, self.state.collaborators)

    def _invitations(self, request: Request) -> Response:
        self._require("invitations", "members=read")
        shown = [
            {
                "id": number,
                "login": login,
                "email": None,
                "role": role,
                "created_at": f"{self.state.now - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}",
                "invitation_source": "member",
            }
            for number, (login, role) in enumerate(self.state.invited, 1)
        ]
        return _page(request, self.url, shown)

    def _people(self, request: Request, people: Sequence[Member]) -> Response:
        self._require("members", "members=read")
        wanted = request.query_params.get("filter", "all")
        if wanted != "all":
            if not self.state.owners_token:
                raise _Refused(422, "Validation Failed")
            people = [
                person
                for person in people
                if (person.by_text if wanted == "2fa_insecure" else not person.second_factor)
            ]
        page = _page(request, self.url, [_user(person.login) for person in people])
        if request.url.path.rpartition("/")[2] in self.state.cut:
            page.headers["link"] = f'<{self.url}{request.url.path}?page=2>; rel="last"'
        return page

    def _activity(self, request: Request) -> Response:
        self._require("activity", "contents=read")
        most = DAYS.get(request.query_params.get("time_period", ""), 365)
        pushed = [
            (member.pushed + 3 * number, member.login)
            for member in self.state.members
            if member.pushed is not None
            for number in range(40)
        ]
        shown = [
            {
                "id": number,
                "ref": "refs/heads/main",
                "timestamp": f"{self.state.now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
                "activity_type": "pr_merge" if number % 3 == 0 else "push",
                "actor": _user(login),
            }
            for number, (days, login) in enumerate(sorted(pushed))
            if days <= most
        ]
        return _page(request, self.url, shown, cursor=True)

    def _alerts(self, request: Request) -> Response:
        self._require("alerts", "vulnerability_alerts=read")
        shown = [
            {
                "number": number,
                "state": "open",
                "created_at": f"{self.state.now - timedelta(days=alert.days):%Y-%m-%dT%H:%M:%SZ}",
                "html_url": f"https://github.com/{REPOSITORY}/security/dependabot/{number}",
                "dependency": {"package": {"ecosystem": "npm", "name": alert.package}, "scope": "runtime"},
                "security_advisory": {
                    "ghsa_id": alert.advisory,
                    "summary": alert.summary,
                    "severity": alert.severity,
                },
                "security_vulnerability": {
                    "package": {"ecosystem": "npm", "name": alert.package},
                    "severity": alert.severity,
                    "vulnerable_version_range": f"< {alert.patched}",
                    "first_patched_version": {"identifier": alert.patched},
                },
            }
            for number, alert in enumerate(self.state.alerts, 1)
        ]
        return _page(request, self.url, shown, cursor=True)

    def _materials(self, _request: Request) -> Response:
        self._require("activity", "contents=read")
        purls = [f"pkg:npm/package-{number}@1.0.{number}" for number in range(self.state.dependencies)]
        purls += ["pkg:githubactions/actions/checkout@4.*.*", f"pkg:github/{REPOSITORY}@main"]
        packages = [
            {
                "name": purl.partition("/")[2].partition("@")[0],
                "SPDXID": f"SPDXRef-{number}",
                "downloadLocation": "NOASSERTION",
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": purl,
                    }
                ],
            }
            for number, purl in enumerate(purls)
        ]
        return JSONResponse({"sbom": {"SPDXID": "SPDXRef-DOCUMENT", "packages": packages}})


def _unknown(_request: Request) -> Response:
    raise _Refused(404, "Not Found")


def _user(login: str) -> Json:
    return {"login": login, "id": sum(login.encode()) * 7919, "type": "User", "site_admin": False}


def _page(request: Request, base: str, items: Sequence[Json], *, cursor: bool = False) -> Response:
    """One page, with a Link header to the next; by number, or by an opaque cursor."""
    query = dict(request.query_params)
    size = min(max(int(query.get("per_page", "30")), 1), 100)
    first = int(query.get("after", "0"), 16) if cursor else (int(query.get("page", "1")) - 1) * size
    response = JSONResponse(list(items[first : first + size]))
    if first + size < len(items):
        onward = {"after": f"{first + size:x}"} if cursor else {"page": str(first // size + 2)}
        response.headers["link"] = f'<{base}{request.url.path}?{urlencode({**query, **onward})}>; rel="next"'
    return response
