"""The key figures over minutes instead of days: now, and since a point in time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from playbook.clients.prometheus import Answered, Prometheus
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_queries import looks_of_own, own_series, query_of
from playbook.core.clock import Clock
from playbook.core.context import Asked
from playbook.core.coverage import Coverage, lacking, share, together, understood
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Limit, Reading, format_value
from playbook.core.wording import moment
from playbook.measure.figures.figure_names import ERROR_RATE, RESPONSE_TIME, Buckets, Figure
from playbook.measure.figures.store_answers import (
    asks_for_unknown,
    first_lack,
    images_rising,
    known_count_of,
    number_of,
    of_own_query,
    rising,
    scrapes,
    unknown_of,
)
from playbook.settings.model import Settings

# With fewer steps, a single missing one would weigh too much.
_LEAST_LOOKS = 10


@dataclass(frozen=True, slots=True)
class Recent:
    """One figure over the minutes before a point in time.

    Attributes:
        minutes: length of the period.
        least: minimum number of requests, probes or images.
        answered: the query's response.
        count: number that it is based on; NaN where that could not be read.
        until: end of the period; None is now.
        seen: how much of the period has samples, and whose.
        buckets: of a quantile from a histogram; ``None`` for other figures.
        limit: its limit.
    """

    figure: Figure
    minutes: float
    least: int
    answered: Answered
    count: float
    until: datetime | None = None
    seen: Coverage = field(default_factory=Coverage)
    buckets: Buckets | None = None
    limit: Limit | None = None

    @property
    def asked_metrics(self) -> tuple[Asked, ...]:
        """The query of its value."""
        return (Asked(query=" ".join(self.answered.query.split()), seconds=self.minutes * 60),)

    @property
    def coverage(self) -> Coverage:
        """Samples of the period, from the target's own series."""
        return self.seen

    @property
    def over(self) -> str:
        """What it is based on: ``30 min (812 requests)``."""
        return f"{two_units(self.minutes * 60)} ({self.figure.amount(self.count)})"

    @property
    def enough(self) -> bool:
        """Whether the reading is known and its coverage sufficient."""
        reading = self.reading
        return math.isfinite(reading.value) and (self.coverage + reading.coverage).enough

    @property
    def reading(self) -> Reading:
        """The value in its unit; its coverage says whether too few were counted.

        NaN where there is no number, with the reason in its coverage.
        """
        coverage = Coverage()
        if self.count < self.least:
            coverage = lacking(
                f"{self.count:,.0f} {self.figure.counted}",
                expected=f"at least {self.least} {self.figure.counted} in {two_units(self.minutes * 60)}",
                got=f"{self.count:,.0f}",
                hint="Look again when more time has passed.",
            )
        value, why = number_of(self.answered)
        if self.buckets:
            coverage += self.buckets.lack(self.figure, value, self.count, self.limit)[1]
            value = self.buckets.known(value, self.limit)
        if why.parts:
            coverage = first_lack(self.coverage, coverage, why)
        return Reading(value, self.over, coverage)

    @property
    def by_itself(self) -> Reading:
        """The reading with its full coverage, for use where several figures are judged together."""
        reading = self.reading
        return msgspec.structs.replace(reading, coverage=self.coverage + reading.coverage)

    def evidence(self) -> Evidence:
        """Value, coverage and query."""
        values = [format_value(sample.value, self.figure.unit) for sample in self.answered.samples]
        facts = {
            "Value": ", ".join(values) or "none",
            self.figure.counted.capitalize(): f"{self.count:,.0f}" if math.isfinite(self.count) else "not known",
            "Source": self.answered.service,
            "Query": " ".join(self.answered.query.split()),
        }
        until = f" until {moment(self.until)}" if self.until else ""
        return Facts(f"{self.figure.name}, last {two_units(self.minutes * 60)}{until}", facts)


def recent(store: Prometheus, settings: Settings, figure: Figure, minutes: float, until: datetime) -> Recent:
    """A figure over ``minutes`` (at least one) before ``until``, by our own clock; what is asked beside it hides
    nothing, as in ``kpi``.
    """
    minutes = max(minutes, 1.0)
    answers: list[Answered] = []
    beside = aside(store)

    def ask(suffix: str = "", of: Prometheus = beside) -> Answered:
        key = figure.key + suffix
        answered = of.ask(query_of(settings, key, minutes * 60), until, setting=f"queries.{key}")
        answers.append(answered)
        return answered

    value, counts = ask(of=store), ask("_count")
    count, (_, odd_count) = known_count_of(counts), unknown_of(counts)
    unknown, why = unknown_of(ask("_unknown")) if asks_for_unknown(settings, figure.key) else (0.0, Coverage())
    has_buckets = bool(getattr(settings.queries, f"{figure.key}_buckets", ""))
    in_buckets = ask("_buckets") if has_buckets else None
    buckets = Buckets.of(in_buckets.samples) if in_buckets else None
    value = buckets.unit_of(value) if buckets else value
    if in_buckets and not in_buckets.unread.enough:  # they tell in what unit the value is
        value = replace(value, unit=in_buckets.unread)
    rules = settings.coverage
    seen = own_series(beside, settings, [figure.key], minutes * 60, until) + why + odd_count
    seen += understood(
        math.ceil(round(unknown, 6)),
        math.ceil(count) if math.isfinite(count) else 0,
        figure.counted,
        most_percent=rules.not_understood_percent,
    )
    if figure.scraped:
        seen += scrapes(beside, settings, minutes * 60, until)
    if figure.counted == "requests":
        seen += rising(beside, settings, figure, until)
    if figure.counted == "images":
        seen += images_rising(beside, settings, until)
    seen += of_own_query(store, settings, figure, value, seconds=minutes * 60, at=until)
    look = settings.kpis.look_minutes
    if minutes >= _LEAST_LOOKS * look:
        looks = known_count_of(ask("_looks"))
        if own_looks := looks_of_own(beside, settings, figure.key, minutes * 60, until):
            answers.append(own_looks)
            looks = min(looks, known_count_of(own_looks))
        is_seen = math.isfinite(looks)  # where it could not be read, its own coverage says so
        seen += (
            Coverage()
            if not is_seen
            else share(
                round(min(looks * look, minutes)),
                round(minutes),
                "min",
                least_percent=rules.window_percent,
                what="samples",
                hint="Look at Status → Targets in Prometheus: is everything being scraped?",
            )
        )
    least = {
        "requests": settings.recent.least_requests,
        "images": settings.recent.least_images,
    }
    seen = together(answered.coverage for answered in answers) + seen
    limit: Limit = getattr(settings.limits, figure.key)
    return Recent(figure, minutes, least[figure.counted], value, count, until, seen, buckets, limit)


@measurement
def response_time_now(prometheus: Prometheus, settings: Settings, clock: Clock) -> Recent:
    """95th percentile of the response times of the last hour's requests, in seconds."""
    return recent(prometheus, settings, RESPONSE_TIME, settings.recent.window_minutes, clock.now())


@measurement
def error_rate_now(prometheus: Prometheus, settings: Settings, clock: Clock) -> Recent:
    """Percent of the last hour's requests that returned 5xx."""
    return recent(prometheus, settings, ERROR_RATE, settings.recent.window_minutes, clock.now())
