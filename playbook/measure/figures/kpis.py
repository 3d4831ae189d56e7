"""Key figures from the metrics store, over the last 24 hours or any other window."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime

from playbook.clients.prometheus import Answered, Prometheus, prometheus
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_queries import looks_of_own, own_series, query_of
from playbook.clients.redis import redis
from playbook.core.clock import Clock
from playbook.core.context import Asked
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, share, together, understood, unread
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Chart, Curve, Evidence, Facts
from playbook.core.limits import Limit, Reading, format_value
from playbook.core.verdict import Verdict
from playbook.measure.figures.course import course_of
from playbook.measure.figures.figure_names import (
    AVAILABILITY,
    ERROR_RATE,
    IMAGE_SUCCESS,
    RESPONSE_TIME,
    TODAY,
    Buckets,
    Figure,
    Window,
)
from playbook.measure.figures.store_answers import (
    asks_for_unknown,
    first_lack,
    images_rising,
    is_bad,
    known_count_of,
    number_of,
    of_own_query,
    rising,
    scrapes,
    still,
    unknown_of,
)
from playbook.measure.images.image_counts import OfImageStats, read_image_stats
from playbook.measure.known import or_unread
from playbook.readers.streaks import since_when
from playbook.readers.trend import Point
from playbook.settings.model import Settings
from playbook.settings.sections.metrics import Kpis


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure and its coverage.

    Attributes:
        answered: the query's response.
        count: number of probes, requests, … that it is based on; NaN where that could not be read.
        looks: in how many of the window's steps of ``kpis.look_minutes`` there were samples; None where that
            could not be read, which is in ``seen``.
        rule: the minimum counts.
        least_percent: minimum percentage of the window with samples.
        buckets: of a quantile from a histogram; ``None`` for other figures.
        limit: its limit.
        course: for a failing value, if asked for, the figure over the window: Unix seconds and value.
        seen: further coverage: own series, complete responses, scrapes.
    """

    figure: Figure
    window: Window
    answered: Answered
    count: float
    looks: float | None
    rule: Kpis
    least_percent: float
    buckets: Buckets | None = None
    limit: Limit | None = None
    seen: Coverage = field(default_factory=Coverage)
    course: tuple[Point, ...] = ()

    @property
    def asked_metrics(self) -> tuple[Asked, ...]:
        """The query of its value."""
        return (Asked(query=" ".join(self.answered.query.split()), seconds=self.window.seconds),)

    @property
    def covered_hours(self) -> float:
        """Hours of the window with samples; 0 where that could not be read."""
        return min((self.looks or 0.0) * self.rule.look_minutes / 60, float(self.window.hours))

    @property
    def coverage(self) -> Coverage:
        """Samples of the window, from the target's own series only."""
        return self.covers(self.least_percent) + self.seen

    def covers(self, least_percent: float) -> Coverage:
        """How much of the window has samples."""
        if self.looks is None:
            return Coverage()
        own = f"write queries.{self.figure.key} yourself"
        return share(
            math.floor(self.covered_hours * 10 + 1e-6) / 10,
            self.window.hours,
            "h",
            least_percent=least_percent,
            what="samples",
            hint="Look at Status → Targets in Prometheus: is everything being scraped?"
            + ("" if self.looks else f" If it is, name the application's metrics under [metrics], or {own}."),
        )

    @property
    def reading(self) -> Reading:
        """The value in its unit. Its coverage is insufficient with too few probes or requests, or beyond all
        buckets.

        NaN where there is no number, with the reason in its coverage.
        """
        hours, figure = self.window.hours, self.figure
        least: int = getattr(self.rule, f"least_{figure.counted}")
        coverage = Coverage()
        if self.count < least:
            coverage += lacking(
                f"{self.count:,.0f} {figure.counted}",
                expected=f"at least {least} {figure.counted} in {hours} h",
                got=f"{self.count:,.0f}",
                hint="Look at Status → Targets in Prometheus: is everything being scraped?",
            )
        value, why = number_of(self.answered)
        stands_for = figure.amount(self.count)
        if self.buckets:
            beyond, odd = self.buckets.lack(figure, value, self.count, self.limit)
            stands_for += f", {beyond}" if beyond else ""
            coverage += odd
            value = self.buckets.known(value, self.limit)
        if why.parts:
            coverage = first_lack(self.coverage, coverage, why)
        return Reading(value, f"{self.window.name} ({stands_for})", coverage)

    def evidence(self) -> list[Evidence]:
        """Value, coverage, source and query; for a failing value also a chart of the window."""
        return [self.facts, *self._chart()]

    def _chart(self) -> list[Evidence]:
        if not self.course or self.limit is None:
            return []
        figure = self.figure
        title = f"{figure.name} over the last {self.window.name}"
        curves = [Curve(figure.name, list(self.course))]
        marks = since_when(self.course, self.limit)
        return [Chart(title, figure.unit, curves, self.limit.lines, marks=marks)]

    @property
    def facts(self) -> Facts:
        """Value, coverage, source and query."""
        figure = self.figure
        values = [format_value(sample.value, figure.unit) for sample in self.answered.samples]
        facts = {
            "Value": ", ".join(values) or "none",
            figure.counted.capitalize(): f"{self.count:,.0f}" if math.isfinite(self.count) else "not known",
            "Samples for": f"{self.covered_hours:.1f} of {self.window.hours} h",
            "Series": self.seen.words or "none",
            "Source": self.answered.service,
            "Query": " ".join(self.answered.query.split()),
            "Setting": self.answered.setting,
        }
        if self.buckets:
            facts["Largest bucket"] = self._reach(self.buckets)
        if self.answered.warnings:
            facts["Warnings"] = "; ".join(self.answered.warnings)
        return Facts(f"{figure.name}, last {self.window.name}", facts)

    def _reach(self, buckets: Buckets) -> str:
        if buckets.largest is None:
            return "not known"
        largest = format_value(buckets.largest, self.figure.unit)
        return f"{largest}; {buckets.beyond:.2f} % of {self.figure.counted} lie beyond it"


@dataclass(frozen=True, slots=True)
class CountedImages(OfImageStats):
    """Image processing by the workers' counts in Redis, if Prometheus has none.

    Attributes:
        least: minimum number of images.
        instead: the response of Prometheus; ``None`` where it is not configured, or was not read.
        unread: why Prometheus could not be read; the counts are then enough for bad news only.
    """

    least: int
    instead: Kpi | None = None
    unread: Coverage = field(default_factory=Coverage)

    @property
    def coverage(self) -> Coverage:
        """What of the counts is understood, and whether Prometheus was read."""
        return self.stats.coverage + self.unread

    @property
    def reading(self) -> Reading:
        """Percent, since the previous reading."""
        return self.stats.success_rate(self.least)

    def evidence(self) -> list[Evidence]:
        """Source and reason, the counts, and the response of Prometheus."""
        why = "Prometheus has no samples of it" if self.instead else "no Prometheus is configured"
        why = why if self.unread.enough else "Prometheus could not be read"
        facts = {
            "Source": f"Redis hash {self.stats.key}, as {why}",
            "Window": self.stats.growth.over if self.stats.growth.hours else "no earlier reading of the counts",
        }
        shown: list[Evidence] = [Facts(IMAGE_SUCCESS.name, facts), *self.stats.evidence()]
        return [*shown, *self.instead.evidence()] if self.instead else shown


@measurement
def availability(prometheus: Prometheus, settings: Settings, clock: Clock) -> Kpi:
    """Percent of the website's probes that succeeded in the last 24 hours."""
    return kpi(prometheus, settings, AVAILABILITY, TODAY, clock.now(), with_course=True)


@measurement
def response_time(prometheus: Prometheus, settings: Settings, clock: Clock) -> Kpi:
    """95th percentile of the response times of the last 24 hours' requests, in seconds."""
    return kpi(prometheus, settings, RESPONSE_TIME, TODAY, clock.now(), with_course=True)


@measurement
def error_rate(prometheus: Prometheus, settings: Settings, clock: Clock) -> Kpi:
    """Percent of the last 24 hours' requests that returned 5xx."""
    return kpi(prometheus, settings, ERROR_RATE, TODAY, clock.now(), with_course=True)


@measurement(parts=("images",), one_of=(("prometheus",), ("redis", "worker")))
def image_success(settings: Settings, clock: Clock, earlier: Earlier) -> Kpi | CountedImages:
    """Percent of the last 24 hours' images that were processed; from Redis' counts where Prometheus has none.

    An unreachable Prometheus is not one without samples: it might have shown a bad day. So may Redis, which then
    counts.
    """

    def counted_images(instead: Kpi | None = None) -> CountedImages:
        reader = redis(settings)
        try:
            stats = read_image_stats(reader, settings, clock, earlier)
            return CountedImages(stats, settings.kpis.least_images, instead)
        finally:
            reader.close()

    target = settings.target
    counted = target.redis.url is not None and "worker" not in settings.absent
    stored = "prometheus" not in settings.absent and (target.prometheus.url or target.grafana.url)
    if not stored and counted:
        return counted_images()
    # Opened here instead of as a parameter: with Redis alone it must not count as missing.
    try:
        measured = kpi(prometheus(settings), settings, IMAGE_SUCCESS, TODAY, clock.now(), with_course=True)
    except Unmeasured as error:
        found, _ = or_unread(counted_images, "the workers' counts") if counted else (None, None)
        value = found.reading.value if found else math.nan
        counts = math.isfinite(value) and settings.limits.image_success.verdict(value) is not Verdict.OK
        if found is None or not counts:
            raise
        return replace(found, unread=unread(error, "what Prometheus counts"))
    return measured if measured.looks != 0 or not counted else counted_images(measured)


def kpi(
    store: Prometheus,
    settings: Settings,
    figure: Figure,
    window: Window,
    at: datetime,
    *,
    with_course: bool = False,
) -> Kpi:
    """A figure over a window that ends at ``at`` by our own clock: a store with a wrong clock lacks samples.

    What is asked beside its value hides no bad value: where it cannot be read, the value is not OK. Only the
    buckets of a quantile must be read, as they say in what unit it is.

    Args:
        with_course: a failing figure also has its course over the window, for the chart of its evidence.
    """
    answers, beside = [], aside(store)

    def ask(suffix: str = "", of: Prometheus = beside) -> Answered:
        key = figure.key + suffix
        answered = of.ask(query_of(settings, key, window.seconds), at, setting=f"queries.{key}")
        answers.append(answered)
        return answered

    def has(suffix: str) -> bool:
        return bool(getattr(settings.queries, figure.key + suffix, ""))

    value, counts, seen_in = ask(of=store), ask("_count"), ask("_looks")
    (_, odd_count), (_, odd_looks) = unknown_of(counts), unknown_of(seen_in)
    count, looks = known_count_of(counts), known_count_of(seen_in)
    if own_looks := looks_of_own(beside, settings, figure.key, window.seconds, at):
        answers.append(own_looks)
        looks = min(looks, known_count_of(own_looks))
    in_buckets = ask("_buckets") if has("_buckets") else None
    buckets = Buckets.of(in_buckets.samples) if in_buckets else None
    value = buckets.unit_of(value) if buckets else value
    if in_buckets and not in_buckets.unread.enough:  # they tell in what unit the value is
        value = replace(value, unit=in_buckets.unread)
    unknown, why = unknown_of(ask("_unknown")) if asks_for_unknown(settings, figure.key) else (0.0, Coverage())
    rules = settings.coverage
    seen = own_series(beside, settings, [figure.key], window.seconds, at) + why + odd_count + odd_looks
    seen += understood(
        math.ceil(round(unknown, 6)),
        math.ceil(count) if math.isfinite(count) else 0,
        figure.counted,
        most_percent=rules.not_understood_percent,
        hint=f"Adapt queries.{figure.key} to the labels that these series have.",
    )
    if figure.scraped:
        seen += scrapes(beside, settings, window.seconds, at)
    if figure.counted == "requests":
        seen += rising(beside, settings, figure, at)
    if figure.counted == "images":
        seen += images_rising(beside, settings, at)
    limit: Limit = getattr(settings.limits, figure.key)
    is_seen = math.isfinite(looks)
    seen += of_own_query(store, settings, figure, value, seconds=window.seconds, at=at)
    seen += still(beside, settings, figure.key, at) if is_seen and looks else Coverage()
    return Kpi(
        figure,
        window,
        value,
        count,
        looks if is_seen else None,
        settings.kpis,
        rules.availability_percent if figure is AVAILABILITY else rules.window_percent,
        buckets,
        limit,
        together(answered.coverage for answered in answers) + seen,
        course_of(store, settings, figure.key, window.seconds, at) if with_course and is_bad(value, limit) else (),
    )
