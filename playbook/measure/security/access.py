"""Access: the DigitalOcean account and its keys, the GitHub organisation, and sign-offs.

DigitalOcean's API shows neither team members nor their sign-in, so those need a sign-off. A missing sign-off must
not hide a measured failure, so both are judged in turn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from playbook.clients.digitalocean_account import Account, DigitalOceanAccount, SshKey
from playbook.clients.github import GitHubApi, Period
from playbook.clients.listing import Listing, or_lacking
from playbook.core.clock import AHEAD, Clock
from playbook.core.coverage import Coverage, lacking, together, understood, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.sign_off import SignOff
from playbook.core.wording import moment
from playbook.history.people.attest import SignOffs
from playbook.history.people.files import sign_offs_of
from playbook.measure.known import or_unread, those_read
from playbook.measure.security.repositories import OwnRepository
from playbook.settings.model import Settings
from playbook.settings.own_catalogue import catalogue_of

# GitHub lists activity of fixed periods; the longer ones take more pages.
_PERIODS: tuple[tuple[int, Period], ...] = ((7, "week"), (30, "month"), (90, "quarter"))


# Words of the two APIs; any other word is reported as not understood.
STATUSES = frozenset({"active", "warning", "locked"})
ROLES = frozenset({"direct_member", "admin", "billing_manager", "hiring_manager", "reinstate"})
# What every member may do with every repository; an answer to others than owners omits it.
PERMISSIONS = frozenset({"none", "read", "write", "admin"})
ACTIVITIES = frozenset(
    {"push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge"}
)


_READ_MEMBERS = "Give the token the permission to read members (organization, members: read)."
_OWNERS_ONLY = "Only the token of an owner of the organisation sees it."
_EMAIL = {True: "verified", False: "not verified", None: "not said"}


@dataclass(frozen=True, slots=True)
class DigitalOceanAccess:
    """The account behind the token, and its SSH keys.

    Attributes:
        listing: coverage of the keys.
        unread: why the account could not be read, which then is an empty one; enough where it was.
    """

    account: Account
    keys: tuple[SshKey, ...]
    listing: Coverage = Coverage()  # noqa: RUF009 - frozen
    unread: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether the account's status is a known word, and every key was listed."""
        if not self.unread.enough:
            return self.unread + self.listing
        coverage = whole("1 account") + self.listing
        if self.account.status not in STATUSES:
            got = self.found
            expected, hint = "active, warning or locked as the account's status", "Look at it in the console."
            coverage += lacking("", expected=expected, got=got, hint=hint)
        if self.account.email_verified is None:
            expected = "whether the account's e-mail address is verified"
            coverage += lacking("", expected=expected, got="no statement about it")
        return coverage

    @property
    def active(self) -> bool:
        """Whether it is not in status ``warning``; an unknown status says nothing."""
        return self.account.status != "warning"

    @property
    def locked(self) -> bool:
        """Whether nothing can be changed or created any more."""
        return self.account.status == "locked"

    @property
    def verified(self) -> bool:
        """False where the API reports the e-mail address as not verified."""
        return self.account.email_verified is not False

    @property
    def found(self) -> str:
        """The status with its message."""
        message = self.account.status_message.strip()
        return (self.account.status or "no status") + (f" ({message})" if message else "")

    @property
    def key_count(self) -> Reading:
        """Number of SSH keys."""
        return Reading(float(len(self.keys)))

    def evidence(self) -> list[Evidence]:
        """Account and keys, and what the API does not show."""
        facts = {
            "Team": self.account.team.name or "not said",
            "Status": self.found,
            "E-mail address": _EMAIL[self.account.email_verified],
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
    # Neither hides what the other shows.
    asks = {"the SSH keys": digitalocean_account.ssh_keys, "the account": digitalocean_account.account}
    told, lacks = those_read(asks)
    account, keys = told.get("the account"), told.get("the SSH keys", Listing((), lacks))
    return DigitalOceanAccess(account or Account(), tuple(keys), keys.coverage, Coverage() if account else lacks)


@dataclass(frozen=True, slots=True)
class GitHubAccess:
    """The GitHub organisation; everything is empty where none is configured.

    Attributes:
        login: its name; empty where none is configured.
        outsiders: collaborators on a repository who are not members.
        invited: open invitations, with the role.
        unknown_owners, unknown_outsiders: those missing from the settings; empty where the settings list none.
        compared: which lists the settings have: ``owners``, ``outsiders``.
        seen: coverage of owners, members, collaborators and invitations.
        is_told: whether the organisation's own answer was read; otherwise ``seen`` says why not.
    """

    login: str
    owners: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    outsiders: tuple[str, ...] = ()
    unknown_owners: tuple[str, ...] = ()
    unknown_outsiders: tuple[str, ...] = ()
    default_permission: str = ""
    invited: tuple[tuple[str, str], ...] = ()
    compared: frozenset[str] = frozenset()
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen
    is_told: bool = True

    @property
    def coverage(self) -> Coverage:
        """Whether every page was read, every role is known, and owners are members."""
        if not self.login:
            return whole("no GitHub organisation configured")
        coverage = self.seen
        unknown = [role or "no role" for _, role in self.invited if role not in ROLES]
        coverage += understood(len(unknown), len(self.invited), "roles of invitations", examples=unknown)
        if self.is_told and self.default_permission not in PERMISSIONS:
            coverage += lacking(
                "",
                expected="read, write, admin or none for every member",
                got=self.default_permission or "no statement about it",
                hint=_OWNERS_ONLY,
            )
        members = {name.casefold() for name in self.members}
        are_read = bool(members) or self.seen.enough
        missing = [name for name in self.owners if are_read and name.casefold() not in members]
        if missing:
            got = f"no {', '.join(missing)}"
            coverage += lacking("", expected="every owner among the members", got=got, hint=_READ_MEMBERS)
        return coverage

    @property
    def all_administer(self) -> bool:
        """Whether every member may change the settings of every repository, as an owner may."""
        return self.default_permission == "admin"

    @property
    def owner_count(self) -> Reading:
        """Number of owners; NaN where they could not be read, as an organisation has at least one."""
        if not self.owners and not self.seen.enough:
            return Reading(math.nan, coverage=self.seen)
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
            "Invited": ", ".join(f"{who} ({role})" for who, role in self.invited) or "nobody",
            "Every member may": self.default_permission or "not said",
            "Not looked at": "roles of teams and of the organisation, apps, deploy keys; signed for by a person",
        }
        for whom in sorted({"owners", "outsiders"} - self.compared):
            facts[f"Known {whom}"] = f"not named in the settings (access.github_{whom}), so not compared"
        return Facts("GitHub", facts)


@measurement
def github_access(github: GitHubApi, settings: Settings) -> GitHubAccess:
    """Owners, members and outside collaborators of the GitHub organisation."""
    if not github.has_organisation:
        return GitHubAccess("")
    # None of them hides what the others show.
    told, seen = those_read(
        {
            "the organisation": github.organisation,
            "the owners": partial(github.members, role="admin"),
            "the members": github.members,
            "the outside collaborators": github.outside_collaborators,
            "the open invitations": github.invitations,
        }
    )
    organisation = told.pop("the organisation", None)
    seen += together(listing.coverage for listing in told.values())
    owners, members = told.get("the owners", ()), told.get("the members", ())
    outsiders, invited = told.get("the outside collaborators", ()), told.get("the open invitations", ())
    known = settings.access
    invited_owners = tuple(one.who for one in invited if one.role == "admin")
    return GitHubAccess(
        login=github.organisation_name(),
        owners=tuple(user.login for user in owners),
        members=tuple(user.login for user in members),
        outsiders=tuple(user.login for user in outsiders),
        unknown_owners=(
            *_not_in(tuple(user.login for user in owners), known.github_owners),
            *(f"{who} (invited)" for who in _not_in(invited_owners, known.github_owners)),
        ),
        unknown_outsiders=_not_in(tuple(user.login for user in outsiders), known.github_outsiders),
        default_permission=(organisation.default_repository_permission if organisation else None) or "",
        invited=tuple((one.who, one.role) for one in invited),
        compared=frozenset(
            name
            for name, named in (("owners", known.github_owners), ("outsiders", known.github_outsiders))
            if named is not None
        ),
        seen=seen,
        is_told=organisation is not None,
    )


def _not_in(logins: tuple[str, ...], known: list[str] | None) -> tuple[str, ...]:
    """Logins that are not known; logins are case-insensitive."""
    names = {name.casefold() for name in known or ()}
    return tuple(login for login in logins if login.casefold() not in names) if known is not None else ()


@dataclass(frozen=True, slots=True)
class GitHubActivity:
    """The last push or merge of each member.

    Attributes:
        login: name of the organisation; empty where no organisation or no repository is configured.
        last: by member; None where there was nothing in the period.
        since: start of the period.
        idle_after: days.
    """

    login: str
    last: tuple[tuple[str, datetime | None], ...] = ()
    since: datetime | None = None
    idle_after: int = 0
    members: Coverage = Coverage()  # noqa: RUF009 - frozen
    activity: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether every member and every push or merge was listed; no organisation is without members."""
        if not self.login:
            return whole("no GitHub repository configured")
        none = lacking("", expected="at least one member", got="none", hint=_READ_MEMBERS)
        nobody = Coverage() if self.last else none
        return self.members + self.activity + nobody

    @property
    def idle(self) -> tuple[str, ...]:
        """Members without a push or merge; empty for an incomplete listing, where absence proves nothing."""
        if not self.activity.enough:
            return ()
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
def github_activity(
    github: GitHubApi, settings: Settings, clock: Clock, own_repository: OwnRepository
) -> GitHubActivity:
    """The last push or merge of every member of the organisation to the repositories of the app."""
    if not (github.has_organisation and github.has_repository):
        return GitHubActivity("")
    idle_after = settings.access.idle_days
    period: Period = next((name for days, name in _PERIODS if idle_after <= days), "year")
    last: dict[str, datetime] = {}
    latest = clock.now() + AHEAD
    # Nobody is called idle where another repository of the app cannot be read.
    listings = [
        github.activity(period),
        *(
            or_lacking(partial(github.of(one).activity, period), f"the activity in {one}")
            for one in own_repository.others
        ),
    ]
    listed, members = [one for listing in listings for one in listing], github.members()
    for activity in listed:
        if activity.actor and activity.activity_type in ACTIVITIES:
            name = activity.actor.login.casefold()
            last[name] = max(last.get(name, activity.timestamp), activity.timestamp)
    people = [user.login for user in members if user.type != "Bot"]
    unknown = [one.activity_type or "no type" for one in listed if one.activity_type not in ACTIVITIES]
    unknown += [f"one of {moment(one.timestamp)}" for one in listed if one.timestamp > latest]
    every, unread = or_unread(partial(_of_everybody, github, len(members)), "whether these are all members")
    return GitHubActivity(
        login=settings.target.github.organisation or "",
        last=tuple((name, last.get(name.casefold())) for name in people),
        since=clock.now() - timedelta(days=idle_after),
        idle_after=idle_after,
        members=members.coverage + (unread if every is None else every),
        activity=together(one.coverage for one in listings)
        + understood(len(unknown), len(listed), "kinds of activity", examples=unknown),
    )


def _of_everybody(github: GitHubApi, seen: int) -> Coverage:
    """Whether these are all: to a token without rights GitHub shows the public ones, with the same status."""
    if seen > len(github.public_members()) or github.organisation().default_repository_permission is not None:
        return Coverage()
    return lacking(
        "perhaps the public members only",
        expected="every member of the organisation",
        got=f"only the {seen} public ones, and the token may not be allowed to see others",
        hint="Give the token of a member the permission members=read of the organisation, or read:org.",
    )


@dataclass(frozen=True, slots=True)
class AccessSignOffs:
    """Sign-offs of the access review."""

    sign_offs: SignOffs

    @property
    def coverage(self) -> Coverage:
        """The ledger."""
        return whole("1 ledger")

    def of(self, item: str) -> SignOff:
        """Current sign-off of an item."""
        return self.sign_offs.of(item)

    def evidence(self) -> Evidence:
        """Those of the review's three items."""
        items = (f"monthly.access.{name}" for name in ("permissions", "unused-accounts", "mfa"))
        return Facts("Signed for by a person", {item: _signed(self.sign_offs.of(item)) for item in items})


def _signed(sign_off: SignOff) -> str:
    note = f": {sign_off.newest.note}" if sign_off.newest else ""
    return f"{sign_off.found}{note}"


@measurement
def access_sign_offs(settings: Settings, clock: Clock) -> AccessSignOffs:
    """Sign-offs of the access review; NotConfigured where the settings name no ledger."""
    return AccessSignOffs(sign_offs_of(settings, catalogue_of(settings), clock.now()))
