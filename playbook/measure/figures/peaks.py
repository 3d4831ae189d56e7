"""Peak and off-peak: how much busier the busy hours of a day are, and instances not needed in the others."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Table
from playbook.measure.app.resources import ComponentWeek, ResourceWeek
from playbook.measure.app.scaling import Fit, ScalingReview
from playbook.settings.model import Settings

HOURS = 24
PEAK_HOURS = 4  # the busiest hours of a day
QUIET_HOURS = 12  # the quietest hours of a day


@dataclass(frozen=True, slots=True)
class Day:
    """A component's usual day.

    Attributes:
        peak, off_peak: CPU of its busiest instance, percent: median of the busiest hours, highest of the quietest.
        busiest, quietest: those hours of the day in UTC.
        fit: current size, with its price.
        enough: number of instances needed in the quietest hours.
        least_saving: dollars a month below which a change is not worth it.
    """

    name: str
    peak: float
    off_peak: float
    busiest: tuple[int, ...]
    quietest: tuple[int, ...]
    fit: Fit
    enough: int
    least_saving: float

    @property
    def saving(self) -> float:
        """Dollars a month saved by fewer instances in the quietest hours."""
        if self.fit.now is None or self.fit.most:
            return 0.0
        share = len(self.quietest) / HOURS
        return (self.fit.count - min(self.enough, self.fit.count)) * self.fit.now.size.usd_per_month * share

    @property
    def idle(self) -> bool:
        """Whether the same number of instances runs in the quietest hours as at the peak, though noticeably fewer
        would do.
        """
        return self.saving >= max(self.least_saving, 0.01)

    @property
    def found(self) -> str:
        """Current size, CPU at and off the peak, and the proposal."""
        use = (
            f"{self.fit.has} day and night, at {self.peak:.0f} % CPU at the peak "
            f"({_hour_ranges(self.busiest)} UTC) and {self.off_peak:.0f} % at most off it "
            f"({_hour_ranges(self.quietest)} UTC)"
        )
        return (
            f"{use}; autoscaling from {self.enough} would save about ${self.saving:,.2f} a month"
            if self.idle
            else use
        )


@dataclass(frozen=True, slots=True)
class Peaks:
    """The usual day of every component.

    Attributes:
        unknown: components without a sample in some hour of the day.
    """

    days: tuple[Day, ...]
    unknown: tuple[str, ...]

    @property
    def coverage(self) -> Coverage:
        """Every hour of the day of every component."""
        if not self.unknown:
            return whole(f"the usual day of {len(self.days)} components")
        return lacking(
            "",
            expected="samples of every hour of the day",
            got=f"hours without any of {', '.join(self.unknown)}",
            hint="See what stops the samples at these hours, such as a component that sleeps, "
            "and look again in a week.",
        )

    @property
    def by_saving(self) -> list[Day]:
        """Largest saving first."""
        return sorted(self.days, key=lambda day: -day.saving)

    @property
    def found(self) -> str:
        """How many components have a usual day."""
        return f"the usual day of {len(self.days)} of {len(self.days) + len(self.unknown)} components"

    def evidence(self) -> Evidence:
        """A row for each component."""
        rows = [
            [
                day.name,
                day.fit.has,
                f"{day.peak:.1f} %",
                _hour_ranges(day.busiest),
                f"{day.off_peak:.1f} %",
                _hour_ranges(day.quietest),
                str(day.enough),
            ]
            for day in self.by_saving
        ]
        columns = ["Component", "Has", "CPU at the peak", "Hours (UTC)", "CPU off it, at most", "Hours (UTC)"]
        return Table("Peak and off-peak, by the week's median of each hour", [*columns, "Enough off it"], rows)


@measurement(parts=("services",))
def peaks(cpu_week: ResourceWeek, scaling: ScalingReview, settings: Settings) -> Peaks:
    """The busiest and the quietest hours of every component's usual day, and the number of instances needed in
    each.
    """
    fits = {fit.name: fit for fit in scaling.fits}
    days, unknown = [], []
    for week in cpu_week.components:
        if week.name not in fits:
            continue
        usual = _usual(week)
        if len(usual) < HOURS:
            unknown.append(week.name)
        else:
            days.append(_day(week.name, usual, fits[week.name], settings))
    return Peaks(tuple(days), tuple(unknown))


def _usual(week: ComponentWeek) -> dict[int, float]:
    """Median CPU by hour of the day in UTC."""
    by_hour: defaultdict[int, list[float]] = defaultdict(list)
    for at, value in week.hours:
        by_hour[int(at // 3600) % HOURS].append(value)
    return {hour: median(values) for hour, values in by_hour.items()}


def _day(name: str, usual: dict[int, float], fit: Fit, settings: Settings) -> Day:
    rule = settings.scaling
    ordered = sorted(usual, key=lambda hour: (usual[hour], hour))
    quietest, busiest = ordered[:QUIET_HOURS], ordered[-PEAK_HOURS:]
    off_peak = max(usual[hour] for hour in quietest)
    least = min(rule.least_instances, fit.count)
    return Day(
        name=name,
        peak=median(usual[hour] for hour in busiest),
        off_peak=off_peak,
        busiest=tuple(sorted(busiest)),
        quietest=tuple(sorted(quietest)),
        fit=fit,
        enough=max(least, math.ceil(fit.count * off_peak / rule.cpu_room_percent)),
        least_saving=rule.least_saving_usd,
    )


def _hour_ranges(hours: Iterable[int]) -> str:
    """``22–04, 09``: hours of the day as ranges, also over midnight."""
    wanted = set(hours)
    starts = sorted(hour for hour in wanted if (hour - 1) % HOURS not in wanted)
    stretches = []
    for start in starts:
        end = start
        while (end + 1) % HOURS in wanted and (end + 1) % HOURS != start:
            end = (end + 1) % HOURS
        stretches.append(f"{start:02}–{(end + 1) % HOURS:02}")
    return ", ".join(stretches) or "all day"
