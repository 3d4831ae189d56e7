"""Unusual days of the month, and the trend of each figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_queries import own_series
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, together, unread, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Chart, Curve, Evidence, Facts, Table
from playbook.core.wording import within
from playbook.measure.figures.figure_names import ERROR_RATE, Figure, figures_of
from playbook.measure.figures.month import DAYS, day_of
from playbook.measure.figures.performance import DAY, bad_is_low, days_of
from playbook.readers.trend import ROBUST, Point, Trend, fit
from playbook.settings.model import Settings
from playbook.settings.sections.trends import Trends

WEEK_SECONDS = 7 * 86_400.0
# Of thirty days; with fewer there is no usual value.
LEAST_DAYS = 20
# Days of one kind; with fewer, working days and weekends are judged together.
LEAST_OF_A_KIND = 5


@dataclass(frozen=True, slots=True)
class Unusual:
    """An unusual day: the day, its value, and the usual value."""

    name: str
    day: Point
    usual: float
    spreads: float
    unit: str

    @property
    def shown(self) -> tuple[str, str]:
        """The day's value and the usual one; a figure without a unit is a count."""
        decimals = 2 if self.unit else 0
        value, usual = (f"{x:,.{decimals}f} {self.unit}".strip() for x in (self.day[1], self.usual))
        return value, usual

    def __str__(self) -> str:
        value, usual = self.shown
        return f"{day_of(self.day[0])} ({self.name} {value}, usual {usual})"


@dataclass(frozen=True, slots=True)
class DailyFigure:
    """Whole days (UTC) of a figure.

    Attributes:
        days: start of the day in Unix seconds, and its value.
        seen: days with enough samples; other days never count as usual.
        bad: the failing side: ``low``, ``high`` or ``both``.
        floor: minimum standard deviation, in the unit or in percent of the median.
    """

    name: str
    unit: str
    days: tuple[Point, ...]
    seen: frozenset[float]
    bad: str
    floor: float
    relative_floor: bool
    rule: Trends

    @property
    def known(self) -> bool:
        """Whether there are enough days for a usual value."""
        return len(self.days) >= LEAST_DAYS

    @property
    def seen_days(self) -> int:
        """Number of days with enough samples."""
        return sum(at in self.seen for at, _ in self.days)

    @property
    def unusual(self) -> list[Unusual]:
        """Days too far from the median of their kind of day, in robust standard deviations."""
        found = []
        for kind in self._kinds() if self.known else ():
            middle = median(value for _, value in kind)
            floor = self.floor * middle / 100 if self.relative_floor else self.floor
            spread = max(ROBUST * median(abs(value - middle) for _, value in kind), floor)
            for day in kind:
                off = (day[1] - middle) / spread if spread else 0.0
                if abs(off) > self.rule.unusual_spreads and self.bad in {"both", "high" if off > 0 else "low"}:
                    found.append(Unusual(self.name, day, middle, off, self.unit))
        return sorted(found, key=lambda one: one.day[0])

    @property
    def trend(self) -> Trend:
        """Over the month, each day compared with the same weekday of other weeks."""
        return fit([self.days], WEEK_SECONDS, self.rule)

    def chart(self) -> Chart:
        """The days, with the unusual ones marked."""
        marked = Curve("unusual", [one.day for one in self.unusual], dots=True)
        return Chart(f"{self.name}, each whole day", self.unit, [Curve(self.name, list(self.days)), marked])

    def _kinds(self) -> Iterable[Sequence[Point]]:
        weekend = [day for day in self.days if datetime.fromtimestamp(day[0], UTC).weekday() >= 5]
        working = [day for day in self.days if day not in weekend]
        return [weekend, working] if min(len(weekend), len(working)) >= LEAST_OF_A_KIND else [self.days]


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Thirty whole days of every figure, and of the number of requests."""

    service: str
    figures: tuple[DailyFigure, ...]
    least_percent: float
    answers: Coverage = field(default_factory=Coverage)

    @property
    def coverage(self) -> Coverage:
        """Whether enough days of every figure are known."""
        least = max(math.ceil(DAYS * self.least_percent / 100), LEAST_DAYS)
        short = [
            f"{within(figure.name)} ({figure.seen_days})" for figure in self.figures if figure.seen_days < least
        ]
        fewest = min(figure.seen_days for figure in self.figures)
        if not short:
            return self.answers + whole(f"{fewest} of {DAYS} days")
        return self.answers + lacking(
            f"{fewest} of {DAYS} days",
            expected=f"at least {least} of the last {DAYS} whole days of every figure",
            got=f"fewer days of {', '.join(short)}",
            hint="The store must keep its samples for 30 days.",
        )

    @property
    def unusual(self) -> list[Unusual]:
        """Unusual days of all figures, oldest first."""
        found = [one for figure in self.figures for one in figure.unusual]
        return sorted(found, key=lambda one: one.day[0])

    @property
    def summary(self) -> str:
        """The unusual days in a few words."""
        found = self.unusual
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        return f"{len(found)}: {', '.join(map(str, found[:4]))}{more}" if found else f"none in {DAYS} days"

    def evidence(self) -> list[Evidence]:
        """The unusual days, each figure's trend, the rule, and charts of the figures with unusual days."""
        rule = self.figures[0].rule
        far = [
            [
                day_of(one.day[0]),
                one.name,
                *one.shown,
                f"{one.spreads:+.1f}",
            ]
            for one in self.unusual
        ]
        trends = [
            [figure.name, str(len(figure.days)), figure.trend.describe(figure.unit)] for figure in self.figures
        ]
        how = {
            "Usual": "median of the working days, or of the weekend's days",
            "Out of the usual": f"more than {rule.unusual_spreads:g} robust standard deviations to the bad side "
            "(requests: to either side)",
            "Robust standard deviation": f"{ROBUST} × median distance from the median, at least the floor",
        }
        shown: list[Evidence] = [
            Table("Days out of the usual", ["Day", "Figure", "Value", "Usual", "Deviations off"], far),
            Table("Trends of the month", ["Figure", "Days", "Growth"], trends),
            Facts("How it is judged", how),
        ]
        return [*shown, *(figure.chart() for figure in self.figures if figure.unusual or figure.bad == "both")]


@measurement
def month_days(prometheus: Prometheus, settings: Settings, clock: Clock) -> MonthDays:
    """Every key figure, and the number of requests, of each of the last thirty whole days."""
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rule, wanted = settings.trends, figures_of(settings)
    answers: list[Coverage] = []
    errors: list[Unmeasured] = []

    least_looks = DAY.total_seconds() / 60 / settings.kpis.look_minutes * settings.coverage.trend_percent / 100

    def days(key: str) -> tuple[Point, ...]:
        try:
            found, answered = days_of(prometheus, settings, key, midnight, DAYS)
        except Unmeasured as error:  # a figure that cannot be read hides none of the others
            errors.append(error)
            answers.append(unread(error, f"an answer to queries.{key}"))
            return ()
        answers.append(answered)
        # A value at midnight is that of the day which ended then.
        return tuple((at - DAY.total_seconds(), value) for at, value in found)

    def seen(figure: Figure) -> frozenset[float]:
        return frozenset(at for at, looks in days(f"{figure.key}_looks") if looks >= least_looks)

    figures = [
        DailyFigure(
            figure.name,
            figure.unit,
            days(figure.key),
            seen(figure),
            "low" if bad_is_low(getattr(settings.limits, figure.key)) else "high",
            getattr(rule, f"{figure.key}_floor"),
            relative_floor=figure.unit != "%",
            rule=rule,
        )
        for figure in wanted
    ]
    whole_days = seen(ERROR_RATE)
    requests = DailyFigure(
        "Requests",
        "",
        # Requests of a partly covered day would look unusually low.
        tuple(day for day in days("error_rate_count") if day[0] in whole_days),
        whole_days,
        "both",
        rule.requests_floor,
        relative_floor=True,
        rule=rule,
    )
    if not any(one.days for one in (*figures, requests)) and errors:
        raise errors[0]
    own = own_series(
        aside(prometheus),
        settings,
        [figure.key for figure in wanted if figure.scraped],
        DAYS * DAY.total_seconds(),
        midnight,
    )
    partial = together(one for one in answers if not one.enough)
    return MonthDays(prometheus.service, (*figures, requests), settings.coverage.trend_percent, own + partial)
