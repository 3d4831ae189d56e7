"""One check's record, and the run's: what results.json holds. Plain data; knows nothing of pytest."""

from __future__ import annotations

import msgspec

from playbook.core.audience import Audience
from playbook.core.counters import Counted
from playbook.core.evidence import Evidence
from playbook.core.limits import Limit
from playbook.core.told import Asked, Release, Thread
from playbook.core.verdict import Verdict

SCHEMA = 1
KILLED = "it was killed; made from its records"  # how a run ended whose report was made afterwards


class Step(msgspec.Struct, frozen=True):
    """One investigation step of a runbook, as it was carried out.

    Attributes:
        command: what an operator types to look again.
        problem: why it could not be carried out; empty where it was.
    """

    title: str
    command: str = ""
    evidence: list[Evidence] = []
    problem: str = ""


class Action(msgspec.Struct, frozen=True):
    """One resolution action of a runbook: ``Immediate``, ``Scale up web service instances``."""

    when: str
    what: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found.

    Attributes:
        item: id in the catalogue, e.g. ``daily.kpi.availability``.
        check: pytest node id.
        subject: the file's subject, e.g. ``kpis``.
        rule: first sentence of the check's docstring.
        message: one sentence with subject, expected, found, unit. Also set where all is well.
        value, limit: the number that was judged and its ladder, where there is one.
        below_target: OK, but short of the target.
        coverage: in few words how much of what was asked for was seen, e.g. ``24 of 24 h``.
        why, next_step, look_again: from the catalogue.
        look_again: a command.
        cause: id of the root cause for which it failed or could not be measured: a service or a measurement.
        add: for NOT CONFIGURED, the line to add.
        readings: counters that were read, by their set's name, for later runs to compare with.
        seconds: how long the check took, waiting included.
        audience: who may read what it found, beside its verdict; the item says so.
        public: what it says to everybody, made of nothing that is the team's; empty where there is no sentence.
        public_cause: the cause, where its name is one of ours; else empty.
        points_at: the one service that what was found names as bad; empty where it names none, or several.
        asked: what was asked of the metrics for it.
        severity: ``P1`` to ``P4``, where that was derived from what was measured; else empty.
        release: what served visitors, where that was asked.
    """

    item: str
    check: str
    subject: str
    title: str
    rule: str
    verdict: Verdict
    message: str
    expected: str = ""
    found: str = ""
    value: float | None = None
    limit: Limit | None = None
    below_target: bool = False
    coverage: str = ""
    evidence: list[Evidence] = []
    why: str = ""
    next_step: str = ""
    look_again: str = ""
    runbook: str = ""
    investigation: list[Step] = []
    resolution: list[Action] = []
    cause: str = ""
    add: str = ""
    started: str = ""
    seconds: float = 0.0
    worker: str = ""
    readings: dict[str, Counted] = {}
    audience: Audience = Audience.TEAM
    public: str = ""
    public_cause: str = ""
    points_at: str = ""
    asked: list[Asked] = []
    severity: str = ""
    release: Release | None = None


class RootCause(msgspec.Struct, frozen=True):
    """One thing that could not be measured, all the items that this left unjudged, and what else is bad for it.

    Attributes:
        id: the service that is away or refuses us, else the measurement that failed.
        attempts: one line for each try.
        symptoms: items that were measured, and are bad for the same cause.
    """

    id: str
    message: str
    hint: str = ""
    attempts: list[str] = []
    items: list[str] = []
    symptoms: list[str] = []


class Timing(msgspec.Struct, frozen=True):
    """How long a measurement took by itself, in seconds, and whether it gave a value."""

    name: str
    seconds: float
    ok: bool


class LeftOut(msgspec.Struct, frozen=True):
    """A part that is not part of this product, and the items of the set that are about it.

    Attributes:
        part: as the setting ``without`` names it.
        what: what it is, in a few words.
        items: their ids; they were not looked at, and count neither as good nor as missing.
    """

    part: str
    what: str
    items: list[str]


class Due(msgspec.Struct, frozen=True):
    """Something that comes due soon: a run, the end of a sign-off, a waiver or a certificate, planned work.

    Attributes:
        at: ISO 8601 in UTC.
    """

    what: str
    at: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A run. Times are ISO 8601 in UTC.

    Attributes:
        set: the marker that was selected, e.g. ``daily``.
        floor: the least number of executed checks for a verdict on the run.
        executed: checks that gave OK, WARNING or CRITICAL.
        partial: only a part of the set was asked for (a path or -k).
        ended: ``finished``, or why the run ended early.
        faults: sandbox faults that were switched on.
        audience: ``team`` holds everything; ``public`` only what everybody may read (``playbook.core.public``).
        private: the target says that its history, site and issues are in private places.
        left_out: what is not part of this product, in the order of the setting.
        unread: files of checks that could not be read, so that nothing is known of what stands in them.
        thread: since when each thing is bad, what changed since the run before, whom to call and where to look;
            None where nobody has looked that up.
        time_zone: IANA name of the zone in which times are told beside UTC.
        past: by item, what earlier runs of the set measured: Unix seconds and value, oldest first. Of a check that
            was not judged by a number, or in another unit than now, there is none.
        due: what comes due soon, the next first.
    """

    schema: int = SCHEMA
    target: str
    kind: str
    url: str = ""
    set: str
    command: str
    started: str
    finished: str
    seconds: float
    verdict: Verdict
    exit_code: int
    floor: int
    executed: int
    partial: bool = False
    ended: str = "finished"
    faults: list[str] = []
    unread: list[str] = []
    counts: dict[str, int]
    records: list[Record]
    root_causes: list[RootCause] = []
    timings: list[Timing] = []
    versions: dict[str, str] = {}
    audience: Audience = Audience.TEAM
    private: bool = False
    left_out: list[LeftOut] = []
    thread: Thread | None = None
    time_zone: str = "UTC"
    past: dict[str, list[tuple[float, float]]] = {}
    due: list[Due] = []
