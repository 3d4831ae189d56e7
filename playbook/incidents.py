"""What opened, what joined it, what closed: a pure function of the lines of past runs. No state of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from playbook.attest import Moment
from playbook.history import RunLine
from playbook.verdict import Verdict

Kind = Literal["down", "cannot see"]
What = Literal["opened", "joined", "escalated", "recovered", "reopened"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an incident.

    Attributes:
        id: the same whenever it is derived again: fingerprint, what, and when.
        run: id of the run that showed it.
        quiet: it fell into a maintenance window, so nobody is to be told.
    """

    id: str
    what: What
    at: Moment
    run: str
    text: str
    quiet: bool = False


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One cause, from its opening to its recovery, with all that failed for it.

    Attributes:
        fingerprint: over target, kind and root cause; no date, so that a relapse has the same.
        number: of incidents with this fingerprint, from 1, in order of time.
        opened: when the first bad run of those that opened it began.
        closed: None while it is open.
        items: every item that failed for it, in the order in which they joined.
        reopened: how often it came back within the set time.
        flapping: it came back more often than is set.
    """

    fingerprint: str
    number: int
    target: str
    kind: Kind
    cause: str
    title: str
    message: str
    worst: Verdict
    opened: Moment
    closed: Moment | None = None
    items: tuple[str, ...] = ()
    reopened: int = 0
    flapping: bool = False
    events: tuple[Event, ...] = ()

    @property
    def is_open(self) -> bool:
        """It has not recovered."""
        return self.closed is None


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """When an incident opens and closes; the settings hold the same under ``[incidents]``.

    Attributes:
        bad_runs: by set, so many runs in a row must find an item bad; a confirming re-check counts as one.
        good_runs: so many runs in a row must find every item well to close it.
        reopen_hours: a relapse within so many hours after recovery reopens the incident.
        flapping_times: reopened so often, it is flapping.
    """

    bad_runs: dict[str, int] = {}
    good_runs: int = 1
    reopen_hours: float = 24.0
    flapping_times: int = 3


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A maintenance window; both moments are in UTC."""

    name: str
    start: datetime
    end: datetime


def incidents(runs: Sequence[RunLine], rules: Rules, windows: Sequence[Window] = ()) -> list[Incident]:
    """The incidents that these runs (oldest first, any targets and sets) show; oldest first."""
    raise NotImplementedError
