"""CPU and memory use of every component from the monitoring API: where it was highest, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_samples import Samples, usable
from playbook.clients.digitalocean_types import Series
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage
from playbook.core.engine import measurement
from playbook.core.evidence import Chart, Curve, Evidence, Table
from playbook.core.limits import Limit, Reading
from playbook.measure.app.known_app import KnownApp, instances_of
from playbook.measure.app.samples import Window, by_component, of_memory, sustained
from playbook.measure.known import those_read
from playbook.readers.streaks import since_when
from playbook.settings.model import Settings

_STEPS = 48
_CPU, _MEMORY = "CPU samples", "memory samples"
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class InstanceUse:
    """CPU or memory of one instance, percent of what it has.

    Attributes:
        samples: (epoch seconds, percent), oldest first; never empty.
        peak: the highest mean over the peak minutes. A mean, as a momentary peak is normal.
    """

    component: str
    instance: str
    samples: Samples
    peak: float

    @property
    def mean(self) -> float:
        """Mean over the window."""
        return fmean(value for _, value in self.samples)

    @property
    def highest(self) -> float:
        """Highest single sample."""
        return max(value for _, value in self.samples)


@dataclass(frozen=True, slots=True)
class ComponentUse:
    """CPU or memory of one component, judged by its busiest instance, so that an idle one cannot hide it.

    Attributes:
        reading: the highest mean over the peak minutes in percent, so that a quiet day cannot hide a busy night.
    """

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Utilization:
    """Use of every component over a window.

    Attributes:
        components: those of the app spec, and any other with samples.
        seen: coverage of the window for every component.
        hours: length of the window.
        minutes: period of a peak.
        cpu_limit, memory_limit: their limits, for the charts.
    """

    components: tuple[str, ...]
    cpu: tuple[InstanceUse, ...]
    memory: tuple[InstanceUse, ...]
    read_at: datetime
    seen: Coverage
    hours: int
    minutes: float
    cpu_limit: Limit | None = None
    memory_limit: Limit | None = None

    @property
    def coverage(self) -> Coverage:
        """How much of the window has samples of both, of every expected instance."""
        return self.seen

    @property
    def by_cpu(self) -> list[ComponentUse]:
        """CPU of the components that have samples, highest first."""
        return self._busiest(self.cpu)

    @property
    def by_memory(self) -> list[ComponentUse]:
        """Memory of the components that have samples, highest first."""
        return self._busiest(self.memory)

    @property
    def found(self) -> str:
        """How many components have samples."""
        seen = {use.component for use in self.cpu} & {use.component for use in self.memory}
        return f"samples of {len(seen)} of {len(self.components)} components"

    def evidence(self) -> list[Evidence]:
        """A row for each instance and for each component without samples, and curves of the busiest."""
        charts = [
            self._chart(what, instances, limit)
            for what, instances, limit in (
                ("CPU", self.cpu, self.cpu_limit),
                ("Memory", self.memory, self.memory_limit),
            )
            if limit and instances
        ]
        # Highest chart first.
        charts.sort(key=lambda chart: -max((v for curve in chart.curves for v in curve.values), default=0.0))
        return [self._table(), *charts]

    def _chart(self, what: str, instances: Iterable[InstanceUse], limit: Limit) -> Chart:
        """The busiest instance of each component, thinned."""
        busiest: dict[str, InstanceUse] = {}
        for use in sorted(instances, key=lambda use: use.peak):
            busiest[use.component] = use
        curves = [Curve(name, thinned(use.samples, self.hours)) for name, use in sorted(busiest.items())]
        worst = max(curves, key=lambda curve: max(curve.values))
        title = f"{what} over the last {self.hours} h, busiest instance"
        return Chart(title, "%", curves, limit.lines, marks=since_when(worst.points, limit))

    def _table(self) -> Table:
        cpu = {(use.component, use.instance): use for use in self.cpu}
        memory = {(use.component, use.instance): use for use in self.memory}
        known = cpu.keys() | memory.keys()
        silent = {(name, "") for name in self.components} - {(component, "") for component, _ in known}
        peak = f"{self.minutes:g} min"
        return Table(
            f"Use in the last {self.hours} h",
            ["Component", "Instance", "CPU mean", f"CPU {peak}", "Memory mean", f"Memory {peak}", "Samples"],
            [
                [*key, *_percentages(cpu.get(key)), *_percentages(memory.get(key)), self._samples(cpu.get(key))]
                for key in sorted(known | silent)
            ],
        )

    def _busiest(self, instances: Iterable[InstanceUse]) -> list[ComponentUse]:
        by_name: dict[str, list[InstanceUse]] = {}
        for use in instances:
            by_name.setdefault(use.component, []).append(use)
        found = []
        for name, uses in by_name.items():
            worst = max(uses, key=lambda use: use.peak)
            which = f"busiest of {len(uses)} instances, " if len(uses) > 1 else ""
            over = f"{self.minutes:g} min of {self.hours} h ({which}mean {worst.mean:.1f} %)"
            found.append(ComponentUse(name, Reading(worst.peak, over=over)))
        return sorted(found, key=lambda use: -use.reading.value)

    def _samples(self, use: InstanceUse | None) -> str:
        if use is None:
            return "none"
        age = max(self.read_at.timestamp() - use.samples[-1][0], 0.0)
        return f"{len(use.samples)}, newest {age:.0f} s old"


@measurement(parts=("services",))
def utilization(
    digitalocean: DigitalOceanApi, known_app: KnownApp, settings: Settings, clock: Clock
) -> Utilization:
    """CPU and memory of every component over the last 24 hours: mean, peak and samples."""
    return _utilization(digitalocean, known_app, settings, clock.now(), DAY)


@measurement(parts=("services",))
def utilization_now(
    digitalocean: DigitalOceanApi, known_app: KnownApp, settings: Settings, clock: Clock
) -> Utilization:
    """As ``utilization`` over the last hour, for a current investigation."""
    return _utilization(digitalocean, known_app, settings, clock.now(), HOUR)


def _utilization(
    digitalocean: DigitalOceanApi, app: KnownApp, settings: Settings, now: datetime, length: timedelta
) -> Utilization:
    minutes = settings.utilization.peak_minutes
    window = Window.before(now, length, 60 * minutes, app.deployed_at)
    # Neither hides what the other shows.
    series, seen = those_read(
        {
            _CPU: lambda: digitalocean.metric("cpu_percentage", now - length, now),
            _MEMORY: lambda: of_memory(digitalocean.metric("memory_percentage", now - length, now)),
        }
    )
    least = instances_of(app)
    for what, found in series.items():
        seen += window.coverage(what, by_component(found, app.others), least, settings.coverage)
    cpu, memory = (
        _instances([one for one in series.get(what, ()) if one.component not in app.others], 60 * minutes)
        for what in (_CPU, _MEMORY)
    )
    names = dict.fromkeys((*app.components, *(use.component for use in (*cpu, *memory))))
    limits = settings.limits
    return Utilization(tuple(names), cpu, memory, now, seen, window.hours, minutes, limits.cpu, limits.memory)


def thinned(samples: Samples, hours: float) -> list[tuple[float, float]]:
    """Mean of each forty-eighth of the period with samples, at its end; more points do not show in a chart."""
    step = hours * 3600 / _STEPS
    parts: dict[int, list[float]] = {}
    for at, value in samples:
        parts.setdefault(int(at // step), []).append(value)
    return [((number + 1) * step, fmean(values)) for number, values in sorted(parts.items())]


def _instances(series: Iterable[Series], seconds: float) -> tuple[InstanceUse, ...]:
    samples = [(one, usable(one)) for one in series]
    return tuple(
        InstanceUse(one.component, one.instance, found, sustained(found, seconds))
        for one, found in samples
        if found
    )


def _percentages(use: InstanceUse | None) -> list[str]:
    return [f"{use.mean:.1f} %", f"{use.peak:.1f} %"] if use else ["no samples", ""]
