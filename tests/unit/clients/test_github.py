"""What GitHub's answers mean: pages, permissions, rate limits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from playbook.clients.github import GitHubApi, github
from playbook.clients.http import MAX_RETRY_AFTER
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied, Malformed, NotConfigured, Unmeasured, Unreachable
from playbook.settings.loading import load
from tests.unit.loopback import answer, closed_port, serve

TOKEN = "ghp_" + "a" * 36


def api(url: str, **over: Any) -> GitHubApi:
    mine = {"endpoint": url, "token": TOKEN, "organisation": "example", "repository": "example/portfolio", **over}
    target = {"kind": "sandbox", "github": {key: value for key, value in mine.items() if value is not None}}
    limits = {"connect": 30.0, "read": 30.0}
    return github(load("sandbox", environment={}, overlay={"targets": {"sandbox": target}, "time_limits": limits}))


def json_answer(value: Any, **headers: str) -> bytes:
    return answer("200 OK", json.dumps(value).encode(), content_type="application/json", **headers)


def users(*names: str) -> list[dict[str, Any]]:
    return [{"login": name, "id": 1, "type": "User", "new_field": {}} for name in names]


def test_link_header_is_followed():
    with serve() as server:
        link = f'<{server.url}/orgs/example/members?page=1>; rel="prev", <{server.url}/next?after=abc>; rel="next"'
        server.scripts = [json_answer(users("ada"), link=link), json_answer(users("ben"))]
        assert [user.login for user in api(server.url).members(role="admin")] == ["ada", "ben"]
    first, second = server.requests
    assert first.startswith(b"GET /orgs/example/members?role=admin&per_page=100 ")
    assert second.startswith(b"GET /next?after=abc ")
    for request in server.requests:
        assert f"Authorization: Bearer {TOKEN}".encode() in request
        assert b"X-GitHub-Api-Version: 2022-11-28" in request


def test_link_to_other_host_is_not_followed():
    with serve(json_answer(users("ada"), link='<https://elsewhere.example/x>; rel="next"')) as server:
        found = api(server.url).members()
        assert len(server.requests) == 1
    assert found.coverage.got == "1: the page after page 1 is on another host"


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http://localhost:99999999/x", "https://localhost:0/", "x?page=2"]
)
def test_address_of_next_page_that_cannot_be_read_is_reported(address):
    with serve(json_answer(users("ada"), link=f'<{address}>; rel="next"')) as server:
        found = api(server.url).members()
    assert [user.login for user in found] == ["ada"]
    assert found.coverage.got == "1: the page after page 1 has an address that cannot be read"


def test_absurd_number_of_the_last_page_is_read():
    link = f'<http://localhost/x?page={"9" * 5000}>; rel="last"'
    with serve(json_answer(users("ada"), link=link)) as server:
        found = api(server.url).members()
    assert found.coverage.got == "1: page 1 of 999999999 has no link to the next page"


def test_full_cursor_page_with_garbled_link_is_incomplete():
    told = [{"timestamp": "2026-03-02T07:30:00Z", "activity_type": "push", "actor": None}] * 100
    with serve(json_answer(told, link="garbled")) as server:
        assert not api(server.url).activity("quarter").coverage.enough


def test_endless_paging_is_incomplete():
    with serve() as server:
        server.scripts = [
            json_answer(users("ada"), link=f'<{server.url}/orgs/example/members?page=2>; rel="next"')
        ]
        assert api(server.url).members().coverage.got == "50: more than 50 pages"


MANY = users(*(f"user-{number}" for number in range(100)))


def test_full_page_without_link_is_followed_by_number():
    """A proxy may take the header away; a hundred members without one may be all."""
    with serve() as server:
        server.scripts = [json_answer(MANY), json_answer(users("ada"))]
        found = api(server.url).members()
    assert len(found) == 101
    assert found.coverage.enough
    assert b"page=2" in server.requests[1]


def test_full_cursor_page_without_link_is_incomplete():
    told = [{"timestamp": "2026-03-02T07:30:00Z", "activity_type": "push", "actor": None}] * 100
    with serve(json_answer(told)) as server:
        found = api(server.url).activity("quarter")
    assert found.coverage.got == "100: the last page is full (100) and does not say whether there are more"


def test_truncated_page_is_detected_by_last_page_number():
    with serve() as server:
        base = f"{server.url}/orgs/example/members"
        first = f'<{base}?page=2>; rel="next", <{base}?page=3>; rel="last"'
        server.scripts = [json_answer(users("ada"), link=first), json_answer(users("ben"))]
        found = api(server.url).members()
    assert [user.login for user in found] == ["ada", "ben"]
    assert found.coverage.got == "2: page 2 of 3 has no link to the next page"


def test_items_before_refused_page_are_kept():
    with serve() as server:
        link = f'<{server.url}/orgs/example/members?page=2>; rel="next"'
        refused = answer("403 Forbidden", b'{"message": "Resource not accessible"}')
        server.scripts = [json_answer(users("eve"), link=link), refused]
        found = api(server.url).members(role="admin")
    assert [user.login for user in found] == ["eve"]
    assert "got HTTP 403 (Resource not accessible)" in found.coverage.got


def test_non_member_redirect_is_reported():
    elsewhere = answer("302 Found", b"", location="https://api.github.com/orgs/example/public_members")
    with serve(elsewhere) as server, pytest.raises(Denied) as caught:
        api(server.url).members()
    assert "the token's owner is not a member of the organisation" in caught.value.hint


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_moved_repository_names_its_setting(status):
    moved = answer(status, b'{"message": "Moved Permanently"}', location="https://api.github.com/repositories/7")
    with serve(moved) as server:
        for ask, part in (("dependabot_alerts", "repository"), ("members", "organisation")):
            with pytest.raises(Malformed) as caught:
                getattr(api(server.url), ask)()
            hint = f"The {part} was renamed or moved: set targets.sandbox.github.{part} to its new name."
            assert caught.value.hint == hint


def test_open_invitations_are_listed():
    told = [
        {"id": 1, "login": "eve", "email": None, "role": "admin", "created_at": "2026-03-02T07:30:00Z"},
        {"id": 2, "login": None, "email": "dan@shop.example", "role": "direct_member"},
        {"id": 3, "login": None, "email": None, "role": "hiring_manager"},
    ]
    with serve(json_answer(told)) as server:
        found = api(server.url).invitations()
    assert [(one.who, one.role) for one in found] == [
        ("eve", "admin"),
        ("dan@shop.example", "direct_member"),
        ("invitation 3", "hiring_manager"),
    ]


@pytest.mark.parametrize("factor", ["2fa_disabled", "2fa_insecure"])
def test_members_are_requested_by_their_second_factor(factor):
    with serve(json_answer([])) as server:
        assert api(server.url).members(factor=factor) == []
        assert api(server.url).outside_collaborators(factor=factor) == []
    assert all(f"filter={factor}".encode() in request for request in server.requests)


def test_organisation_without_owner_token_has_no_2fa_setting():
    with serve(json_answer({"login": "example", "two_factor_requirement_enabled": None})) as server:
        assert api(server.url).organisation().two_factor_requirement_enabled is None


def test_activity_of_deleted_account_has_no_actor():
    told = [{"timestamp": "2026-03-02T07:30:00Z", "activity_type": "push", "actor": None}]
    with serve(json_answer(told)) as server:
        (found,) = api(server.url).activity("quarter")
    assert found.actor is None
    assert b"time_period=quarter" in server.requests[0]


def test_open_dependabot_alerts_are_listed():
    told = [
        {
            "number": 3,
            "html_url": "https://github.com/x",
            "security_advisory": {"summary": "Bad"},
            "security_vulnerability": {
                "severity": "high",
                "package": {"name": "sharp"},
                "first_patched_version": None,
            },
        }
    ]
    with serve(json_answer(told)) as server:
        (found,) = api(server.url).dependabot_alerts()
    assert (found.security_vulnerability.package.name, found.security_vulnerability.severity) == ("sharp", "high")
    assert found.security_vulnerability.first_patched_version is None
    assert b"state=open" in server.requests[0]


def test_dependencies_are_counted_without_repository_and_workflows():
    def package(*purls: str) -> dict[str, Any]:
        return {"name": "x", "externalRefs": [{"referenceType": "purl", "referenceLocator": one} for one in purls]}

    packages = [
        package("pkg:npm/express@5.1.0"),
        package("pkg:pypi/pillow@12.0.0"),
        package("pkg:githubactions/actions/checkout@4.%2A.%2A"),
        package("pkg:github/example/portfolio@main"),
        package(),
        {"name": "com.github.example/portfolio"},
    ]
    with serve(json_answer({"sbom": {"SPDXID": "SPDXRef-DOCUMENT", "packages": packages}})) as server:
        assert api(server.url).known_dependencies() == 2
    assert server.requests[0].startswith(b"GET /repos/example/portfolio/dependency-graph/sbom ")
    for other in ({}, {"sbom": {}}, {"packages": packages}):
        with serve(json_answer(other)) as server, pytest.raises(Malformed):
            api(server.url).known_dependencies()


@pytest.mark.parametrize(
    ("status", "headers", "message", "kind", "hint"),
    [
        ("401 Unauthorized", {}, "Bad credentials", Denied, "the token is wrong, expired or revoked"),
        ("403 Forbidden", {}, "Resource not accessible", Denied, "the permission members=read"),
        (
            "403 Forbidden",
            {"x_accepted_github_permissions": "vulnerability_alerts=read"},
            "Resource not accessible",
            Denied,
            "the permission vulnerability_alerts=read",
        ),
        *(
            ("403 Forbidden", {}, message, Denied, "A rule of the organisation refuses the token")
            for message in (
                "Resource protected by organization SAML enforcement. You must grant access",
                "Although you appear to have the correct credentials, the `x` organization has an IP allow list",
                "`x` forbids access via a personal access token (classic). Please use a GitHub App",
            )
        ),
        ("403 Forbidden", {"x_ratelimit_remaining": "0"}, "Slow down", Unreachable, "rate limit"),
        ("403 Forbidden", {}, "You have exceeded a secondary rate limit.", Unreachable, "rate limit"),
        ("422 Unprocessable Entity", {}, "Validation Failed", Denied, "Only an owner of the organisation"),
        ("404 Not Found", {}, "Not Found", Malformed, "the token may not see it"),
        ("500 Internal Server Error", {}, "", Unreachable, "githubstatus"),
        ("418 I'm a teapot", {}, "", Malformed, ""),
    ],
)
def test_refusal_is_mapped_to_its_meaning(status, headers, message, kind, hint):
    body = json.dumps({"message": message}).encode() if message else b"<html>"
    with serve(answer(status, body, **headers)) as server, pytest.raises(Unmeasured) as caught:
        api(server.url).members()
    assert type(caught.value) is kind
    assert f"GitHub: expected the members from localhost:{server.port}, got HTTP {status[:3]}" in str(caught.value)
    assert message.rstrip(".") in str(caught.value)
    assert hint in caught.value.hint
    assert TOKEN not in str(caught.value)


def test_short_retry_after_is_waited_for():
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    clock = FixedClock(now)
    refusal = answer("429 Too Many Requests", b"{}", retry_after=f"{MAX_RETRY_AFTER:.0f}")
    with serve(refusal, json_answer(users("ada"))) as server:
        assert [user.login for user in replace(api(server.url), clock=clock).members()] == ["ada"]
    assert (clock.now() - now).total_seconds() == MAX_RETRY_AFTER


def test_longer_retry_after_is_not_waited_for():
    refusal = answer("429 Too Many Requests", b"{}", retry_after=f"{MAX_RETRY_AFTER + 1:.0f}")
    with serve(refusal, json_answer(users("ada"))) as server, pytest.raises(Unreachable, match="sent in 4 s"):
        api(server.url).members()
    assert len(server.requests) == 1


def test_exhausted_rate_limit_states_reset_time():
    now = datetime.fromtimestamp(1_795_700_000.75, UTC)
    reset = str(1_795_700_000 + 1800)
    refusal = answer("403 Forbidden", b"{}", x_ratelimit_remaining="0", x_ratelimit_reset=reset)
    with serve(refusal) as server, pytest.raises(Unreachable, match=r"sent in 1,800 s"):
        replace(api(server.url), clock=FixedClock(now)).members()


@pytest.mark.parametrize("body", [b"<!doctype html>", b'{"login": "x"}', b'[{"name": "x"}]'])
def test_other_answer_is_malformed(body):
    with serve(answer("200 OK", body)) as server, pytest.raises(Malformed):
        api(server.url).members()


def test_unreachable_github_is_unreachable():
    with pytest.raises(Unreachable, match="connection refused"):
        api(f"http://localhost:{closed_port()}").members()


@pytest.mark.parametrize(
    ("missing", "setting"), [("token", "token"), ("organisation", "organisation"), ("repository", "repository")]
)
def test_missing_github_setting_is_named(missing, setting):
    client = api("http://localhost:9", **{missing: None})
    with pytest.raises(NotConfigured) as caught:
        client.dependabot_alerts() if missing == "repository" else client.members()
    assert caught.value.setting == f"targets.sandbox.github.{setting}"
