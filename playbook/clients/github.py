"""The GitHub REST API, read-only. https://docs.github.com/rest

Listings are paged by their Link header. GitHub uses one status for
several situations: 403 is a missing permission or an exhausted rate limit, 404 also hides what the token may not
see, 422 is a question reserved to owners. This module tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from playbook.clients.answer import Answer
from playbook.clients.github_requests import (
    MOST_PAGES,
    MOVED,
    PER_PAGE,
    SERVICE,
    GitHubRequests,
    NextPageError,
    is_limited,
    said_by,
    seconds_to_wait,
)
from playbook.clients.http import MAX_RETRY_AFTER
from playbook.clients.listing import Listing, listed
from playbook.clients.wire import Kept
from playbook.core.clock import Clock
from playbook.core.engine import client
from playbook.core.errors import Denied, Malformed, Unmeasured, Unreachable
from playbook.settings.model import Settings

_LAST = re.compile(r'<[^<>]*[?&]page=(\d{1,9})[^<>]*>\s*;[^,]*\brel="?last"?')

T = TypeVar("T")
_Login = Annotated[str, msgspec.Meta(min_length=1)]
Period = Literal["day", "week", "month", "quarter", "year"]
# Nobody, or by text message, which GitHub calls insecure.
Factor = Literal["2fa_disabled", "2fa_insecure"]
_WITH_FACTOR: Mapping[Factor | None, str] = {
    None: "",
    "2fa_disabled": " without a second factor",
    "2fa_insecure": " with an insecure second factor",
}


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class User(_Message, frozen=True):
    """An account; ``type`` is User, Bot, Organization or Mannequin; empty if not stated."""

    login: _Login
    type: str = ""


class Organisation(_Message, frozen=True):
    """An organisation; the other fields are None unless the token belongs to an owner."""

    login: _Login
    two_factor_requirement_enabled: bool | None = None
    default_repository_permission: str | None = None


class Invitation(_Message, frozen=True, kw_only=True):
    """A pending invitation; ``role`` is direct_member, admin, billing_manager, hiring_manager or reinstate."""

    id: int = 0
    login: str | None = None
    email: str | None = None
    role: str = ""

    @property
    def who(self) -> str:
        """Login, or the e-mail address of a person without an account."""
        return self.login or self.email or f"invitation {self.id}"


class Activity(_Message, frozen=True, kw_only=True):
    """A push or a merge; ``actor`` is None if the account was deleted."""

    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    activity_type: str = ""
    actor: User | None = None


class _Package(_Message, frozen=True):
    name: str = ""


class _Version(_Message, frozen=True):
    identifier: str = ""


class _Vulnerability(_Message, frozen=True):
    package: _Package = _Package()
    severity: str = ""
    first_patched_version: _Version | None = None


class _Advisory(_Message, frozen=True):
    summary: str = ""


class DependabotAlert(_Message, frozen=True, kw_only=True):
    """An open alert; its severity is low, medium, high or critical."""

    number: int
    state: str = "open"
    created_at: datetime | None = None
    html_url: str = ""
    security_vulnerability: _Vulnerability = _Vulnerability()
    security_advisory: _Advisory = _Advisory()


class _Reference(_Message, frozen=True):
    referenceLocator: str = ""  # noqa: N815 - SPDX's word


class _Listed(_Message, frozen=True):
    """A package of a bill of materials; its purl, e.g. ``pkg:npm/express@5.1.0``, tells what kind it is."""

    externalRefs: list[_Reference] = []  # noqa: N815 - SPDX's word

    @property
    def kind(self) -> str:
        """``npm`` of ``pkg:npm/express@5.1.0``; empty without a purl."""
        purls = [one.referenceLocator for one in self.externalRefs if one.referenceLocator.startswith("pkg:")]
        return purls[0].removeprefix("pkg:").partition("/")[0].lower() if purls else ""


class _Materials(_Message, frozen=True):
    packages: list[_Listed]


class _Exported(_Message, frozen=True):
    sbom: _Materials


# The repository itself, the actions of its workflows, and what does not say what it is.
_NO_DEPENDENCIES = frozenset({"github", "githubactions", ""})


@client(libraries=("playbook.clients.transport", "stamina"), parts=("github",))
def github(settings: Settings) -> GitHubApi:
    """The GitHub API of the target, read-only. Sends no request when created and does not require its settings."""
    return GitHubApi(settings)


@dataclass(frozen=True)
class GitHubApi:
    """What the suite reads from GitHub. Thread-safe; GET only.

    Every method raises:
        NotConfigured: token, organisation or repository is not set.
        Unreachable: no answer in time, a 5xx answer, or the rate limit is exhausted.
        Denied: the token is not accepted (401) or lacks permission (403, 422).
        Malformed: not found (404), renamed or moved (301, 307, 308), or an answer that does not match the
            documentation.
    """

    settings: Settings = field(repr=False)
    clock: Clock = field(default_factory=Clock, repr=False, compare=False)
    another: str = ""  # repository, in place of that of the settings
    _kept: Kept = field(default_factory=Kept, repr=False, compare=False)

    @property
    def has_organisation(self) -> bool:
        """Whether the target names an organisation."""
        return self.settings.target.github.organisation is not None

    @property
    def has_repository(self) -> bool:
        """Whether the target names a repository."""
        return self.settings.target.github.repository is not None

    @property
    def is_own_server(self) -> bool:
        """Whether GitHub does not run it itself: it may be old, and ignore what it does not know."""
        host = urlsplit(self.settings.target.github.endpoint).hostname or ""
        return host != "api.github.com" and not host.endswith(".ghe.com")

    def of(self, repository: str) -> GitHubApi:
        """The same of another repository, ``owner/name``."""
        return replace(self, another=repository)

    # ------------------------------------------------------------------------------------------- the organisation

    def organisation(self) -> Organisation:
        """The organisation."""
        return self._one(f"/orgs/{self.organisation_name()}", Organisation, "the organisation")

    def members(
        self, *, role: Literal["all", "admin", "member"] = "all", factor: Factor | None = None
    ) -> Listing[User]:
        """Members; ``admin`` are the owners. Only an owner's token sees their second factors.

        A token without rights to the organisation gets its public members, with the same status.
        """
        params = {"role": role, **({"filter": factor} if factor else {})}
        what = f"the members{_WITH_FACTOR[factor]}"
        return self._all(f"/orgs/{self.organisation_name()}/members", params, list[User], what)

    def public_members(self) -> Listing[User]:
        """Members who show their membership to everybody; any token sees them."""
        return self._all(f"/orgs/{self.organisation_name()}/public_members", {}, list[User], "the public members")

    def invitations(self) -> Listing[Invitation]:
        """People who were invited and have not answered yet."""
        return self._all(
            f"/orgs/{self.organisation_name()}/invitations", {}, list[Invitation], "the open invitations"
        )

    def outside_collaborators(self, *, factor: Factor | None = None) -> Listing[User]:
        """People with access to a repository who are not members."""
        params = {"filter": factor} if factor else {}
        what = f"the outside collaborators{_WITH_FACTOR[factor]}"
        return self._all(f"/orgs/{self.organisation_name()}/outside_collaborators", params, list[User], what)

    # --------------------------------------------------------------------------------------------- the repository

    def activity(self, period: Period) -> Listing[Activity]:
        """Pushes and merges to the repository in the last period, newest first."""
        params = {"time_period": period}
        return self._all(
            f"/repos/{self._repository()}/activity",
            params,
            list[Activity],
            "the repository's activity",
            numbered=False,
        )

    def dependabot_alerts(self) -> Listing[DependabotAlert]:
        """Open alerts on the repository's dependencies."""
        what = "the open Dependabot alerts"
        return self._all(
            f"/repos/{self._repository()}/dependabot/alerts",
            {"state": "open"},
            list[DependabotAlert],
            what,
            numbered=False,
        )

    def known_dependencies(self) -> int:
        """Number of dependencies in the manifests that GitHub has read, without those of its workflows.

        https://docs.github.com/en/rest/dependency-graph/sboms
        """
        path, what = f"/repos/{self._repository()}/dependency-graph/sbom", "the repository's bill of materials"
        return sum(one.kind not in _NO_DEPENDENCIES for one in self._one(path, _Exported, what).sbom.packages)

    # ------------------------------------------------------------------------------------------------------ asking

    def organisation_name(self) -> str:
        return self.settings.require(self.settings.target.github.organisation, "github.organisation", SERVICE)

    def _repository(self) -> str:
        own = self.settings.target.github.repository
        return self.another or self.settings.require(own, "github.repository", SERVICE)

    def _requests(self) -> GitHubRequests:
        mine = self.settings.target.github
        return GitHubRequests(
            mine.endpoint,
            self.settings.require(mine.token, "github.token", SERVICE),
            time_limits=self.settings.time_limits,
            ca=mine.ca,
            setting=self._setting("endpoint"),
            kept=self._kept,
            clock=self.clock,
            patience=MAX_RETRY_AFTER,
        )

    def _one(self, path: str, kind: type[T], what: str) -> T:
        return self._expect(self._requests().get(path), what).json(kind)  # type: ignore[no-any-return]

    def _all(
        self,
        path: str,
        params: Mapping[str, str],
        kind: type[list[T]],
        what: str,
        *,
        numbered: bool = True,
    ) -> Listing[T]:
        """All pages. Items before a page that cannot be read are kept, and the coverage is incomplete.

        Args:
            numbered: pages have numbers, so a page can be requested that no Link header names.
        """
        requests = self._requests()
        asked = {**params, "per_page": str(PER_PAGE)}
        answer = self._expect(requests.get(path, asked), what)
        found: list[T] = []
        problem, last = "", 0
        for page in range(1, MOST_PAGES + 1):
            try:
                items = answer.json(kind)
                found += items
                link = answer.headers.get("link", "")
                last = max([last, *map(int, _LAST.findall(link))])
                following = requests.next_page(answer)
                if following:
                    answer = self._expect(requests.get(following), what)
                elif len(items) < PER_PAGE or page < last:
                    problem = f"page {page} of {last} has no link to the next page" if page < last else ""
                    break
                elif numbered:  # a full page without a Link header: a proxy may have removed it
                    answer = self._expect(requests.get(path, {**asked, "page": str(page + 1)}), what)
                elif "rel=" in link:
                    break
                else:
                    problem = f"the last page is full ({PER_PAGE}) and does not say whether there are more"
                    break
            except NextPageError as error:
                problem = f"the page after page {page} {error}"
                break
            except Unmeasured as error:
                if not found:
                    raise
                problem = str(error)
                break
        else:
            problem = f"more than {MOST_PAGES} pages"
        words = what.removeprefix("the ")
        return Listing(found, listed(words, len(found), len(found) if not problem else None, problem))

    def _expect(self, answer: Answer, what: str) -> Answer:
        if answer.status == HTTPStatus.OK:
            return answer
        raise self._explain(answer, what)

    def _explain(self, answer: Answer, what: str) -> Unmeasured:
        """The error for an answer other than 200."""
        message = said_by(answer)
        text = f"{SERVICE}: expected {what} from {urlsplit(answer.url).netloc}, got HTTP {answer.status}"
        text += f" ({message})" if message else ""
        kind: type[Unmeasured] = Malformed
        hint = ""
        if is_limited(answer):
            kind, hint = Unreachable, "The rate limit of the token is used up; try again later."
            text += f"; the next request may be sent in {seconds_to_wait(answer, self.clock.now()):,} s"
        elif answer.status >= 500:
            kind, hint = Unreachable, "GitHub cannot answer now: see https://www.githubstatus.com."
        elif answer.status == 401:
            kind, hint = Denied, f"Check {self._variable()}: the token is wrong, expired or revoked."
        elif answer.status == 422:
            kind = Denied
            hint = f"Only an owner of the organisation may ask this: put an owner's token into {self._variable()}."
        elif answer.status == 403:
            needs = answer.headers.get("x-accepted-github-permissions", "")
            kind = Denied
            hint = f"Give the token in {self._variable()} the permission {needs or _PERMISSIONS}."
            if _POLICY.search(message):
                hint = f"A rule of the organisation refuses the token in {self._variable()}, whatever it may do."
        elif answer.status in MOVED:
            part = "repository" if "/repos/" in answer.url else "organisation"
            hint = f"The {part} was renamed or moved: set {self._setting(part)} to its new name."
        elif 300 <= answer.status < 400:
            kind = Denied
            hint = (
                "GitHub redirects this request if the token's owner is not a member of the organisation: "
                f"check {self._variable()}."
            )
        elif answer.status == 404:
            hint = (
                f"It does not exist, or the token may not see it: check {self._setting('organisation')}, "
                f"{self._setting('repository')} and {self._variable()}."
            )
        return kind(text, service=SERVICE, hint=hint, attempts=answer.attempts)

    def _setting(self, name: str) -> str:
        return f"targets.{self.settings.target.name}.github.{name}"

    def _variable(self) -> str:
        path = self._setting("token")
        names = re.findall(r"\$\{([A-Z0-9_|]+)\}", self.settings.sources.get(path, ""))
        return names[0].replace("|", " or ") if names else path


# Single sign-on, a list of addresses, kinds and terms of tokens.
_POLICY = re.compile(r"(?i)SAML enforcement|IP allow list|forbids access via")
_PERMISSIONS = "members=read of the organisation, or contents and Dependabot alerts=read of the repository"
