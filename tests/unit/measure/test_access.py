"""Owners, strangers, idle members, second factors, and sign-offs that must not hide what is measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from playbook.clients.digitalocean_account import Account, DigitalOceanAccount, SshKey
from playbook.clients.github import Activity, GitHubApi, Organisation, User
from playbook.clock import FixedClock
from playbook.errors import Denied, NotConfigured
from playbook.measure.access import (
    access_sign_offs,
    digitalocean_access,
    github_access,
    github_activity,
    second_factors,
)
from playbook.settings import Settings, load

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


class FakeGitHub:
    """An organisation; ``pushed`` is (login or None, days ago)."""

    def __init__(self, *, required: bool | None = True, configured: bool = True, **people: Any) -> None:
        self.required = required
        self.has_organisation = self.has_repository = configured
        self.people = people
        self.period = ""

    def organisation(self) -> Organisation:
        return Organisation(login="example", two_factor_requirement_enabled=self.required)

    def members(self, *, role: str = "all", without_2fa: bool = False) -> list[User]:
        key = "without" if without_2fa else "owners" if role == "admin" else "members"
        return [
            User(login=name, type="Bot" if name.endswith("-bot") else "User") for name in self.people.get(key, [])
        ]

    def outside_collaborators(self, *, without_2fa: bool = False) -> list[User]:
        key = "outsiders_without" if without_2fa else "outsiders"
        return [User(login=name) for name in self.people.get(key, [])]

    def activity(self, period: str) -> list[Activity]:
        self.period = period
        return [
            Activity(timestamp=NOW - timedelta(days=days), actor=User(login=login) if login else None)
            for login, days in self.people.get("pushed", [])
        ]


def settings(**access: Any) -> Settings:
    target = {"kind": "sandbox", "github": {"organisation": "example"}, "access": access}
    return load("sandbox", environment={}, overlay={"targets": {"sandbox": target}})


def fake(**more: Any) -> GitHubApi:
    return cast(GitHubApi, FakeGitHub(**more))


def test_strangers_are_those_that_the_settings_do_not_name():
    people = fake(owners=["Ada", "eve"], members=["Ada", "eve", "ben"], outsiders=["dan"])
    found = github_access(people, settings(github_owners=["ada"], github_outsiders=[]))
    assert (found.unknown_owners, found.unknown_outsiders) == (("eve",), ("dan",))
    assert found.owner_count.value == 2


def test_without_a_list_nobody_is_a_stranger():
    found = github_access(fake(owners=["eve"], outsiders=["dan"]), settings())
    assert (found.unknown_owners, found.unknown_outsiders) == ((), ())


def test_no_organisation_is_no_finding():
    nothing = fake(configured=False)
    assert github_access(nothing, settings()).login == ""
    assert github_activity(nothing, settings(), FixedClock(NOW)).idle == ()
    assert second_factors(nothing).without == ()


def test_idle_members():
    people = fake(
        members=["Ada", "ben", "chiara", "release-bot"],
        pushed=[("ada", 100), ("ada", 2), ("ben", 91), (None, 1)],
    )
    found = github_activity(people, settings(), FixedClock(NOW))
    assert found.idle == ("ben", "chiara")
    assert found.found == "nothing from ben, chiara"


@pytest.mark.parametrize(("days", "period"), [(7, "week"), (8, "month"), (90, "quarter"), (91, "year")])
def test_no_more_activity_is_listed_than_is_needed(days, period):
    people = FakeGitHub(members=["ada"])
    github_activity(cast(GitHubApi, people), settings(idle_days=days), FixedClock(NOW))
    assert people.period == period


def test_second_factors_of_members_and_outsiders():
    found = second_factors(fake(required=False, without=["ben"], outsiders_without=["dan"]))
    assert (found.required, found.without) == (False, ("ben", "dan"))


def test_a_token_that_sees_no_second_factors_is_denied():
    with pytest.raises(Denied, match="got no word of it"):
        second_factors(fake(required=None))


@pytest.mark.parametrize(
    ("status", "active", "locked"),
    [("active", True, False), ("warning", False, False), ("locked", False, True), ("", False, True)],
)
def test_status_of_the_account(status, active, locked):
    class Fake:
        def account(self) -> Account:
            return Account(status=status, status_message=" ")

        def ssh_keys(self) -> list[SshKey]:
            return [SshKey(id=1, name="deploy", public_key="ssh-ed25519 AAAA deploy")]

    found = digitalocean_access(cast(DigitalOceanAccount, Fake()))
    assert (found.active, found.locked, found.found) == (active, locked, status or "no status")
    assert found.key_count.value == 1


def test_a_missing_ledger_is_said_only_when_it_is_asked_for():
    found = access_sign_offs(settings(), FixedClock(NOW))
    assert found.evidence()
    with pytest.raises(NotConfigured):
        found.of("monthly.access.mfa")
