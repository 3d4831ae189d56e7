"""What a job asks of GitHub's API: who can read this repository and its site, and take these findings.

https://docs.github.com/en/rest/repos/repos, https://docs.github.com/en/rest/pages/pages and
https://docs.github.com/en/rest/code-scanning/code-scanning
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from playbook.clients.github_requests import GitHubRequests, reason_of
from playbook.core import door
from playbook.core.budget import words
from playbook.core.errors import Unmeasured, UsageError
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits

_SECONDS = 30.0
_CREATED = 202
_FORBIDDEN = 403
_MISSING = 404
_OK = 200


class Pages(NamedTuple):
    """Where the site goes.

    Attributes:
        url: its address; empty where it has none.
        is_public: everybody can read it, or GitHub does not say who can; the site of a private repository may be.
        problem: why a workflow cannot publish it, in a sentence; empty where it can.
    """

    url: str = ""
    problem: str = ""
    is_public: bool = True


Method = Literal["GET", "POST", "PUT", "PATCH"]
Visibility = Literal["private", "public", "unknown"]


def visibility(environment: Mapping[str, str]) -> Visibility:
    """Who can read this repository; ``unknown`` where GitHub does not say, which must count as public."""
    try:
        status, answer = ask("GET", "", environment)
    except UsageError:
        return "unknown"
    if status != _OK or not isinstance(answer.get("private"), bool):
        return "unknown"
    return "private" if answer["private"] else "public"


def pages(environment: Mapping[str, str]) -> Pages:
    """Whether this repository has Pages that a workflow can publish to.

    Raises:
        UsageError: GitHub does not answer.
    """
    status, answer = ask("GET", "pages", environment)
    if status == _MISSING:
        return Pages(problem="Pages are not switched on (Settings → Pages → Source: GitHub Actions).")
    if status != _OK:
        return Pages(problem=f"GitHub answered {status} to the question whether Pages are switched on.")
    if answer.get("build_type") != "workflow":
        return Pages(problem="Pages are built from a branch (Settings → Pages → Source: GitHub Actions).")
    return Pages(url=str(answer.get("html_url") or ""), is_public=answer.get("public") is not False)


def upload_sarif(data: str, environment: Mapping[str, str]) -> str:
    """Hand over a SARIF file, gzipped and in base64; what GitHub calls it.

    Raises:
        UsageError: GitHub does not take it, with its reason.
    """
    body = {
        "commit_sha": _given(environment, "GITHUB_SHA"),
        "ref": _given(environment, "GITHUB_REF"),
        "sarif": data,
    }
    status, answer = ask("POST", "code-scanning/sarifs", environment, body)
    if status == _CREATED:
        return str(answer.get("id", "taken"))
    reason = door.line(str(answer.get("message", "")), 200)
    if status in {_FORBIDDEN, _MISSING}:
        reason += (
            "; code scanning has to be switched on for this repository, or $PLAYBOOK_CODE_SCANNING taken away"
        )
    raise UsageError(f"code scanning did not take the findings: expected 202, got {status} ({reason})")


def ask(
    method: Method,
    path: str,
    environment: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
) -> tuple[int, dict[str, Any]]:
    """One request about the repository that the environment names: status, and the object that came.

    Args:
        path: below ``/repos/OWNER/NAME/``.

    Raises:
        UsageError: GitHub does not answer, or the answer is not JSON. An answer without a body is an empty object.
    """
    api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    url = f"{api}/repos/{_given(environment, 'GITHUB_REPOSITORY')}/{path}".rstrip("/")
    requests = GitHubRequests(
        api,
        Secret(_given(environment, "GITHUB_TOKEN")),
        time_limits=TimeLimits(connect=_SECONDS, read=_SECONDS),
        whole=_SECONDS,
        setting="$GITHUB_API_URL",
    )
    try:
        answer = requests.get(url) if method == "GET" else requests.send(method, url, body)
        content = answer.json() if answer.body else {}
    except Unmeasured as error:
        raise UsageError(f"{url}: expected an answer of GitHub's API, got {words(reason_of(error))}") from None
    return answer.status, content if isinstance(content, dict) else {}


def _given(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise UsageError(f"${name} is not set; GitHub Actions sets it")
    return value
