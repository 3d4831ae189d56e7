"""GitHub's issues, for writing: our own tracker, so it is separate from what is read of the operated system.

Within GitHub's limits: writes a second apart, and where GitHub asks to come back later, that is waited for up to a
limit and otherwise left to the next run.
https://docs.github.com/en/rest/issues/issues and https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from playbook.clients.answer import Answer
from playbook.clients.github_requests import (
    MOST_PAGES,
    MOVED,
    PER_PAGE,
    GitHubRequests,
    NextPageError,
    is_limited,
    reason_of,
    said_by,
    seconds_to_wait,
)
from playbook.core.clock import Clock
from playbook.core.errors import Malformed, Unmeasured, UsageError
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits
from playbook.settings.sections.incidents import IssueTracker

LABEL = "playbook-incident"
_MOST_WRITES = 60  # of one run; GitHub allows 80 a minute and 500 an hour
_SPACING = 1.0  # seconds between writes
_MOST_WAITING = 90.0  # seconds of one run, for all that GitHub asks to wait
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
        """Whether a user wrote it; comments of the playbook itself name the events that they report."""
        user = self.user
        person = user is not None and user.type == "User" and not user.login.endswith("[bot]")
        return person and "<!-- " not in (self.body or "")


class IssuesApi:
    """The issues of one repository. Every method raises NotKept."""

    def __init__(self, settings: IssueTracker, token: Secret, seconds: float, clock: Clock) -> None:
        repository = settings.repository or ""
        if not REPOSITORY.fullmatch(repository):
            raise NotKept(f"expected notifications.github.repository as owner/name, got {repository!r}")
        self._base = f"repos/{repository}"
        self._seconds, self._clock = seconds, clock
        self._has_token = token.reveal().isascii() and token.reveal().isprintable()
        try:
            self._requests = GitHubRequests(
                settings.endpoint,
                token,
                time_limits=TimeLimits(connect=seconds, read=seconds),
                whole=seconds,
                setting="notifications.github.endpoint",
                clock=clock,
                patience=_MOST_WAITING,
            )
        except UsageError as error:
            raise Stopped(str(error)) from None
        self._writes = 0

    def is_private(self) -> bool:
        """Whether only those whom its owner let in can read the repository; what GitHub does not say is no."""
        try:
            answer = self._ask("GET", self._base, "the repository")
            return _decoded(answer, Repository, "the repository").private is True
        except Stopped:
            raise
        except NotKept:
            return False

    def open_issues(self) -> list[Issue]:
        """All open issues with the label, lowest number first."""
        query = f"labels={LABEL}&state=open&sort=created&direction=asc&per_page={PER_PAGE}"
        found = self._pages(f"{self._base}/issues?{query}", Issue, "the open issues")
        return sorted((one for one in found if one.pull_request is None), key=lambda one: one.number)

    def comments(self, number: int) -> list[Comment]:
        """All comments on an issue."""
        path = f"{self._base}/issues/{number}/comments?per_page={PER_PAGE}"
        return self._pages(path, Comment, f"the comments on issue {number}")

    def create(self, title: str, body: str) -> Issue:
        """A new issue. It is not sent twice: an answer that was lost is found by the next run."""
        fields = {"title": title, "body": body, "labels": [LABEL]}
        answer = self._write("POST", f"{self._base}/issues", fields, "a new issue")
        return _decoded(answer, Issue, "a new issue")

    def update(self, number: int, **fields: str) -> None:
        """Change title, body or state."""
        self._write("PATCH", f"{self._base}/issues/{number}", fields, f"issue {number} changed")

    def comment(self, number: int, body: str) -> None:
        """A new comment. It is not sent twice."""
        what = f"a comment on issue {number}"
        self._write("POST", f"{self._base}/issues/{number}/comments", {"body": body}, what)

    # ------------------------------------------------------------------------------------------------------ asking

    def _pages(self, path: str, kind: type[T], what: str) -> list[T]:
        found: list[T] = []
        for _ in range(MOST_PAGES):
            answer = self._ask("GET", path, what)
            found += _decoded(answer, list[kind], what)  # type: ignore[valid-type]
            try:
                path = self._requests.next_page(answer)
            except NextPageError as error:
                raise NotKept(f"expected all pages of {what}, but the next page {error}") from None
            if not path:
                return found
        raise NotKept(f"expected {what}, got more than {MOST_PAGES} pages")

    def _write(self, method: Literal["POST", "PATCH"], path: str, fields: Mapping[str, Any], what: str) -> Answer:
        if self._writes >= _MOST_WRITES:
            raise Stopped(f"{_MOST_WRITES} changes were made; the rest is left to the next run")
        if self._writes:
            self._clock.sleep(_SPACING)
        self._writes += 1
        return self._ask(method, path, what, fields)

    def _ask(
        self,
        method: Literal["GET", "POST", "PATCH"],
        path: str,
        what: str,
        fields: Mapping[str, Any] | None = None,
    ) -> Answer:
        if not self._has_token:
            raise Stopped(
                "notifications.github.token contains characters that are not allowed in a token; set it again"
            )
        try:
            answer = self._requests.get(path) if method == "GET" else self._requests.send(method, path, fields)
        except Unmeasured as error:
            raise Stopped(f"expected {what}, got {_silence(error, self._seconds)}") from None
        except UsageError as error:  # $SSL_CERT_FILE, or a proxy that is none
            raise Stopped(f"expected {what}, could not ask: {error}") from None
        if 200 <= answer.status < 300:
            return answer
        if is_limited(answer):
            seconds = seconds_to_wait(answer, self._clock.now())
            wait = f"the next request may be sent in {seconds:,} s, so the next run does the rest"
            raise Stopped(f"{_refusal(answer, what)}; {wait}")
        raise NotKept(_refusal(answer, what))


def _silence(error: Unmeasured, seconds: float) -> str:
    reason = reason_of(error)
    if reason == "no answer in time":
        return f"no answer within {seconds:g} s"
    return f"an answer of {reason}" if isinstance(error, Malformed) else f"no answer ({reason})"


def _refusal(answer: Answer, what: str) -> str:
    message, hint = said_by(answer), ""
    if answer.status == 401:
        hint = "; check the token"
    elif answer.status in (403, 404) and not is_limited(answer):
        hint = "; check notifications.github.repository, and that the token may write issues there"
    elif answer.status == 410:
        hint = "; issues are switched off in this repository"
    elif answer.status in MOVED:
        hint = "; the repository was renamed or moved: set notifications.github.repository to its new name"
    return f"expected {what}, got HTTP {answer.status}{f' ({message})' if message else ''}{hint}"


def _decoded(answer: Answer, kind: type[T], what: str) -> T:
    try:
        found: T = answer.json(kind)
        return found
    except Malformed:
        raise NotKept(f"expected {what}, got an answer that GitHub does not document") from None
