"""Who of the organisation at GitHub has no second factor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from playbook.clients.github import GitHubApi
from playbook.clients.listing import or_lacking
from playbook.core.coverage import Coverage, lacking, together, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts
from playbook.measure.known import those_read


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """GitHub accounts that can sign in with a password alone, or with a code that is easily intercepted.

    Attributes:
        login: name of the organisation; empty where none is configured.
        required: whether the organisation requires a second factor.
        without: members and outside collaborators that have none.
        insecure: those whose codes come by text message.
        is_told: whether the organisation's own answer was read; otherwise ``seen`` says why not.
    """

    login: str
    required: bool | None = None
    without: tuple[str, ...] = ()
    insecure: tuple[str, ...] = ()
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen
    is_told: bool = True

    @property
    def coverage(self) -> Coverage:
        """Whether every page was read, and whether the token can see second factors."""
        if not self.login:
            return whole("no GitHub organisation configured")
        if self.required is not None or not self.is_told:
            return self.seen
        return self.seen + lacking(
            "",
            expected=f"whether {self.login} requires a second factor",
            got="no statement about it",
            hint="Only the token of an owner of the organisation sees it.",
        )

    def evidence(self) -> Evidence:
        """The requirement, who lacks a second factor, and what needs a sign-off."""
        if not self.login:
            return Facts("Second factors", {"GitHub": "not configured", "DigitalOcean": "signed for by a person"})
        facts = {
            f"Required by {self.login} on GitHub": {True: "yes", False: "no", None: "not said"}[self.required],
            "Without one on GitHub": ", ".join(self.without) or "nobody",
            "With an insecure one (text messages)": ", ".join(self.insecure) or "nobody",
            "DigitalOcean": "not shown by its API; signed for by a person",
        }
        return Facts("Second factors", facts)


@measurement
def second_factors(github: GitHubApi) -> SecondFactors:
    """Whether GitHub requires a second factor, and who has none or an insecure one. Only an owner may ask."""
    if not github.has_organisation:
        return SecondFactors("")
    told, seen = those_read(
        {
            "the organisation": github.organisation,
            "which members have no second factor": partial(github.members, factor="2fa_disabled"),
            "which others have no second factor": partial(github.outside_collaborators, factor="2fa_disabled"),
        }
    )
    organisation = told.pop("the organisation", None)
    seen += together(listing.coverage for listing in told.values())
    without, insecure = [user.login for listing in told.values() for user in listing], []
    for ask in (github.members, github.outside_collaborators):
        found = or_lacking(partial(ask, factor="2fa_insecure"), "who has an insecure second factor")
        if found and github.is_own_server and len(found) == len(or_lacking(ask, "")):
            # Everybody: a server before 3.17 does not know the filter, and ignores it. Who has none it does tell.
            seen += whole("insecure ones not told by this server")
            continue
        insecure += [user.login for user in found]
        seen += found.coverage
    required = organisation.two_factor_requirement_enabled if organisation else None
    return SecondFactors(
        github.organisation_name(), required, tuple(without), tuple(insecure), seen, organisation is not None
    )
