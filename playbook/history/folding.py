"""Incidents are folded out of runs: each run opens, joins, escalates and closes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import msgspec

from playbook.core.durations import one_unit
from playbook.core.own_items import id_of_file
from playbook.core.verdict import Verdict
from playbook.history.cases import Bad, Case, Part
from playbook.history.incidents import (
    AGAIN,
    GONE,
    WAS_WRONG,
    WRONG,
    Event,
    Incident,
    What,
    cause_of,
    fingerprint_of,
)
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

    Runs are taken in order of their start, and a duplicate counts once. ``titles`` are the catalogue's, by item;
    they are used in names and sentences, not in ids or fingerprints.
    """
    fold = _Fold(rules, windows, Names(titles))
    for run in sorted({run.id: run for run in runs}.values(), key=lambda run: run.order):
        fold.take(run)
    return sorted(
        (_frozen(case, fold.names) for case in fold.cases), key=lambda one: (one.opened, one.fingerprint)
    )


class _Fold:
    """State after the runs so far. The cost of each run is proportional to its items."""

    def __init__(self, rules: Rules, windows: Sequence[Window], names: Names) -> None:
        self._rules = rules
        self.names = names
        self._windows = sorted(windows, key=lambda window: window.start)
        self._items: dict[tuple[str, str], Standing] = {}
        self._newest: dict[str, Case] = {}  # by fingerprint
        self._open_with: dict[tuple[str, str], dict[str, Case]] = {}  # by target and item, then fingerprint
        self._files: set[tuple[str, str]] = set()  # by target: items that represent an unread file
        self._held: dict[tuple[str, str], frozenset[str]] = {}  # by target and set: items of its newest whole run
        self.cases: list[Case] = []

    def take(self, run: RunLine) -> None:
        """Add the next run in order of time."""
        self._files |= {(run.target, id_of_file(file, run.set)) for file in run.unread}
        looked_at = self._observe(run)
        blind = {item: list(self._waiting_to_see(run.target, item)) for item in looked_at}
        for bad in _bad_by_cause(looked_at):
            if self._open_or_join(run, bad):
                self._escalate(run, bad, blind)
        touched = {
            case.fingerprint: case
            for item in (*looked_at, *self._newly_gone(run))
            for case in self._open_with.get((run.target, item), {}).values()
        }
        for case in touched.values():
            parts = [(self._items[run.target, item], part.kind) for item, part in case.items.items()]
            self._turn(run, case)
            case.course.look(run.started, case.cause, parts)
            self._close_if_well(run, case)

    def _observe(self, run: RunLine) -> dict[str, Finding]:
        """The observed items, with their findings."""
        looked_at = {}
        for item, finding in run.items.items():
            unseen = finding.verdict is Verdict.UNKNOWN and run.ended != "finished"
            # On-demand sets are not re-run, so their failures must not keep an incident open.
            no_part = item in self._rules.ignore or not self._rules.needed(item)
            if unseen or no_part or not (finding.verdict in WELL or finding.verdict in KINDS):
                continue
            looked_at[item] = finding
            self._items.setdefault((run.target, item), Standing()).observe(
                finding.verdict, run.started, cause_of(item, finding), self._rules.reach(item, run.set)
            )
        return looked_at

    def _newly_gone(self, run: RunLine) -> list[str]:
        """Items of open incidents whose check is gone: a whole run of their set holds none."""
        if not run.is_whole:
            return []
        before = self._held.get((run.target, run.set), frozenset())
        self._held[run.target, run.set] = frozenset(run.items)
        elsewhere = frozenset[str]().union(*(held for key, held in self._held.items() if key[0] == run.target))
        found = []
        for (target, item), cases in self._open_with.items():
            if target != run.target or not cases or item in run.items:
                continue
            # An item without a set of its own is only known by the runs that held it.
            of_this_set = item.partition(".")[0] == run.set
            if of_this_set or (item.startswith("own.") and item in before - elsewhere):
                if (target, item) in self._files:  # the file can be read again, or is gone
                    self._items[target, item].observe(Verdict.OK, run.started, "")
                else:
                    self._items[target, item] = Standing(gone=True)
                found.append(item)
        return found

    def _waiting_to_see(self, target: str, item: str) -> Iterable[Case]:
        """Open incidents for whose cause the item could not be seen."""
        cases = self._open_with.get((target, item), {}).values()
        return (case for case in cases if case.items[item].kind == CANNOT_SEE)

    def _open_or_join(self, run: RunLine, bad: Bad) -> bool:
        """Open an incident or join one; whether one opened or reopened."""
        fingerprint = fingerprint_of(run.target, bad.cause)
        case = self._newest.get(fingerprint)
        if case and case.closed is None:
            joining = [item for item in bad.items if item not in case.items]
            if joining:
                self._note(run, case, "joined", f"{self.names.items(joining)} failed for it too")
                for item in joining:
                    was_good = self._was_good_since(run.target, item, bad.items[item], case)
                    case.items[item] = Part(failing=not was_good)
            fallen = [
                item for item in bad.items if not case.items[item].failing and self._is_ripe(run.target, item)
            ]
            if fallen:  # other failing items keep it open, but observers of the recovery must be notified
                they = "it" if len(fallen) == 1 else "they"
                text = f"{self.names.items(fallen)} failed again after {they} had recovered: {bad.message}"
                self._note(run, case, "escalated", text)
            self._add(run.target, case, bad)
            return False
        ripe = [item for item in bad.items if self._is_ripe(run.target, item)]
        if not ripe:
            return False
        since, first_kind = min(self._items[run.target, item].since[bad.cause] for item in ripe)
        kind = DOWN if any(bad.items[item] == DOWN for item in ripe) else CANNOT_SEE
        if case and case.closed and since - case.closed <= timedelta(hours=self._rules.reopen_hours):
            self._reopen(run, case, since, bad)
            case.kind = kind
        else:
            number = case.number + 1 if case else 1
            case = Case(run.target, kind, bad.cause, fingerprint, number, since, bad.message)
            self.cases.append(case)
            self._newest[fingerprint] = case
            self._note(run, case, "opened", bad.message)
        case.course.begin(since, run.started, first_kind)
        self._add(run.target, case, bad)
        case.reported_down = case.was_down
        return True

    def _is_ripe(self, target: str, item: str) -> bool:
        needed = self._rules.needed(item)
        return needed <= self._items[target, item].bad

    def _was_good_since(self, target: str, item: str, kind: Kind, case: Case) -> bool:
        at = self._items[target, item].good_at.get(kind)
        return at is not None and at >= case.opened

    def _reopen(self, run: RunLine, case: Case, since: datetime, bad: Bad) -> None:
        assert case.closed
        after, case.closed = one_unit(since - case.closed), None
        closed_as, case.gone = "its check was gone" if case.gone else "it had recovered", False
        case.reopened += 1
        case.flapping = case.reopened >= self._rules.flapping_times
        flapping = f"; it is flapping, {case.reopened} times by now" if case.flapping else ""
        self._note(run, case, "reopened", f"{bad.message} (again, {after} after {closed_as}{flapping})")
        for item, part in case.items.items():
            part.kind = CANNOT_SEE
            self._open_with.setdefault((run.target, item), {})[case.fingerprint] = case

    def _add(self, target: str, case: Case, bad: Bad) -> None:
        case.message = bad.message
        for item in bad.items:
            part = case.items.setdefault(item, Part())
            # An item that was healthy meanwhile counts as failing only once that is confirmed.
            part.failing = part.failing or self._is_ripe(target, item)
            if bad.cause in self._items[target, item].down_for:
                part.kind = DOWN
                if part.failing:
                    case.down[item] = None
            self._open_with.setdefault((target, item), {})[case.fingerprint] = case

    def _turn(self, run: RunLine, case: Case) -> None:
        """Set the kind of an open incident to that of the newest looks at its items."""
        parts = [(item, part, self._items[run.target, item]) for item, part in case.items.items()]
        down = [item for item, part, each in parts if part.kind == DOWN and part.failing and each.is_down]
        unseen = [item for item, part, each in parts if each.is_unseen_for(case.cause, part.kind)]
        case.was_wrong = any(part.kind == DOWN and part.failing and each.down_for for _, part, each in parts)
        if down and case.kind == CANNOT_SEE:
            case.kind = DOWN
            if case.reported_down:
                are = "is" if len(down) == 1 else "are"
                self._note(run, case, "seen", f"{self.names.items(down)}: can be seen, and {are} out of bounds")
            else:
                text = f"What could not be seen is out of bounds now ({self.names.items(down)}): {case.message}"
                self._note(run, case, "escalated", text)
                case.reported_down = True
        elif unseen and not down and case.kind == DOWN:
            case.kind = CANNOT_SEE
            before = "It was out of bounds" if case.was_wrong else "What was out of bounds has recovered"
            self._note(run, case, "unseen", f"{before}, and this cannot be seen now: {self.names.items(unseen)}")

    def _escalate(self, run: RunLine, bad: Bad, blind: dict[str, list[Case]]) -> None:
        """Note in the incidents that waited to see these items that they are out of bounds."""
        down = [item for item, kind in bad.items.items() if kind == DOWN]
        waiting = {case.fingerprint: case for item in down for case in blind[item] if case.cause != bad.cause}
        for case in waiting.values():
            items = self.names.items(item for item in down if item in case.items)
            self._note(run, case, "escalated", f"{items}: could not be seen, and out of bounds now: {bad.message}")

    def _close_if_well(self, run: RunLine, case: Case) -> None:
        for item, part in case.items.items():
            if self._items[run.target, item].good(part.kind):
                part.failing = False
        gone = [item for item in case.items if self._items[run.target, item].gone]
        left = [(self._items[run.target, item], part) for item, part in case.items.items() if item not in gone]
        # An item that is unmeasured for another cause by now does not matter, as long as some other item does.
        good = [
            each.good(part.kind)
            for each, part in left
            if part.kind == DOWN or each.good(part.kind) or each.cause == case.cause
        ]
        if left and (not good or min(good) < max(self._rules.good_runs, 1)):
            return
        case.closed, case.gone = run.started, not left
        case.course.end(run.started)
        name, after = self.names.cause(case.cause, case.items), case.course.so_far.words
        if left:
            again = AGAIN[DOWN if case.was_down else CANNOT_SEE]
            also = f"; {self.names.items(gone)}: {GONE}" if gone else ""
            self._note(run, case, "recovered", f"{name}: {again}, after {after}{also}")
        else:
            text = f"{name}: {GONE}, so this is closed after {after}; it was not seen healthy again"
            self._note(run, case, "gone", text)
        for item in case.items:
            del self._open_with[run.target, item][case.fingerprint]

    def _note(self, run: RunLine, case: Case, what: What, text: str) -> None:
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
        for place, same in enumerate(case.events):
            if same.id == event.id:  # an id is delivered once, so its text must be complete
                case.events[place] = msgspec.structs.replace(same, text=f"{same.text}; {text}")
                return
        case.events.append(event)

    def _held_until(self, target: str, at: datetime) -> datetime | None:
        """End of the maintenance window at ``at``, and of the windows that follow it without a gap."""
        until: datetime | None = None
        for window in self._windows:  # by their start
            if window.target in ("", target) and window.start <= (until or at) < window.end:
                until = window.end
        return until


def _frozen(case: Case, names: Names) -> Incident:
    name = names.cause(case.cause, case.items)
    wrong = WAS_WRONG if case.was_wrong and case.kind == CANNOT_SEE else WRONG[case.kind]
    return Incident(
        fingerprint=case.fingerprint,
        number=case.number,
        target=case.target,
        kind=case.kind,
        cause=case.cause,
        name=name,
        title=f"{name}: {wrong}",
        message=case.message,
        worst=Verdict.CRITICAL if case.down else Verdict.UNKNOWN,
        opened=case.opened,
        closed=case.closed,
        items=tuple(case.items),
        down=tuple(case.down),
        reopened=case.reopened,
        flapping=case.flapping,
        gone=case.gone,
        lasted=case.course.so_far,
        events=tuple(case.events),
    )


def _bad_by_cause(looked_at: dict[str, Finding]) -> list[Bad]:
    found: dict[str, Bad] = {}
    for item, finding in looked_at.items():
        kind = KINDS.get(finding.verdict)
        if kind:
            cause = cause_of(item, finding)
            message = finding.message or f"{item}: {finding.verdict}"
            found.setdefault(cause, Bad(cause)).add(item, kind, message)
    return list(found.values())
