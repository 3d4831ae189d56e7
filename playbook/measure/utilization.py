"""Processor and memory use of every component over the last hour, from the monitoring API."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import Series
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Table
from playbook.limits import Reading
from playbook.measure.app import AppStatus

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class InstanceUse:
    """CPU or memory of one instance, percent of what it has.

    Attributes:
        values: finite numbers, oldest first; never empty.
        newest: when the last one was taken, epoch seconds.
    """

    component: str
    instance: str
    values: tuple[float, ...]
    newest: float

    @property
    def mean(self) -> float:
        """Mean over the window."""
        return fmean(self.values)

    @property
    def highest(self) -> float:
        """Highest single sample."""
        return max(self.values)


@dataclass(frozen=True, slots=True)
class ComponentUse:
    """CPU or memory of one component, judged by its busiest instance: it must not hide behind an idle one.

    Attributes:
        reading: mean over the hour, percent. The mean, as what is busy for a moment is only doing its work.
    """

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Utilization:
    """Use of every component.

    Attributes:
        components: what the app spec names and what else has samples.
    """

    components: tuple[str, ...]
    cpu: tuple[InstanceUse, ...]
    memory: tuple[InstanceUse, ...]
    read_at: datetime

    @property
    def by_cpu(self) -> list[ComponentUse]:
        """CPU of the components that have samples, highest first."""
        return _busiest(self.cpu)

    @property
    def by_memory(self) -> list[ComponentUse]:
        """Memory of the components that have samples, highest first."""
        return _busiest(self.memory)

    def expect_all(self) -> None:
        """Every component has samples of both.

        Raises:
            TooLittleData: names those that do not.
        """
        seen = {use.component for use in self.cpu} & {use.component for use in self.memory}
        missing = [name for name in self.components if name not in seen]
        if missing or not self.components:
            raise TooLittleData(
                f"{SERVICE}: expected CPU and memory samples of every component in the last hour, "
                f"got none of {', '.join(missing) or 'any'}",
                service=SERVICE,
                hint="A component that was just deployed has none yet; otherwise look at the app's Insights.",
            )

    def evidence(self) -> Evidence:
        """A row for each instance, and one for each component without samples."""
        cpu = {(use.component, use.instance): use for use in self.cpu}
        memory = {(use.component, use.instance): use for use in self.memory}
        known = cpu.keys() | memory.keys()
        silent = {(name, "") for name in self.components} - {(component, "") for component, _ in known}
        return Table(
            "Use in the last hour",
            ["Component", "Instance", "CPU mean", "CPU highest", "Memory mean", "Memory highest", "Samples"],
            [
                [*key, *_percentages(cpu.get(key)), *_percentages(memory.get(key)), self._samples(cpu.get(key))]
                for key in sorted(known | silent)
            ],
        )

    def _samples(self, use: InstanceUse | None) -> str:
        if use is None:
            return "none"
        age = max(self.read_at.timestamp() - use.newest, 0.0)
        return f"{len(use.values)}, newest {age:.0f} s old"


@measurement
def utilization(digitalocean: DigitalOceanApi, app: AppStatus, clock: Clock) -> Utilization:
    """CPU and memory of every component over the last hour: mean, highest, samples."""
    now = clock.now()
    cpu = _instances(digitalocean.metric("cpu_percentage", now - WINDOW, now))
    memory = _instances(digitalocean.metric("memory_percentage", now - WINDOW, now))
    names = dict.fromkeys((*app.components, *(use.component for use in (*cpu, *memory))))
    return Utilization(tuple(names), cpu, memory, read_at=now)


def _instances(series: Iterable[Series]) -> tuple[InstanceUse, ...]:
    found = []
    for one in series:
        finite = [(at, value) for at, value in one.samples if math.isfinite(value)]
        if finite:
            values = tuple(value for _, value in finite)
            found.append(InstanceUse(one.component, one.instance, values, finite[-1][0]))
    return tuple(found)


def _busiest(instances: Iterable[InstanceUse]) -> list[ComponentUse]:
    by_component: dict[str, list[InstanceUse]] = {}
    for use in instances:
        by_component.setdefault(use.component, []).append(use)
    found = []
    for name, uses in by_component.items():
        worst = max(uses, key=lambda use: use.mean)
        which = f"busiest of {len(uses)} instances, " if len(uses) > 1 else ""
        over = f"1 h ({which}highest {worst.highest:.1f} %, {len(worst.values)} samples)"
        found.append(ComponentUse(name, Reading(worst.mean, over=over)))
    return sorted(found, key=lambda use: -use.reading.value)


def _percentages(use: InstanceUse | None) -> list[str]:
    return [f"{use.mean:.1f} %", f"{use.highest:.1f} %"] if use else ["no samples", ""]
