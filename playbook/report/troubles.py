"""What has to be done, one entry for each problem: a pure function of a run's results.

Items that fail for one cause are one problem, named by the cause and not by its symptoms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from playbook.core.context import Caller, Link, Since, Thread
from playbook.core.record import Record, Results, RootCause
from playbook.core.severity import P4
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import heading
from playbook.core.zones import short_both

_ACTED_ON = (Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WARNING)
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One problem.

    Attributes:
        name: of the cause, or of the item.
        records: all failing records of it, worst first; at least one.
        what: the finding, a sentence.
        todo: what to do, in sentences.
        cause: the root cause, if it is one.
        since: how long the first of them has been failing; None where unknown.
        severity: ``P1`` to ``P4``; empty where it was not looked up.
        caller: whom to call; None where unknown.
        links: where to look.
    """

    name: str
    records: tuple[Record, ...]
    what: str
    todo: str
    cause: RootCause | None = None
    since: Since | None = None
    severity: str = ""
    caller: Caller | None = None
    links: tuple[Link, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        return self.records[0].verdict

    @property
    def symptoms(self) -> tuple[Record, ...]:
        """Records that were measured and fail for the cause, where the problem is named by it."""
        return tuple(record for record in self._others if record.verdict is not Verdict.UNKNOWN)

    @property
    def unjudged(self) -> tuple[Record, ...]:
        """Records that could not be judged because of the cause."""
        return tuple(record for record in self._others if record.verdict is Verdict.UNKNOWN)

    @property
    def _others(self) -> tuple[Record, ...]:
        """The records without the one whose message is shown."""
        return self.records if self.cause else self.records[1:]

    @property
    def runbook(self) -> str:
        """The runbook of the worst record that has one."""
        return next((record.runbook for record in self.records if record.runbook), "")


def troubles(results: Results) -> list[Trouble]:
    """All problems, worst first."""
    by_cause: dict[str, list[Record]] = {}
    causes = {cause.id: cause for cause in results.root_causes}
    for record in results.records:
        if record.verdict in _ACTED_ON:
            by_cause.setdefault(record.cause or f"check {record.check}", []).append(record)
    found = [
        _trouble(sorted(records, key=_rank), causes.get(name), results.thread)
        for name, records in by_cause.items()
    ]
    return sorted(found, key=lambda one: (SEVERITY.index(one.verdict), one.severity or "P9", -len(one.records)))


def _trouble(records: Sequence[Record], cause: RootCause | None, thread: Thread | None) -> Trouble:
    leading = records[0]
    severity, since, caller = "", None, None
    links: tuple[Link, ...] = ()
    if thread is not None:
        severity = min(filter(None, (thread.severity.get(record.item) for record in records)), default="")
        since = _longest(thread.since.get(record.item) for record in records)
        links = _each_once(link for record in records for link in thread.links.get(record.item, ()))
        caller = thread.calls.first.get(severity)
    measured = [record for record in records if record.verdict is not Verdict.UNKNOWN]
    if cause is None:
        alone = len(records) == 1
        name = leading.title if alone or not leading.cause else heading(leading.cause)
        what, todo = leading.message, leading.next_step
    else:
        name, what = name_of(cause), cause.message
        todo = measured[0].next_step if measured else cause.hint
    return Trouble(
        name=name,
        records=tuple(records),
        what=what,
        todo=todo,
        cause=cause,
        since=since,
        severity=severity,
        caller=caller,
        links=links,
    )


def name_of(cause: RootCause) -> str:
    """``Redis``; for a measurement its name in words."""
    return heading(cause.id)


def _rank(record: Record) -> tuple[int, str]:
    return SEVERITY.index(record.verdict), record.item


def _longest(found: Iterable[Since | None]) -> Since | None:
    return min((since for since in found if since), key=lambda since: since.first, default=None)


def _each_once(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple({link.to: link for link in links}.values())


def since_words(since: Since | None, started: str, zone: str = "UTC") -> str:
    """``new``; ``still, third day (since Thu 26 Nov, 06:17 UTC)``; ``came back``; empty where unknown."""
    if since is None:
        return ""
    first = datetime.fromisoformat(since.first)
    match since.change:
        case "new":
            return f"new; last healthy {short_both(datetime.fromisoformat(since.well), zone)}"
        case "back":
            return f"came back; last healthy {short_both(datetime.fromisoformat(since.well), zone)}"
        case "first":
            return "checked for the first time"
        case "still":
            days = (datetime.fromisoformat(started).date() - first.date()).days + 1
            return (
                f"still, {_ordinal(days)} day, since {short_both(first, zone)}"
                if days > 1
                else f"still, since {short_both(first, zone)}"
            )


def _ordinal(number: int) -> str:
    if number < len(_ORDINALS):
        return _ORDINALS[number]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def called_about_all(found: Sequence[Trouble]) -> Trouble | None:
    """One of several problems if the same person must be called about all of them by the same time; else None."""
    calls = {(trouble.severity, trouble.caller) for trouble in found}
    return found[0] if len(found) > 1 and len(calls) == 1 and found[0].caller else None


def call_words(trouble: Trouble, about: str = "") -> str:
    """``P2: call Ada Novak, +49 …, to answer by Mon 22:45 CET``; empty where unknown."""
    return caller_words(trouble.caller, trouble.severity, about)


def caller_words(caller: Caller | None, severity: str, about: str = "") -> str:
    """The same for a severity. ``about``: ``all 3``, where one call is about several problems."""
    if caller is None:
        return ""
    reach = caller.phone or caller.email or caller.url
    who = (
        f"{caller.who}, {reach or 'who cannot be reached'}"
        if caller.who
        else f"nobody, as nobody is {caller.duty}"
    )
    if severity == P4:
        return f"{P4}: {who}, sees to {about or 'it'} by {caller.by}"
    return f"{severity}: call {who}{about and f', about {about}'}, to answer by {caller.by}"
