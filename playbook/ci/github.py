"""What a job asks of GitHub's API: who can read this repository and its site, and take these findings.

https://docs.github.com/en/rest/repos/repos, https://docs.github.com/en/rest/pages/pages and
https://docs.github.com/en/rest/code-scanning/code-scanning
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

from playbook.core import door
from playbook.core.budget import words
from playbook.core.errors import UsageError
from playbook.notify.tries import bounded

_SECONDS = 30.0
_MOST_BYTES = 4 * 1024 * 1024  # of an answer
_CREATED = 202
_FORBIDDEN = 403
_MISSING = 404
_OK = 200
_SERVER_ERROR = 500
_TRIES = 3


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


Visibility = Literal["private", "public", "unknown"]


def visibility(environment: Mapping[str, str]) -> Visibility:
    """Who can read this repository; ``unknown`` where GitHub does not say, which must count as public."""
    for _ in range(_TRIES):
        try:
            status, told = ask("GET", "", environment)
        except UsageError:
            continue
        if status == _OK and isinstance(told.get("private"), bool):
            return "private" if told["private"] else "public"
        if status < _SERVER_ERROR:
            break
    return "unknown"


def pages(environment: Mapping[str, str]) -> Pages:
    """Whether this repository has Pages that a workflow can publish to.

    Raises:
        UsageError: GitHub does not answer.
    """
    status, told = ask("GET", "pages", environment)
    if status == _MISSING:
        return Pages(problem="Pages are not switched on (Settings → Pages → Source: GitHub Actions).")
    if status != _OK:
        return Pages(problem=f"GitHub answered {status} to the question whether Pages are switched on.")
    if told.get("build_type") != "workflow":
        return Pages(problem="Pages are built from a branch (Settings → Pages → Source: GitHub Actions).")
    return Pages(url=str(told.get("html_url") or ""), is_public=told.get("public") is not False)


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
    status, told = ask("POST", "code-scanning/sarifs", environment, body)
    if status == _CREATED:
        return str(told.get("id", "taken"))
    reason = door.line(str(told.get("message", "")), 200)
    if status in {_FORBIDDEN, _MISSING}:
        reason += (
            "; code scanning has to be switched on for this repository, or $PLAYBOOK_CODE_SCANNING taken away"
        )
    raise UsageError(f"code scanning did not take the findings: expected 202, got {status} ({reason})")


def ask(
    method: str, path: str, environment: Mapping[str, str], body: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """One request about the repository that the environment names: status, and the object that came.

    Args:
        path: below ``/repos/OWNER/NAME/``.

    Raises:
        UsageError: GitHub does not answer, or the answer is no JSON; where it has no body, the object is empty.
    """
    from playbook.clients.libraries.transport import fetch, httpx

    api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    url = f"{api}/repos/{_given(environment, 'GITHUB_REPOSITORY')}/{path}".rstrip("/")
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {_given(environment, 'GITHUB_TOKEN')}",
    }
    try:
        with httpx.Client(headers=headers, timeout=_SECONDS, trust_env=False) as client:
            ask = partial(fetch, client, method, url, most=_MOST_BYTES, json=body)
            answer = bounded(ask, _SECONDS)
        told = answer.json() if answer.content else {}
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{url}: expected an answer of GitHub's API, got {type(error).__name__}: {words(str(error))}"
        ) from None
    return answer.status_code, told if isinstance(told, dict) else {}


def _given(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise UsageError(f"${name} is not set; GitHub Actions sets it")
    return value
