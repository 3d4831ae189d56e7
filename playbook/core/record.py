"""The record of one check, and of the run: the content of results.json. Plain data without pytest."""

from __future__ import annotations

import msgspec

from playbook.core.audience import Audience
from playbook.core.context import Asked, Release, Thread
from playbook.core.counters import Counted
from playbook.core.evidence import Evidence
from playbook.core.limits import Limit
from playbook.core.verdict import Verdict

SCHEMA = 1
KILLED = "it was killed; made from its records"  # how a run ended whose report was made afterwards


class Step(msgspec.Struct, frozen=True):
    """One investigation step of a runbook, as it was carried out.

    Attributes:
        command: what an operator types to repeat it.
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
    """Result of one check.

    Attributes:
        item: id in the catalogue, e.g. ``daily.kpi.availability``.
        check: pytest node id.
        subject: the file's subject, e.g. ``kpis``.
        rule: first sentence of the check's docstring.
        message: one sentence with subject, expected, found, unit. Also set for OK.
        value, limit: the judged number and its limit, if any.
        below_target: OK, but short of the target.
        coverage: how much of what was asked for was seen, in a few words, e.g. ``24 of 24 h``.
        why, next_step, look_again: from the catalogue.
        look_again: a command.
        cause: id of the root cause for which it failed or could not be measured: a service or a measurement.
        add: for NOT CONFIGURED, the line to add.
        readings: counters that were read, by the name of their set, for comparison in later runs.
        seconds: duration of the check, waiting included.
        audience: who may read the finding, beyond its verdict; set by the item.
        public: the public finding, made only of public text; empty where there is none.
        public_cause: the cause, if its name is public; empty otherwise.
        points_at: the one service that the finding names as failing; empty for none or several.
        asked: queries that were sent to Prometheus for it.
        severity: ``P1`` to ``P4``, where derived from measurements; empty otherwise.
        release: the release that served visitors, where that was read.
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
    """A common reason why items could not be measured, and items that fail because of it.

    Attributes:
        id: the service that is unreachable or refuses us, or else the measurement that failed.
        attempts: one line for each attempt.
        symptoms: items that were measured, and fail for the same cause.
    """

    id: str
    message: str
    hint: str = ""
    attempts: list[str] = []
    items: list[str] = []
    symptoms: list[str] = []


class Timing(msgspec.Struct, frozen=True):
    """A measurement's own duration in seconds, and whether it gave a value."""

    name: str
    seconds: float
    ok: bool


class LeftOut(msgspec.Struct, frozen=True):
    """A part that the product does not have, and the set's items about it.

    Attributes:
        part: as the setting ``without`` names it.
        what: what it is, in a few words.
        items: their ids; they were not checked, and count neither as passed nor as missing.
    """

    part: str
    what: str
    items: list[str]


class Due(msgspec.Struct, frozen=True):
    """Something due soon: a run, the end of a sign-off, a waiver or a certificate, planned work.

    Attributes:
        at: ISO 8601 in UTC.
    """

    what: str
    at: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A run. Times are ISO 8601 in UTC.

    Attributes:
        set: the selected marker, e.g. ``daily``.
        floor: minimum number of executed checks for a verdict on the run.
        executed: checks that gave OK, WARNING or CRITICAL.
        partial: only part of the set was selected (a path or -k).
        ended: ``finished``, or why the run ended early.
        faults: sandbox faults that were switched on.
        audience: ``team`` holds everything; ``public`` only what everybody may read (``playbook.core.public``).
        private: the target declares that its history, site and issues are in private places.
        left_out: parts that the product does not have, in the order of the setting.
        unread: files of checks that could not be read, so that their content is unknown.
        thread: since when each thing fails, what changed since the previous run, whom to call and where to look;
            None where that was not looked up.
        time_zone: IANA name of the zone in which times are shown beside UTC.
        past: earlier values of the set's items: Unix seconds and value, oldest first. Checks without a number, or
            with another unit than now, have none.
        due: what is due soon, the earliest first.
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
