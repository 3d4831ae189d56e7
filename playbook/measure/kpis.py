"""The key figures that the metrics store holds: of the last 24 hours, and of any other window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from playbook.clients.prometheus import Answered, Prometheus, Sample, prometheus
from playbook.clients.redis import redis
from playbook.clock import Clock
from playbook.counters import Counted, Earlier
from playbook.coverage import Coverage
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts
from playbook.limits import Limit, Reading, format_value
from playbook.measure.image_counts import ImageStats, read_image_stats
from playbook.sections.metrics import Kpis
from playbook.settings import Settings
from playbook.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Window:
    """A time that ends now, and how it is called."""

    hours: int
    name: str

    @property
    def duration(self) -> str:
        """As PromQL writes it."""
        return f"{self.hours}h"


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure.

    Attributes:
        key: of its query in the settings, and of its limit.
        counted: what is counted: probes, requests, images or reads; ``kpis.least_…`` says how many are enough.
    """

    key: str
    name: str
    unit: str
    counted: str


TODAY = Window(24, "24 h")
AVAILABILITY = Figure("availability", "Availability", "%", "probes")
RESPONSE_TIME = Figure("response_time", "P95 response time", "s", "requests")
ERROR_RATE = Figure("error_rate", "Error rate", "%", "requests")
IMAGE_SUCCESS = Figure("image_success", "Image processing success", "%", "images")
CACHE_HIT_RATE = Figure("cache_hit_rate", "Cache hit rate", "%", "reads")
FIGURES = (AVAILABILITY, RESPONSE_TIME, ERROR_RATE, IMAGE_SUCCESS, CACHE_HIT_RATE)


@dataclass(frozen=True, slots=True)
class Buckets:
    """How far the buckets of a histogram reach.

    Attributes:
        largest: the largest finite bound; ``None`` where there is none.
        beyond: percent that lies beyond it.
    """

    largest: float | None
    beyond: float

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Buckets:
        """From the cumulative counts by ``le``."""
        counts = {float(sample.labels["le"]): sample.value for sample in samples if "le" in sample.labels}
        finite = [bound for bound in counts if math.isfinite(bound)]
        if not finite or not counts.get(math.inf, 0.0) > 0:
            return cls(None, 0.0)
        largest = max(finite)
        return cls(largest, 100 * (1 - counts[largest] / counts[math.inf]))


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure, and what it stands on.

    Attributes:
        answered: the query's answer.
        count: how many probes, requests, … it stands for.
        looks: in how many of the window's steps of ``kpis.look_minutes`` there were samples.
        rule: what is enough.
        buckets: of a quantile from a histogram; ``None`` for other figures.
        limit: what it is judged by: a quantile beyond all buckets is at least as bad as the largest of them.
    """

    figure: Figure
    window: Window
    answered: Answered
    count: float
    looks: float
    rule: Kpis
    buckets: Buckets | None = None
    limit: Limit | None = None

    @property
    def covered_hours(self) -> float:
        """Hours of the window of which there are samples."""
        return self.looks * self.rule.look_minutes / 60

    @property
    def reading(self) -> Reading:
        """The value in its unit.

        Raises:
            TooLittleData: no samples, samples for too little of the window, too few to judge by, or a quantile
                beyond the largest bucket that is not critical even so.
        """
        hours, figure = self.window.hours, self.figure
        wanted = hours * self.rule.least_coverage_percent / 100
        if self.covered_hours < wanted:
            self._demand(
                f"samples of at least {wanted:g} of the last {hours} h", f"samples of {self.covered_hours:.1f} h"
            )
        least: int = getattr(self.rule, f"least_{figure.counted}")
        if self.count < least:
            self._demand(f"at least {least} {figure.counted} in {hours} h", f"{self.count:,.0f}")
        value = self.answered.number
        stands_for = f"{self.count:,.0f} {figure.counted}"
        if self.buckets and (beyond := self._beyond(self.buckets, value)):
            stands_for += f", {beyond}"
        return Reading(value, f"{self.window.name} ({stands_for})")

    def evidence(self) -> Evidence:
        """Value, what it stands on, where it comes from, and the query."""
        figure = self.figure
        values = [format_value(sample.value, figure.unit) for sample in self.answered.samples]
        facts = {
            "Value": ", ".join(values) or "none",
            figure.counted.capitalize(): f"{self.count:,.0f}",
            "Samples for": f"{self.covered_hours:.1f} of {self.window.hours} h",
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

    def _beyond(self, buckets: Buckets, value: float) -> str:
        """That the value is only known to be at least so much; empty where it lies within the buckets."""
        setting = f"queries.{self.figure.key}_buckets"
        if buckets.largest is None:
            self._demand("the buckets that it was counted in", "none", f"Adapt {setting}.")
        elif value >= buckets.largest:
            found = f"beyond the largest bucket ({format_value(buckets.largest, self.figure.unit)})"
            if self.limit is None or self.limit.verdict(value) is not Verdict.CRITICAL:
                self._demand(
                    "a value within its buckets",
                    f"one {found}, as were {buckets.beyond:.1f} % of {self.count:,.0f} {self.figure.counted}",
                    "Give the histogram larger buckets, up to twice the critical limit.",
                )
            return found
        return ""

    def _demand(self, expected: str, got: str, hint: str = "") -> NoReturn:
        raise TooLittleData(
            f"{self.figure.name}: expected {expected}, got {got}",
            service=self.answered.service,
            hint=hint or "Look at Status → Targets in Prometheus: is everything being scraped?",
        )


@dataclass(frozen=True, slots=True)
class CountedImages:
    """Image processing by the counts that the workers keep in Redis, where Prometheus has none.

    Attributes:
        least: fewer images say too little.
        instead: what Prometheus answered; ``None`` where none is configured.
    """

    stats: ImageStats
    least: int
    instead: Kpi | None = None

    @property
    def coverage(self) -> Coverage:
        """What of the counts is understood."""
        return self.stats.coverage

    @property
    def readings(self) -> dict[str, Counted]:
        """The counts, for later runs to compare with."""
        return self.stats.readings

    @property
    def reading(self) -> Reading:
        """Percent, since the reading before."""
        return self.stats.success_rate(self.least)

    def evidence(self) -> list[Evidence]:
        """Where it comes from and why, the counts, and what Prometheus answered."""
        why = "Prometheus has no samples of it" if self.instead else "no Prometheus is configured"
        facts = {
            "Source": f"Redis hash {self.stats.key}, as {why}",
            "Window": self.stats.growth.over if self.stats.growth.hours else "no earlier reading of the counts",
        }
        shown: list[Evidence] = [Facts(IMAGE_SUCCESS.name, facts), *self.stats.evidence()]
        return [*shown, self.instead.evidence()] if self.instead else shown


@measurement
def availability(prometheus: Prometheus, settings: Settings) -> Kpi:
    """Percent of the website's probes that succeeded in the last 24 hours."""
    return kpi(prometheus, settings, AVAILABILITY, TODAY)


@measurement
def response_time(prometheus: Prometheus, settings: Settings) -> Kpi:
    """Seconds within which 95 % of the last 24 hours' requests were answered."""
    return kpi(prometheus, settings, RESPONSE_TIME, TODAY)


@measurement
def error_rate(prometheus: Prometheus, settings: Settings) -> Kpi:
    """Percent of the last 24 hours' requests that were answered with 5xx."""
    return kpi(prometheus, settings, ERROR_RATE, TODAY)


@measurement
def image_success(settings: Settings, clock: Clock, earlier: Earlier) -> Kpi | CountedImages:
    """Percent of the last 24 hours' images that were processed; by Redis' counts where Prometheus has none.

    A Prometheus that is away is not one without samples: it might have shown a bad day.
    """

    def counted_images(instead: Kpi | None) -> CountedImages:
        reader = redis(settings)
        try:
            stats = read_image_stats(reader, settings, clock, earlier)
            return CountedImages(stats, settings.kpis.least_images, instead)
        finally:
            reader.close()

    target = settings.target
    counted = target.redis.url is not None
    if target.prometheus.url is None and target.grafana.url is None and counted:
        return counted_images(None)
    # Opened here and not asked for by name: with Redis alone it must not be missed.
    measured = kpi(prometheus(settings), settings, IMAGE_SUCCESS, TODAY)
    return measured if measured.looks or not counted else counted_images(measured)


def kpi(store: Prometheus, settings: Settings, figure: Figure, window: Window, at: datetime | None = None) -> Kpi:
    """A figure over a window that ends at ``at``, or at the store's own present."""

    def ask(suffix: str = "") -> Answered:
        query = getattr(settings.queries, figure.key + suffix)
        return store.ask(query.replace("$window", window.duration), at, setting=f"queries.{figure.key}{suffix}")

    return Kpi(
        figure,
        window,
        ask(),
        _or_none(ask("_count")),
        _or_none(ask("_looks")),
        settings.kpis,
        Buckets.of(ask("_buckets").samples) if getattr(settings.queries, f"{figure.key}_buckets", "") else None,
        getattr(settings.limits, figure.key),
    )


def _or_none(answered: Answered) -> float:
    """A count; where nothing was counted Prometheus has no series, which is 0."""
    return answered.number if answered.samples else 0.0
