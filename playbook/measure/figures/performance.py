"""The key figures over a week and a month: in total, day by day, and against the month before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_queries import one_series, query_of
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage
from playbook.core.engine import measurement
from playbook.core.errors import PlaybookError
from playbook.core.evidence import Chart, Curve, Evidence
from playbook.core.limits import Limit, Reading
from playbook.measure.figures.figure_names import (
    AVAILABILITY,
    CACHE_HIT_RATE,
    ERROR_RATE,
    IMAGE_SUCCESS,
    RESPONSE_TIME,
    Figure,
    Window,
)
from playbook.measure.figures.kpis import Kpi, kpi
from playbook.readers.streaks import since_when
from playbook.readers.trend import Point
from playbook.settings.model import Settings

WEEK = Window(168, "7 days")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KpiByDay:
    """A figure over several days, and for each of them.

    Attributes:
        days: end of the day in Unix seconds, and the day's value.
        limit: its limit, for the chart.
    """

    whole: Kpi
    days: tuple[Point, ...]
    limit: Limit

    @property
    def coverage(self) -> Coverage:
        """Coverage of the whole window."""
        return self.whole.coverage

    @property
    def reading(self) -> Reading:
        """Reading of the whole window; as ``Kpi.reading``."""
        return self.whole.reading

    @property
    def by_itself(self) -> Reading:
        """The reading with its full coverage, for use where several figures are judged together."""
        reading = self.reading
        return msgspec.structs.replace(reading, coverage=self.coverage + reading.coverage)

    def evidence(self) -> list[Evidence]:
        """Facts of the whole window, and a chart of the days."""
        figure = self.whole.figure
        title = f"{figure.name}, each day of the last {self.whole.window.name}"
        return [self.whole.facts, by_day_chart(title, figure, self.days, self.limit)]


def by_day_chart(
    title: str, figure: Figure, days: tuple[Point, ...], limit: Limit, before: tuple[Point, ...] = ()
) -> Chart:
    """One curve with the lines of its limit; ``before`` is the same period one month earlier, as a second
    curve.
    """
    marks = since_when(days, limit)
    if not before:
        return Chart(title, figure.unit, [Curve(figure.name, list(days))], limit.lines, marks=marks)
    curves = [Curve("last 30 days", list(days)), Curve("30 days before", list(before))]
    return Chart(title, figure.unit, curves, limit.lines, marks=marks)


def bad_is_low(limit: Limit) -> bool:
    """Whether low values are the failing ones."""
    bound = limit.warning or limit.critical
    return bound is not None and bound.comparison.startswith("<")


def by_day(store: Prometheus, settings: Settings, key: str, last: datetime, count: int) -> tuple[Point, ...]:
    """The values of ``days_of`` alone, for a chart or a table; none where they cannot be read, as only a picture
    must not change a verdict.
    """
    try:
        return days_of(store, settings, key, last, count)[0]
    except PlaybookError:
        return ()


def days_of(
    store: Prometheus, settings: Settings, key: str, last: datetime, count: int
) -> tuple[tuple[Point, ...], Coverage]:
    """Result of a query for each of ``count`` days up to ``last``, and whether the store's answer was complete.

    Days without samples are left out. Of several series only the first is returned, which is no whole answer.
    """
    series = store.query_range(
        query_of(settings, key, DAY.total_seconds()),
        last - (count - 1) * DAY,
        last,
        DAY.total_seconds(),
        setting=f"queries.{key}",
    )
    # A share of zero requests is not a number.
    days = tuple(point for point in series[0].points if math.isfinite(point[1])) if series else ()
    return days, series.coverage + one_series(len(series), f"queries.{key}")


@measurement
def week_availability(prometheus: Prometheus, settings: Settings, clock: Clock) -> KpiByDay:
    """Percent of the website's probes that succeeded in the last seven days, and in each of them."""
    return _week(prometheus, settings, clock, AVAILABILITY)


@measurement
def week_response_time(prometheus: Prometheus, settings: Settings, clock: Clock) -> KpiByDay:
    """95th percentile of response times in seconds over the last seven days, and of each day."""
    return _week(prometheus, settings, clock, RESPONSE_TIME)


@measurement
def week_error_rate(prometheus: Prometheus, settings: Settings, clock: Clock) -> KpiByDay:
    """Percent of requests that returned 5xx over the last seven days, and of each day."""
    return _week(prometheus, settings, clock, ERROR_RATE)


@measurement(parts=("images",))
def week_image_success(prometheus: Prometheus, settings: Settings, clock: Clock) -> KpiByDay:
    """Percent of the last seven days' images that were processed, and of each day's."""
    return _week(prometheus, settings, clock, IMAGE_SUCCESS)


@measurement(parts=("cache",))
def week_cache_hit_rate(prometheus: Prometheus, settings: Settings, clock: Clock) -> KpiByDay:
    """Percent of reads that the cache served over the last seven days, and of each day."""
    return _week(prometheus, settings, clock, CACHE_HIT_RATE)


def _week(store: Prometheus, settings: Settings, clock: Clock, figure: Figure) -> KpiByDay:
    now = clock.now()
    whole = kpi(store, settings, figure, WEEK, now)
    limit: Limit = getattr(settings.limits, figure.key)
    return KpiByDay(whole, by_day(store, settings, figure.key, now, WEEK.hours // 24), limit)
