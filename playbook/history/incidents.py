"""Incidents derived from the lines of past runs: what opened, joined and closed. A pure function without state.

Meaning of an observation of an item:

    CRITICAL        failing ("down"); it was seen
    UNKNOWN         failing ("cannot see"); in a run that ended early it does not count
    OK, WARNING     healthy: a warning is not out of bounds
    all others      not observed, neither healthy nor failing, as are items that a run does not hold

An item without a check, as a whole run of its set shows, is gone: an incident that waits only for such items is
closed as gone, not as recovered.

One cause is one incident, whether its items are out of bounds, cannot be seen, or some of each: its identity is
made of target and cause, and its kind changes with what is found. UNKNOWN alone never makes it "down"; once it was
down, it stays as severe when nothing can be seen of it any more.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Literal

import msgspec

from playbook.core.clock import Moment
from playbook.core.verdict import Verdict
from playbook.history.lengths import Lasted
from playbook.history.runs import Finding
from playbook.history.standing import CANNOT_SEE, DOWN, Kind

What = Literal["opened", "joined", "escalated", "unseen", "seen", "recovered", "gone", "reopened", "again"]

WRONG: dict[Kind, str] = {DOWN: "out of bounds", CANNOT_SEE: "cannot be seen"}
WAS_WRONG = "out of bounds when last seen"
AGAIN: dict[Kind, str] = {DOWN: "within bounds again", CANNOT_SEE: "can be seen again"}
GONE = "the check is gone"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event of an incident.

    Attributes:
        id: the same whenever it is derived again: fingerprint, what, and when.
        what: ``escalated`` is a turn for the worse; ``unseen`` and ``seen``: what was out of bounds could not be
            seen any more, and is seen again. ``again`` is a reminder: the incident is still open, and nobody has
            acknowledged it.
        at: start of the run that showed it.
        run: id of the run that showed it.
        quiet: it was in a maintenance window, so nobody is notified.
        held_until: the end of that window, and of those that follow without a gap; None where it is not quiet.
    """

    id: str
    what: What
    at: Moment
    run: str
    text: str
    quiet: bool = False
    held_until: Moment | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One cause, from its opening to its end, with all items that failed for it.

    Attributes:
        fingerprint: of target and root cause; without kind and date, so that it stays the same when the kind
            changes, and a relapse has the same.
        number: of incidents with this fingerprint, from 1, in order of time.
        kind: of the newest looks: ``down`` while an item is seen out of bounds.
        cause: id of what could not be reached or measured, otherwise the item's id without its cadence.
        name: the cause's title in the catalogue; ``title`` is this and what is wrong.
        message: the newest message.
        opened: start of the first failing run of those that opened it.
        closed: start of the run that showed it healthy, or its checks gone; None while it is open.
        gone: it was closed because its checks are gone, so that its state is unknown.
        lasted: how long it was failing in all, up to its newest look; ``lasted_until`` continues from there.
        items: every item that failed for it, in the order in which they joined.
        down: the items among them that were out of bounds for it.
        reopened: number of reopenings within the configured time.
        flapping: it was reopened more often than configured.
    """

    fingerprint: str
    number: int
    target: str
    kind: Kind
    cause: str
    name: str = ""
    title: str
    message: str
    worst: Verdict
    opened: Moment
    closed: Moment | None = None
    items: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    reopened: int = 0
    flapping: bool = False
    gone: bool = False
    lasted: Lasted | None = None
    events: tuple[Event, ...] = ()

    def lasted_until(self, now: datetime) -> Lasted:
        """How long it was failing by now, over all its streaks, and how long it was unmeasured."""
        if self.lasted is None:  # no looks in between are known
            return Lasted(bad=((self.closed or now) - self.opened).total_seconds(), was_down=True)
        return self.lasted.until(now)

    @property
    def key(self) -> str:
        """Unique key: ``ab12cd34ef56-2``."""
        return f"{self.fingerprint}-{self.number}"

    @property
    def is_open(self) -> bool:
        """Whether it has neither recovered nor lost its checks."""
        return self.closed is None


def fingerprint_of(target: str, cause: str) -> str:
    """Twelve hexadecimal digits, the same for every relapse and for both kinds."""
    return hashlib.sha256(json.dumps([target, cause]).encode()).hexdigest()[:12]


def fingerprint_of_item(target: str, item: str) -> str:
    """Fingerprint of the incident that an item opens by itself, not for a root cause."""
    return fingerprint_of(target, item.partition(".")[2] or item)


def cause_of(item: str, finding: Finding) -> str:
    """Root cause of a failing finding."""
    return finding.cause or item.partition(".")[2] or item
