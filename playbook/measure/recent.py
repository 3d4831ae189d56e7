"""The key figures over minutes instead of days: what is going on now, and since a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.clients.prometheus import Answered, Prometheus
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts
from playbook.limits import Reading, format_value
from playbook.measure.kpis import ERROR_RATE, IMAGE_SUCCESS, RESPONSE_TIME, Figure
from playbook.measure.words import span
from playbook.settings import Settings


@dataclass(frozen=True, slots=True)
class Recent:
    """One figure over the minutes before a moment.

    Attributes:
        minutes: how many.
        least: fewer requests, probes or images than this say too little.
        answered: the query's answer.
        count: how many it stands for.
        until: the moment; None is now.
    """

    figure: Figure
    minutes: float
    least: int
    answered: Answered
    count: float
    until: datetime | None = None

    @property
    def over(self) -> str:
        """What it was measured over: ``30 min (812 requests)``."""
        return f"{span(self.minutes * 60)} ({self.count:,.0f} {self.figure.counted})"

    @property
    def enough(self) -> bool:
        """Whether it can be judged."""
        return bool(self.answered.samples) and self.count >= self.least

    @property
    def reading(self) -> Reading:
        """The value in its unit; TooLittleData where too little happened in that time."""
        if self.count < self.least:
            raise TooLittleData(
                f"{self.figure.name}: expected at least {self.least} {self.figure.counted} in "
                f"{span(self.minutes * 60)}, got {self.count:,.0f}",
                service=self.answered.service,
                hint="Look again when more time has passed.",
            )
        return Reading(self.answered.number, self.over)

    def evidence(self) -> Evidence:
        """Value, what it stands on, and the query."""
        values = [format_value(sample.value, self.figure.unit) for sample in self.answered.samples]
        facts = {
            "Value": ", ".join(values) or "none",
            self.figure.counted.capitalize(): f"{self.count:,.0f}",
            "Source": self.answered.service,
            "Query": " ".join(self.answered.query.split()),
        }
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return Facts(f"{self.figure.name}, last {span(self.minutes * 60)}{until}", facts)


def recent(
    store: Prometheus, settings: Settings, figure: Figure, minutes: float, until: datetime | None = None
) -> Recent:
    """A figure over so many minutes (at least one) before ``until``, or before the store's own present."""
    minutes = max(minutes, 1.0)

    def ask(suffix: str = "") -> Answered:
        query: str = getattr(settings.queries, figure.key + suffix)
        window = f"{round(minutes * 60)}s"
        return store.ask(query.replace("$window", window), until, setting=f"queries.{figure.key}{suffix}")

    counted = ask("_count")
    least = {
        "requests": settings.recent.least_requests,
        "images": settings.recent.least_images,
    }
    count = counted.number if counted.samples else 0.0
    return Recent(figure, minutes, least[figure.counted], ask(), count, until)


@measurement
def response_time_now(prometheus: Prometheus, settings: Settings) -> Recent:
    """Seconds within which 95 % of the last hour's requests were answered."""
    return recent(prometheus, settings, RESPONSE_TIME, settings.recent.window_minutes)


@measurement
def error_rate_now(prometheus: Prometheus, settings: Settings) -> Recent:
    """Percent of the last hour's requests that were answered with 5xx."""
    return recent(prometheus, settings, ERROR_RATE, settings.recent.window_minutes)


@measurement
def image_success_now(prometheus: Prometheus, settings: Settings) -> Recent:
    """Percent of the last hour's images that were processed."""
    return recent(prometheus, settings, IMAGE_SUCCESS, settings.recent.window_minutes)
