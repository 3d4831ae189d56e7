"""What a run knows of its findings beyond what its checks found. Plain data, a part of results.json."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import msgspec

from playbook.core.audience import Audience

GROUPS = ("new", "worse", "first", "still", "unseen", "fixed")  # of Compared, what needs somebody first

Change = Literal["new", "still", "back", "first"]


# Public, as it names neither: whoever visits the website sees as much.
RELEASED = "Another deployment serves visitors than in the last good run."
_DIGEST = re.compile(r"sha256:[0-9a-f]{24}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question to the metrics.

    Attributes:
        query: PromQL as it was sent.
        seconds: the window that it looks back over.
    """

    query: str
    seconds: float


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What serves visitors.

    Attributes:
        deployment: its id at the platform.
        commit: that it was made of; empty where the platform does not say.
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
    """Where to look.

    Attributes:
        name: in a few words, e.g. ``Query in Grafana``.
        to: an address; ``https:``, ``http:``, or a place below the report.
        audience: who may read the address.
    """

    name: str
    to: str
    audience: Audience = Audience.TEAM


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """How long an item has been bad.

    Attributes:
        first: when the first of the bad runs in a row began: ISO 8601 in UTC.
        runs: bad runs in a row, this one included; a second look at once is none of its own.
        change: ``new`` where it was well before, ``back`` where it was bad a short while before that, ``still``
            where it was bad, ``first`` where no earlier run has looked at it.
        well: when it was last well; empty where no run says so.
        report: name of the report of the first bad run; empty where that is this one.
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
    """This run beside the one before: ids of items.

    Attributes:
        before: the newest whole run of the same set; None where there is none, and ``why_not`` says so.
        why_not: why nothing is compared; empty where it is.
        note: what limits the comparison; may be empty.
        new: bad now, and well before.
        worse: bad before, and worse now.
        still: bad before and now.
        fixed: bad before, and OK now.
        unseen: bad before, and not looked at now, so that nobody knows.
        first: bad now, and not looked at before.
    """

    before: Before | None = None
    why_not: str = ""
    note: str = ""
    new: list[str] = []
    worse: list[str] = []
    still: list[str] = []
    fixed: list[str] = []
    unseen: list[str] = []
    first: list[str] = []


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call for a severity.

    Attributes:
        duty: the step of the roster, e.g. ``primary``.
        who: a name; empty where nobody has the duty.
        by: when the call must have been answered, in words and the roster's time, e.g. ``Mon 22:45 CET``.
    """

    duty: str
    who: str = ""
    phone: str = ""
    email: str = ""
    url: str = ""
    by: str = ""


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Who is called, by severity.

    Attributes:
        first: the first step of each severity's escalation.
        problem: why that is not known; empty where it is.
    """

    first: dict[str, Caller] = {}
    problem: str = ""


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, by item.

    Attributes:
        severity: ``P1`` to ``P4``, of what is bad.
        links: where to look, of what is bad.
        last_good: the newest whole run of the set that was OK.
        released: what has been released since then, in words; empty where it is the same, or not known.
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
