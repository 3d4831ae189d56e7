"""From what happened in one check to its record. Knows nothing of pytest."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from playbook.catalogue import Item, Runbook
from playbook.engine import Measurements, Outcome
from playbook.errors import NotConfigured, Unmeasured
from playbook.evidence import Evidence, Lines, Table
from playbook.judge import Judge
from playbook.record import Record, RootCause, Step
from playbook.verdict import Critical, Verdict, verdict_of

TRIES = "Tries"

INVESTIGATE = frozenset({Verdict.CRITICAL, Verdict.WARNING})


class CheckTimeout(Exception):  # noqa: N818
    """The check as a whole did not finish in its time."""


@dataclass
class Notes:
    """What a check looked at and how it judged, collected while it runs.

    Attributes:
        seen: names of the providers it asked for.
        cause: the failed outcome that stopped it, if one did.
    """

    judge: Judge = field(default_factory=Judge)
    evidence: list[Evidence] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    cause: Outcome | None = None

    def look(self, outcome: Outcome) -> None:
        """Note a provider that the check asked for."""
        self.seen.append(outcome.name)
        if outcome.error is not None:
            self.cause = self.cause or outcome
        else:
            self.evidence += evidence_of(outcome.value)


def evidence_of(value: Any) -> list[Evidence]:
    """What a measured value shows of itself; nothing for clients and plain values."""
    show = getattr(value, "evidence", None)
    if not callable(show):
        return []
    shown = show()
    return list(shown) if isinstance(shown, list | tuple) else [shown]


def make_record(
    *,
    item: Item,
    check: str,
    subject: str,
    rule: str,
    notes: Notes,
    error: BaseException | None,
    started: str,
    seconds: float,
    worker: str = "",
) -> Record:
    """The record of one check that ended normally (``error`` is None) or by raising ``error``."""
    leading = notes.judge.leading
    verdict = verdict_of(error)
    message = str(error) if error else ""
    evidence = list(notes.evidence)
    if error is None and leading is None:
        # A check that judges nothing could never fail, so its end means nothing.
        verdict, message = Verdict.UNKNOWN, f"{item.title}: the check ended without judging anything"
    elif error is None and leading is not None:
        verdict, message = leading.verdict, leading.message
    elif not isinstance(error, Critical | NotConfigured | Unmeasured):
        assert error is not None
        message = _crash_message(item, error)
        evidence.append(_traceback(error))
    if isinstance(error, Unmeasured) and error.attempts:
        evidence.append(Lines(TRIES, list(error.attempts)))
    if len(notes.judge.judgements) > 1:
        evidence.insert(0, _judged(notes.judge))
    judged = leading if verdict in {Verdict.OK, Verdict.WARNING, Verdict.CRITICAL} else None
    return Record(
        item=item.id,
        check=check,
        subject=subject,
        title=item.title,
        rule=rule,
        verdict=verdict,
        message=message,
        expected=judged.expected if judged else "",
        found=judged.found if judged else "",
        value=judged.value if judged else None,
        limit=judged.limit if judged else None,
        below_target=judged.below_target if judged else False,
        evidence=evidence,
        why=item.why,
        next_step=_next_step(item, error),
        look_again=item.look_again,
        cause=_cause(notes, error),
        add=error.add if isinstance(error, NotConfigured) else "",
        started=started,
        seconds=round(seconds, 3),
        worker=worker,
    )


def with_runbook(record: Record, runbook: Runbook, measurements: Measurements) -> Record:
    """The record with the runbook's steps carried out and its actions in order."""
    measurements.start(name for step in runbook.steps for name in step.measurements)
    steps = []
    for step in runbook.steps:
        outcomes = [measurements.outcome(name) for name in step.measurements]
        problems = [str(outcome.error) for outcome in outcomes if outcome.error]
        shown = [part for outcome in outcomes if not outcome.error for part in evidence_of(outcome.value)]
        steps.append(Step(step.title, step.command, shown, "; ".join(problems)))
    return msgspec.structs.replace(
        record, runbook=runbook.name, investigation=steps, resolution=list(runbook.actions)
    )


def root_causes(records: Iterable[Record]) -> list[RootCause]:
    """What could not be measured, each once, with the items it left unjudged; most items first."""
    blocked: dict[str, list[Record]] = {}
    for record in records:
        if record.verdict is Verdict.UNKNOWN and record.cause:
            blocked.setdefault(record.cause, []).append(record)
    causes = [
        RootCause(
            id=cause,
            message=hit[0].message,
            hint=hit[0].next_step,
            attempts=next((e.lines for e in hit[0].evidence if isinstance(e, Lines) and e.title == TRIES), []),
            items=[record.item for record in hit],
        )
        for cause, hit in blocked.items()
    ]
    return sorted(causes, key=lambda cause: -len(cause.items))


def _next_step(item: Item, error: BaseException | None) -> str:
    if isinstance(error, Unmeasured):
        return error.hint or "Restore the connection to what could not be measured, then run the check again."
    return item.next_step


def _cause(notes: Notes, error: BaseException | None) -> str:
    if notes.cause and notes.cause.error is error:
        return notes.cause.cause or notes.cause.name
    return ""


def _crash_message(item: Item, error: BaseException) -> str:
    if isinstance(error, CheckTimeout):
        return f"{item.title}: {error}"
    if isinstance(error, KeyboardInterrupt):
        return f"{item.title}: the run was interrupted before this check ended"
    return f"{item.title}: the check crashed with {type(error).__name__}: {error} (a fault of the suite)"


def _traceback(error: BaseException) -> Lines:
    lines = traceback.format_exception(error)
    return Lines("Traceback", "".join(lines).splitlines()[-40:])


def _judged(judge: Judge) -> Table:
    rows = [[j.subject, j.expected, j.found, str(j.verdict)] for j in judge.judgements]
    return Table("What was judged", ["What", "Expected", "Found", "Verdict"], rows)
