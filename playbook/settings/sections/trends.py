"""Settings of what is judged over weeks and months: what a trend needs, capacity."""

from __future__ import annotations

import msgspec

from playbook.core.secret import Section


class Trends(Section, frozen=True):
    """When a growth is called one, and how far it may be drawn on.

    Each value is compared with those of the same hour of other days, or of the same weekday, so that the day's and
    the week's ups and downs count for nothing. The growth is the median of these slopes (Theil and Sen).

    Attributes:
        least_pairs: with fewer comparisons nothing is said.
        agreement_percent: so many of the comparisons must go the same way.
        half_percent: each half of the time must show at least so much of the growth, as one step is none.
        times_the_spread: the growth over the whole time must be so many times the usual scatter about it.
        reach: a limit is looked for within so many times the time that was measured; beyond it is a guess.
        restart_points: where use falls by so many percentage points in an hour the process began anew; values from
            before are not compared with values from after.
        coverage_points: two months whose samples differ by more percentage points of their hours are not
            comparable.
        unusual_spreads: a day so many robust standard deviations from its median is out of the usual.
        ..._floor: what the standard deviation is taken to be at least, so that on a very even system a
            trifle is not unusual: in the unit of the figure; requests and times in percent of their median.
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
        least, most: instances; with ``most`` above ``least`` the platform is to scale by itself.
        cpu_percent: the CPU use that autoscaling aims for.
    """

    least: int
    most: int | None = None
    cpu_percent: int | None = None


class Capacity(Section, frozen=True):
    """What the system must be able to carry.

    Attributes:
        spike: a traffic spike is so many times the highest that was seen in the month.
        load_tests: folder of load test results, ``*.json``; from where the command is run.
        policy: by component.
    """

    spike: float = 1.5
    load_tests: str = "reports/load"
    policy: dict[str, ScalingPolicy] = msgspec.field(default_factory=dict)
