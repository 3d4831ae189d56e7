"""Key figures of the last 24 hours: the website is there, fast and without errors, and images are processed."""

import pytest

pytestmark = pytest.mark.kpis


@pytest.mark.daily
@pytest.mark.item("daily.kpi.availability", runbook="high-error-rates")
def test_website_was_available(availability, limits, judge):
    """At least 99.9 % of a day's probes succeed (warning under 99.5 %, critical under 99 %).

    Without samples for half of the day there is no judgement: UNKNOWN.
    """
    judge(availability.reading, limits.availability)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.response-time", runbook="high-response-times")
def test_requests_were_answered_fast(response_time, limits, judge):
    """95 % of a day's requests are answered within 1 s (warning over 2 s, critical over 5 s)."""
    judge(response_time.reading, limits.response_time)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.error-rate", runbook="high-error-rates")
def test_few_requests_failed(error_rate, limits, judge):
    """Less than 0.1 % of a day's requests are answered with 5xx (warning over 1 %, critical over 5 %)."""
    judge(error_rate.reading, limits.error_rate)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.image-success", runbook="high-error-rates")
def test_images_were_processed(image_success, limits, judge):
    """More than 99 % of a day's images are processed (warning under 98 %, critical under 95 %).

    Where no Prometheus is configured, the counts that the workers keep in Redis are judged, since they began.
    """
    judge(image_success.reading, limits.image_success)
