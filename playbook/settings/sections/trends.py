"""Settings of judgements over weeks and months: requirements of a trend, capacity."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.core.secret import Section
from playbook.settings.sections.ranges import Count, Positive

# There is no trend in which more than all agree.
_Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


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
            not compared with values from after.
        coverage_points: two months whose coverage differs by more percentage points are not comparable.
        unusual_spreads: a day this many robust standard deviations from its median is unusual.
        ..._floor: minimum standard deviation, so that on a very steady system a small deviation is not unusual: in
            the unit of the figure; requests and times in percent of their median.
    """

    least_pairs: Count = 40
    agreement_percent: _Percent = 75.0
    half_percent: _Percent = 40.0
    times_the_spread: float = 3.0
    reach: Positive = 6.0
    restart_points: Positive = 8.0
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
    cpu_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None

    def __post_init__(self) -> None:
        """Require a range: with fewer at most than at least, autoscaling would not be required at all."""
        if self.most is not None and self.most < self.least:
            raise ValueError(f"expected most to be {self.least} or more, as least is, got {self.most}")


class Capacity(Section, frozen=True):
    """The load that the system must be able to carry.

    Attributes:
        spike: size of a traffic spike as a multiple of the month's peak, 1 or more.
        load_tests: folder of load test results, ``*.json``; from the current folder.
        load_test_days: maximum age of a load test that shows what the system carries.
        policy: by component.
    """

    spike: Annotated[float, msgspec.Meta(ge=1)] = 1.5
    load_tests: str = "reports/load"
    load_test_days: Positive = 180.0
    policy: dict[str, ScalingPolicy] = msgspec.field(default_factory=dict)
