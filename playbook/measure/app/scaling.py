"""Instance counts and sizes compared with a week of use, and the cheapest change that fits. Proposed, never
applied.

A size fits if the total CPU used (95th percentile of the week) and the highest memory of one instance leave the
configured headroom. CPU spreads over instances; memory does not, as each instance holds the whole program. A
proposal keeps the kind of CPU, shared or dedicated, and the minimum number of instances.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount, InstanceSize
from playbook.clients.digitalocean_samples import Samples
from playbook.clients.digitalocean_spec import ComponentSpec
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, understood
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Table
from playbook.core.limits import Reading
from playbook.measure.app.app import identity_of
from playbook.measure.app.samples import Window, by_component, of_memory
from playbook.measure.known import or_unread, those_read
from playbook.settings.model import Settings
from playbook.settings.sections.platform import Scaling

WEEK = timedelta(days=7)
MOST_INSTANCES = 20


@dataclass(frozen=True, slots=True)
class Use:
    """A component's use in the week.

    Attributes:
        cpu, memory: percent of one instance, 95th percentile of the busiest.
        highest_memory: percent of one instance, the highest sample.
        together: CPU summed over all instances, percent of one instance, 95th percentile.
        hours: number of hours with samples of both, or of the one that could be read.
    """

    cpu: float
    memory: float
    highest_memory: float
    together: float
    hours: int

    @property
    def is_whole(self) -> bool:
        """Whether both CPU and memory are known."""
        return math.isfinite(self.cpu) and math.isfinite(self.memory)


@dataclass(frozen=True, slots=True)
class Plan:
    """A number of instances of a size, and its cost in dollars a month."""

    count: int
    size: InstanceSize

    @property
    def usd(self) -> float:
        """Dollars a month."""
        return self.count * self.size.usd_per_month

    def __str__(self) -> str:
        return f"{self.count} × {self.size.slug}"


@dataclass(frozen=True, slots=True)
class Fit:
    """A component, its size, its use, and a size that would fit.

    Attributes:
        slug, count: from the app spec; with autoscaling the minimum count.
        most: with autoscaling the maximum count.
        now: None where the platform no longer offers its size, so that it has no price.
        proposal: the cheapest plan that fits; None where none does, or where it cannot be determined.
        least_saving: dollars a month below which a change is not worth it.
    """

    name: str
    slug: str
    count: int
    most: int | None
    use: Use
    now: Plan | None
    proposal: Plan | None
    least_saving: float

    @property
    def saving(self) -> float:
        """Dollars a month that the proposal saves; negative where it costs more."""
        return self.now.usd - self.proposal.usd if self.now and self.proposal else 0.0

    @property
    def oversized(self) -> bool:
        """Whether a noticeably cheaper plan would fit as well."""
        return self.saving >= max(self.least_saving, 0.01)

    @property
    def has(self) -> str:
        """Current count and size, in words."""
        return f"{self.count}{f' to {self.most}' if self.most else ''} × {self.slug}"

    @property
    def cpu(self) -> Reading:
        """Percent, as the check judges it."""
        return Reading(round(self.use.cpu, 1), over=self._over)

    @property
    def memory(self) -> Reading:
        """Percent, as the check judges it."""
        return Reading(round(self.use.memory, 1), over=self._over)

    @property
    def found(self) -> str:
        """Current size and use, and the proposal."""
        use = f"{self.has} at {_percent(self.use.cpu, 0)} CPU and {_percent(self.use.highest_memory, 0)} memory"
        return f"{use}; {self.change}" if self.proposal else use

    @property
    def change(self) -> str:
        """The proposed change with its price."""
        if self.now is None:
            return "its size is not on offer any more, so it has no price"
        if not self.use.is_whole:
            return "a size is not proposed, as its use is not known"
        if self.proposal is None:
            return "no size on offer would fit"
        if self.proposal == self.now or abs(self.saving) < 0.01:
            return "keep"
        plan = f"{'at least ' if self.most else ''}{self.proposal}"
        if self.saving > 0:
            return f"{plan} would save ${self.saving:,.2f} a month"
        return f"{plan} would cost ${-self.saving:,.2f} a month more"

    @property
    def _over(self) -> str:
        advice = f"; {self.change}" if self.change != "keep" else ""
        return f"7 days (95th percentile of {self.has}{advice})"


@dataclass(frozen=True, slots=True)
class ScalingReview:
    """Every component with samples of the week, and those without.

    Attributes:
        silent: names of components without samples.
        seen: coverage of the week for every component.
    """

    fits: tuple[Fit, ...]
    silent: tuple[str, ...]
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def by_cpu(self) -> list[Fit]:
        """Busiest first; none where CPU could not be read."""
        return sorted((fit for fit in self.fits if math.isfinite(fit.use.cpu)), key=lambda fit: -fit.use.cpu)

    @property
    def by_memory(self) -> list[Fit]:
        """Fullest first; none where memory could not be read."""
        return sorted((fit for fit in self.fits if math.isfinite(fit.use.memory)), key=lambda fit: -fit.use.memory)

    @property
    def by_saving(self) -> list[Fit]:
        """Largest saving first."""
        return sorted(self.fits, key=lambda fit: -fit.saving)

    @property
    def coverage(self) -> Coverage:
        """How much of the week has samples of every expected instance."""
        return self.seen

    @property
    def found(self) -> str:
        """How many components have samples."""
        return f"samples of {len(self.fits)} of {len(self.fits) + len(self.silent)} components"

    @property
    def priced(self) -> Coverage:
        """Whether every component's size has a price, so that a cheaper one could be found."""
        without = [fit.slug or f"{fit.name} without a size" for fit in self.fits if fit.now is None]
        return understood(len(without), len(self.fits), "instance sizes", examples=without)

    def evidence(self) -> Evidence:
        """A row for each component: current size, use, and the proposed change."""
        rows = [
            [
                fit.name,
                fit.has,
                f"${fit.now.usd:,.2f}" if fit.now else "unknown",
                _percent(fit.use.cpu),
                _percent(fit.use.memory),
                _percent(fit.use.highest_memory),
                f"{fit.use.hours} of 168",
                fit.change,
            ]
            for fit in self.by_saving
        ]
        rows += [[name, "", "", "", "", "", "0 of 168", "no samples"] for name in self.silent]
        columns = ["Component", "Has", "A month", "CPU P95", "Memory P95", "Memory highest", "Hours", "Proposal"]
        return Table("Sizes against a week of use (proposals are not applied)", columns, rows)


@measurement(parts=("services",))
def scaling(
    digitalocean: DigitalOceanApi, digitalocean_account: DigitalOceanAccount, settings: Settings, clock: Clock
) -> ScalingReview:
    """Instances and sizes of every component, a week of their use, and the cheapest plan that would fit.

    A use that is too high counts as well where prices, or one of CPU and memory, cannot be read.
    """
    rule, now = settings.scaling, clock.now()
    running = digitalocean.app()
    prices, seen = or_unread(digitalocean_account.instance_sizes, "the instance sizes")
    sizes = prices or []
    spec, active = running.spec_in_effect, running.active_deployment
    others = {component.name for component in spec.others}
    metrics, lack = those_read(
        {
            "CPU samples": lambda: digitalocean.metric("cpu_percentage", now - WEEK, now),
            "memory samples": lambda: of_memory(digitalocean.metric("memory_percentage", now - WEEK, now)),
        }
    )
    seen += lack
    found = {what: by_component(series, others) for what, series in metrics.items()}
    fits, silent = [], []
    for component, is_service in (*((c, True) for c in spec.services), *((c, False) for c in spec.workers)):
        cpu, memory = (
            found[what].get(component.name, []) if what in found else None
            for what in ("CPU samples", "memory samples")
        )
        use = _use(cpu, memory)
        if use is None:
            silent.append(component.name)
        else:
            fits.append(_fit(component, use, sizes, rule, rule.least_instances if is_service else 1))
    window = Window.before(now, WEEK, deployed=active.created_at if active else None)
    least = {component.name: component.least for component in spec.running}
    for what, samples in found.items():
        seen += window.coverage(what, samples, least, settings.coverage)
    return ScalingReview(tuple(fits), tuple(silent), seen + identity_of(running, settings))


def _percent(value: float, decimals: int = 1) -> str:
    return f"{value:.{decimals}f} %" if math.isfinite(value) else "not known"


def _use(busy: Sequence[Samples] | None, full: Sequence[Samples] | None) -> Use | None:
    """The use by samples of CPU and memory; NaN for one that could not be read (None), None without samples."""
    if busy == [] or full == []:
        return None
    both = [_hours(samples) for samples in (busy, full) if samples is not None]
    busy, full = busy or [], full or []
    together: defaultdict[float, float] = defaultdict(float)
    for samples in busy:
        for at, value in samples:
            together[at] += value
    return Use(
        cpu=max((_p95(value for _, value in samples) for samples in busy), default=math.nan),
        memory=max((_p95(value for _, value in samples) for samples in full), default=math.nan),
        highest_memory=max((value for samples in full for _, value in samples), default=math.nan),
        together=_p95(together.values()) if together else math.nan,
        hours=len(set.intersection(*both)),
    )


def _hours(instances: Iterable[Samples]) -> set[int]:
    return {int(at // 3600) for samples in instances for at, _ in samples}


def _p95(values: Iterable[float]) -> float:
    """The smallest value that 95 % of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def _fit(component: ComponentSpec, use: Use, sizes: Iterable[InstanceSize], rule: Scaling, least: int) -> Fit:
    count = component.least_awake or component.instance_count
    most = component.scaling.max_instance_count if component.scaling else None
    size = next((size for size in sizes if size.slug == component.instance_size_slug), None)
    now = Plan(count, size) if size else None
    return Fit(
        name=component.name,
        slug=component.instance_size_slug,
        count=count,
        most=most,
        use=use,
        now=now,
        proposal=_cheapest(now, use, sizes, rule, min(least, count)) if now and use.is_whole else None,
        least_saving=rule.least_saving_usd,
    )


def _cheapest(now: Plan, use: Use, sizes: Iterable[InstanceSize], rule: Scaling, least: int) -> Plan | None:
    """The cheapest plan with enough headroom; among equals the one nearest to the current plan."""
    cpus = use.together / 100 * now.size.cpus
    memory = use.highest_memory / 100 * now.size.memory_bytes
    plans = []
    for size in sizes:
        usable = size.cpu_type == now.size.cpu_type and size.cpus > 0 and size.memory_bytes > 0
        if not usable or size.deprecation_intent or 100 * memory / size.memory_bytes > rule.memory_room_percent:
            continue
        count = max(least, math.ceil(100 * cpus / size.cpus / rule.cpu_room_percent))
        if count <= (1 if size.single_instance_only else MOST_INSTANCES):
            plans.append(Plan(count, size))
    return min(plans, key=lambda plan: (plan.usd, plan.size.slug != now.size.slug, plan.count), default=None)
