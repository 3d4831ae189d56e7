"""Incidents are folded out of runs: each run opens, joins, escalates and closes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import msgspec

from playbook.core.own_items import id_of_file
from playbook.core.verdict import Verdict
from playbook.history.incidents import AGAIN, GONE, WRONG, Event, Incident, What, cause_of, fingerprint_of
from playbook.history.lengths import Course, length
from playbook.history.names import Names
from playbook.history.rules import Rules, Window
from playbook.history.runs import Finding, RunLine
from playbook.history.standing import CANNOT_SEE, DOWN, KINDS, WELL, Kind, Standing


def incidents(
    runs: Sequence[RunLine],
    rules: Rules,
    windows: Sequence[Window] = (),
    titles: Mapping[str, str] = MappingProxyType({}),
) -> list[Incident]:
    """The incidents that these runs (any targets and sets) show; oldest first.

    Runs are taken in order of their start, and one that is there twice counts once. ``titles`` are by item, of the
    catalogue; they make names and sentences, and neither ids nor fingerprints.
    """
    fold = _Fold(rules, windows, Names(titles))
    for run in sorted({run.id: run for run in runs}.values(), key=lambda run: run.order):
        fold.take(run)
    return sorted((case.frozen(fold.names) for case in fold.cases), key=lambda one: (one.opened, one.fingerprint))


@dataclass(slots=True)
class _Case:
    """An incident while it is told."""

    target: str
    kind: Kind
    cause: str
    fingerprint: str
    number: int
    opened: datetime
    message: str
    closed: datetime | None = None
    items: dict[str, bool] = field(default_factory=dict)  # False where it was well meanwhile
    reopened: int = 0
    flapping: bool = False
    gone: bool = False
    events: list[Event] = field(default_factory=list)
    course: Course = field(default_factory=Course)

    def frozen(self, names: Names) -> Incident:
        name, wrong = names.cause(self.cause, self.items), WRONG[self.kind]
        return Incident(
            fingerprint=self.fingerprint,
            number=self.number,
            target=self.target,
            kind=self.kind,
            cause=self.cause,
            name=name,
            title=f"{name}: {wrong}",
            message=self.message,
            worst=Verdict.CRITICAL if self.kind == DOWN else Verdict.UNKNOWN,
            opened=self.opened,
            closed=self.closed,
            items=tuple(self.items),
            reopened=self.reopened,
            flapping=self.flapping,
            gone=self.gone,
            lasted=self.course.so_far,
            events=tuple(self.events),
        )


@dataclass(slots=True)
class _Bad:
    """The bad items of one run with one cause and kind."""

    kind: Kind
    cause: str
    items: list[str] = field(default_factory=list)
    message: str = ""


class _Fold:
    """What the runs so far amount to. Each run costs as much as it holds items."""

    def __init__(self, rules: Rules, windows: Sequence[Window], names: Names) -> None:
        self._rules = rules
        self.names = names
        self._windows = sorted(windows, key=lambda window: window.start)
        self._items: dict[tuple[str, str], Standing] = {}
        self._newest: dict[str, _Case] = {}  # by fingerprint
        self._open_with: dict[tuple[str, str], dict[str, _Case]] = {}  # by target and item, then fingerprint
        self._files: set[tuple[str, str]] = set()  # by target: the items that stand for a file that was not read
        self._held: dict[tuple[str, str], frozenset[str]] = {}  # by target and set: items of its newest whole run
        self.cases: list[_Case] = []

    def take(self, run: RunLine) -> None:
        """The next run in order of time."""
        self._files |= {(run.target, id_of_file(file, run.set)) for file in run.unread}
        looked_at = self._observe(run)
        blind = {item: list(self._of_kind(run.target, item, CANNOT_SEE)) for item in looked_at}
        for bad in _bad_by_cause(looked_at):
            came = self._open_or_join(run, bad)
            if came and bad.kind == DOWN:
                self._escalate(run, bad, blind)
        touched = {
            case.fingerprint: case
            for item in (*looked_at, *self._newly_gone(run))
            for case in self._open_with.get((run.target, item), {}).values()
        }
        for case in touched.values():
            standings = [self._items[run.target, item] for item in case.items]
            case.course.look(run.started, case.kind, case.cause, standings)
            self._close_if_well(run, case)

    def _observe(self, run: RunLine) -> dict[str, Finding]:
        """The items that were looked at, with what was found."""
        looked_at = {}
        for item, finding in run.items.items():
            unseen = finding.verdict is Verdict.UNKNOWN and run.ended != "finished"
            # Of what is run on demand nothing would look again, and what had joined would hold an incident open.
            no_part = item in self._rules.ignore or not self._rules.needed(item)
            if unseen or no_part or not (finding.verdict in WELL or finding.verdict in KINDS):
                continue
            looked_at[item] = finding
            self._items.setdefault((run.target, item), Standing()).observe(
                finding.verdict, run.started, cause_of(item, finding), self._rules.reach(item, run.set)
            )
        return looked_at

    def _newly_gone(self, run: RunLine) -> list[str]:
        """Items of open incidents of which there is no check any more: a whole run of their set holds none."""
        if not run.is_whole:
            return []
        before = self._held.get((run.target, run.set), frozenset())
        self._held[run.target, run.set] = frozenset(run.items)
        elsewhere = frozenset[str]().union(*(held for key, held in self._held.items() if key[0] == run.target))
        found = []
        for (target, item), cases in self._open_with.items():
            if target != run.target or not cases or item in run.items:
                continue
            # An item that belongs to no set of its own is only known by the runs that held it.
            of_this_set = item.partition(".")[0] == run.set
            if of_this_set or (item.startswith("own.") and item in before - elsewhere):
                if (target, item) in self._files:  # it can be read again, or is no more
                    self._items[target, item].observe(Verdict.OK, run.started, "")
                else:
                    self._items[target, item] = Standing(gone=True)
                found.append(item)
        return found

    def _of_kind(self, target: str, item: str, kind: Kind) -> Iterable[_Case]:
        return (case for case in self._open_with.get((target, item), {}).values() if case.kind == kind)

    def _open_or_join(self, run: RunLine, bad: _Bad) -> bool:
        """Whether an incident opened or came back."""
        fingerprint = fingerprint_of(run.target, bad.kind, bad.cause)
        case = self._newest.get(fingerprint)
        if case and case.closed is None:
            joining = [item for item in bad.items if item not in case.items]
            if joining:
                self._note(run, case, "joined", f"{self.names.items(joining)} failed for it too")
                case.items |= {item: not self._was_good_since(run.target, item, case) for item in joining}
            fallen = [item for item in bad.items if not case.items[item] and self._is_ripe(run.target, item)]
            if fallen:  # what else failed for it keeps it open; whoever saw these well must hear of this
                text = f"{self.names.items(fallen)} had been well meanwhile: {bad.message}"
                self._note(run, case, "escalated", text)
            self._add(run.target, case, bad)
            return False
        ripe = [item for item in bad.items if self._is_ripe(run.target, item)]
        if not ripe:
            return False
        since = min(self._items[run.target, item].since[bad.kind] for item in ripe)
        if case and case.closed and since - case.closed <= timedelta(hours=self._rules.reopen_hours):
            self._reopen(run, case, since, bad)
        else:
            number = case.number + 1 if case else 1
            case = _Case(run.target, bad.kind, bad.cause, fingerprint, number, since, bad.message)
            self.cases.append(case)
            self._newest[fingerprint] = case
            case.course.begin(since, run.started)
            self._note(run, case, "opened", bad.message)
        self._add(run.target, case, bad)
        return True

    def _is_ripe(self, target: str, item: str) -> bool:
        needed = self._rules.needed(item)
        return needed <= self._items[target, item].bad

    def _was_good_since(self, target: str, item: str, case: _Case) -> bool:
        at = self._items[target, item].good_at.get(case.kind)
        return at is not None and at >= case.opened

    def _reopen(self, run: RunLine, case: _Case, since: datetime, bad: _Bad) -> None:
        assert case.closed
        after, case.closed = length(since - case.closed), None
        closed_as, case.gone = "its check was gone" if case.gone else "it had recovered", False
        case.reopened += 1
        case.course.begin(since, run.started)
        case.flapping = case.reopened >= self._rules.flapping_times
        flapping = f"; it is flapping, {case.reopened} times by now" if case.flapping else ""
        self._note(run, case, "reopened", f"{bad.message} (again, {after} after {closed_as}{flapping})")
        for item in case.items:
            self._open_with.setdefault((run.target, item), {})[case.fingerprint] = case

    def _add(self, target: str, case: _Case, bad: _Bad) -> None:
        case.message = bad.message
        for item in bad.items:
            # One that was well meanwhile has failed once that is confirmed.
            case.items[item] = case.items.get(item, True) or self._is_ripe(target, item)
            self._open_with.setdefault((target, item), {})[case.fingerprint] = case

    def _escalate(self, run: RunLine, bad: _Bad, blind: dict[str, list[_Case]]) -> None:
        """Tell the incidents that waited to see these items that they are out of bounds."""
        waiting = {case.fingerprint: case for item in bad.items for case in blind[item]}
        for case in waiting.values():
            items = self.names.items(item for item in bad.items if item in case.items)
            self._note(run, case, "escalated", f"{items}: could not be seen, and out of bounds now: {bad.message}")

    def _close_if_well(self, run: RunLine, case: _Case) -> None:
        for item in case.items:
            if self._items[run.target, item].good(case.kind):
                case.items[item] = False
        gone = [item for item in case.items if self._items[run.target, item].gone]
        left = [self._items[run.target, item] for item in case.items if item not in gone]
        # What is unseen for another cause by now says nothing of this one, as long as something else does.
        good = [
            each.good(case.kind)
            for each in left
            if case.kind == DOWN or each.good(case.kind) or each.cause == case.cause
        ]
        if left and (not good or min(good) < max(self._rules.good_runs, 1)):
            return
        case.closed, case.gone = run.started, not left
        case.course.end(run.started)
        name, after = self.names.cause(case.cause, case.items), case.course.so_far.words
        if left:
            also = f"; {self.names.items(gone)}: {GONE}" if gone else ""
            self._note(run, case, "recovered", f"{name}: {AGAIN[case.kind]}, after {after}{also}")
        else:
            told = f"{name}: {GONE}, so this is closed after {after}; it was not seen well again"
            self._note(run, case, "gone", told)
        for item in case.items:
            del self._open_with[run.target, item][case.fingerprint]

    def _note(self, run: RunLine, case: _Case, what: What, text: str) -> None:
        until = self._held_until(run.target, run.started)
        event = Event(
            id=f"{case.fingerprint}-{what}-{run.started.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            what=what,
            at=run.started,
            run=run.id,
            text=text,
            quiet=until is not None,
            held_until=until,
        )
        same = case.events[-1] if case.events and case.events[-1].id == event.id else None
        if same:  # one id is told once, so it must say all of it
            case.events[-1] = msgspec.structs.replace(same, text=f"{same.text}; {text}")
        else:
            case.events.append(event)

    def _held_until(self, target: str, at: datetime) -> datetime | None:
        """When the window ends in which this falls, and the windows that follow it without a gap."""
        until: datetime | None = None
        for window in self._windows:  # by their start
            if window.target in ("", target) and window.start <= (until or at) < window.end:
                until = window.end
        return until


def _bad_by_cause(looked_at: dict[str, Finding]) -> list[_Bad]:
    found: dict[tuple[Kind, str], _Bad] = {}
    for item, finding in looked_at.items():
        kind = KINDS.get(finding.verdict)
        if kind:
            cause = cause_of(item, finding)
            bad = found.setdefault((kind, cause), _Bad(kind, cause))
            bad.items.append(item)
            said = finding.message or f"{item}: {finding.verdict}"
            # Of what fails for one cause, that which names it says most.
            if not bad.message or (cause in said and cause not in bad.message):
                bad.message = said
    return list(found.values())
