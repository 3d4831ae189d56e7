"""Faults of sign-offs, roster, handoff, documents and maintenance."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.products import WEB
from sandbox.world.log_history import LogLine
from sandbox.world.people import ADA, BEN, IncidentState, WaivedState

if TYPE_CHECKING:
    from sandbox.world import World


def _unsigned(world: World) -> None:
    world.people.signed.remove(world.people.of("weekly.docs.updated"))


def _edit_runbook(world: World, name: str, pattern: str, text: str) -> None:
    """Replace the first place that matches."""
    runbooks = world.people.runbooks
    runbooks[f"{name}.md"] = re.sub(pattern, text, runbooks[f"{name}.md"], count=1)


def _edit_playbook(world: World, pattern: str, text: str) -> None:
    """Replace every place that matches."""
    world.people.playbook = re.sub(pattern, text, world.people.playbook or "")


def _day(world: World, ago: float) -> str:
    return f"{world.now - timedelta(days=ago):%Y-%m-%d}"


@fault("maintenance-not-planned", "No maintenance window is ahead: the last one is over")
def _(world: World) -> None:
    del world.maintenance.windows[-1]


@fault("maintenance-unsigned", "Nobody has signed anything before the maintenance to come, or after the last one")
def _(world: World) -> None:
    world.people.signed = [line for line in world.people.signed if "maintenance" not in line.item]


@fault("maintenance-not-silenced", "The alert that the maintenance will set off is not silenced")
def _(world: World) -> None:
    del world.alerts.silences[-1]


@fault("maintenance-silenced-long", "The silence for the maintenance goes on for a day after it")
def _(world: World) -> None:
    world.alerts.silences[-1].ends += timedelta(days=1)


@fault("maintenance-slowed", "Since the maintenance requests have taken eight times as long as usual")
def _(world: World) -> None:
    world.metrics.incident_hours = 0.75
    world.metrics.latency_factor = 8.0


@fault("maintenance-just-over", "The maintenance ended a minute ago, and what is signed was signed before")
def _(world: World) -> None:
    over = world.maintenance.windows[0]
    over.end = world.now - timedelta(seconds=75)
    world.logs.extra.append(LogLine(world.now - timedelta(seconds=30), WEB, "INFO back from maintenance"))
    world.metrics.error_percent = 0.0  # one of a minute's few requests would be a bad rate of errors


@fault("people-gone", "The folder with sign-offs, waivers, roster and handoff pages is not there")
def _(world: World) -> None:
    world.gone.add("people")


@fault("attestation-missing", "Nobody has signed that the team was told, nor what it wants to learn")
def _(world: World) -> None:
    unsigned = {"weekly.team.notified", "monthly.team.training"}
    world.people.signed = [line for line in world.people.signed if line.item not in unsigned]


@fault(
    "attestation-expired", "The documents were last signed as up to date two weeks ago, training two months ago"
)
def _(world: World) -> None:
    world.people.of("weekly.docs.updated").when = world.now - timedelta(days=14)
    world.people.of("monthly.team.training").when = world.now - timedelta(days=60)


@fault("attestation-near-expiry", "The sign-off of the documents ends tomorrow")
def _(world: World) -> None:
    world.people.of("weekly.docs.updated").when = world.now - timedelta(days=8)


@fault("attestation-edited", "In a sign-off the name of who signed was changed afterwards")
def _(world: World) -> None:
    world.people.of("weekly.team.notified").edited = True


@fault("attestation-evidence-edited", "The minutes that a sign-off names as evidence were changed afterwards")
def _(world: World) -> None:
    world.people.minutes = "Reviewed with the team: everything open.\n"


@fault("attestation-future", "A sign-off is dated in the week to come")
def _(world: World) -> None:
    world.people.of("weekly.docs.updated").when = world.now + timedelta(days=5)


@fault("attestation-renewed-badly", "A sign-off stands, and the newer line that should renew it was edited")
def _(world: World) -> None:
    renewed = world.people.of("weekly.docs.updated")
    world.people.signed.append(type(renewed)(renewed.item, renewed.who, world.now, renewed.note, edited=True))


@fault(
    "attestation-damaged", "A merge left its marks in the ledger of sign-offs, and one sign-off is lost to them"
)
def _(world: World) -> None:
    lost = world.people.of("weekly.docs.updated")
    world.people.signed.remove(lost)
    world.people.damaged = ["<<<<<<< HEAD", '{"item": "weekly.docs.updated", "who": "Ada']


@fault("oncall-nobody", "The rotation of the secondary begins only next month, so nobody is")
def _(world: World) -> None:
    world.people.roster["rotations"]["secondary"]["starts"] += timedelta(days=100)


@fault("oncall-gap", "A day of the week ahead has no secondary on call")
def _(world: World) -> None:
    now, roster = world.now, world.people.roster
    del roster["rotations"]["secondary"]
    roster["shifts"] = [
        {
            "duty": "secondary",
            "person": "diego",
            "from": now - timedelta(days=1),
            "until": now + timedelta(days=2),
        },
        {
            "duty": "secondary",
            "person": "diego",
            "from": now + timedelta(days=3),
            "until": now + timedelta(days=9),
        },
    ]


@fault("oncall-same-person", "Whoever is primary is secondary too")
def _(world: World) -> None:
    rotations = world.people.roster["rotations"]
    rotations["secondary"]["people"] = rotations["primary"]["people"]


@fault(
    "contact-incomplete", "One person on the roster has left no telephone number, another one without its country"
)
def _(world: World) -> None:
    people = world.people.roster["people"]
    del people["ben"]["phone"]
    people["chiara"]["phone"] = "06 5550 0103"


@fault("escalation-incomplete", "Nobody is named for P3, P2 ends with those on call, and P1 may wait an hour")
def _(world: World) -> None:
    escalation = world.people.roster["escalation"]
    del escalation["P3"]
    escalation["P2"]["call"] = ["primary", "secondary"]
    escalation["P1"]["answer_minutes"] = 60


@fault("roster-damaged", "The roster names somebody in a rotation who is not in it")
def _(world: World) -> None:
    world.people.roster["rotations"]["primary"]["people"] = ["ada", "zoe"]


@fault("handoff-missing", "Nobody has ever written a handoff page")
def _(world: World) -> None:
    world.people.handoffs.clear()


@fault("handoff-late", "The week's handoff page is eight days old, the month's forty")
def _(world: World) -> None:
    weekly, monthly = world.people.handoffs
    weekly.made = world.now - timedelta(days=8)
    monthly.made = world.now - timedelta(days=40)


@fault("handoff-unreadable", "What the handoff pages tell is there, and the pages themselves are not")
def _(world: World) -> None:
    for page in world.people.handoffs:
        page.readable = False


@fault("handoff-future", "The handoff pages are dated in the week to come")
def _(world: World) -> None:
    for page in world.people.handoffs:
        page.made = world.now + timedelta(days=3)


@fault("runbook-overdue", "One runbook was last reviewed half a year ago")
def _(world: World) -> None:
    _edit_runbook(world, "high-error-rates", r"(?m)^Reviewed: .*$", f"Reviewed: {_day(world, 180)}")


@fault("runbook-review-due", "One runbook was last reviewed six weeks ago")
def _(world: World) -> None:
    _edit_runbook(world, "emergency", r"(?m)^Reviewed: .*$", f"Reviewed: {_day(world, 42)}")


@fault("runbook-incomplete", "One runbook has no owner, and one command does not say what to expect of it")
def _(world: World) -> None:
    _edit_runbook(world, "emergency", r"(?m)^Owner: .*\n", "")
    _edit_runbook(world, "maintenance", r"(?m)^ *Expected: .*\n", "")


@fault("runbook-dead-link", "A runbook leads to one that was renamed")
def _(world: World) -> None:
    _edit_runbook(world, "emergency", r"disaster-recovery\.md", "recovery.md")


@fault("runbook-silent-link", "A runbook links to an address on which nobody listens")
def _(world: World) -> None:
    world.people.runbooks["emergency.md"] += "\nSee <http://127.0.0.1:9/dashboard>.\n"


@fault("playbook-review-due", "The playbook was last reviewed six weeks ago")
def _(world: World) -> None:
    _edit_playbook(world, r"(?m)^Reviewed: .*$", f"Reviewed: {_day(world, 42)}")


@fault("playbook-overdue", "The playbook was last reviewed three months ago")
def _(world: World) -> None:
    _edit_playbook(world, r"(?m)^Reviewed: .*$", f"Reviewed: {_day(world, 90)}")


@fault("playbook-of-nobody", "The playbook has neither an owner nor a version")
def _(world: World) -> None:
    _edit_playbook(world, r"(?m)^(Owner|Version): .*\n", "")


@fault("runbooks-gone", "The folder of the runbooks is empty")
def _(world: World) -> None:
    world.people.runbooks.clear()


@fault("waived", "The documents are not signed, the word on the team ends tomorrow, and both are waived")
def _(world: World) -> None:
    _unsigned(world)
    world.people.of("weekly.team.notified").when = world.now - timedelta(days=8)
    made, until = world.now - timedelta(days=1), world.now + timedelta(days=5)
    world.people.waived = [
        WaivedState("weekly.docs.updated", BEN, made, until, "Ada is back on Monday"),
        WaivedState("weekly.team.notified", BEN, made, until, "Next meeting on Tuesday", "WARNING"),
    ]


@fault("waiver-outgrown", "The end of the documents' sign-off was waived while it was near, and now there is none")
def _(world: World) -> None:
    _unsigned(world)
    made, until = world.now - timedelta(days=6), world.now + timedelta(days=5)
    world.people.waived = [WaivedState("weekly.docs.updated", BEN, made, until, "Ada is away", "WARNING")]


@fault("waiver-expired", "The documents are not signed, and the waiver for that ended three days ago")
def _(world: World) -> None:
    _unsigned(world)
    made, ended = world.now - timedelta(days=10), world.now - timedelta(days=3)
    world.people.waived = [WaivedState("weekly.docs.updated", BEN, made, ended, "Ada is away")]


@fault("waiver-too-long", "The documents are not signed, and somebody wrote a waiver for a whole year")
def _(world: World) -> None:
    _unsigned(world)
    far = world.now + timedelta(days=365)
    world.people.waived = [WaivedState("weekly.docs.updated", ADA, world.now, far, "Nobody reads them")]


@fault("post-mortem-missing", "Nobody has written the post-mortem of an outage that was over nine days ago")
def _(world: World) -> None:
    world.people.incident = IncidentState(world.now - timedelta(days=9), "")


@fault("post-mortem-unfinished", "The post-mortem of an outage that was over three days ago is only a form")
def _(world: World) -> None:
    world.people.incident = IncidentState(world.now - timedelta(days=3), "Why: (to be written)")


@fault("history-empty", "The history of runs that people keep holds none")
def _(world: World) -> None:
    world.people.incident = IncidentState(world.now, "", known=False)


@fault("first-day", "The system is checked for the first time: nobody has signed or handed over anything yet")
def _(world: World) -> None:
    world.recovery.known_since = world.now
    world.people.signed = [one for one in world.people.signed if not one.item.startswith(("weekly.", "monthly."))]
    world.people.handoffs.clear()
