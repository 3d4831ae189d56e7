"""The key figures that the metrics store holds: of the last 24 hours, and of any other window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.clients.prometheus import Answered, Prometheus, prometheus
from playbook.clients.redis import redis
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts
from playbook.limits import Reading, format_value
from playbook.measure.redis import ImageStats, image_stats
from playbook.settings import Settings

LOOK = 12  # the queries look every five minutes, so often in an hour


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
        counted: what is counted: probes, requests, images or reads.
        least: fewer than this say too little: one failure of them alone would be critical.
    """

    key: str
    name: str
    unit: str
    counted: str
    least: int


TODAY = Window(24, "24 h")
AVAILABILITY = Figure("availability", "Availability", "%", "probes", 100)
RESPONSE_TIME = Figure("response_time", "P95 response time", "s", "requests", 100)
ERROR_RATE = Figure("error_rate", "Error rate", "%", "requests", 100)
IMAGE_SUCCESS = Figure("image_success", "Image processing success", "%", "images", 20)
CACHE_HIT_RATE = Figure("cache_hit_rate", "Cache hit rate", "%", "reads", 100)
FIGURES = (AVAILABILITY, RESPONSE_TIME, ERROR_RATE, IMAGE_SUCCESS, CACHE_HIT_RATE)


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure, and what it stands on.

    Attributes:
        answered: the query's answer.
        count: how many probes, requests, … it stands for.
        looks: in how many of the window's five-minute steps there were samples.
    """

    figure: Figure
    window: Window
    answered: Answered
    count: float
    looks: float

    @property
    def covered_hours(self) -> float:
        """Hours of the window of which there are samples."""
        return self.looks / LOOK

    @property
    def reading(self) -> Reading:
        """The value in its unit.

        Raises:
            TooLittleData: no samples, samples for less than half of the window, or too few to judge by.
        """
        hours, figure = self.window.hours, self.figure
        if self.looks < hours * LOOK / 2:
            self._demand(
                f"samples of at least {hours // 2} of the last {hours} h", f"samples of {self.covered_hours:.1f} h"
            )
        if self.count < figure.least:
            self._demand(f"at least {figure.least} {figure.counted} in {hours} h", f"{self.count:,.0f}")
        return Reading(self.answered.number, f"{self.window.name} ({self.count:,.0f} {figure.counted})")

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
        if self.answered.warnings:
            facts["Warnings"] = "; ".join(self.answered.warnings)
        return Facts(f"{figure.name}, last {self.window.name}", facts)

    def _demand(self, expected: str, got: str) -> None:
        raise TooLittleData(
            f"{self.figure.name}: expected {expected}, got {got}",
            service=self.answered.service,
            hint="Look at Status → Targets in Prometheus: is everything being scraped?",
        )


@dataclass(frozen=True, slots=True)
class CountedImages:
    """Image processing by the counts that the workers keep in Redis, where there is no Prometheus."""

    stats: ImageStats

    @property
    def reading(self) -> Reading:
        """Percent, since counting began; TooLittleData where nothing was counted."""
        return self.stats.success_rate

    def evidence(self) -> list[Evidence]:
        """Where it comes from, and the counts."""
        source = f"Redis hash {self.stats.key}, as no Prometheus is configured"
        facts = {"Source": source, "Window": "since counting began, not the last 24 h"}
        return [Facts("Image processing success", facts), self.stats.evidence()]


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
def image_success(settings: Settings) -> Kpi | CountedImages:
    """Percent of the last 24 hours' images that were processed; by Redis' counts where there is no Prometheus."""
    target = settings.target
    if target.prometheus.url is None and target.grafana.url is None and target.redis.url is not None:
        reader = redis(settings)
        try:
            return CountedImages(image_stats(reader, settings))
        finally:
            reader.close()
    # Opened here and not asked for by name: with Redis alone it must not be missed.
    return kpi(prometheus(settings), settings, IMAGE_SUCCESS, TODAY)


def kpi(store: Prometheus, settings: Settings, figure: Figure, window: Window, at: datetime | None = None) -> Kpi:
    """A figure over a window that ends at ``at``, or at the store's own present."""

    def ask(suffix: str = "") -> Answered:
        query = getattr(settings.queries, figure.key + suffix)
        return store.ask(query.replace("$window", window.duration), at, setting=f"queries.{figure.key}{suffix}")

    return Kpi(figure, window, ask(), _or_none(ask("_count")), _or_none(ask("_looks")))


def _or_none(answered: Answered) -> float:
    """A count; where nothing was counted Prometheus has no series, which is 0."""
    return answered.number if answered.samples else 0.0
