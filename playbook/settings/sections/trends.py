"""Settings of judgements over weeks and months: queries, limits, requirements of a trend, capacity."""

from __future__ import annotations

import msgspec

from playbook.core.limits import Limit
from playbook.core.secret import Section


class TrendQueries(Section, frozen=True):
    """PromQL for weeks and months, with the same conventions as ``Queries``.

    Attributes:
        cache_hit_rate: percent of the cache's reads, with its count and looks.
        response_time_quantile, image_time_quantile: seconds; ``$quantile`` is replaced by e.g. ``0.5``.
        component_cpu, component_memory, component_storage: percent of an instance's capacity, 95th percentile over
            ``$window``, by component, for its busiest instance.
        component_cpu_total: mean CPU percent in ``$window``, summed over a component's instances.
        redis_memory: bytes, maximum in ``$window``.
        request_rate: requests per second, mean of ``$window``.
    """

    cache_hit_rate: str
    cache_hit_rate_count: str
    cache_hit_rate_looks: str
    response_time_quantile: str
    image_time_quantile: str
    component_cpu: str
    component_memory: str
    component_cpu_total: str
    component_storage: str
    redis_memory: str
    request_rate: str


class TrendLimits(Section, frozen=True):
    """Limits for weeks and months."""

    cpu_week_change: Limit
    memory_days_left: Limit
    storage: Limit
    storage_days_left: Limit
    network_rise: Limit
    network_fall: Limit
    availability_change: Limit
    response_time_change: Limit
    error_rate_change: Limit
    image_success_change: Limit
    cache_hit_rate_change: Limit
    capacity_days_left: Limit
    spike_cpu: Limit
    spike_requests: Limit


class Trends(Section, frozen=True):
    """When growth counts as a trend, and how far it may be extrapolated.

    Each value is compared with those of the same hour of other days, or of the same weekday, so that daily and
    weekly cycles cancel out. The growth is the median of these slopes (Theil and Sen).

    Attributes:
        least_pairs: minimum number of comparisons.
        agreement_percent: share of the comparisons that must have the same direction.
        half_percent: share of the growth that each half of the time must show, as a single step is no trend.
        times_the_spread: the growth over the whole time must be this many times its usual scatter.
        reach: extrapolation is limited to this many times the measured time; beyond it is a guess.
        restart_points: a fall by this many percentage points within an hour is a restart; values from before are
            not
            compared with values from after.
        coverage_points: two months whose coverage differs by more percentage points are not comparable.
        unusual_spreads: a day this many robust standard deviations from its median is unusual.
        ..._floor: minimum standard deviation, so that on a very steady system a small deviation is not unusual: in
            the
            unit of the figure; requests and times in percent of their median.
    """

    least_pairs: int = 40
    agreement_percent: float = 75.0
    half_percent: float = 40.0
    times_the_spread: float = 3.0
    reach: float = 6.0
    restart_points: float = 8.0
    coverage_points: float = 10.0
    unusual_spreads: float = 5.0
    availability_floor: float = 0.05
    response_time_floor: float = 5.0
    error_rate_floor: float = 0.05
    image_success_floor: float = 0.3
    cache_hit_rate_floor: float = 1.0
    requests_floor: float = 5.0


class ScalingPolicy(Section, frozen=True):
    """How a component should scale.

    Attributes:
        least, most: instances; ``most`` above ``least`` requires autoscaling.
        cpu_percent: the CPU target of autoscaling.
    """

    least: int
    most: int | None = None
    cpu_percent: int | None = None


class Capacity(Section, frozen=True):
    """The load that the system must be able to carry.

    Attributes:
        spike: size of a traffic spike as a multiple of the month's peak.
        load_tests: folder of load test results, ``*.json``; from the current folder.
        policy: by component.
    """

    spike: float = 1.5
    load_tests: str = "reports/load"
    policy: dict[str, ScalingPolicy] = msgspec.field(default_factory=dict)
