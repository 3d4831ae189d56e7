"""The key figures that the metrics store holds, over the last 24 hours."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.clients.prometheus import Answered, Prometheus, prometheus
from playbook.clients.redis import redis
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts
from playbook.limits import Reading, format_value
from playbook.measure.redis import ImageStats, image_stats
from playbook.settings import Settings

WINDOW = "24h"
HOURS = 24
LOOKS = HOURS * 12  # the queries look every five minutes
# Fewer than this say too little of a day: one failure of them alone would be critical.
LEAST = {"probes": 100, "requests": 100, "images": 20}


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure, and what it stands on.

    Attributes:
        name: as in messages.
        unit: of the value, as its limit's.
        counted: what is counted: probes, requests or images.
        answered: the query's answer.
        count: how many of them.
        looks: in how many of the window's five-minute steps there were samples.
    """

    name: str
    unit: str
    counted: str
    answered: Answered
    count: float
    looks: float

    @property
    def reading(self) -> Reading:
        """The value in its unit.

        Raises:
            TooLittleData: no samples, samples for less than half of the window, or too few to judge by.
        """
        hours = self.looks / LOOKS * HOURS
        if self.looks < LOOKS / 2:
            self._demand(f"samples of at least {HOURS // 2} of the last {HOURS} h", f"samples of {hours:.1f} h")
        if self.count < LEAST[self.counted]:
            self._demand(f"at least {LEAST[self.counted]} {self.counted} in {HOURS} h", f"{self.count:,.0f}")
        return Reading(self.answered.number, f"{HOURS} h ({self.count:,.0f} {self.counted})")

    def evidence(self) -> Evidence:
        """Value, what it stands on, where it comes from, and the query."""
        values = [format_value(sample.value, self.unit) for sample in self.answered.samples]
        facts = {
            "Value": ", ".join(values) or "none",
            self.counted.capitalize(): f"{self.count:,.0f}",
            "Samples for": f"{self.looks / LOOKS * HOURS:.1f} of {HOURS} h",
            "Source": self.answered.service,
            "Query": " ".join(self.answered.query.split()),
            "Setting": self.answered.setting,
        }
        if self.answered.warnings:
            facts["Warnings"] = "; ".join(self.answered.warnings)
        return Facts(f"{self.name}, last {HOURS} h", facts)

    def _demand(self, expected: str, got: str) -> None:
        raise TooLittleData(
            f"{self.name}: expected {expected}, got {got}",
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
    return _kpi(prometheus, settings, "availability", "Availability", "%", "probes")


@measurement
def response_time(prometheus: Prometheus, settings: Settings) -> Kpi:
    """Seconds within which 95 % of the last 24 hours' requests were answered."""
    return _kpi(prometheus, settings, "response_time", "P95 response time", "s", "requests")


@measurement
def error_rate(prometheus: Prometheus, settings: Settings) -> Kpi:
    """Percent of the last 24 hours' requests that were answered with 5xx."""
    return _kpi(prometheus, settings, "error_rate", "Error rate", "%", "requests")


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
    return _kpi(prometheus(settings), settings, "image_success", "Image processing success", "%", "images")


def _kpi(  # noqa: PLR0917 - private, and all six are said at each call
    store: Prometheus, settings: Settings, key: str, name: str, unit: str, counted: str
) -> Kpi:
    def ask(suffix: str = "") -> Answered:
        query = getattr(settings.queries, key + suffix)
        return store.ask(query.replace("$window", WINDOW), setting=f"queries.{key}{suffix}")

    return Kpi(name, unit, counted, ask(), _or_none(ask("_count")), _or_none(ask("_looks")))


def _or_none(answered: Answered) -> float:
    """A count; where nothing was counted Prometheus has no series, which is 0."""
    return answered.number if answered.samples else 0.0
