"""State of what people keep: sign-offs, waivers, handoffs, incidents, the roster."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from playbook.core.places import RUNBOOKS
from playbook.history.people.attest import moment
from sandbox.world.rosters import Roster, healthy_roster

ADA, BEN, CHIARA = "Ada Novak", "Ben Okafor", "Chiara Rossi"
# Sign-offs on a healthy morning: item → who, how many days ago, evidence.
SIGNED: dict[str, tuple[str, float, str]] = {
    "weekly.docs.updated": (ADA, 2, "Went through the week's changes; one runbook names the new cluster"),
    "weekly.team.notified": (BEN, 2, "Posted the week's findings and the planned work in the team channel"),
    "monthly.docs.contacts": (CHIARA, 9, "Called every number of the roster and wrote to every address"),
    "monthly.docs.escalation": (CHIARA, 9, "Paged the secondary and the manager in a drill; both answered"),
    "monthly.access.permissions": (BEN, 9, "Team page of the control panel: two owners, two members, all needed"),
    "monthly.access.unused-accounts": (BEN, 9, "Nobody left the team; both SSH keys are in use, made in March"),
    "monthly.access.mfa": (
        BEN,
        9,
        "Security page of the control panel: two-factor sign-in is required of the team",
    ),
    "monthly.team.training": (CHIARA, 9, "Asked everybody; two want to practise a restore, booked for next week"),
}


# Sign-offs for the coming maintenance, and after the one that is over; minutes ago.
SIGNED_LATELY: dict[str, tuple[str, float, str]] = {
    "pre_maintenance.window": (
        BEN,
        30,
        "Announced to the team and on the status page, with what visitors notice",
    ),
    "pre_maintenance.team-available": (BEN, 30, "Both on call know of it, and have nothing else at that time"),
    "post_maintenance.stakeholders-notified": (ADA, 20, "Told the team and the status page that it is done"),
    "post_maintenance.documentation": (
        ADA,
        15,
        "The runbook names the new library; what took longer is written down",
    ),
}


DAYS = {"weekly": 9, "monthly": 36}


MINUTES = "minutes.md"


MINUTES_TEXT = "Reviewed with the team: nothing open.\n"


@dataclass
class SignedState:
    """One line of the ledger of sign-offs.

    Attributes:
        when: aware, in UTC.
        edited: the line was changed after it was written.
        looked_at: the line names the minutes of the review as evidence.
    """

    item: str
    who: str
    when: datetime
    note: str
    edited: bool = False
    looked_at: bool = False

    @property
    def line(self) -> dict[str, Any]:
        """The line without evidence."""
        expires = self.when + timedelta(days=DAYS.get(self.item.partition(".")[0], 2))
        return {
            "item": self.item,
            "who": self.who,
            "when": moment(self.when),
            "note": self.note,
            "expires": moment(expires),
        }


@dataclass
class WaivedState:
    """One line of the ledger of waivers.

    Attributes:
        until: its last valid day.
        covers: the verdict that was accepted; empty in a line that does not say.
    """

    item: str
    who: str
    when: datetime
    until: datetime
    reason: str
    covers: str = ""


@dataclass
class HandoffState:
    """A handoff page.

    Attributes:
        readable: the HTML exists beside the JSON.
    """

    period: str
    made: datetime
    readable: bool = True

    @property
    def told(self) -> dict[str, Any]:
        """A page without open problems."""
        days = timedelta(days=7 if self.period == "weekly" else 31)
        return {
            "schema": 1,
            "target": "sandbox",
            "period": self.period,
            "made": moment(self.made),
            "since": moment(self.made - days),
            "until": moment(self.made + days),
            "runs": {"daily": days.days, "weekly": days.days // 7},
            "last_run": moment(self.made - timedelta(hours=1)),
            "problems": [],
            "changes": [],
            "endings": [],
        }


def _reviewed(at: datetime) -> dict[str, str]:
    """The project's own runbooks, as if they had been reviewed then."""
    return {
        file.name: re.sub(r"(?m)^Reviewed: .*$", f"Reviewed: {at:%Y-%m-%d}", file.read_text(encoding="utf-8"))
        for file in sorted(RUNBOOKS.glob("*.md"))
    }


@dataclass
class IncidentState:
    """A past outage of the homepage, as in the history of runs, and its post-mortem.

    Attributes:
        recovered: start of the first healthy run after it.
        page: text of its post-mortem; empty if there is none.
        known: the history contains its runs.
    """

    recovered: datetime
    page: str
    known: bool = True

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Lines of the two failing runs, and of the healthy one after them."""
        lines = []
        for days, verdict, code in ((2, "CRITICAL", 1), (1, "CRITICAL", 1), (0, "OK", 0)):
            at = self.recovered - timedelta(days=days)
            lines.append(
                {
                    "id": f"sandbox-daily-{at:%Y%m%dT%H%M%SZ}-0000000{days}",
                    "target": "sandbox",
                    "kind": "sandbox",
                    "set": "daily",
                    "started": moment(at),
                    "finished": moment(at + timedelta(seconds=20)),
                    "verdict": verdict,
                    "exit_code": code,
                    "executed": 22,
                    "floor": 22,
                    "items": {
                        "daily.probe.homepage": {"verdict": verdict, "message": "The homepage answered 500"}
                    },
                }
            )
        return lines

    @property
    def text(self) -> str:
        """The page, with the mark that names its incident."""
        name = json.dumps(["sandbox", "probe.homepage"]).encode()
        key = f"{hashlib.sha256(name).hexdigest()[:12]}-1"
        return f"<!-- playbook-post-mortem {key} target=sandbox -->\n# Post-mortem\n\n{self.page}\n"


@dataclass
class PeopleState:
    """Documents of the team; healthy by default, edited by faults.

    Attributes:
        damaged: invalid lines in the ledger of sign-offs.
        runbooks: text by file name.
        playbook: text of the playbook; None if it is missing.
        minutes: current minutes of the review; sign-offs that name them were based on ``MINUTES_TEXT``.
    """

    roster: Roster
    signed: list[SignedState] = field(default_factory=list)
    waived: list[WaivedState] = field(default_factory=list)
    handoffs: list[HandoffState] = field(default_factory=list)
    runbooks: dict[str, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    minutes: str = MINUTES_TEXT
    incident: IncidentState | None = None
    playbook: str | None = None

    @classmethod
    def healthy(cls, now: datetime) -> PeopleState:
        """Everything signed in time."""
        signed = [
            SignedState(item, who, now - timedelta(days=ago), note, looked_at=item == "weekly.docs.updated")
            for item, (who, ago, note) in SIGNED.items()
        ]
        signed += [
            SignedState(item, who, now - timedelta(minutes=ago), note)
            for item, (who, ago, note) in SIGNED_LATELY.items()
        ]
        handoffs = [
            HandoffState("weekly", now - timedelta(days=2)),
            HandoffState("monthly", now - timedelta(days=9)),
        ]
        reviewed = now - timedelta(days=9)
        return cls(
            healthy_roster(now),
            signed,
            handoffs=handoffs,
            runbooks=_reviewed(reviewed),
            playbook=f"# The playbook\n\nOwner: {ADA}\nVersion: 7\nReviewed: {reviewed:%Y-%m-%d}\n",
            incident=IncidentState(
                now - timedelta(days=12), "A certificate had expired; it is renewed by itself now."
            ),
        )

    def of(self, item: str) -> SignedState:
        """The sign-off of an item."""
        return next(line for line in self.signed if line.item == item)
