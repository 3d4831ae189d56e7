"""Restarts of the app's components, as the platform counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_samples import Samples, restarts
from playbook.clients.restart_counts import RestartCounts
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.measure.app.known_app import KnownApp, instances_of
from playbook.measure.app.samples import Window, by_component
from playbook.settings.model import Settings

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Restarts:
    """Number of restarts of one component's instances in the last day."""

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class ComponentRestarts:
    """Restarts of every component in the last day.

    Attributes:
        most_first: components with samples.
        silent: components without any.
    """

    most_first: tuple[Restarts, ...]
    silent: tuple[str, ...]
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def found(self) -> str:
        """How many components have counts."""
        return f"those of {len(self.most_first)} of {len(self.most_first) + len(self.silent)} components"

    @property
    def coverage(self) -> Coverage:
        """How much of the day has samples of every expected instance."""
        return self.seen

    def evidence(self) -> Evidence:
        """A row for each component."""
        rows = [[one.name, f"{one.reading.value:g}"] for one in self.most_first]
        rows += [[name, "no samples"] for name in self.silent]
        return Table("Restarts in the last 24 h", ["Component", "Restarts"], rows)


@measurement(parts=("services",))
def component_restarts(
    digitalocean: DigitalOceanApi,
    known_app: KnownApp,
    settings: Settings,
    clock: Clock,
    restart_counts: RestartCounts,
) -> ComponentRestarts:
    """Restarts of each component in the last 24 hours; counter resets are handled."""
    now = clock.now()
    found = by_component(restart_counts.of(digitalocean, now - DAY, now), known_app.others)
    window = Window.before(now, DAY, deployed=known_app.deployed_at)
    least = instances_of(known_app)
    return ComponentRestarts(
        _counted(found, window.begin),
        tuple(name for name in known_app.components if name not in found),
        window.coverage("restart counts", found, least, settings.coverage),
    )


@dataclass(frozen=True, slots=True)
class KnownRestarts:
    """Restarts of the last day, as far as they are known: evidence against a component that is healthy now.

    Attributes:
        most_first: components that were restarted.
        unread: why the counts could not be read; empty where they were.
        silent: components without any count.
    """

    most_first: tuple[Restarts, ...]
    unread: str = ""
    silent: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """Always enough: a component's health is known without its restarts."""
        if self.silent:
            return whole(f"restarts of {', '.join(self.silent)} not told")
        return whole("restarts not told" if self.unread else "")

    def evidence(self) -> Evidence:
        """Restarts by component, and what is not known of them."""
        rows = {one.name: f"{one.reading.value:g}" for one in self.most_first}
        if self.unread or self.silent:
            rows["Not known"] = self.unread or f"{', '.join(self.silent)}: no samples"
        return Facts("Restarts in the last 24 h", rows or {"All": "0"})


@measurement
def known_restarts(
    digitalocean: DigitalOceanApi, known_app: KnownApp, clock: Clock, restart_counts: RestartCounts
) -> KnownRestarts:
    """Restarts of each component in the last 24 hours; none where the platform does not tell."""
    now = clock.now()
    try:
        found = by_component(restart_counts.of(digitalocean, now - DAY, now), known_app.others)
    except Unmeasured as error:
        return KnownRestarts((), str(error))
    counted = _counted(found, (now - DAY).timestamp())
    return KnownRestarts(
        tuple(one for one in counted if one.reading.value),
        silent=tuple(name for name in known_app.components if name not in found),
    )


def _counted(found: Mapping[str, Sequence[Samples]], begin: float) -> tuple[Restarts, ...]:
    """Restarts since ``begin`` (epoch seconds), most first."""
    counted = [
        Restarts(name, Reading(sum(restarts(samples, begin) for samples in instances), "24 h"))
        for name, instances in found.items()
    ]
    return tuple(sorted(counted, key=lambda one: -one.reading.value))
