"""What the site shows, made of the lines of past runs: targets, their sets, their items. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby, islice
from typing import NamedTuple

from playbook.core.catalogue import Item
from playbook.core.context import Link
from playbook.core.durations import one_whole_unit
from playbook.core.limits import Limit, parse_limit
from playbook.core.page_words import slug
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import plural
from playbook.history.due import Due
from playbook.history.incidents import Incident
from playbook.history.runs import Finding, RunLine
from playbook.site.observations import Observation, Streak
from playbook.site.strips import Strip

NO_DATA = "NO DATA"
NOT_YET = "NOT YET RUN"
# Worst first. That nothing is known is worse than UNKNOWN: there, at least something ran.
STATES = (Verdict.CRITICAL, NO_DATA, *SEVERITY[1:], NOT_YET)
BAD = frozenset({Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WARNING})
NOT_WELL = frozenset({*BAD, NO_DATA})
UPTIME_ITEM = "daily.kpi.availability"


class Done(NamedTuple):
    """What is known of an incident beyond the runs that show it.

    Attributes:
        severity: ``P1`` to ``P4``.
        todo: what to do; may be empty.
        acknowledged: whether and how soon somebody said that they know of it, in words.
        acts: when, and what somebody did, in words.
        elsewhere: where to look.
    """

    severity: str = ""
    todo: str = ""
    acknowledged: str = ""
    acts: tuple[tuple[datetime, str], ...] = ()
    elsewhere: tuple[Link, ...] = ()


@dataclass(frozen=True)
class ItemView:
    """One item of a target.

    Attributes:
        about: what the catalogue says; None for an item that it no longer has.
        observations: all, oldest first; at least one.
        overlooked: the newest run of its set did not look at it.
        missing: its set has not run when it should have.
        absent: the newest run of its set says that it is about what is not part of the product.
        unread: the newest run of its set could not read every file, so it may be in one of those.
    """

    target: str
    set: str
    id: str
    about: Item | None
    observations: Sequence[Observation]
    strip: Strip
    overlooked: bool = False
    missing: bool = False
    absent: bool = False
    unread: bool = False

    @property
    def title(self) -> str:
        """A few words."""
        return self.about.title if self.about else self.newest.finding.title or self.id

    @property
    def newest(self) -> Observation:
        """What was said last."""
        return self.observations[-1]

    @property
    def state(self) -> str:
        """The newest verdict, or NO DATA where that is too old to say anything about now."""
        return NO_DATA if self.missing or self.overlooked else str(self.newest.finding.verdict)

    @property
    def gone(self) -> bool:
        """The playbook or the product no longer has it: its page stays, and no list shows it."""
        return self.absent or (self.about is None and self.overlooked and not self.unread)

    @property
    def page(self) -> str:
        """Its page, from the site's root."""
        return f"items/{slug(self.target)}/{slug(self.id)}.html"

    @cached_property
    def runbook(self) -> str:
        """The name of the runbook that was followed last; empty where none was."""
        return next(
            (
                observation.finding.runbook
                for observation in reversed(self.observations)
                if observation.finding.runbook
            ),
            "",
        )

    @cached_property
    def limit(self) -> Limit | None:
        """The newest limit; None without a readable one."""
        for observation in reversed(self.observations):
            if observation.finding.limit:
                try:
                    return parse_limit(self.title, observation.finding.limit)
                except ValueError:
                    return None
        return None

    @property
    def values(self) -> list[tuple[float, float]]:
        """Unix seconds and value of every run that measured one."""
        return [
            (s.run.started.timestamp(), s.finding.value) for s in self.observations if s.finding.value is not None
        ]

    @cached_property
    def is_measured_again(self) -> bool:
        """Whether more than one run measured a value."""
        measured = (None for observation in reversed(self.observations) if observation.finding.value is not None)
        return len(list(islice(measured, 2))) > 1

    @cached_property
    def streaks(self) -> list[Streak]:
        """When it failed, newest first."""
        grouped = (
            Streak(verdict, tuple(group))
            for verdict, group in groupby(self.observations, lambda s: s.finding.verdict)
        )
        return [streak for streak in grouped if streak.verdict in BAD][::-1]


@dataclass(frozen=True)
class SetView:
    """One set of a target.

    Attributes:
        runs: all, oldest first.
        newest: the newest run of the whole set; else of a part of it; None where it has never run.
        due: None where nobody expects it by a schedule.
        rechecks: what was said when bad items of the newest run were looked at again, at once.
    """

    target: str
    name: str
    runs: tuple[RunLine, ...]
    newest: RunLine | None
    due: Due | None
    strip: Strip
    items: tuple[ItemView, ...]
    rechecks: tuple[RunLine, ...] = ()

    @property
    def missing(self) -> bool:
        """It has not run when it should have."""
        return bool(self.due and self.due.missed)

    @property
    def state(self) -> str:
        """The newest verdict, NO DATA, or NOT YET RUN."""
        if self.missing:
            return NO_DATA
        return str(self.newest.verdict) if self.newest else NOT_YET

    @property
    def page(self) -> str:
        """Its page, from the site's root."""
        return f"sets/{slug(self.target)}/{slug(self.name)}.html"

    @property
    def badge(self) -> str:
        """Its badge, from the site's root, without what the file's name ends in."""
        return f"badges/sets/{slug(self.target)}/{slug(self.name)}"

    @property
    def measured(self) -> list[ItemView]:
        """Items that are configured; what is not well comes first, the worst on top."""
        found = [item for item in self.current if item.newest.finding.verdict is not Verdict.NOT_CONFIGURED]
        return sorted(found, key=lambda item: STATES.index(item.state) if item.state in NOT_WELL else len(STATES))

    @property
    def not_configured(self) -> list[ItemView]:
        """The others."""
        return [item for item in self.current if item.newest.finding.verdict is Verdict.NOT_CONFIGURED]

    @property
    def left_out(self) -> list[str]:
        """What is not part of the product, by the newest run: ``images (4 items)``."""
        parts = self.newest.left_out if self.newest else {}
        return [f"{name} ({plural(len(items), 'item')})" if items else name for name, items in parts.items()]

    @property
    def current(self) -> list[ItemView]:
        """Items without those that are gone."""
        return [item for item in self.items if not item.gone]

    @property
    def bad(self) -> int:
        """Items that are not well, or of which nothing is known."""
        return sum(item.state in NOT_WELL for item in self.current)

    @property
    def kpis(self) -> list[ItemView]:
        """Items that are judged by a limit and have values over time: the key performance indicators first."""
        found = [item for item in self.current if item.limit and item.is_measured_again]
        return sorted(found, key=lambda item: ".kpi." not in item.id)

    def silence(self, now: datetime) -> str:
        """For how long nothing is known: ``2 days``."""
        if self.newest:
            return one_whole_unit(now - self.newest.started)
        return one_whole_unit(now - self.due.missed) if self.due and self.due.missed else ""


@dataclass(frozen=True)
class TargetView:
    """One system.

    Attributes:
        retired: the settings no longer have it, so that nothing of it is about now.
    """

    name: str
    kind: str
    sets: tuple[SetView, ...]
    incidents: tuple[Incident, ...]
    retired: bool = False

    @property
    def scheduled(self) -> list[SetView]:
        """Sets that are due by a schedule."""
        return [one for one in self.sets if one.due]

    @property
    def by_hand(self) -> list[SetView]:
        """The others."""
        return [one for one in self.sets if not one.due]

    @property
    def state(self) -> str:
        """The worst of what is known now, and of what should be and is not."""
        relevant = self.scheduled or self.sets
        states = [one.state for one in relevant if one.state != NOT_YET]
        states += [str(incident.worst) for incident in self.incidents if incident.is_open]
        return worst_state(states or [NOT_YET])

    @property
    def badge(self) -> str:
        """Its badge, from the site's root, without what the file's name ends in."""
        return f"badges/{slug(self.name)}"

    @property
    def uptime(self) -> str:
        """``99.96 % on 86 of 90 days``: the mean of the days on which it was measured; empty where none was."""
        for item in (item for one in self.sets for item in one.items if item.id == UPTIME_ITEM):
            return _mean(item)
        return ""


@dataclass(frozen=True)
class Site:
    """Everything.

    Attributes:
        now: when it is built.
        problems: what could not be read of the history.
        kept: names of the reports that are on the site.
        done: what people did about incidents, by key.
        time_zone: IANA name of the zone that is shown beside UTC.
    """

    now: datetime
    runs: tuple[RunLine, ...]
    problems: tuple[str, ...]
    targets: tuple[TargetView, ...]
    kept: frozenset[str] = frozenset()
    done: Mapping[str, Done] = field(default_factory=dict)
    time_zone: str = "UTC"

    @property
    def state(self) -> str:
        """The worst of all targets."""
        return worst_state([target.state for target in self.current] or [NOT_YET])

    @property
    def current(self) -> list[TargetView]:
        """Targets that the settings have; all, where they have none of them."""
        return [target for target in self.targets if not target.retired] or list(self.targets)

    @property
    def incidents(self) -> list[Incident]:
        """Of all targets, oldest first."""
        found = [incident for target in self.targets for incident in target.incidents]
        return sorted(found, key=lambda incident: (incident.opened, incident.fingerprint))

    @property
    def open(self) -> list[Incident]:
        """Open incidents, the worst and then the oldest first."""
        found = [incident for target in self.current for incident in target.incidents if incident.is_open]
        return sorted(found, key=lambda incident: (SEVERITY.index(incident.worst), incident.opened))

    @property
    def missing(self) -> list[SetView]:
        """Sets that have not run when they should have."""
        return [one for target in self.targets for one in target.sets if one.missing]

    @property
    def next(self) -> SetView | None:
        """The set that is due first."""
        due = [one for target in self.targets for one in target.sets if one.due]
        return min(due, key=lambda one: one.due.missing_after if one.due else self.now, default=None)


def worst_state(states: Iterable[str]) -> str:
    """The worst of some states."""
    return min(states, key=STATES.index)


def _mean(item: ItemView) -> str:
    span = {cell.first for cell in item.strip.cells}
    by_day: dict[date, list[float]] = {}
    for observation in item.observations:
        if observation.finding.value is not None and observation.day in span:
            by_day.setdefault(observation.day, []).append(observation.finding.value)
    if not by_day:
        return ""
    days = [sum(values) / len(values) for values in by_day.values()]
    # Rounded down: 99.996 is not 100.
    mean = int(1000 * (sum(days) / len(days)) + 1e-6) / 1000
    return f"{mean:.3f}".rstrip("0").rstrip(".") + f" % on {len(days)} of {item.strip.span}"


def worst_of(run: RunLine) -> list[tuple[str, Finding]]:
    """What was not well in a run, worst first."""
    bad = [(item, finding) for item, finding in run.items.items() if finding.verdict in BAD]
    return sorted(bad, key=lambda pair: (SEVERITY.index(pair[1].verdict), pair[0]))
