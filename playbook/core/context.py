"""Context of a run's findings beyond the checks themselves. Plain data, a part of results.json."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import msgspec

from playbook.core.audience import Audience

GROUPS = ("new", "worse", "first", "still", "unset", "unseen", "waived", "fixed")  # of Compared, most urgent first

Change = Literal["new", "still", "back", "first"]


# Public, as it names neither: any visitor can see it.
RELEASED = "The deployment that serves visitors is not the one of the last good run."
_DIGEST = re.compile(r"sha256:[0-9a-f]{24}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A query to Prometheus.

    Attributes:
        query: PromQL as it was sent.
        seconds: the window that it covers.
    """

    query: str
    seconds: float


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """The release that serves visitors.

    Attributes:
        deployment: its id on the platform.
        commit: its commit; empty where the platform does not report it.
    """

    deployment: str
    commit: str = ""

    @property
    def for_everybody(self) -> Release:
        """Return a digest of the deployment's id, without the commit: enough to tell whether two are the same."""
        if _DIGEST.fullmatch(self.deployment):
            return Release(deployment=self.deployment)
        return Release(deployment=f"sha256:{hashlib.sha256(self.deployment.encode()).hexdigest()[:24]}")

    def is_same(self, other: Release) -> bool:
        """Whether both are one deployment; either may be in the form for everybody."""
        return self.for_everybody == other.for_everybody


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link for further investigation.

    Attributes:
        name: in a few words, e.g. ``Query in Grafana``.
        to: an address; ``https:``, ``http:``, or a path below the report.
        audience: who may read the address.
    """

    name: str
    to: str
    audience: Audience = Audience.TEAM


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """How long an item has been failing.

    Attributes:
        first: start of the first of the consecutive failing runs: ISO 8601 in UTC.
        runs: consecutive failing runs, this one included; an immediate re-run is not counted.
        change: ``new`` where it was healthy before, ``back`` where it had failed shortly before that, ``still``
            where it failed before, ``first`` where no earlier run has checked it.
        well: when it was last healthy; empty where no run shows that.
        report: name of the report of the first failing run; empty where that is this one.
    """

    first: str
    runs: int
    change: Change
    well: str = ""
    report: str = ""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier run of the same set.

    Attributes:
        started: ISO 8601 in UTC.
        links: to its report, or to its line on the site.
    """

    started: str
    verdict: str
    report: str = ""
    links: list[Link] = []


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """This run compared with the previous one: ids of items.

    Attributes:
        before: the newest whole run of the same set; None where there is none, and ``why_not`` says so.
        why_not: why nothing is compared; empty where it is.
        note: what limits the comparison; may be empty.
        new: failing now, and healthy before.
        worse: failing before, and worse now.
        still: failing before and now.
        fixed: failing before, and OK now.
        unseen: failing before, and not checked now, so that its state is unknown.
        unset: healthy before, and not configured now.
        waived: failing before, and covered by a waiver now.
        first: failing now, and not checked before.
    """

    before: Before | None = None
    why_not: str = ""
    note: str = ""
    new: list[str] = []
    worse: list[str] = []
    still: list[str] = []
    fixed: list[str] = []
    unseen: list[str] = []
    unset: list[str] = []
    waived: list[str] = []
    first: list[str] = []


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call for a severity.

    Attributes:
        duty: the step of the roster, e.g. ``primary``.
        who: a name; empty where nobody has the duty.
        by: deadline for answering the call, in words and the roster's time, e.g. ``Mon 22:45 CET``.
    """

    duty: str
    who: str = ""
    phone: str = ""
    email: str = ""
    url: str = ""
    by: str = ""


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call, by severity.

    Attributes:
        first: the first step of each severity's escalation.
        problem: why that is unknown; empty where it is known.
    """

    first: dict[str, Caller] = {}
    problem: str = ""


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """Context of all findings, by item.

    Attributes:
        severity: ``P1`` to ``P4`` of failing items.
        links: where to look, for failing items.
        last_good: the newest whole run of the set that was OK.
        released: what has been released since then, in words; empty where unchanged or unknown.
        release_links: the deployment, and the commits between the two.
    """

    since: dict[str, Since] = {}
    compared: Compared = Compared()
    severity: dict[str, str] = {}
    calls: Calls = Calls()
    links: dict[str, list[Link]] = {}
    last_good: Before | None = None
    released: str = ""
    release_links: list[Link] = []
