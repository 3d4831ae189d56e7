"""Since when each item fails, and what changed since the previous run: from the lines of past runs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from playbook.core.clock import iso
from playbook.core.context import GROUPS, Before, Change, Compared, Link, Since
from playbook.core.verdict import SEVERITY, Verdict
from playbook.history.runs import RunLine

BAD = frozenset({Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WARNING})
_CHECKED = BAD | {Verdict.OK}
# An item that fails again within this time of its last failure has come back, and is not new.
CAME_BACK = timedelta(days=14)

LinksOf = Callable[[RunLine], list[Link]]


def since_of(verdicts: Mapping[str, Verdict], started: datetime, past: Sequence[RunLine]) -> dict[str, Since]:
    """How long each item that fails now has been failing.

    Args:
        verdicts: of the run, by the items' names in the history.
        started: when the run began; aware.
        past: earlier runs of the target, of any set, oldest first.
    """
    return {item: _since(item, started, past) for item, verdict in verdicts.items() if verdict in BAD}


def _since(item: str, started: datetime, past: Sequence[RunLine]) -> Since:
    first, report, runs = started, "", 1
    healthy: RunLine | None = None
    change: Change = "first"
    for run, verdict in _observations(item, past):
        if verdict in BAD:
            if healthy is not None:
                change = "back" if started - run.started <= CAME_BACK else change
                break
            change, first, report = "still", run.started, run.report
            runs += not run.confirms
        elif healthy is None:
            healthy = run
            change = "new" if change == "first" else change
            if change == "still":
                break
    return Since(
        first=_utc(first), runs=runs, change=change, well=_utc(healthy.started) if healthy else "", report=report
    )


def _observations(item: str, past: Sequence[RunLine]) -> Iterator[tuple[RunLine, Verdict]]:
    """The runs that checked an item, newest first; UNKNOWN in a run that ended early does not count as checked."""
    for run in reversed(past):
        found = run.items.get(item)
        if found is None or found.verdict not in _CHECKED:
            continue
        if found.verdict is Verdict.UNKNOWN and run.ended != "finished":
            continue
        yield run, found.verdict


def compared(
    verdicts: Mapping[str, Verdict],
    past: Sequence[RunLine],
    set_name: str,
    links_of: LinksOf,
    *,
    partial: bool = False,
    ended: str = "finished",
) -> Compared:
    """This run compared with the newest whole one of its set.

    Args:
        verdicts: of the run, by the items' names in the history; of several checks of one item, the worst.
        past: earlier runs of the target, oldest first.
        partial, ended: of this run; items that it did not reach are not reported as unseen.
    """
    mine = [run for run in past if run.set == set_name and not run.confirms]
    whole = [run for run in mine if not run.partial and run.ended == "finished"]
    if not whole:
        some = "; the earlier ones were parts of the set, or ended early" if mine else ""
        return Compared(why_not=f"There is no earlier whole run of this set in the history{some}.")
    before = whole[-1]
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    cut_short = ended != "finished"
    for item, verdict in verdicts.items():
        then = before.items.get(item)
        group = _group(verdict, then.verdict if then else None, cut_short=cut_short)
        if group:
            groups[group].append(item)
    if not (partial or cut_short):
        groups["unseen"] += [
            item for item, then in before.items.items() if then.verdict in BAD and item not in verdicts
        ]
    comparison = Compared(before=before_of(before, links_of), note=_note(partial=partial, ended=ended))
    return msgspec.structs.replace(comparison, **groups)


def _group(verdict: Verdict, then: Verdict | None, *, cut_short: bool) -> str:
    if verdict not in _CHECKED or (cut_short and verdict is Verdict.UNKNOWN):
        return _group_of_unchecked(verdict, then, cut_short=cut_short)
    if verdict not in BAD:
        return "fixed" if then in BAD else ""
    if then not in _CHECKED:
        return "first"
    if then not in BAD:
        return "new"
    return "worse" if SEVERITY.index(verdict) < SEVERITY.index(then) else "still"


def _group_of_unchecked(verdict: Verdict, then: Verdict | None, *, cut_short: bool) -> str:
    if verdict is Verdict.WAIVED:
        return "waived" if then in BAD else ""
    if verdict is Verdict.NOT_CONFIGURED and then is Verdict.OK:
        return "unset"
    return "unseen" if then in BAD and not cut_short else ""


def _note(*, partial: bool, ended: str) -> str:
    if partial:
        return "Only a part of the set was run, so the rest is not compared."
    return "This run ended early, so the rest is not compared." if ended != "finished" else ""


def last_good(past: Sequence[RunLine], set_name: str) -> RunLine | None:
    """The newest whole run of a set that was OK."""
    for run in reversed(past):
        if run.set == set_name and not run.partial and not run.confirms and run.verdict is Verdict.OK:
            return run
    return None


def before_of(run: RunLine, links_of: LinksOf) -> Before:
    """An earlier run in a few words, with its links."""
    return Before(started=_utc(run.started), verdict=str(run.verdict), report=run.report, links=links_of(run))


def _utc(moment: datetime) -> str:
    return iso(moment.astimezone(UTC))
