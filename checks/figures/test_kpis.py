"""Key figures of a day and a week: availability, response time, errors, and processed images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.figures.kpis import CountedImages, Kpi
    from playbook.measure.figures.performance import KpiByDay
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.kpis


@pytest.mark.daily
@pytest.mark.item("daily.kpi.availability", runbook="high-error-rates")
def test_website_was_available(availability: Kpi, limits: Limits, judge: Judge) -> None:
    """At least 99.9 % of a day's probes succeed (warning under 99.5 %, critical under 99 %).

    UNKNOWN: samples cover less than 95 % of the day, unless the known part is too low already.
    """
    judge(availability.reading, limits.availability)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.response-time", runbook="high-response-times")
def test_requests_were_answered_fast(response_time: Kpi, limits: Limits, judge: Judge) -> None:
    """95 % of a day's requests are answered within 1 s (warning over 2 s, critical over 5 s).

    Times beyond the histogram's largest bucket are not known: UNKNOWN, unless that bound is critical already.
    """
    judge(response_time.reading, limits.response_time)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.error-rate", runbook="high-error-rates")
def test_few_requests_failed(error_rate: Kpi, limits: Limits, judge: Judge) -> None:
    """Less than 0.1 % of a day's requests are answered with 5xx (warning over 1 %, critical over 5 %)."""
    judge(error_rate.reading, limits.error_rate)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.image-success", runbook="high-error-rates")
def test_images_were_processed(image_success: Kpi | CountedImages, limits: Limits, judge: Judge) -> None:
    """More than 99 % of a day's images are processed (warning under 98 %, critical under 95 %).

    Where Prometheus has no counts, or none is configured, the counts that the workers keep in Redis are judged,
    from when they began. UNKNOWN: Prometheus does not answer.
    """
    judge(image_success.reading, limits.image_success)


@pytest.mark.weekly
@pytest.mark.item("weekly.kpi.availability", runbook="high-error-rates")
def test_website_was_available_all_week(week_availability: KpiByDay, limits: Limits, judge: Judge) -> None:
    """At least 99.9 % of seven days' probes succeed (warning under 99.5 %, critical under 99 %).

    UNKNOWN: samples cover less than 95 % of the week, unless the known part is too low already.
    """
    judge(week_availability.reading, limits.availability)


@pytest.mark.weekly
@pytest.mark.item("weekly.kpi.response-time", runbook="high-response-times")
def test_requests_were_answered_fast_all_week(week_response_time: KpiByDay, limits: Limits, judge: Judge) -> None:
    """95 % of seven days' requests are answered within 1 s (warning over 2 s, critical over 5 s)."""
    judge(week_response_time.reading, limits.response_time)


@pytest.mark.weekly
@pytest.mark.item("weekly.kpi.error-rate", runbook="high-error-rates")
def test_few_requests_failed_all_week(week_error_rate: KpiByDay, limits: Limits, judge: Judge) -> None:
    """Less than 0.1 % of seven days' requests are answered with 5xx (warning over 1 %, critical over 5 %)."""
    judge(week_error_rate.reading, limits.error_rate)


@pytest.mark.weekly
@pytest.mark.item("weekly.kpi.image-success", runbook="high-error-rates")
def test_images_were_processed_all_week(week_image_success: KpiByDay, limits: Limits, judge: Judge) -> None:
    """More than 99 % of seven days' images are processed (warning under 98 %, critical under 95 %)."""
    judge(week_image_success.reading, limits.image_success)


@pytest.mark.weekly
@pytest.mark.item("weekly.kpi.cache-hit-rate", runbook="high-response-times")
def test_cache_answered_most_reads_all_week(week_cache_hit_rate: KpiByDay, limits: Limits, judge: Judge) -> None:
    """More than 90 % of seven days' reads hit the cache (warning under 80 %, critical under 70 %)."""
    judge(week_cache_hit_rate.reading, limits.cache_hit_rate)
