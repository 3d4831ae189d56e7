"""From the outcome of one check to its record. Independent of pytest."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec

from playbook.clients.pace import limit_in_words, waited_for
from playbook.core.audience import say
from playbook.core.catalogue import Investigation, Item, Runbook, is_own
from playbook.core.clock import iso
from playbook.core.engine import REGISTRY, Measurements, needs_of
from playbook.core.errors import (
    Denied,
    ExpectedFailure,
    Forbidden,
    Malformed,
    NotConfigured,
    PlaybookError,
    TooLittleData,
    Unmeasured,
    Unreachable,
    UsageError,
)
from playbook.core.evidence import Evidence, Facts, Lines, Table, evidence_of
from playbook.core.judge import Judge, Judgement
from playbook.core.public import is_public_cause, of_error
from playbook.core.record import Record, RootCause, Step
from playbook.core.verdict import Critical, Verdict, verdict_of
from playbook.history.people.waivers import Waivers
from playbook.run.notes import CheckTimeout, Notes

TRIES = "Tries"

INVESTIGATE = frozenset({Verdict.CRITICAL, Verdict.WARNING})
WAIVABLE = frozenset({Verdict.CRITICAL, Verdict.WARNING, Verdict.UNKNOWN})


class UnjudgedError(Exception):
    """The check ended normally without judging anything."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One check that was executed.

    Attributes:
        check: its node ID.
        subject: what its module checks: ``kpis``.
        rule: first sentence of its docstring.
        runbook: of its item; empty where there is none.
        error: what it raised; None where it ended normally.
        started: aware.
        worker: of pytest-xdist; empty without.
    """

    item: Item
    check: str
    subject: str
    rule: str
    notes: Notes
    error: BaseException | None
    started: datetime
    seconds: float
    runbook: str = ""
    worker: str = ""


def make_record(execution: Execution) -> Record:
    """The record of one check, as it ended."""
    item, notes, error = execution.item, execution.notes, execution.error
    leading = notes.judge.leading
    verdict = verdict_of(error)
    message = str(error) if error else ""
    evidence = list(notes.evidence)
    if error is None and leading is None:
        # A check that judges nothing could never fail, so its normal end means nothing.
        error = UnjudgedError("the check ended without judging anything")
        verdict, message = Verdict.UNKNOWN, f"{item.title}: {error}"
    elif error is None and leading is not None:
        verdict, message = leading.verdict, leading.message
    elif not isinstance(error, Critical | NotConfigured | Unmeasured | Forbidden | ExpectedFailure | UsageError):
        assert error is not None
        message = _crash_message(item, error)
        evidence.append(_traceback(error))
    if isinstance(error, Unmeasured) and error.attempts:
        evidence.append(Lines(TRIES, list(error.attempts)))
    if len(notes.judge.judgements) > 1:
        evidence.insert(0, _judged(notes.judge))
    if missing := _not_read(notes, verdict):
        evidence.insert(0, Facts("Not read, and so not judged", missing))
    judged = leading if error is None or isinstance(error, Critical) else None
    cause = judged.cause if judged else _cause(notes, error)
    return Record(
        item=item.id,
        check=execution.check,
        subject=execution.subject,
        title=item.title,
        rule=execution.rule,
        verdict=verdict,
        message=message,
        expected=judged.expected if judged else "",
        found=judged.found if judged else "",
        value=judged.value if judged else None,
        limit=judged.limit if judged else None,
        below_target=judged.below_target if judged else False,
        coverage=notes.judge.coverage,
        evidence=evidence,
        why=item.why,
        next_step=_unseen(judged) or _next_step(item, error),
        look_again=item.look_again,
        cause=cause,
        add=error.add if isinstance(error, NotConfigured) else "",
        started=iso(execution.started),
        seconds=round(execution.seconds, 3),
        worker=execution.worker,
        readings=notes.readings,
        audience=item.audience,
        public=_public(item, judged, error),
        public_cause=cause if is_public_cause(cause, measurements_of_the_suite()) else "",
        points_at=next(iter(notes.points_at)) if verdict in INVESTIGATE and len(notes.points_at) == 1 else "",
        asked=notes.asked if verdict is not Verdict.OK else [],
        severity=notes.severity if verdict in INVESTIGATE else "",
        release=notes.release,
    )


def _not_read(notes: Notes, verdict: Verdict) -> dict[str, str]:
    """What the check was judged without; what an UNKNOWN lacks stands in its message already."""
    if verdict is Verdict.NOT_CONFIGURED:
        return {}
    missing = {name.replace("_", " "): str(one) for name, one in notes.unread.items()}
    if verdict in (Verdict.CRITICAL, Verdict.WARNING):
        missing |= {f"expected {expected}": f"got {got}" for expected, got in notes.judge.gaps.items()}
    return missing


def measurements_of_the_suite() -> frozenset[str]:
    """Names of the suite's own clients and measurements, without added ones."""
    own = __name__.partition(".")[0]
    return frozenset(name for name in REGISTRY if REGISTRY.module_of(name).partition(".")[0] == own)


def _public(item: Item, judged: Judgement | None, error: BaseException | None) -> str:
    """The public part of the record; empty if that is only the verdict."""
    if judged is not None:
        is_shown = judged.value is not None or not judged.public  # a number is shown with its own name
        return judged.public if is_shown else f"{item.title}: {judged.public}"
    return of_error(item.title, error) if error else ""


def with_waiver(record: Record, waivers: Waivers) -> Record:
    """The record after waivers: WAIVED, keeping its message.

    A waiver that has expired, or that accepted something less bad, is only shown.
    """
    if record.verdict not in WAIVABLE:
        return record
    shown: list[Evidence] = []
    refused = [*waivers.refused.get(record.item, ()), *waivers.refused.get("", ())]
    if refused:
        shown.append(Lines("Refused lines of the ledger of waivers", refused))
    waiver = waivers.newest.get(record.item)
    if waiver is None:
        return msgspec.structs.replace(record, evidence=[*record.evidence, *shown])
    title = "Waiver"
    if not waiver.active(waivers.now):
        title = "Expired waiver, which waives nothing"
    elif not waiver.accepts(record.verdict):
        title = f"Waiver of {waiver.covers}, which does not cover {record.verdict}"
    facts = {
        "Decided by": f"{waiver.who} on {waiver.when:%Y-%m-%d}",
        "Until": f"{waiver.until} (to the end of the day, UTC)",
        "Reason": waiver.reason,
        "Accepted": waiver.covers or "whatever is found",
        "Without it": f"{record.verdict}: {record.message}",
    }
    shown.insert(0, Facts(title, facts))
    record = msgspec.structs.replace(record, evidence=[*shown, *record.evidence])
    if title != "Waiver":
        return record
    message = f"Waived until {waiver.until} by {waiver.who} ({waiver.reason}): {record.verdict}, {record.message}"
    public = f"{record.title}: {say('waived until {}', waiver.until)}"
    return msgspec.structs.replace(record, verdict=Verdict.WAIVED, message=message, public=public)


def with_wait(record: Record, target: str, notes: Notes) -> Record:
    """The record with the rate limit's waiting time, if its measurements have used the DigitalOcean API."""
    waited = waited_for(target)
    if not waited or "digitalocean" not in needs_of(notes.seen):
        return record
    facts = {"Waited": f"{waited:.1f} s for turns to ask the DigitalOcean API, as {limit_in_words()}"}
    return msgspec.structs.replace(record, evidence=[*record.evidence, Facts("Limit of requests", facts)])


def with_runbook(record: Record, runbook: Runbook, measurements: Measurements) -> Record:
    """The record with the runbook's steps carried out and its actions in order."""
    with suppress(UsageError):  # a mistyped name; its step reports it
        measurements.start(name for step in runbook.steps for name in step.measurements)
    steps = [_carry_out(step, measurements) for step in runbook.steps if _is_there(step, measurements)]
    return msgspec.structs.replace(
        record, runbook=runbook.name, investigation=steps, resolution=list(runbook.actions)
    )


def _is_there(step: Investigation, measurements: Measurements) -> bool:
    """False if everything that a step uses belongs to parts that the product does not have."""
    return not step.measurements or not all(measurements.is_absent(name) for name in step.measurements)


def _carry_out(step: Investigation, measurements: Measurements) -> Step:
    """One step; errors are shown in it, as an investigation must never lose the record it belongs to."""
    shown: list[Evidence] = []
    problems: list[str] = []
    for name in step.measurements:
        try:
            shown += evidence_of(measurements.get(name))
        except PlaybookError as error:
            problems.append(str(error))
        except Exception as error:  # noqa: BLE001 - see above
            problems.append(f"{name} cannot be shown: {type(error).__name__}: {error}")
    return Step(step.title, step.command, shown, "; ".join(dict.fromkeys(problems)))


def under_their_causes(records: Sequence[Record]) -> list[Record]:
    """The records; those that point at a service which also could not be reached are attributed to it."""
    away = {record.cause for record in records if record.verdict is Verdict.UNKNOWN}
    return [
        msgspec.structs.replace(
            record,
            cause=record.points_at,
            public_cause=record.points_at if is_public_cause(record.points_at, ()) else "",
        )
        if not record.cause and record.points_at in away - {""}
        else record
        for record in records
    ]


def root_causes(records: Sequence[Record]) -> list[RootCause]:
    """Each thing that could not be measured, once, with the items it left unjudged; most items first."""
    blocked: dict[str, list[Record]] = {}
    for record in records:
        if record.verdict is Verdict.UNKNOWN and record.cause:
            blocked.setdefault(record.cause, []).append(record)
    for hit in blocked.values():
        # The message of a check that only needed this service is the clearest; others add what they had seen.
        hit.sort(key=lambda record: bool(record.expected))
    causes = [
        RootCause(
            id=cause,
            message=hit[0].message,
            hint=hit[0].next_step,
            attempts=next((e.lines for e in hit[0].evidence if isinstance(e, Lines) and e.title == TRIES), []),
            items=[record.item for record in hit],
            symptoms=[each.item for each in records if each.cause == cause and each.verdict in INVESTIGATE],
        )
        for cause, hit in blocked.items()
    ]
    return sorted(causes, key=lambda cause: -len(cause.items))


def _unseen(judged: Judgement | None) -> str:
    """What to do if too little was seen for a judgement; empty if enough was."""
    if judged is None or judged.verdict is not Verdict.UNKNOWN:
        return ""
    return judged.hint or _DATA


_DATA = "Make the missing data available that the message names, then run the check again."
_STEPS: dict[type[BaseException], str] = {
    Forbidden: "Nothing was changed. Choose another target, or correct what the message names.",
    UsageError: "Correct the setting that the message names, then run the check again.",
    Denied: "Check the credentials of this target and what they are permitted, then run the check again.",
    Malformed: "See what answers there: the message quotes what it gave in place of what is documented.",
    TooLittleData: _DATA,
    Unmeasured: "Restore the connection to what could not be measured, then run the check again.",
    CheckTimeout: "Run the check again; where it takes too long again, see what its measurements wait for.",
}
_FIX = "This says nothing about the system. Fix the check; its traceback is in the evidence."


def _next_step(item: Item, error: BaseException | None) -> str:
    match error:
        case None | Critical() | ExpectedFailure():
            return item.next_step
        case NotConfigured():
            return f"Add {error.add}." if error.add else ""
        case Unmeasured() if error.hint:
            return error.hint
        case _:
            return next((step for kind, step in _STEPS.items() if isinstance(error, kind)), _FIX)


def _cause(notes: Notes, error: BaseException | None) -> str:
    """Root cause of a failure: an unreachable service or one that refuses us, else the failed measurement."""
    if not notes.cause or notes.cause.error is not error:
        return ""
    if isinstance(error, Unreachable | Denied):
        return error.service
    return notes.cause.cause or notes.cause.name


def _crash_message(item: Item, error: BaseException) -> str:
    if isinstance(error, CheckTimeout):
        return f"{item.title}: {error}"
    if isinstance(error, KeyboardInterrupt):
        return f"{item.title}: the run was interrupted before this check ended"
    owner = "check" if is_own(item.id) else "suite"
    return f"{item.title}: the check crashed with {type(error).__name__}: {error} (a fault of the {owner})"


def _traceback(error: BaseException) -> Lines:
    lines = traceback.format_exception(error)
    return Lines("Traceback", "".join(lines).splitlines()[-40:])


def _judged(judge: Judge) -> Table:
    rows = [[j.subject, j.expected, j.found, str(j.verdict), j.coverage] for j in judge.judgements]
    return Table("What was judged", ["What", "Expected", "Found", "Verdict", "Seen"], rows)
