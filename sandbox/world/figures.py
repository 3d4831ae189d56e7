"""State of the sandbox's monitoring: samples, dashboard, alerts and silences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.products import PORTFOLIO, Product

HISTORY_DAYS = 60
SITE = "https://portfolio.example"  # name of the probed site


@dataclass
class MetricsState:
    """Course of the samples, and contents of Grafana. A healthy history, then what the levers say.

    Attributes:
        now: when the world was made, aware; samples continue after it in real time.
        incident_hours: time before ``now`` for which the levers have been in effect.
        availability: percent of successful probes.
        latency_factor: response times in multiples of the usual.
        error_percent: percent of requests answered with 5xx.
        image_success: percent of images optimised without failure.
        cache_hits: percent of the cache's reads that hit.
        history_days: length of the history.
        odd_day: traffic three whole days (UTC) before ``now``'s, in multiples of the mean.
        cpu: mean CPU percent of a component, if not the usual.
        storage_now, storage_growth: percent of the image worker's file system, and percentage points a day.
        memory_growth: percentage points a day, of the image worker, up to its usual value.
        stale_minutes: age of the newest sample at ``now``, beyond the usual; nothing comes after it.
        silent_minutes: time for which no target of the portfolio has answered, while all others do.
        standing_hours: time for which the website's counters have not risen, while they are scraped.
        gap_hours: length of a gap in scraping that ended three hours before ``now``.
        down_minutes: length of an outage of the website's probe that ended two hours before ``now``.
        probed: whether the website is probed; ten other sites always are.
        errors_born: first value of a series of errors that began four hours before ``now``, as of a process that
            had failed for long when it was first scraped.
        partial: part of the store does not answer, which each answer says.
        empty: no sample at all.
        missing: metrics that nothing exposes.
        largest_bucket: upper bound in seconds of the largest response time bucket.
        datasource: whether Grafana has the dashboard's data source.
        log_store_away: Grafana does not reach the store of the dashboard's logs.
        dashboard: title of the dashboard in Grafana; ``None`` if there is none.
        dashboards: number of dashboards with that title, each in its own folder.
    """

    now: datetime
    incident_hours: float = 30.0
    availability: float = 99.96
    latency_factor: float = 1.0
    error_percent: float = 0.04
    image_success: float = 99.6
    cache_hits: float = 94.0
    history_days: float = HISTORY_DAYS
    odd_day: float = 1.0
    cpu: dict[str, float] = field(default_factory=dict)
    storage_now: float = 54.0
    storage_growth: float = 0.1
    memory_growth: float = 0.0
    stale_minutes: float | None = None
    silent_minutes: float | None = None
    standing_hours: float = 0.0
    gap_hours: float = 0.0
    down_minutes: float = 0.0
    probed: bool = True
    errors_born: int = 0
    partial: bool = False
    empty: bool = False
    missing: set[str] = field(default_factory=set)
    largest_bucket: float = 10.0
    datasource: bool = True
    log_store_away: bool = False
    dashboard: str | None = "Portfolio Overview"
    dashboards: int = 1
    product: Product = PORTFOLIO

    @classmethod
    def healthy(cls, now: datetime, product: Product = PORTFOLIO) -> MetricsState:
        """Sixty quiet days."""
        return cls(now=now, dashboard=product.called("Portfolio Overview"), product=product)
