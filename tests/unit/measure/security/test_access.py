"""Owners, strangers, idle members, second factors, and sign-offs that must not hide measurements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from playbook.clients.digitalocean_account import Account, DigitalOceanAccount, SshKey
from playbook.clients.github import Activity, GitHubApi, Invitation, Organisation, User
from playbook.clients.listing import Listing, listed
from playbook.core.clock import FixedClock
from playbook.core.coverage import whole
from playbook.core.errors import Denied, NotConfigured
from playbook.measure.security.access import (
    DigitalOceanAccess,
    GitHubAccess,
    GitHubActivity,
    access_sign_offs,
    digitalocean_access,
    github_access,
    github_activity,
)
from playbook.measure.security.repositories import OwnRepository
from playbook.measure.security.second_factors import SecondFactors, second_factors
from playbook.settings.loading import load
from playbook.settings.model import Settings
from tests.judged import check, judged

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)

FACTORS = {"2fa_disabled": "without", "2fa_insecure": "insecure"}  # as the organisation below calls them


class FakeGitHub:
    """An organisation; ``pushed`` is (login or None, days ago)."""

    def __init__(self, *, required: bool | None = True, configured: bool = True, **people: Any) -> None:
        self.required = required
        self.has_organisation = self.has_repository = configured
        self.cut, self.denied = people.pop("cut", ()), people.pop("denied", ())
        self.people = people
        self.elsewhere = people.pop("elsewhere", {})  # by repository, the same of it
        self.period = ""
        self.is_own_server = people.pop("own_server", False)

    def of(self, repository: str) -> FakeGitHub:
        return FakeGitHub(**self.elsewhere[repository])

    def organisation_name(self) -> str:
        return "example"

    def organisation(self) -> Organisation:
        if "organisation" in self.denied:
            raise Denied("GitHub: expected the organisation, got HTTP 403", service="GitHub")
        return Organisation(
            login="example",
            two_factor_requirement_enabled=self.required,
            default_repository_permission=self.people.get("permission", "read"),
        )

    def _listing(self, key: str, items: list[Any]) -> Listing[Any]:
        if key in self.denied:
            raise Denied(f"GitHub: expected {key}, got HTTP 403", service="GitHub", hint="Give it members=read.")
        return Listing(items, listed(key, len(items), None if key in self.cut else len(items)))

    def members(self, *, role: str = "all", factor: str = "") -> Listing[User]:
        key = FACTORS.get(factor) or ("owners" if role == "admin" else "members")
        names = self.people.get(key, [])
        return self._listing(
            key, [User(login=name, type="Bot" if name.endswith("-bot") else "User") for name in names]
        )

    def public_members(self) -> Listing[User]:
        return self._listing("public", [])

    def outside_collaborators(self, *, factor: str = "") -> Listing[User]:
        key = f"outsiders_{FACTORS[factor]}" if factor else "outsiders"
        return self._listing(key, [User(login=name) for name in self.people.get(key, [])])

    def invitations(self) -> Listing[Invitation]:
        invited = self.people.get("invited", [])
        return self._listing("invited", [Invitation(login=name, role=role) for name, role in invited])

    def activity(self, period: str) -> Listing[Activity]:
        self.period = period
        found = [
            Activity(
                timestamp=NOW - timedelta(days=days),
                actor=User(login=login) if login else None,
                activity_type=self.people.get("activity_type", "push"),
            )
            for login, days in self.people.get("pushed", [])
        ]
        return self._listing("activity", found)


def settings(**access: Any) -> Settings:
    target = {"kind": "sandbox", "github": {"organisation": "example"}, "access": access}
    return load("sandbox", environment={}, overlay={"targets": {"sandbox": target}})


def fake(**more: Any) -> GitHubApi:
    return cast(GitHubApi, FakeGitHub(**more))


def test_strangers_are_members_that_the_settings_do_not_name():
    people = fake(owners=["Ada", "eve"], members=["Ada", "eve", "ben"], outsiders=["dan"])
    found = github_access(people, settings(github_owners=["ada"], github_outsiders=[]))
    assert (found.unknown_owners, found.unknown_outsiders) == (("eve",), ("dan",))
    assert found.owner_count.value == 2


def test_without_a_list_there_are_no_strangers():
    found = github_access(fake(owners=["eve"], outsiders=["dan"]), settings())
    assert (found.unknown_owners, found.unknown_outsiders) == ((), ())


def test_missing_organisation_is_no_finding():
    nothing = fake(configured=False)
    assert github_access(nothing, settings()).login == ""
    assert github_activity(nothing, settings(), FixedClock(NOW), OwnRepository()).idle == ()
    assert second_factors(nothing).without == ()


def test_idle_members_are_found():
    people = fake(
        members=["Ada", "ben", "chiara", "release-bot"],
        pushed=[("ada", 100), ("ada", 2), ("ben", 91), (None, 1)],
    )
    found = github_activity(people, settings(), FixedClock(NOW), OwnRepository())
    assert found.idle == ("ben", "chiara")
    assert found.found == "nothing from ben, chiara"


def test_member_who_pushes_to_another_repository_of_the_app_is_not_idle():
    """Nobody is called idle where it cannot be read."""
    others = OwnRepository(others=("example/worker",))
    for elsewhere, idle, enough in (
        ({"pushed": [("Ben", 2)]}, ("chiara",), True),
        ({"denied": ["activity"]}, (), False),
    ):
        people = fake(
            members=["ada", "ben", "chiara"], pushed=[("ada", 2)], elsewhere={"example/worker": elsewhere}
        )
        found = github_activity(people, settings(), FixedClock(NOW), others)
        assert (found.idle, found.coverage.enough) == (idle, enough)


@pytest.mark.parametrize(("days", "period"), [(7, "week"), (8, "month"), (90, "quarter"), (91, "year")])
def test_only_the_needed_activity_is_listed(days, period):
    people = FakeGitHub(members=["ada"])
    github_activity(cast(GitHubApi, people), settings(idle_days=days), FixedClock(NOW), OwnRepository())
    assert people.period == period


def test_second_factors_of_members_and_outsiders_are_counted():
    found = second_factors(fake(required=False, without=["ben"], outsiders_without=["dan"]))
    assert (found.required, found.without) == (False, ("ben", "dan"))


def test_token_without_access_to_second_factors_is_not_read_as_all_have_one():
    found = second_factors(fake(required=None))
    assert (found.coverage.got, found.required) == ("no statement about it", None)
    assert mfa(found) == "UNKNOWN"
    assert mfa(second_factors(fake(denied=["without"]))) == "UNKNOWN"
    assert mfa(second_factors(fake(cut=["outsiders_without"]))) == "UNKNOWN"
    assert mfa(second_factors(fake(insecure=["ben"]))) == "WARNING"
    assert mfa(second_factors(fake(outsiders_insecure=["dan"]))) == "WARNING"
    assert mfa(second_factors(fake(denied=["outsiders_insecure"]))) == "UNKNOWN"
    assert mfa(second_factors(fake(cut=["outsiders_without"], without=["ben"]))) == "CRITICAL"
    assert mfa(second_factors(fake())) == "OK"


@pytest.mark.parametrize(
    ("status", "verified", "wanted"),
    [
        ("active", True, "OK"),
        ("warning", True, "WARNING"),
        ("locked", True, "CRITICAL"),
        ("", True, "UNKNOWN"),
        ("suspended", True, "UNKNOWN"),
        ("active", False, "WARNING"),
        ("active", None, "UNKNOWN"),
    ],
)
def test_status_of_the_account_is_judged(status, verified, wanted):
    found = keys(1, 1, status=status, email_verified=verified)
    assert permissions(found, GitHubAccess("")) == wanted
    assert found.found == (status or "no status")
    assert found.key_count.value == 1


@pytest.mark.parametrize(
    ("count", "total", "wanted"), [(2, 2, "OK"), (2, 3, "UNKNOWN"), (2, None, "UNKNOWN"), (14, 20, "UNKNOWN")]
)
def test_unlisted_keys_are_not_counted_as_none(count, total, wanted):
    """With fourteen the warning is shown as well."""
    nothing = GitHubActivity("")
    found = judged(
        UNUSED, digitalocean_access=keys(count, total), github_activity=nothing, access_sign_offs=SIGNED
    )
    assert str(found[0]) == wanted


@pytest.mark.parametrize(("status", "wanted"), [("locked", "CRITICAL"), ("active", "UNKNOWN")])
def test_locked_account_counts_without_its_keys(status, wanted):
    """A token may have account:read and not ssh_key:read."""

    class Fake:
        def account(self) -> Account:
            return Account(status=status, email_verified=True)

        def ssh_keys(self) -> Listing[SshKey]:
            raise Denied("DigitalOcean API: expected the SSH keys, got HTTP 403", service="DigitalOcean API")

    found = digitalocean_access(cast(DigitalOceanAccount, Fake()))
    assert permissions(found, GitHubAccess("")) == wanted


@pytest.mark.parametrize("count", [30, 1])
def test_keys_are_judged_without_the_account(count):
    """Too many are a warning among what was judged; the whole is UNKNOWN (decision 21)."""

    class Fake:
        def account(self) -> Account:
            raise Denied("DigitalOcean API: expected the account, got HTTP 403", service="DigitalOcean API")

        def ssh_keys(self) -> Listing[SshKey]:
            return Listing([SshKey(id=number) for number in range(count)], listed("SSH keys", count, count))

    found = digitalocean_access(cast(DigitalOceanAccount, Fake()))
    assert found.key_count.value == count
    assert found.coverage.got == "nothing from the DigitalOcean API: HTTP 403"
    nothing = {"github_activity": GitHubActivity(""), "access_sign_offs": SIGNED}
    assert str(judged(UNUSED, digitalocean_access=found, **nothing)[0]) == "UNKNOWN"


def keys(count: int, total: int | None, **account: Any) -> DigitalOceanAccess:
    class Fake:
        def account(self) -> Account:
            return Account(**{"status": "active", "status_message": " ", "email_verified": True, **account})

        def ssh_keys(self) -> Listing[SshKey]:
            key = SshKey(id=1, name="deploy", public_key="ssh-ed25519 AAAA deploy")
            return Listing([key] * count, listed("SSH keys", count, total))

    return digitalocean_access(cast(DigitalOceanAccount, Fake()))


class Signed:
    """Every item is signed off."""

    coverage = whole("1 ledger")

    def of(self, item: str) -> Any:
        rule = SimpleNamespace(near=timedelta(days=7))
        counts = {"pending": False, "coverage": whole("1 sign-off"), "found": "one that counts"}
        return SimpleNamespace(item=item, rule=rule, valid=True, near=False, refused=(), **counts)


SIGNED = Signed()
PERMISSIONS = check("test_access", "test_permissions_are_minimal")
UNUSED = check("test_access", "test_no_member_is_idle")
MFA = check("test_access", "test_everybody_has_a_second_factor")


def permissions(account: DigitalOceanAccess, organisation: GitHubAccess) -> str:
    values = {"digitalocean_access": account, "github_access": organisation, "access_sign_offs": SIGNED}
    return str(judged(PERMISSIONS, **values)[0])


def unused(activity: GitHubActivity) -> str:
    values = {"digitalocean_access": keys(1, 1), "github_activity": activity, "access_sign_offs": SIGNED}
    return str(judged(UNUSED, **values)[0])


def mfa(factors: SecondFactors) -> str:
    return str(judged(MFA, second_factors=factors, access_sign_offs=SIGNED)[0])


@pytest.mark.parametrize(
    ("people", "wanted"),
    [
        ({}, "OK"),
        ({"permission": None}, "UNKNOWN"),
        ({"permission": None, "owners": ["ada", "eve"], "members": ["ada", "eve"]}, "CRITICAL"),
        ({"owners": []}, "UNKNOWN"),  # an organisation has at least one
        ({"owners": ["ada", "eve"], "members": ["ada", "eve"]}, "CRITICAL"),
        ({"owners": ["ada", "ben"]}, "UNKNOWN"),  # an owner who is no member: the member list is truncated
        ({"outsiders": ["dan"]}, "WARNING"),
        ({"invited": [("eve", "admin")]}, "CRITICAL"),
        ({"invited": [("ben", "admin"), ("eve", "direct_member")]}, "OK"),
        ({"invited": [("eve", "co_owner")]}, "UNKNOWN"),
        ({"invited": [("eve", "")]}, "UNKNOWN"),
        ({"denied": ["invited"]}, "UNKNOWN"),
        ({"denied": ["invited"], "owners": ["eve"]}, "CRITICAL"),
        ({"denied": ["outsiders"]}, "UNKNOWN"),
        ({"denied": ["outsiders"], "owners": ["eve"]}, "CRITICAL"),
        *(({"denied": [key]}, "UNKNOWN") for key in ("organisation", "owners", "members")),
        *(({"denied": [key], "invited": [("eve", "admin")]}, "CRITICAL") for key in ("organisation", "owners")),
        ({"denied": ["members"], "owners": ["eve"]}, "CRITICAL"),
        *(({"cut": [key]}, "UNKNOWN") for key in ("owners", "members", "outsiders", "invited")),
    ],
)
def test_organisation_gets_its_verdict(people, wanted):
    shown = {"owners": ["ada"], "members": ["ada", "ben-other"], **people}
    found = github_access(fake(**shown), settings(github_owners=["ada", "ben"], github_outsiders=[]))
    assert permissions(keys(1, 1), found) == wanted


@pytest.mark.parametrize(
    ("people", "wanted"),
    [
        ({}, "OK"),
        ({"pushed": [("ada", 100)]}, "WARNING"),
        ({"cut": ["activity"], "pushed": []}, "UNKNOWN"),  # a member absent from a truncated listing is not idle
        ({"cut": ["members"]}, "UNKNOWN"),
        ({"activity_type": "dream"}, "UNKNOWN"),  # an unknown kind of activity is no push
    ],
)
def test_idle_members_get_their_verdict(people, wanted):
    shown = {"members": ["ada"], "pushed": [("ada", 2)], **people}
    assert unused(github_activity(fake(**shown), settings(), FixedClock(NOW), OwnRepository())) == wanted


def test_idle_member_is_told_where_the_public_members_cannot_be_read():
    """They say whether all members are listed, and nothing of those who are."""
    server = fake(members=["ada"], pushed=[("ada", 100)], denied=["public"])
    found = github_activity(server, settings(), FixedClock(NOW), OwnRepository())
    assert found.idle == ("ada",)
    assert found.coverage.got == "nothing from GitHub: HTTP 403"


def test_missing_ledger_is_not_configured():
    """The checks judge their other measurements all the same."""
    with pytest.raises(NotConfigured, match="attestations"):
        access_sign_offs(settings(), FixedClock(NOW))


def test_second_factors_count_without_the_organisation():
    """Whether it requires one is then unknown; who has none is told by another answer."""
    assert mfa(second_factors(fake(denied=["organisation"], without=["ada"]))) == "CRITICAL"
    assert mfa(second_factors(fake(denied=["organisation"]))) == "UNKNOWN"


def test_old_server_does_not_know_insecure_factors():
    """GitHub Enterprise Server before 3.17 ignores the filter and lists everybody."""
    everybody = {"members": ["ada", "ben"], "insecure": ["ada", "ben"]}
    assert mfa(second_factors(fake(**everybody))) == "WARNING"
    assert mfa(second_factors(fake(own_server=True, **everybody))) == "OK"
    assert "not told by this server" in second_factors(fake(own_server=True, **everybody)).coverage.words
    assert mfa(second_factors(fake(own_server=True, **{**everybody, "insecure": ["ada"]}))) == "WARNING"
    assert mfa(second_factors(fake(own_server=True, **{**everybody, "insecure": []}))) == "OK"
