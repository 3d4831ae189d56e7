"""The website as visitors reach it: its own word on its health, and how fast the homepage comes."""

import pytest

pytestmark = pytest.mark.web


@pytest.mark.daily
@pytest.mark.item("daily.health.api", runbook="high-error-rates")
def test_api_and_its_dependencies_are_healthy(api_health, judge):
    """`/api/health` is healthy, and so is every dependency that it lists.

    A service that calls itself degraded is a warning; unhealthy, an HTTP 5xx, or no answer while others answer, is
    critical. A word that says neither is UNKNOWN.
    """
    judge.that(
        not api_health.is_unhealthy,
        "API health",
        expected="all healthy",
        found=api_health.summary,
        cause=api_health.cause,
        public=api_health.public,
    )
    judge.that(
        not api_health.is_degraded,
        "API health",
        expected="all healthy",
        found=api_health.summary,
        warn=True,
        public=api_health.public,
    )


@pytest.mark.daily
@pytest.mark.item("daily.health.image-service", runbook="high-error-rates")
def test_image_service_is_healthy(image_health, judge):
    """`/api/image/health` is healthy.

    A service that calls itself degraded is a warning; unhealthy, an HTTP 5xx, or no answer while others answer, is
    critical. A word that says neither is UNKNOWN.
    """
    judge.that(
        not image_health.is_unhealthy,
        "Image service",
        expected="healthy",
        found=image_health.summary,
        cause=image_health.cause,
        public=image_health.public,
    )
    judge.that(
        not image_health.is_degraded,
        "Image service",
        expected="healthy",
        found=image_health.summary,
        warn=True,
        public=image_health.public,
    )


@pytest.mark.daily
@pytest.mark.item("daily.probe.homepage", runbook="high-response-times")
def test_homepage_answers_fast(homepage_timing, limits, judge):
    """The homepage comes each time, in the median within its limit, over fresh connections.

    What is known to stand in a homepage's place, as an error page, a login or another host, is none. No answer
    while others answer is critical; where nothing answers: UNKNOWN. Without a text that is known to stand on it
    (web.expect), another title than in the last good run is a warning.
    """
    judge.that(
        not homepage_timing.bad,
        "Homepage",
        expected="HTTP 200 each time",
        found=homepage_timing.summary,
        cause=homepage_timing.cause,
    )
    judge.that(
        not homepage_timing.is_retitled,
        "Title of the homepage",
        expected=repr(homepage_timing.usual_title) if homepage_timing.usual_title else "any title",
        found=repr(homepage_timing.title),
        warn=True,
    )
    judge(homepage_timing.median, limits.homepage_time)
