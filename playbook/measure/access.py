"""Who may do what: the DigitalOcean account and its keys, the GitHub organisation, and what only people can know.

The API of DigitalOcean shows neither team members nor their sign-in, so those are signed for by a person; a
measurement that hides behind a missing sign-off would be worse than none, so both are judged in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.catalogue import read_catalogue
from playbook.clients.digitalocean_account import Account, DigitalOceanAccount, SshKey
from playbook.clients.github import GitHubApi, Period
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import Denied, NotConfigured, PlaybookError, Unmeasured
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.words import moment
from playbook.people.attest import SignOff, SignOffs
from playbook.people.files import sign_offs_of
from playbook.settings import Settings

# GitHub lists activity of fixed periods; the longer ones take more pages.
_PERIODS: tuple[tuple[int, Period], ...] = ((7, "week"), (30, "month"), (90, "quarter"))


@dataclass(frozen=True, slots=True)
class DigitalOceanAccess:
    """The account behind the token, and its SSH keys."""

    account: Account
    keys: tuple[SshKey, ...]

    @property
    def active(self) -> bool:
        """Neither warned nor locked."""
        return self.account.status == "active"

    @property
    def locked(self) -> bool:
        """Locked, or in a state that we do not know."""
        return self.account.status not in ("active", "warning")

    @property
    def found(self) -> str:
        """The status with what is said about it."""
        said = self.account.status_message.strip()
        return (self.account.status or "no status") + (f" ({said})" if said else "")

    @property
    def key_count(self) -> Reading:
        """How many SSH keys there are."""
        return Reading(float(len(self.keys)))

    def evidence(self) -> list[Evidence]:
        """Account and keys, and what the API does not show."""
        facts = {
            "Team": self.account.team.name or "not said",
            "Status": self.found,
            "E-mail address": "verified" if self.account.email_verified else "not verified",
            "Team members and their sign-in": "not shown by the API; signed for by a person",
        }
        rows = [
            [key.name, key.public_key.partition(" ")[0] or "?", key.fingerprint, "not given"] for key in self.keys
        ]
        return [
            Facts("DigitalOcean account", facts),
            Table(
                "SSH keys (the API knows neither their age nor their use)",
                ["Name", "Kind", "Fingerprint", "Age"],
                rows,
            ),
        ]


@measurement
def digitalocean_access(digitalocean_account: DigitalOceanAccount) -> DigitalOceanAccess:
    """Status of the account, and its SSH keys."""
    return DigitalOceanAccess(digitalocean_account.account(), tuple(digitalocean_account.ssh_keys()))


@dataclass(frozen=True, slots=True)
class GitHubAccess:
    """The GitHub organisation; everything is empty where none is configured.

    Attributes:
        login: its name; empty where none is configured.
        outsiders: who works on a repository without being a member.
        unknown_owners, unknown_outsiders: those that the settings do not name; none where they name nobody.
    """

    login: str
    owners: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    outsiders: tuple[str, ...] = ()
    unknown_owners: tuple[str, ...] = ()
    unknown_outsiders: tuple[str, ...] = ()
    default_permission: str = ""

    @property
    def owner_count(self) -> Reading:
        """How many owners there are."""
        return Reading(float(len(self.owners)))

    def evidence(self) -> Evidence:
        """Owners, members, collaborators."""
        if not self.login:
            return Facts("GitHub", {"Organisation": "not configured (github.organisation)"})
        facts = {
            "Organisation": self.login,
            "Owners": ", ".join(self.owners) or "none",
            "Members": f"{len(self.members)}: {', '.join(self.members)}",
            "Outside collaborators": ", ".join(self.outsiders) or "none",
            "Every member may": self.default_permission or "not said",
        }
        return Facts("GitHub", facts)


@measurement
def github_access(github: GitHubApi, settings: Settings) -> GitHubAccess:
    """Owners, members and outside collaborators of the GitHub organisation."""
    if not github.has_organisation:
        return GitHubAccess("")
    organisation = github.organisation()
    owners = tuple(user.login for user in github.members(role="admin"))
    outsiders = tuple(user.login for user in github.outside_collaborators())
    known = settings.access
    return GitHubAccess(
        login=organisation.login,
        owners=owners,
        members=tuple(user.login for user in github.members()),
        outsiders=outsiders,
        unknown_owners=_not_in(owners, known.github_owners),
        unknown_outsiders=_not_in(outsiders, known.github_outsiders),
        default_permission=organisation.default_repository_permission or "",
    )


def _not_in(logins: tuple[str, ...], known: list[str] | None) -> tuple[str, ...]:
    """Names of logins are the same in any case."""
    names = {name.casefold() for name in known or ()}
    return tuple(login for login in logins if login.casefold() not in names) if known is not None else ()


@dataclass(frozen=True, slots=True)
class GitHubActivity:
    """When each member last pushed or merged.

    Attributes:
        login: name of the organisation; empty where none is configured, or no repository.
        last: by member; None where there was nothing in the time that was looked at.
        since: how far back that was.
        idle_after: days.
    """

    login: str
    last: tuple[tuple[str, datetime | None], ...] = ()
    since: datetime | None = None
    idle_after: int = 0

    @property
    def idle(self) -> tuple[str, ...]:
        """Members without a push or merge."""
        return tuple(name for name, at in self.last if at is None or (self.since is not None and at < self.since))

    @property
    def found(self) -> str:
        """In words."""
        return (
            f"nothing from {', '.join(self.idle)}" if self.idle else f"{len(self.last)} of {len(self.last)} active"
        )

    def evidence(self) -> Evidence:
        """A row for each member."""
        if not self.login:
            return Facts("GitHub", {"Activity": "not configured (github.organisation and github.repository)"})
        rows = [[name, moment(at) if at else f"none in {self.idle_after} days"] for name, at in self.last]
        return Table("Last push or merge to the repository (reviews are not seen)", ["Member", "When"], rows)


@measurement
def github_activity(github: GitHubApi, settings: Settings, clock: Clock) -> GitHubActivity:
    """The last push or merge of every member of the organisation to the repository."""
    if not (github.has_organisation and github.has_repository):
        return GitHubActivity("")
    idle_after = settings.access.idle_days
    period: Period = next((name for days, name in _PERIODS if idle_after <= days), "year")
    last: dict[str, datetime] = {}
    for activity in github.activity(period):
        if activity.actor:
            name = activity.actor.login.casefold()
            last[name] = max(last.get(name, activity.timestamp), activity.timestamp)
    members = [user.login for user in github.members() if user.type != "Bot"]
    return GitHubActivity(
        login=settings.target.github.organisation or "",
        last=tuple((name, last.get(name.casefold())) for name in members),
        since=clock.now() - timedelta(days=idle_after),
        idle_after=idle_after,
    )


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Who may sign in to GitHub with a password alone.

    Attributes:
        login: name of the organisation; empty where none is configured.
        required: whether the organisation demands a second factor.
        without: members and outside collaborators that have none.
    """

    login: str
    required: bool = False
    without: tuple[str, ...] = ()

    def evidence(self) -> Evidence:
        """Requirement and who lacks it, and what is signed for."""
        if not self.login:
            return Facts("Second factors", {"GitHub": "not configured", "DigitalOcean": "signed for by a person"})
        facts = {
            f"Required by {self.login} on GitHub": "yes" if self.required else "no",
            "Without one on GitHub": ", ".join(self.without) or "nobody",
            "DigitalOcean": "not shown by its API; signed for by a person",
        }
        return Facts("Second factors", facts)


@measurement
def second_factors(github: GitHubApi) -> SecondFactors:
    """Whether GitHub demands a second factor, and who has none. Only an owner's token sees it."""
    if not github.has_organisation:
        return SecondFactors("")
    organisation = github.organisation()
    if organisation.two_factor_requirement_enabled is None:
        raise Denied(
            f"GitHub: expected whether {organisation.login} requires a second factor, got no word of it",
            service="GitHub",
            hint="Only the token of an owner of the organisation sees it.",
        )
    without = (*github.members(without_2fa=True), *github.outside_collaborators(without_2fa=True))
    return SecondFactors(
        organisation.login, organisation.two_factor_requirement_enabled, tuple(user.login for user in without)
    )


@dataclass(frozen=True, slots=True)
class AccessSignOffs:
    """The ledger of sign-offs, or why there is none: what is measured must be judged before that is said."""

    sign_offs: SignOffs | None
    error: PlaybookError | None = None

    def of(self, item: str) -> SignOff:
        """How it stands with an item.

        Raises:
            NotConfigured, Unmeasured: there is no ledger.
        """
        if self.error:
            raise self.error
        assert self.sign_offs
        return self.sign_offs.of(item)

    def evidence(self) -> Evidence:
        """What was signed of the access review."""
        if self.sign_offs is None:
            return Facts("Signed for by a person", {"Access review": str(self.error)})
        items = (f"monthly.access.{name}" for name in ("permissions", "unused-accounts", "mfa"))
        return Facts("Signed for by a person", {item: _signed(self.sign_offs.of(item)) for item in items})


def _signed(sign_off: SignOff) -> str:
    note = f": {sign_off.newest.note}" if sign_off.newest else ""
    return f"{sign_off.found}{note}"


@measurement
def access_sign_offs(settings: Settings, clock: Clock) -> AccessSignOffs:
    """What was signed of the access review; that there is no ledger is said only when it is asked for."""
    try:
        return AccessSignOffs(sign_offs_of(settings, read_catalogue(), clock.now()))
    except (NotConfigured, Unmeasured) as error:
        return AccessSignOffs(None, error)
