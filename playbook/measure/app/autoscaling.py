"""Autoscaling: whether the platform could change the number of replicas when it wanted to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_refusals import NotFound
from playbook.clients.digitalocean_scaling import ScaleChange, ScalingEvent, scaling_events
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Table
from playbook.core.wording import moment, plural
from playbook.measure.statements import Statement

DAY = timedelta(days=1)
_UNDER_WAY = frozenset({"PENDING", "IN_PROGRESS"})
_PHASES = _UNDER_WAY | {"SUCCEEDED", "FAILED", "CANCELED"}
_LONGEST = timedelta(hours=1)  # for one change, which waits for new replicas to be ready


@dataclass(frozen=True, slots=True)
class Change:
    """The newest change of one component in the last day."""

    name: str
    at: datetime
    phase: str
    numbers: ScaleChange
    now: datetime

    @property
    def words(self) -> str:
        """``image-optimizer FAILED from 2 to 4 replicas (cpu) on 18 Nov, 06:12 UTC``."""
        before, after = (
            "?" if number is None else str(number) for number in (self.numbers.before, self.numbers.after)
        )
        by = f" ({self.numbers.triggering_metric})" if self.numbers.triggering_metric else ""
        return f"{self.name} {self.phase} from {before} to {after} replicas{by} on {moment(self.at)}"

    @property
    def failed(self) -> bool:
        """Whether it failed, or does not come to an end."""
        return self.phase == "FAILED" or (self.phase in _UNDER_WAY and self.now - self.at > _LONGEST)


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """The newest change of each component that is scaled.

    Attributes:
        scaled: components that the spec scales by itself, or to zero.
        seen: coverage of the listing.
    """

    scaled: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """The listing, and whether each change ended in a way that is known."""
        total = whole("") + self.seen
        for change in self.changes:
            if change.phase not in _PHASES:
                total += lacking(
                    "",
                    expected=f"how the scaling of {change.name} ended",
                    got=change.phase or "nothing",
                    hint="See the activity of the app in the control panel. The next change counts in its place.",
                )
        return total

    @property
    def statements(self) -> list[Statement]:
        """That none has failed; nothing where no component is scaled."""
        failed = [change.words for change in self.changes if change.failed]
        found = "; ".join(failed) or f"none of {plural(len(self.changes), 'component')} that was scaled"
        expected = "no component whose last change of a day failed"
        return [Statement("Autoscaling", not failed, expected, found, warn=True)] if self.scaled else []

    def evidence(self) -> Evidence:
        """A row for each component."""
        by_name = {change.name: change for change in self.changes}
        rows = [[name, by_name[name].words if name in by_name else "not changed"] for name in self.scaled]
        return Table("Autoscaling in the last 24 h", ["Component", "Newest change"], rows)


@measurement(parts=("services",))
def autoscaling(digitalocean: DigitalOceanApi, clock: Clock) -> Autoscaling:
    """The newest change that autoscaling made to each component in the last day; nothing is asked without any.

    A component that cannot be scaled stays healthy with all the replicas that it has.
    """
    running = digitalocean.app().spec_in_effect.running
    scaled = tuple(one.name for one in running if one.scaling or one.inactivity_sleep is not None)
    if not scaled:
        return Autoscaling(())
    now = clock.now()
    try:
        events = scaling_events(digitalocean, now - DAY)
    except NotFound:  # the app is there, and nobody lists what was scaled
        return Autoscaling(scaled, seen=whole("autoscaling not told"))
    odd = sum(event.created_at is None or event.autoscaling is None for event in events)
    seen = events.coverage + understood(odd, len(events), "events of autoscaling")
    return Autoscaling(scaled, _newest(events, now), seen)


def _newest(events: list[ScalingEvent], now: datetime) -> tuple[Change, ...]:
    found: dict[str, Change] = {}
    for event in events:
        if event.created_at is None or event.autoscaling is None or event.created_at < now - DAY:
            continue
        phase = event.autoscaling.phase
        for name, numbers in event.autoscaling.components.items():
            change = Change(name, event.created_at, phase, numbers, now)
            if phase != "CANCELED" and (name not in found or change.at > found[name].at):
                found[name] = change
    return tuple(sorted(found.values(), key=lambda change: (not change.failed, change.name)))
