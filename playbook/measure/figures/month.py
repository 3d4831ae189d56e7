"""The month's key figures: percentiles, and comparison with the month before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles

from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_queries import query_of
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Chart, Evidence, Table
from playbook.core.limits import Limit, Reading, format_value
from playbook.core.verdict import SEVERITY
from playbook.core.wording import within
from playbook.measure.figures.figure_names import Figure, Window, figures_of
from playbook.measure.figures.kpis import Kpi, kpi
from playbook.measure.figures.performance import DAY, KpiByDay, bad_is_low, by_day, by_day_chart
from playbook.readers.trend import Point
from playbook.settings.model import Settings
from playbook.settings.sections.trends import Trends

_TIMES = (("response_time_quantile", "Requests", ""), ("image_time_quantile", "Images", "images"))
MONTH = Window(720, "30 days")
DAYS = MONTH.hours // 24
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in seconds, by quantile; quantiles without samples are left out."""

    name: str
    seconds: tuple[tuple[float, float], ...]

    @property
    def row(self) -> list[str]:
        """P50, P95 and P99, formatted."""
        known = dict(self.seconds)
        shown = [format_value(round(known[q], 3), "s") if q in known else "no samples" for q in QUANTILES]
        return [self.name, *shown]


@dataclass(frozen=True, slots=True)
class MonthReport:
    """Every key figure of the last thirty days, each with its own coverage."""

    kpis: tuple[KpiByDay, ...]
    times: tuple[Times, ...]

    @property
    def coverage(self) -> Coverage:
        """Number of figures."""
        return whole(f"{len(self.kpis)} figures")

    @property
    def worst_first(self) -> list[KpiByDay]:
        """The figures: failing ones first, unknown ones last."""

        def rank(one: KpiByDay) -> int:
            value = one.reading.value
            return SEVERITY.index(one.limit.verdict(value)) if math.isfinite(value) else len(SEVERITY)

        return sorted(self.kpis, key=rank)

    def evidence(self) -> list[Evidence]:
        """The month in numbers, percentiles of the times and of the days, and a chart for every figure."""
        columns = ["What took time", "P50", "P95", "P99"]
        shown: list[Evidence] = [
            Table(
                "Key figures, last 30 days", ["Figure", "Month", "Stands on", "Hours with samples"], self._rows()
            ),
            Table("Times, last 30 days", columns, [times.row for times in self.times]),
            Table("Days of the month, from good to bad", ["Figure", *_DAY_COLUMNS], self._days()),
        ]
        for one in self.kpis:
            title = f"{one.whole.figure.name}, each of the last 30 days"
            shown.append(by_day_chart(title, one.whole.figure, one.days, one.limit))
        return shown

    def _rows(self) -> list[list[str]]:
        return [
            [
                one.whole.figure.name,
                ", ".join(one.limit.format(round(s.value, 3)) for s in one.whole.answered.samples) or "no samples",
                f"{one.whole.count:,.0f} {one.whole.figure.counted}",
                f"{one.whole.covered_hours:.0f} of {MONTH.hours}",
            ]
            for one in self.kpis
        ]

    def _days(self) -> list[list[str]]:
        rows = []
        for one in self.kpis:
            if len(one.days) > 1:
                values = [value for _, value in one.days]
                falling = bad_is_low(one.limit)
                steps = quantiles(values, n=100, method="inclusive")
                shown = [steps[49], *((steps[4], steps[0]) if falling else (steps[94], steps[98]))]
                worst = (min if falling else max)(one.days, key=lambda day: day[1])
                row = [*(one.limit.format(round(value, 3)) for value in (*shown, worst[1])), day_of(worst[0])]
                rows.append([one.whole.figure.name, *row])
        return rows


_DAY_COLUMNS = ["P50 of the days", "P95", "P99", "Worst", "Day that ended on"]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure's month against the one before.

    Attributes:
        now, before: the two values; None where not known.
        reading: the change, in the unit of its limit; ``None`` where the two cannot be compared.
        word: better, worse, alike or not comparable.
        why: why they cannot be compared; may be empty.
    """

    kpi: Kpi
    now: float | None
    before: float | None
    limit: Limit
    reading: Reading | None
    word: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class MonthComparison:
    """The last thirty days against the thirty before; ``charts`` overlay the days of both."""

    service: str
    changes: tuple[Change, ...]
    charts: tuple[Chart, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """How many figures can be compared; the reasons for the others are in ``lacks``."""
        return whole(f"{len(self.comparable)} of {len(self.changes)} figures")

    @property
    def lacks(self) -> Coverage:
        """Which figures cannot be compared, and why."""
        missing = [f"{within(change.kpi.figure.name)} ({change.why})" for change in self.changes if change.why]
        if not missing:
            return Coverage()
        return lacking(
            "",
            expected="two months of each figure to compare",
            got=f"too little of {'; '.join(missing)}",
            hint="The store must keep its samples for 60 days; a gap in one of the months is no change.",
        )

    @property
    def summary(self) -> str:
        """How many figures are better, worse or alike."""
        words = [change.word for change in self.changes]
        return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))

    @property
    def comparable(self) -> list[Change]:
        """Figures that can be compared."""
        return [change for change in self.changes if change.reading]

    @property
    def judged(self) -> list[tuple[Reading, Limit]]:
        """Their changes, each with its limit."""
        return [(change.reading, change.limit) for change in self.changes if change.reading]

    def evidence(self) -> list[Evidence]:
        """A row for each figure, and their days."""
        rows = [
            [
                change.kpi.figure.name,
                *(
                    "not known" if value is None else format_value(round(value, 3), change.kpi.figure.unit)
                    for value in (change.before, change.now)
                ),
                change.limit.format(round(change.reading.value, 3)) if change.reading else "",
                change.word + (f": {change.why}" if change.why else ""),
            ]
            for change in self.changes
        ]
        columns = ["Figure", "30 days before", "Last 30 days", "Change", "Which is"]
        return [Table("The month against the one before", columns, rows), *self.charts]


@measurement
def month_report(prometheus: Prometheus, settings: Settings, clock: Clock) -> MonthReport:
    """Every key figure of the last thirty days, its days, and percentiles of the response times.

    A figure that cannot be read hides none of the others.
    """
    now, store = clock.now(), aside(prometheus)
    kpis = tuple(
        KpiByDay(
            kpi(store, settings, figure, MONTH, now),
            by_day(store, settings, figure.key, now, DAYS),
            getattr(settings.limits, figure.key),
        )
        for figure in figures_of(settings)
    )
    if not any(one.whole.answered.unread.enough for one in kpis):
        kpi(prometheus, settings, kpis[0].whole.figure, MONTH, now)  # raises why nothing is read
    times = tuple(
        _times(store, settings, key, name, now) for key, name, part in _TIMES if part not in settings.absent
    )
    return MonthReport(kpis, times)


def _days_before(store: Prometheus, settings: Settings, figure: Figure, now: datetime) -> tuple[Point, ...]:
    """Days of the month before, shifted onto this one."""
    days = by_day(store, settings, figure.key, now - DAYS * DAY, DAYS)
    return tuple((at + MONTH.seconds, value) for at, value in days)


@measurement
def month_comparison(
    prometheus: Prometheus, month_report: MonthReport, settings: Settings, clock: Clock
) -> MonthComparison:
    """Every key figure of the last thirty days against the thirty before."""
    now = clock.now()
    earlier = now - DAYS * DAY
    changes, charts = [], []
    for one in month_report.kpis:
        figure = one.whole.figure
        before = kpi(aside(prometheus), settings, figure, MONTH, earlier)
        changes.append(
            compare(
                one.whole,
                before,
                getattr(settings.limits, f"{figure.key}_change"),
                settings.trends,
                settings.coverage.trend_percent,
            )
        )
    for one in month_report.kpis:
        figure = one.whole.figure
        days = _days_before(prometheus, settings, figure, now)
        charts.append(by_day_chart(f"{figure.name}, each day", figure, one.days, one.limit, days))
    return MonthComparison(prometheus.service, tuple(changes), tuple(charts))


def compare(now: Kpi, before: Kpi, limit: Limit, rule: Trends, least_percent: float) -> Change:
    """One figure's change: relative in percent, or in points where the figure itself is in percent.

    A month with too little data says nothing about a change, in either direction.
    """
    new, new_lacks = _value(now, least_percent)
    old, old_lacks = _value(before, least_percent)
    if new is None or old is None:
        why = f"{new_lacks} in the last 30 days" if new is None else f"{old_lacks} in the 30 days before"
        return Change(now, new, old, limit, None, "not comparable", why)
    if abs(now.covered_hours - before.covered_hours) / MONTH.hours * 100 > rule.coverage_points:
        why = f"{now.covered_hours:.0f} h against {before.covered_hours:.0f} h before"
        return Change(now, new, old, limit, None, "not comparable", why)
    relative = now.figure.unit != "%"
    if relative and not old:
        return Change(now, new, old, limit, None, "not comparable", "0 before")
    change = 100 * (new / old - 1) if relative else new - old
    word = _word(change, limit)
    values = [format_value(round(value, 3), now.figure.unit) for value in (old, new)]
    reading = Reading(change, f"30 days ({word}: from {values[0]} to {values[1]})")
    return Change(now, new, old, limit, reading, word)


def _word(change: float, limit: Limit) -> str:
    if limit.target and abs(change) <= abs(limit.target.number):
        return "alike"
    return "worse" if (change < 0) == bad_is_low(limit) else "better"


def _value(one: Kpi, least_percent: float) -> tuple[float | None, str]:
    """The figure where enough of its month is known, otherwise the reason why not."""
    coverage = one.covers(least_percent) + one.seen
    if coverage.enough:
        coverage += one.reading.coverage
    return (one.reading.value, "") if coverage.enough else (None, coverage.got)


def _times(store: Prometheus, settings: Settings, key: str, name: str, now: datetime) -> Times:
    found: list[tuple[float, float]] = []
    for quantile in QUANTILES:
        query = query_of(settings, key, MONTH.seconds, quantile=quantile)
        answered = store.ask(query, now, setting=f"queries.{key}")
        seconds = [sample.value for sample in answered.samples if math.isfinite(sample.value)]
        found += [(quantile, max(seconds))] if seconds else []
    return Times(name, tuple(found))


def day_of(moment: float) -> str:
    """``2026-11-23``, in UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
