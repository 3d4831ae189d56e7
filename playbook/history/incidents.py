"""What opened, what joined it, what closed: a pure function of the lines of past runs. No state of its own.

What an observation of an item means:

    CRITICAL        bad ("down"); it was seen
    UNKNOWN         bad ("cannot see"); in a run that ended early it was not looked at
    OK, WARNING     well: a warning is not out of bounds
    all others      not looked at, neither good nor bad, as are items that a run does not hold

An item of which there is no check any more, as a whole run of its set shows, is gone: an incident that waits for
such items alone is closed as that, and not as recovered.

So UNKNOWN alone never opens a "down" incident. Bad observations in a row may be of either kind; what opens is of
the kind of the newest.
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

What = Literal["opened", "joined", "escalated", "recovered", "gone", "reopened", "again"]

WRONG: dict[Kind, str] = {DOWN: "out of bounds", CANNOT_SEE: "cannot be seen"}
AGAIN: dict[Kind, str] = {DOWN: "within bounds again", CANNOT_SEE: "can be seen again"}
GONE = "the check is gone"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an incident.

    Attributes:
        id: the same whenever it is derived again: fingerprint, what, and when.
        what: ``again`` is none that happened: it is still open, and nobody has acknowledged it.
        at: when the run that showed it began.
        run: id of the run that showed it.
        quiet: it fell into a maintenance window, so nobody is to be told.
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
    """One cause, from its opening to its end, with all that failed for it.

    Attributes:
        fingerprint: over target, kind and root cause; no date, so that a relapse has the same.
        number: of incidents with this fingerprint, from 1, in order of time.
        cause: id of what could not be reached or measured, else the item's id without its cadence.
        name: the cause in the catalogue's words; ``title`` is this and what is wrong.
        message: the newest of what was said of it.
        opened: when the first bad run of those that opened it began.
        closed: when the run that showed it well, or its checks gone, began; None while it is open.
        gone: it was closed as its checks are gone, so that nobody knows whether all is well.
        lasted: how long it was bad in all, up to its newest look; ``lasted_until`` goes on from there.
        items: every item that failed for it, in the order in which they joined.
        reopened: how often it came back within the set time.
        flapping: it came back more often than is set.
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
    reopened: int = 0
    flapping: bool = False
    gone: bool = False
    lasted: Lasted | None = None
    events: tuple[Event, ...] = ()

    def lasted_until(self, now: datetime) -> Lasted:
        """How long it was bad by now, in all its spells, and how long nobody measured it."""
        if self.lasted is None:  # nobody looked in between that is known
            return Lasted(bad=((self.closed or now) - self.opened).total_seconds())
        return self.lasted.until(now)

    @property
    def key(self) -> str:
        """Unlike that of any other: ``ab12cd34ef56-2``."""
        return f"{self.fingerprint}-{self.number}"

    @property
    def is_open(self) -> bool:
        """It has neither recovered, nor are its checks gone."""
        return self.closed is None


def fingerprint_of(target: str, kind: Kind, cause: str) -> str:
    """Twelve hexadecimal digits, the same for every relapse."""
    return hashlib.sha256(json.dumps([target, kind, cause]).encode()).hexdigest()[:12]


def fingerprints_of(target: str, item: str) -> set[str]:
    """Of the incidents that an item opens by itself, and not for a root cause."""
    cause = item.partition(".")[2] or item
    return {fingerprint_of(target, kind, cause) for kind in WRONG}


def cause_of(item: str, finding: Finding) -> str:
    """What a bad finding is put down to."""
    return finding.cause or item.partition(".")[2] or item
