"""Handoff page of a week or month: open problems with their age, what changed, what ends soon. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from playbook.core.audience import Audience
from playbook.core.catalogue import Catalogue
from playbook.core.clock import Moment
from playbook.core.limits import Bound, format_value
from playbook.core.verdict import SEVERITY, Verdict
from playbook.history.runs import Finding, RunLine, gone_since

SCHEMA = 1
DAYS = {"weekly": 7, "monthly": 31}
Period = Literal["weekly", "monthly"]
Change = Literal["new", "worse", "better", "recovered", "came and went", "waived", "gone"]
OPEN = frozenset({Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WARNING})
_UNKNOWN_STEP = "Find in the report why it could not be measured, restore that, then run the check again."
_ORDER: tuple[Change, ...] = ("new", "worse", "better", "recovered", "came and went", "waived", "gone")


class Problem(msgspec.Struct, frozen=True):
    """A failing item.

    Attributes:
        since: the first run of the current failing streak.
        seen: the newest run that checked it.
        report: folder of that run's report.
    """

    item: str
    title: str
    verdict: Verdict
    message: str
    next_step: str
    since: Moment
    seen: Moment
    report: str


class Changed(msgspec.Struct, frozen=True):
    """An item whose verdict has changed, or that is gone; ``before`` is empty where it was not checked."""

    item: str
    title: str
    change: Change
    before: str
    now: str
    at: Moment
    message: str


class Ending(msgspec.Struct, frozen=True):
    """Something that ends, or becomes missing, within the next period.

    Attributes:
        at: None where it is a statement without a time, e.g. that it could not be measured.
    """

    kind: str
    what: str
    at: Moment | None
    note: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A handoff page: the data shown by its HTML and Markdown.

    Attributes:
        since: start of the reported changes: when the last page was made, otherwise the beginning of the period.
        until: end of the reported endings.
        runs: number of runs that the page is based on, by set.
        on_call: who has which duty now and takes over next, in words.
        not_read: what could not be read, in words.
        left_out: what is not part of the product, in words.
        time_zone: IANA name of the zone shown beside UTC.
        audience: who may read it; a public page names no person, address or reason.
    """

    schema: int = SCHEMA
    target: str
    period: Period
    made: Moment
    since: Moment
    until: Moment
    runs: dict[str, int]
    last_run: Moment | None
    problems: list[Problem]
    changes: list[Changed]
    endings: list[Ending]
    on_call: list[str] = []
    not_read: list[str] = []
    left_out: list[str] = []
    time_zone: str = "UTC"
    audience: Audience = Audience.TEAM


class _State(NamedTuple):
    """Result of one run for one item."""

    at: datetime
    item: str
    title: str
    finding: Finding
    report: str

    @property
    def verdict(self) -> Verdict:
        return self.finding.verdict

    @property
    def is_open(self) -> bool:
        """Whether it was failing, and not waived."""
        return self.verdict in OPEN

    @property
    def message(self) -> str:
        """The run's message; for healthy items the history keeps only the number."""
        found = self.finding
        if found.message or found.verdict is not Verdict.OK:
            return found.message
        if found.value is None:
            return f"{self.title}: well"
        unit = next((Bound.parse(bound).unit for bound in found.limit.values()), "")
        return f"{self.title}: {format_value(found.value, unit)}"


def make_page(
    runs: Sequence[RunLine],
    catalogue: Catalogue,
    *,
    target: str,
    period: Period,
    now: datetime,
    last_made: datetime | None,
    endings: Iterable[Ending],
    on_call: Sequence[str] = (),
    not_read: Sequence[str] = (),
    left_out: Sequence[str] = (),
    time_zone: str = "UTC",
) -> Page:
    """The page of a period that ends now.

    Args:
        runs: of the history, oldest first; those of other targets are left out.
        catalogue: for the items' titles and next steps.
        last_made: when the last page of this period was made; one that is made again within the hour replaces it.
    """
    length = timedelta(days=DAYS[period])
    since = max(last_made or now - length, now - 2 * length)
    runs = [run for run in runs if run.target == target and run.started <= now]
    counted: dict[str, int] = {}
    for run in runs:
        if run.started >= since and not run.confirms:
            counted[run.set] = counted.get(run.set, 0) + 1
    states, gone = _states(runs, catalogue), gone_since(runs)
    left = [states.pop(item) for item in gone.keys() & states.keys()]
    problems = [_problem(each, catalogue) for each in states.values() if each[-1].is_open]
    changes = [change for each in states.values() if (change := _change(each, since))]
    changes += [_gone(each[-1], gone[each[-1].item]) for each in left if gone[each[-1].item] >= since]
    return Page(
        target=target,
        period=period,
        made=now,
        since=since,
        until=now + length,
        runs=dict(sorted(counted.items())),
        last_run=runs[-1].started if runs else None,
        problems=sorted(problems, key=lambda each: (SEVERITY.index(each.verdict), each.since, each.item)),
        changes=sorted(changes, key=lambda each: (_ORDER.index(each.change), each.item)),
        endings=sorted(endings, key=lambda each: (each.at or now, each.kind, each.what)),
        on_call=list(on_call),
        not_read=list(not_read),
        left_out=list(left_out),
        time_zone=time_zone,
    )


def _states(runs: Iterable[RunLine], catalogue: Catalogue) -> dict[str, list[_State]]:
    """Results of each item, oldest first; without those where it was not configured."""
    states: dict[str, list[_State]] = {}
    for run in runs:
        for item, finding in run.items.items():
            if finding.verdict is not Verdict.NOT_CONFIGURED:
                known = catalogue.items.get(item)
                title = known.title if known else finding.title or item
                states.setdefault(item, []).append(_State(run.started, item, title, finding, run.report))
        for item in run.gone:  # no longer part of the product, so neither open nor changed
            states.pop(item, None)
    return states


def _problem(states: Sequence[_State], catalogue: Catalogue) -> Problem:
    newest = states[-1]
    since = newest.at
    for state in reversed(states):
        if not state.is_open:
            break
        since = state.at
    item = catalogue.items.get(newest.item)
    next_step = _UNKNOWN_STEP if newest.verdict is Verdict.UNKNOWN else item.next_step if item else ""
    return Problem(
        newest.item, newest.title, newest.verdict, newest.message, next_step, since, newest.at, newest.report
    )


def _change(states: Sequence[_State], since: datetime) -> Changed | None:
    before = next((state for state in reversed(states) if state.at < since), None)
    after = [state for state in states if state.at >= since]
    if not after:
        return None
    was = before.verdict if before else Verdict.OK
    newest = after[-1]
    change = _kind(was, newest.verdict, after)
    if change is None:
        return None
    telling = newest
    if change == "came and went":
        telling = min((state for state in after if state.is_open), key=lambda s: SEVERITY.index(s.verdict))
    else:  # the run that began the current state
        for state in reversed(after):
            if state.verdict is not newest.verdict:
                break
            telling = state
    return Changed(
        newest.item,
        newest.title,
        change,
        str(before.verdict) if before else "",
        str(newest.verdict),
        telling.at,
        telling.message,
    )


def _gone(last: _State, at: datetime) -> Changed:
    message = f"There is no check of it any more, so nobody looks. {last.message}".strip()
    return Changed(last.item, last.title, "gone", str(last.verdict), "not looked at", at, message)


def _kind(was: Verdict, now: Verdict, after: Sequence[_State]) -> Change | None:
    was_open, is_open = was in OPEN, now in OPEN
    if now is Verdict.WAIVED:
        return "waived" if was is not Verdict.WAIVED else None
    if is_open and not was_open:
        return "new"
    if was_open and not is_open:
        return "recovered"
    if is_open and now is not was:
        return "worse" if SEVERITY.index(now) < SEVERITY.index(was) else "better"
    if not is_open and any(state.is_open for state in after):
        return "came and went"
    return None
