"""Answers in the words of GitHub's REST API, each with the right verdict: pages, rights, roles, invitations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from playbook.clients.digitalocean_account import Account
from playbook.clients.github import GitHubApi, github
from playbook.core.clock import FixedClock
from playbook.core.coverage import whole
from playbook.core.errors import Unmeasured
from playbook.measure.security.access import DigitalOceanAccess, github_access, github_activity
from playbook.measure.security.dependabot import of_dependabot
from playbook.measure.security.repositories import OwnRepository
from playbook.measure.security.second_factors import second_factors
from playbook.settings.loading import load
from playbook.settings.model import Settings
from tests.judged import check, judged
from tests.unit.loopback import answer, serve

NOW = datetime(2026, 11, 18, 7, 30, tzinfo=UTC)
Answers = dict[str, tuple[str, Any, dict[str, str]]]


def user(login: str, **more: Any) -> dict[str, Any]:
    """As in the listings of members."""
    return {
        "login": login,
        "id": 583231,
        "node_id": "MDQ6VXNlcjU4MzIzMQ==",
        "gravatar_id": "",
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
        **more,
    }


def good() -> Answers:
    """An organisation of two, queried with an owner's token; by the end of the path."""
    return {
        "/orgs/example": (
            "200 OK",
            {
                "login": "example",
                "id": 1,
                "two_factor_requirement_enabled": True,
                "default_repository_permission": "read",
                "plan": {"name": "team", "seats": 3},
            },
            {},
        ),
        "role=admin": ("200 OK", [user("ada")], {}),
        "role=all": ("200 OK", [user("ada"), user("ben")], {}),
        "filter=2fa_disabled": ("200 OK", [], {}),
        "filter=2fa_insecure": ("200 OK", [], {}),
        "/public_members": ("200 OK", [user("ada")], {}),
        "/outside_collaborators": ("200 OK", [user("dan")], {}),
        "/invitations": (
            "200 OK",
            [{"id": 1, "login": "eve", "email": None, "role": "direct_member", "invitation_source": "member"}],
            {},
        ),
        "/activity": (
            "200 OK",
            [
                {"timestamp": "2026-11-17T20:00:00Z", "activity_type": "pr_merge", "actor": user("ada")},
                {"timestamp": "2026-11-02T20:00:00Z", "activity_type": "push", "actor": user("Ben")},
                {"timestamp": "2026-11-01T20:00:00Z", "activity_type": "branch_deletion", "actor": None},
            ],
            {},
        ),
    }


def chosen(answers: Answers, request: bytes) -> bytes:
    """The answer whose key ends the path, or is in the query."""
    path, _, query = request.split(b" ", 2)[1].decode().partition("?")
    factor = next((each for each in (WITHOUT, INSECURE) if each in query), "")
    wanted = f"{path}?{factor}" if factor else path if "role=" not in query else query
    for key, (status, body, headers) in answers.items():
        if wanted.endswith(key) or (key in wanted and not key.startswith("/")):
            return answer(status, json.dumps(body).encode(), content_type="application/json", **headers)
    return answer("404 Not Found", b'{"message": "Not Found", "status": "404"}')


def settings_at(url: str) -> Settings:
    """With an owner's token for GitHub at this address."""
    mine = {"endpoint": url, "token": "ghp_x", "organisation": "example", "repository": "example/shop"}
    access = {"github_owners": ["ada"], "github_outsiders": ["dan"]}
    overlay = {"targets": {"sandbox": {"kind": "sandbox", "github": mine, "access": access}}}
    return load("sandbox", environment={}, overlay=overlay)


class Organisation:
    """A server with one organisation, and the checks' verdicts; ``answers`` may be changed."""

    def __init__(self, server: Any) -> None:
        self.server, self.answers = server, good()
        server.scripts = [lambda connection: connection.sendall(chosen(self.answers, server.requests[-1]))]

    @property
    def settings(self) -> Settings:
        return settings_at(self.server.url)

    @property
    def api(self) -> GitHubApi:
        return github(self.settings)

    def verdicts(self) -> dict[str, str]:
        """Verdicts of the three checks of access, for their GitHub part."""
        return {name: self._verdict(name) for name in ("permissions", "unused", "mfa")}

    def _verdict(self, name: str) -> str:
        try:
            if name == "permissions":
                found = github_access(self.api, self.settings)
                values = {"digitalocean_access": ACCOUNT, "github_access": found, "access_sign_offs": SIGNED}
                the_check = check("test_access", "test_permissions_are_minimal")
            elif name == "unused":
                activity = github_activity(self.api, self.settings, FixedClock(NOW), OwnRepository())
                values = {"digitalocean_access": ACCOUNT, "github_activity": activity, "access_sign_offs": SIGNED}
                the_check = check("test_access", "test_no_member_is_idle")
            else:
                factors = second_factors(self.api)
                values = {"second_factors": factors, "access_sign_offs": SIGNED}
                the_check = check("test_access", "test_everybody_has_a_second_factor")
        except Unmeasured:
            return "UNKNOWN"
        return str(judged(the_check, self.settings, **values)[0])


ACCOUNT = DigitalOceanAccess(Account(status="active", email_verified=True), ())
SIGNED = SimpleNamespace(
    coverage=whole("1 ledger"),
    of=lambda _: SimpleNamespace(
        item="x",
        rule=SimpleNamespace(near=timedelta()),
        pending=False,
        coverage=whole("1 sign-off"),
        valid=True,
        near=False,
        refused=(),
        found="one that counts",
    ),
)


@pytest.fixture(scope="module")
def shown() -> Iterator[Organisation]:
    with serve() as server:
        yield Organisation(server)


@pytest.fixture
def organisation(shown: Organisation) -> Organisation:
    shown.answers = good()
    return shown


def test_good_organisation_is_ok(organisation):
    assert organisation.verdicts() == {"permissions": "OK", "unused": "OK", "mfa": "OK"}


REFUSED = {"message": "Resource not accessible by personal access token", "status": "403"}
LINK = '<https://localhost/orgs/example/members?page=2>; rel="last"'


def ok(body: Any, **headers: str) -> tuple[str, Any, dict[str, str]]:
    return "200 OK", body, headers


def invited(role: str, **who: Any) -> tuple[str, Any, dict[str, str]]:
    return ok([{"id": 1, "login": None, "email": None, "role": role, **who}])


def event(kind: str, at: str) -> tuple[str, Any, dict[str, str]]:
    return ok([{"timestamp": at, "activity_type": kind, "actor": user(name)} for name in ("ada", "ben")])


def demands(required: bool | None) -> tuple[str, Any, dict[str, str]]:
    return ok({**good()[ORGANISATION][1], "two_factor_requirement_enabled": required})


def permits(what: Any) -> tuple[str, Any, dict[str, str]]:
    return ok({"login": "example", "two_factor_requirement_enabled": True, "default_repository_permission": what})


UNPROCESSABLE = ("422 Unprocessable Entity", {"message": "Validation Failed"}, {})
MISSING = ("404 Not Found", {"message": "Not Found", "status": "404"}, {})
ELSEWHERE = ("302 Found", {}, {"location": "/orgs/example/public_members"})
ADMINS, ALL, OUTSIDE, INVITED = "role=admin", "role=all", "/outside_collaborators", "/invitations"
WITHOUT, INSECURE = "filter=2fa_disabled", "filter=2fa_insecure"
ORGANISATION, ACTIVITY, PUBLIC = "/orgs/example", "/activity", "/public_members"
CASES: dict[str, tuple[str, tuple[str, Any, dict[str, str]], dict[str, str]]] = {
    "no owner at all": (ADMINS, ok([]), {"permissions": "UNKNOWN"}),
    "an owner that nobody named": (ADMINS, ok([user("ada"), user("ben")]), {"permissions": "CRITICAL"}),
    "owners cut": (ADMINS, ok([user("ada")], link=LINK), {"permissions": "UNKNOWN"}),
    "owners not permitted": (ADMINS, ("403 Forbidden", REFUSED, {}), {"permissions": "UNKNOWN"}),
    "an error with 200": (ADMINS, ok({"message": "Not Found"}), {"permissions": "UNKNOWN"}),
    "an owner who is no member": (ALL, ok([user("ben")]), {"permissions": "UNKNOWN"}),
    "public members only": (ALL, ELSEWHERE, {"permissions": "UNKNOWN", "unused": "UNKNOWN"}),
    "members cut": (ALL, ok([user("ada")], link=LINK), {"permissions": "UNKNOWN", "unused": "UNKNOWN"}),
    "a stranger": (OUTSIDE, ok([user("dan"), user("zoe")]), {"permissions": "WARNING"}),
    "collaborators cut": (OUTSIDE, ok([user("dan")], link=LINK), {"permissions": "UNKNOWN"}),
    "collaborators not permitted": (OUTSIDE, UNPROCESSABLE, {"permissions": "UNKNOWN"}),
    "an owner to be": (INVITED, invited("admin", login="eve"), {"permissions": "CRITICAL"}),
    "an owner to be, by mail": (INVITED, invited("admin", email="x@y.example"), {"permissions": "CRITICAL"}),
    "a known owner to be": (INVITED, invited("admin", login="Ada"), {}),
    "somebody for the bills": (INVITED, invited("billing_manager", login="eve"), {}),
    "an unknown role": (INVITED, invited("security_manager", login="eve"), {"permissions": "UNKNOWN"}),
    "invitations not permitted": (INVITED, MISSING, {"permissions": "UNKNOWN"}),
    "a password alone": (WITHOUT, ok([user("ben")]), {"mfa": "CRITICAL"}),
    "passwords cut": (WITHOUT, ok([], link=LINK), {"mfa": "UNKNOWN"}),
    "passwords for owners only": (WITHOUT, UNPROCESSABLE, {"mfa": "UNKNOWN"}),
    "codes by text message": (INSECURE, ok([user("ben")]), {"mfa": "WARNING"}),
    "codes by text message, cut": (INSECURE, ok([], link=LINK), {"mfa": "UNKNOWN"}),
    "codes by text message, for owners only": (INSECURE, UNPROCESSABLE, {"mfa": "UNKNOWN"}),
    "everybody administers": (ORGANISATION, permits("admin"), {"permissions": "WARNING"}),
    "everybody writes": (ORGANISATION, permits("write"), {}),
    "an unknown permission": (ORGANISATION, permits("maintain"), {"permissions": "UNKNOWN"}),
    "not required": (ORGANISATION, demands(required=False), {"mfa": "WARNING"}),
    "not said to be required": (ORGANISATION, demands(required=None), {"mfa": "UNKNOWN"}),
    "a member's token": (
        ORGANISATION,
        ok({"login": "example", "public_repos": 3, "type": "Organization"}),
        {"permissions": "UNKNOWN", "mfa": "UNKNOWN"},
    ),
    "all are public": (PUBLIC, ok([user("ada"), user("ben")]), {}),
    "public ones are not told": (PUBLIC, MISSING, {"unused": "UNKNOWN"}),
    "no word of permissions": (ORGANISATION, permits(None), {"permissions": "UNKNOWN"}),
    "an empty permission": (ORGANISATION, permits(""), {"permissions": "UNKNOWN"}),
    "an organisation without a name": (
        ORGANISATION,
        ok({**good()[ORGANISATION][1], "login": "", "two_factor_requirement_enabled": False}),
        {"permissions": "UNKNOWN", "mfa": "UNKNOWN"},
    ),
    "nobody at all": (ALL, ok([]), {"permissions": "UNKNOWN", "unused": "UNKNOWN"}),
    "a member without a name": (ALL, ok([user("ada"), user("")]), {"permissions": "UNKNOWN", "unused": "UNKNOWN"}),
    "a part of the members": (
        ALL,
        ("206 Partial Content", [user("ada"), user("ben")], {}),
        {"permissions": "UNKNOWN", "unused": "UNKNOWN"},
    ),
    "nothing pushed": (ACTIVITY, ok([]), {"unused": "WARNING"}),
    "activity cut": (ACTIVITY, ok([], link=LINK), {"unused": "UNKNOWN"}),
    "activity not permitted": (ACTIVITY, MISSING, {"unused": "UNKNOWN"}),
    "a force push": (ACTIVITY, event("force_push", "2026-11-17T20:00:00Z"), {}),
    "an unknown activity": (ACTIVITY, event("deploy_key_use", "2026-11-17T20:00:00Z"), {"unused": "UNKNOWN"}),
    "a time of no zone": (ACTIVITY, event("push", "2026-11-17T20:00:00"), {"unused": "UNKNOWN"}),
    "a time to come": (ACTIVITY, event("push", "2999-11-17T20:00:00Z"), {"unused": "UNKNOWN"}),
    "months ago": (ACTIVITY, event("push", "2026-05-17T20:00:00Z"), {"unused": "WARNING"}),
}


@pytest.mark.parametrize("case", CASES)
def test_one_changed_answer_changes_its_verdict(organisation, case):
    """A role, a page, a right, or a word; the other checks are unaffected."""
    key, answer, changed = CASES[case]
    organisation.answers[key] = answer
    assert organisation.verdicts() == {"permissions": "OK", "unused": "OK", "mfa": "OK", **changed}


def test_public_members_may_not_be_all(organisation):
    """What a fine-grained token without rights to the organisation gets, with 200."""
    organisation.answers |= {
        ORGANISATION: ok({"login": "example", "public_repos": 3, "type": "Organization"}),
        ALL: ok([user("ada")]),
    }
    assert organisation.verdicts() == {"permissions": "UNKNOWN", "unused": "UNKNOWN", "mfa": "UNKNOWN"}


BAD_GATEWAY = ("502 Bad Gateway", {"message": "Server Error"}, {})


def test_listing_that_fails_hides_no_finding_of_another(organisation):
    """Outside collaborators answer 502: the owner that nobody named, and the member without 2FA, still count."""
    outside = dict.fromkeys((OUTSIDE, f"{OUTSIDE}?{WITHOUT}", f"{OUTSIDE}?{INSECURE}"), BAD_GATEWAY)
    organisation.answers = {**outside, **good(), **outside}
    assert organisation.verdicts() == {"permissions": "UNKNOWN", "unused": "OK", "mfa": "UNKNOWN"}
    bad = {ADMINS: ok([user("ada"), user("ben")]), WITHOUT: ok([user("ben")])}
    organisation.answers = {**outside, **good(), **bad, **outside}
    assert organisation.verdicts() == {"permissions": "CRITICAL", "unused": "OK", "mfa": "CRITICAL"}


ALERT = {"number": 1, "state": "open", "security_vulnerability": {"severity": "low", "package": {"name": "qs"}}}


@pytest.mark.parametrize(
    ("second", "enough"),
    [(answer("502 Bad Gateway", b""), False), (answer("200 OK", json.dumps([ALERT]).encode()), True)],
)
def test_alerts_of_a_page_that_fails_are_missed(second, enough):
    """Their pages have cursors, and may be shorter than asked for; the critical alert may be on the next one."""
    with serve() as server:
        link = f'<{server.url}/repos/example/shop/dependabot/alerts?per_page=100&after=Y3Vyc29yOnYy>; rel="next"'
        first = answer("200 OK", json.dumps([ALERT] * 73).encode(), link=link)
        server.scripts = [first, second, second, second]
        source = of_dependabot(github(settings_at(server.url)), audited=True)
    assert (source.error, source.coverage.enough) == (None, enough)


@given(
    key=st.sampled_from(["role=admin", "role=all", "/outside_collaborators", "/activity", WITHOUT, INSECURE]),
    how=st.sampled_from(["403 Forbidden", "404 Not Found", "422 Unprocessable Entity", "cut", "dict"]),
)
@hypothesis_settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_incomplete_listing_is_never_ok(shown, key, how):
    """Refused, missing, truncated, or of another shape."""
    shown.answers = good()
    status, body, _ = shown.answers[key]
    if how == "cut":
        shown.answers[key] = (status, body, {"link": LINK})
    else:
        shown.answers[key] = (status if how == "dict" else how, {"message": "No", "status": "403"}, {})
    assert set(shown.verdicts().values()) != {"OK"}
