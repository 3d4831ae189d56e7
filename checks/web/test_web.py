"""The website as visitors reach it: reported health, and response time of the homepage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.web.health_endpoints import Health
    from playbook.measure.web.homepage import HomepageTiming
    from playbook.measure.web.sites import OtherHealth, OtherHomepages
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.web


@pytest.mark.daily
@pytest.mark.item("daily.health.api", runbook="high-error-rates")
def test_api_and_its_dependencies_are_healthy(api_health: Health, other_health: OtherHealth, judge: Judge) -> None:
    """The application reports itself and every dependency that it lists as healthy.

    A service that reports itself degraded, or no longer lists a dependency that earlier runs have seen, is a
    warning. Unhealthy, an HTTP 5xx, or no answer while others answer, is critical. UNKNOWN: a status that means
    none of these.
    """
    if api_health:
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
        judge.that(**api_health.listing("Dependencies of the API").terms)
    if other_health:
        for one in other_health.statements:
            judge.that(**one.terms)


@pytest.mark.daily
@pytest.mark.item("daily.health.image-service", runbook="high-error-rates")
def test_image_service_is_healthy(image_health: Health, judge: Judge) -> None:
    """The image service reports itself as healthy.

    A service that reports itself degraded, or lists fewer dependencies than before, is a warning. Unhealthy, an
    HTTP 5xx, or no answer while others answer, is critical. UNKNOWN: a status that means none of these.
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
    judge.that(**image_health.listing("Dependencies of the image service").terms)


@pytest.mark.daily
@pytest.mark.item("daily.probe.homepage", runbook="high-response-times")
def test_homepage_answers_fast(
    homepage_timing: HomepageTiming, other_homepages: OtherHomepages, limits: Limits, judge: Judge
) -> None:
    """The homepage answers each time, its median within the limit, over fresh connections.

    A page known to be served in its place (an error page, a login, another host) does not count. No answer while
    others answer is critical; UNKNOWN where nothing answers. Without a configured text to expect (web.expect), a
    title other than in the last good run is a warning, and so are copies that a cache could not renew.
    """
    if homepage_timing:
        for statement in homepage_timing.statements():
            judge.that(**statement.terms)
        judge(homepage_timing.median, limits.homepage_time)
    if other_homepages:
        for one in other_homepages.statements:
            judge.that(**one.terms)
        for site in other_homepages.seen:
            judge(site.value.median, site.limits.homepage_time, subject=f"Homepage of {site.name}")
