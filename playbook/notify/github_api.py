"""GitHub's issues, for writing: our own tracker, so it stands apart from the clients of what is operated.

Within GitHub's limits: one request at a time, writes a second apart, and where GitHub says to come back later that
is waited for up to a limit, and else left to the next run.
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from playbook.clients.trust import context_for
from playbook.core import door
from playbook.core.budget import read_json
from playbook.core.clock import Clock
from playbook.core.secret import Secret
from playbook.notify.tries import bounded
from playbook.settings.sections.incidents import IssueTracker

if TYPE_CHECKING:
    from playbook.clients.libraries.transport import httpx

LABEL = "playbook-incident"
_PER_PAGE = 100
_MOST_PAGES = 50
_MOST_WRITES = 60  # of one run; GitHub allows 80 a minute and 500 an hour
_SPACING = 1.0  # seconds between writes
_MOST_WAITING = 90.0  # seconds of one run, for all that GitHub asks to wait
_MOST_BYTES = 16 * 1024 * 1024  # of one answer: a page of issues with long texts
_TRIES = 3
_PAUSE = 1.0
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")

T = TypeVar("T")


class NotKept(Exception):  # noqa: N818 - named as what it means
    """Something could not be done; the next run derives it again. One sentence, without secrets."""


class Stopped(NotKept):
    """GitHub does not answer, or wants no more now: no use in asking for the rest."""


class _Label(msgspec.Struct, frozen=True):
    name: str = ""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue; GitHub lists pull requests among them."""

    number: int
    title: str = ""
    body: str | None = None
    state: str = "open"
    labels: tuple[_Label, ...] = ()
    html_url: str = ""
    comments: int = 0
    pull_request: dict[str, Any] | None = None

    @property
    def is_labelled(self) -> bool:
        """It will be found again."""
        return any(label.name == LABEL for label in self.labels)


class Repository(msgspec.Struct, frozen=True):
    """A repository, by who can read it."""

    private: bool | None = None


class _User(msgspec.Struct, frozen=True):
    login: str = ""
    type: str = ""


class Comment(msgspec.Struct, frozen=True):
    """A comment on an issue."""

    body: str | None = None
    created_at: datetime | None = None
    user: _User | None = None

    @property
    def is_by_a_person(self) -> bool:
        """Neither by a program, nor one of ours, which name the events that they tell."""
        program = self.user is None or self.user.type == "Bot" or self.user.login.endswith("[bot]")
        return not program and "<!-- " not in (self.body or "")


_ISSUE = msgspec.json.Decoder(Issue)
_REPOSITORY = msgspec.json.Decoder(Repository)
_ISSUES = msgspec.json.Decoder(list[Issue])
_COMMENTS = msgspec.json.Decoder(list[Comment])


class IssuesApi:
    """The issues of one repository. Every method raises NotKept."""

    def __init__(self, settings: IssueTracker, token: Secret, seconds: float, clock: Clock) -> None:
        repository = settings.repository or ""
        if not REPOSITORY.fullmatch(repository):
            raise NotKept(f"expected notifications.github.repository as owner/name, got {repository!r}")
        self._base = f"{settings.endpoint.rstrip('/')}/repos/{repository}"
        self._seconds, self._clock = seconds, clock
        self._headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "operations-playbook",
            "Authorization": f"Bearer {token.reveal()}",
        }
        self._waited = 0.0
        self._writes = 0

    def is_private(self) -> bool:
        """Whether only those whom its owner let in can read the repository; what GitHub does not say is no."""
        try:
            answer = self._ask("GET", self._base, None, "the repository")
            return _decoded(answer, _REPOSITORY, "the repository").private is True
        except Stopped:
            raise
        except NotKept:
            return False

    def open_issues(self) -> list[Issue]:
        """All open issues with the label, lowest number first."""
        query = f"labels={LABEL}&state=open&sort=created&direction=asc&per_page={_PER_PAGE}"
        found = self._pages(f"{self._base}/issues?{query}", _ISSUES, "the open issues")
        return sorted((one for one in found if one.pull_request is None), key=lambda one: one.number)

    def comments(self, number: int) -> list[Comment]:
        """All comments on an issue."""
        url = f"{self._base}/issues/{number}/comments?per_page={_PER_PAGE}"
        return self._pages(url, _COMMENTS, f"the comments on issue {number}")

    def create(self, title: str, body: str) -> Issue:
        """A new issue. It is not sent twice: an answer that was lost is found by the next run."""
        fields = {"title": title, "body": body, "labels": [LABEL]}
        answer = self._write("POST", f"{self._base}/issues", fields, "a new issue")
        return _decoded(answer, _ISSUE, "a new issue")

    def update(self, number: int, **fields: str) -> None:
        """Change title, body or state."""
        self._write("PATCH", f"{self._base}/issues/{number}", fields, f"issue {number} changed")

    def comment(self, number: int, body: str) -> None:
        """A new comment. It is not sent twice."""
        what = f"a comment on issue {number}"
        self._write("POST", f"{self._base}/issues/{number}/comments", {"body": body}, what)

    # ------------------------------------------------------------------------------------------------------ asking

    def _pages(self, url: str, decoder: msgspec.json.Decoder[list[T]], what: str) -> list[T]:
        found: list[T] = []
        for _ in range(_MOST_PAGES):
            answer = self._ask("GET", url, None, what)
            page = _decoded(answer, decoder, what)
            found += page
            following = _NEXT.search(answer.headers.get("link", ""))
            if not following:
                return found
            url = following[1]
            if _origin(url) != _origin(self._base):  # the token goes along
                raise NotKept(f"expected the next page of {what} where the first was, got another host")
        raise NotKept(f"expected {what}, got more than {_MOST_PAGES} pages")

    def _write(
        self, method: Literal["POST", "PATCH"], url: str, fields: Mapping[str, Any], what: str
    ) -> httpx.Response:
        if self._writes >= _MOST_WRITES:
            raise Stopped(f"{_MOST_WRITES} changes were made; the rest is left to the next run")
        if self._writes:
            self._clock.sleep(_SPACING)
        self._writes += 1
        return self._ask(method, url, fields, what)

    def _ask(self, method: str, url: str, fields: Mapping[str, Any] | None, what: str) -> httpx.Response:
        """Tried again where that is safe: what creates something only where GitHub refused it for its limits."""
        from playbook.clients.libraries.transport import httpx

        safe = method != "POST"
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES
            try:
                answer = bounded(lambda: self._send(method, url, fields), self._seconds)
            except UnicodeError:
                raise Stopped(
                    "notifications.github.token holds characters that no token has; set it anew"
                ) from None
            except ValueError as error:
                raise Stopped(
                    f"expected {what}, could not ask ({type(error).__name__}); check $HTTPS_PROXY"
                ) from None
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
                if last or not safe:
                    raise Stopped(f"expected {what}, got {_silence(error, self._seconds)}") from None
                self._clock.sleep(_PAUSE * attempt)
                continue
            if 200 <= answer.status_code < 300:
                return answer
            if not last and _is_limited(answer):
                self._wait(answer, what)
            elif not last and safe and answer.status_code >= 500:
                self._clock.sleep(_PAUSE * attempt)
            else:
                raise NotKept(_refusal(answer, what))
        raise AssertionError("every last try returns or raises")

    def _send(self, method: str, url: str, fields: Mapping[str, Any] | None) -> httpx.Response:
        from playbook.clients.libraries.transport import fetch, httpx

        tls = context_for(None, "GitHub")
        with httpx.Client(verify=tls, timeout=self._seconds, headers=self._headers) as client:
            return fetch(client, method, url, most=_MOST_BYTES, json=fields)

    def _wait(self, answer: httpx.Response, what: str) -> None:
        """As long as GitHub asks, or a minute where it does not say."""
        after, reset = answer.headers.get("retry-after", ""), answer.headers.get("x-ratelimit-reset", "")
        seconds = 60.0
        if after.isdecimal():
            seconds = float(after)
        elif reset.isdecimal() and answer.headers.get("x-ratelimit-remaining") == "0":
            seconds = max(float(reset) - self._clock.now().timestamp(), 0.0) + 1.0
        if self._waited + seconds > _MOST_WAITING:
            raise Stopped(f"{_refusal(answer, what)}; it asks to come back in {seconds:,.0f} s, in the next run")
        self._waited += seconds
        self._clock.sleep(seconds)


def _silence(error: Exception, seconds: float) -> str:
    """Of the library's limits and ours, whichever comes first, one says the same as the other."""
    from playbook.clients.libraries.transport import httpx

    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return f"no answer within {seconds:g} s"
    return f"no answer ({type(error).__name__})"


def _is_limited(answer: httpx.Response) -> bool:
    if answer.status_code == 429:
        return True
    used_up = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    return answer.status_code == 403 and (used_up or "rate limit" in _said(answer).lower())


def _refusal(answer: httpx.Response, what: str) -> str:
    said, hint = _said(answer), ""
    if answer.status_code == 401:
        hint = "; check the token"
    elif answer.status_code in (403, 404) and not _is_limited(answer):
        hint = "; check notifications.github.repository, and that the token may write issues there"
    elif answer.status_code == 410:
        hint = "; issues are switched off in this repository"
    elif 300 <= answer.status_code < 400:
        hint = "; the repository has moved, so name its new place"
    return f"expected {what}, got HTTP {answer.status_code}{f' ({said})' if said else ''}{hint}"


def _said(answer: httpx.Response) -> str:
    try:
        told = read_json(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    message = told.get("message") if isinstance(told, dict) else None
    return door.line(message.rstrip(".\n "), 200) if isinstance(message, str) else ""


def _decoded(answer: httpx.Response, decoder: msgspec.json.Decoder[T], what: str) -> T:
    try:
        found: T = read_json(answer.content, decode=decoder.decode)
        return found
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotKept(f"expected {what}, got an answer that GitHub does not document") from None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
