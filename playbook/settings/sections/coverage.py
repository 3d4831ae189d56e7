"""Settings of coverage: how much must have been seen before good evidence counts. Bad evidence always does."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.core.secret import Section
from playbook.settings.sections.ranges import Positive

Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class CoverageRules(Section, frozen=True):
    """How much is enough, by kind of figure. With less a good figure is UNKNOWN.

    Attributes:
        availability_percent: of its window: time without probes may have been downtime.
        window_percent: of its window, for other figures over time: requests, CPU, memory, traffic.
        trend_percent: of weeks and months, for trends and comparisons.
        population_percent: of the whole population, for an extreme: the largest key, the worst certificate.
        newest_minutes: maximum age of the newest line of each log source, or of the newest sample.
        not_understood_percent: maximum share of lines or entries read that may have no known meaning.
        counter_least_hours, counter_most_hours: allowed age of the reading that a counter is compared with.
    """

    availability_percent: Percent = 95.0
    window_percent: Percent = 90.0
    trend_percent: Percent = 80.0
    population_percent: Percent = 100.0
    newest_minutes: Positive = 60.0
    not_understood_percent: Percent = 1.0
    counter_least_hours: Positive = 1.0
    counter_most_hours: Positive = 50.0
