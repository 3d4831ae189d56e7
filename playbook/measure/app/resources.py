"""A week of CPU and memory use from the monitoring API: level, growth, and when memory is full.

Each hour counts by its busiest instance: an idle one must not hide it, and replaced instances get new names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import fmean, quantiles

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_samples import Samples
from playbook.clients.digitalocean_types import Series
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking
from playbook.core.engine import measurement
from playbook.core.evidence import Chart, Curve, Evidence, Table
from playbook.core.limits import Limit, Reading, format_value
from playbook.core.wording import within
from playbook.measure.app.known_app import KnownApp, instances_of
from playbook.measure.app.samples import Window, by_component, of_memory
from playbook.measure.known import or_unread
from playbook.readers.trend import Point, Trend, by_grid, fit_of_newest, split_at_falls
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules
from playbook.settings.sections.trends import Trends

WEEK = timedelta(days=7)
HOUR = 3600.0
DAY = 86_400.0
# Of a week's 168; with fewer there is no figure.
LEAST_HOURS = 84
FULL = 100.0
_OF_LATE = 3  # hours
_DAILY_RESTARTS = "What is restarted every day never shows a slow growth, and is never hurt by one."


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading to judge, with its component."""

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class ComponentWeek:
    """A week of one component, in percent of what an instance has.

    Attributes:
        hours: start of each hour in Unix seconds, and the busiest instance's median in it.
        before: the same for the week before; may be empty.
    """

    name: str
    hours: tuple[Point, ...]
    before: tuple[Point, ...] = ()

    @property
    def mean(self) -> float:
        """Mean of the week."""
        return fmean(value for _, value in self.hours)

    @property
    def usual_highest(self) -> float:
        """95th percentile of the hours."""
        values = [value for _, value in self.hours]
        return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]

    @property
    def change(self) -> float | None:
        """Percentage points of the mean against the week before; ``None`` where either has too few hours."""
        if len(self.before) < LEAST_HOURS or len(self.hours) < LEAST_HOURS:
            return None
        return self.mean - fmean(value for _, value in self.before)


@dataclass(frozen=True, slots=True)
class ResourceWeek:
    """A week of every component.

    Attributes:
        what: ``CPU`` or ``Memory``.
        components: those of the app spec, and any other with samples.
    """

    what: str
    components: tuple[ComponentWeek, ...]
    limit: Limit
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen
    seen_before: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """How much of the week has samples of every expected instance."""
        return self.seen

    @property
    def found(self) -> str:
        """How many components have samples."""
        return (
            f"samples of {sum(bool(week.hours) for week in self.components)} of {len(self.components)} components"
        )

    @property
    def highest(self) -> list[Judged]:
        """95th percentile of the hours in percent, highest first."""
        found = []
        for week in self.components:
            if week.hours:
                over = f"7 days (95th percentile of {len(week.hours)} h, mean {week.mean:.1f} %)"
                found.append(Judged(week.name, Reading(week.usual_highest, over)))
        return sorted(found, key=lambda judged: -judged.reading.value)

    @property
    def changes(self) -> list[Judged]:
        """Percentage points against the week before, largest first; NaN where unknown."""
        found = []
        for week in self.components:
            if week.change is not None:
                over = f"7 days (mean from {week.mean - week.change:.1f} % to {week.mean:.1f} %)"
                found.append(Judged(week.name, Reading(week.change, over, self.seen_before)))
            elif week.hours and self.seen.enough:
                found.append(Judged(week.name, Reading(math.nan, "7 days", self._unknown_before)))
        return sorted(found, key=lambda judged: (math.isnan(judged.reading.value), -judged.reading.value))

    @property
    def _unknown_before(self) -> Coverage:
        if not self.seen_before.enough:
            return self.seen_before
        return lacking(
            "",
            expected=f"{within(self.what)} samples of the week before",
            got="too few",
            hint="Look again in a week, or keep the samples for longer.",
        )

    def evidence(self) -> list[Evidence]:
        """A row and a curve for each component."""
        rows = [
            [
                week.name,
                f"{week.mean:.1f} %",
                f"{week.usual_highest:.1f} %",
                "not known" if week.change is None else f"{week.change:+.1f} points",
                f"{len(week.hours)} of 168",
            ]
            for week in self.components
            if week.hours
        ]
        columns = ["Component", "Mean", "In 95 % of hours below", "Against the week before", "Hours"]
        return [Table(f"{self.what} in the last 7 days, busiest instance", columns, rows), self.chart()]

    def chart(self) -> Chart:
        """Hourly curve of each component."""
        curves = [Curve(week.name, list(week.hours)) for week in self.components]
        return Chart(f"{self.what}, busiest instance, last 7 days", "%", curves, self.limit.lines)


@dataclass(frozen=True, slots=True)
class Growth:
    """Memory growth of one component.

    Attributes:
        restarts: times at which memory fell as it does when a process restarts.
        since: beginning of the trend, if it is only that of the newest release or process.
        of_one: the trend is that of one instance, which grows below a fuller one.
        known: whether there was enough to compare of the busiest instance.
    """

    name: str
    trend: Trend
    restarts: tuple[datetime, ...]
    measured: datetime
    since: datetime | None = None
    of_one: bool = False
    known: bool = True

    @property
    def full_on(self) -> datetime | None:
        """When memory is full, if it grows steadily."""
        days = self.trend.days_until(FULL)
        return None if days is None else self.measured + timedelta(days=days)

    @property
    def left(self) -> Judged | None:
        """Days until memory is full, with the date; ``None`` where no steady growth is seen."""
        days = self.trend.days_until(FULL)
        if days is None:
            return None
        period = f"{period_of(self.since)}{' of one instance' if self.of_one else ''}"
        over = f"(full on {self.full_on:%Y-%m-%d} by {period}: {self.trend.describe('points')})"
        return Judged(self.name, Reading(math.floor(days), over))

    @property
    def outlook(self) -> str:
        """When memory is full, in words."""
        if self.full_on:
            return f"{self.full_on:%Y-%m-%d}"
        if self.trend.steady and self.trend.slope > 0:
            reach = self.trend.rule.reach * self.trend.span
            return f"not within {reach:.0f} days, by the trend of {period_of(self.since)}"
        return "no such trend"


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """Memory of every component over a week, and whether it grows."""

    week: ResourceWeek
    growths: tuple[Growth, ...]

    @property
    def filling(self) -> list[Judged]:
        """Days until memory is full, soonest first, for components with steady growth."""
        return sorted((one.left for one in self.growths if one.left), key=lambda judged: judged.reading.value)

    @property
    def summary(self) -> str:
        """The result in a few words."""
        filling = [f"{one.name} full in {format_value(one.reading.value, 'days')}" for one in self.filling]
        return ", ".join(filling) or f"none in {len(self.growths)} components over 7 days"

    @property
    def coverage(self) -> Coverage:
        """How much of the week was covered, and whether there are enough comparable hours without a restart
        between them.
        """
        coverage = self.week.coverage
        short = [growth.name for growth in self.growths if not growth.known]
        if short:
            least = self.growths[0].trend.rule.least_pairs
            coverage += lacking(
                "",
                expected=f"{least} comparisons of every component's memory with the same hour of another day, "
                "without a restart between",
                got=f"fewer comparisons of {', '.join(short)}",
                hint=_DAILY_RESTARTS,
            )
        return coverage

    def evidence(self) -> list[Evidence]:
        """A row and a curve for each component."""
        rows = [
            [
                growth.name,
                format_value(round(growth.trend.level, 1), "%"),
                growth.trend.describe("points"),
                growth.outlook,
                ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in growth.restarts) or "none seen",
            ]
            for growth in self.growths
        ]
        columns = ["Component", "Highest of the last day", "Growth", "Full on", "Restarts"]
        return [Table("Memory growth in the last 7 days, busiest instance", columns, rows), self.week.chart()]


@measurement(parts=("services",))
def cpu_week(digitalocean: DigitalOceanApi, known_app: KnownApp, settings: Settings, clock: Clock) -> ResourceWeek:
    """Hourly CPU of every component over seven days, and over the seven days before."""
    now = clock.now()
    # Two queries, as the API spaces samples further apart over a longer period.
    this = digitalocean.metric("cpu_percentage", now - WEEK, now)
    ask_before = partial(digitalocean.metric, "cpu_percentage", now - 2 * WEEK, now - WEEK)
    found_before, lack = or_unread(ask_before, "CPU samples of the week before")
    before = found_before or []
    earlier = {week.name: week.hours for week in _weeks(known_app, before, now - 2 * WEEK)}
    weeks = tuple(replace(week, before=earlier.get(week.name, ())) for week in _weeks(known_app, this, now - WEEK))
    rules = settings.coverage
    seen = _seen("CPU", known_app, this, now, rules)
    # The age of the newest sample does not matter for a past week.
    over = msgspec.structs.replace(rules, newest_minutes=math.inf)
    seen_before = _seen(
        "CPU", known_app, before, now - WEEK, over, least_percent=rules.trend_percent, of=" of the week before"
    )
    seen_before = seen_before if found_before is not None else lack
    return ResourceWeek("CPU", weeks, settings.limits.cpu, seen, seen_before)


@measurement(parts=("services",))
def memory_growth(
    digitalocean: DigitalOceanApi, known_app: KnownApp, settings: Settings, clock: Clock
) -> MemoryGrowth:
    """Hourly memory of every component over seven days, and whether it grows."""
    now = clock.now()
    series = of_memory(digitalocean.metric("memory_percentage", now - WEEK, now))
    weeks = _weeks(known_app, series, now - WEEK)
    instances = by_component(series, known_app.others)
    growths = []
    for week in weeks:
        busiest = _growth(week.name, week.hours, known_app, settings.trends, now)
        living = [samples for samples in instances.get(week.name, []) if _lives(samples, now)]
        each = (by_grid(list(samples), HOUR) for samples in living if len(living) > 1)
        others = [_growth(week.name, hours, known_app, settings.trends, now) for hours in each]
        growths.append(_soonest(busiest, others))
    seen = _seen("Memory", known_app, series, now, settings.coverage)
    return MemoryGrowth(ResourceWeek("Memory", weeks, settings.limits.memory, seen), tuple(growths))


def _growth(name: str, hours: Sequence[Point], app: KnownApp, rule: Trends, now: datetime) -> Growth:
    parts = split_at_falls(hours, rule.restart_points)
    restarts = tuple(datetime.fromtimestamp(part[0][0], UTC) for part in parts[1:])
    deployed = app.deployed_at.timestamp() if app.deployed_at else 0.0
    trend, since = fit_of_newest(parts, DAY, rule, begin=deployed)
    return Growth(name, trend, restarts, now, since_of(since), known=trend.known)


def _soonest(busiest: Growth, instances: Iterable[Growth]) -> Growth:
    """The growth that fills memory first: an instance may leak below a fuller one that does not."""
    filling = [(days, one) for one in instances if (days := one.trend.days_until(FULL)) is not None]
    days, one = min(filling, key=lambda found: found[0], default=(math.inf, busiest))
    left = busiest.trend.days_until(FULL)
    if one is busiest or (left is not None and left <= days):
        return busiest
    return replace(one, of_one=True, known=busiest.known)


def _lives(samples: Samples, now: datetime) -> bool:
    """Whether an instance has samples of late, so that it was not replaced."""
    return samples[-1][0] >= (now - timedelta(hours=_OF_LATE)).timestamp()


def since_of(seconds: float | None) -> datetime | None:
    """Unix seconds as a moment."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def period_of(since: datetime | None) -> str:
    """What a trend is of: the week, or the time since a restart or deployment in it."""
    return f"its course since {since:%Y-%m-%d %H:%M}" if since else "the last 7 days"


def _seen(
    what: str,
    app: KnownApp,
    series: Iterable[Series],
    end: datetime,
    rules: CoverageRules,
    *,
    least_percent: float | None = None,
    of: str = "",
) -> Coverage:
    least = instances_of(app)
    window = Window.before(end, WEEK, deployed=app.deployed_at)
    return window.coverage(
        f"{within(what)} samples{of}", by_component(series, app.others), least, rules, least_percent=least_percent
    )


def _weeks(app: KnownApp, series: Iterable[Series], begin: datetime) -> tuple[ComponentWeek, ...]:
    """In whole hours since ``begin``."""
    highest: dict[str, dict[float, float]] = {name: {} for name in app.components if app.instances(name)}
    for name, instances in by_component(series, app.others).items():
        hours = highest.setdefault(name, {})
        for samples in instances:
            whole_hours = [at for at in by_grid(list(samples), HOUR) if at[0] >= begin.timestamp()]
            for hour, value in whole_hours:
                hours[hour] = max(value, hours.get(hour, value))
    return tuple(ComponentWeek(name, tuple(sorted(hours.items()))) for name, hours in highest.items())
