"""The application on DigitalOcean App Platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playbook.core.audience import say

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.app import AppStatus
    from playbook.measure.app.autoscaling import Autoscaling
    from playbook.measure.app.components import AppComponents
    from playbook.measure.app.jobs import AppJobs
    from playbook.measure.app.live_url import LiveUrlAnswer
    from playbook.measure.app.product import Product
    from playbook.measure.app.restarts import KnownRestarts
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.app


@pytest.mark.daily
@pytest.mark.item("daily.app.active", runbook="high-error-rates")
def test_app_is_active(app: AppStatus, live_url_answer: LiveUrlAnswer, judge: Judge) -> None:
    """The app's active deployment is ACTIVE and serves visitors, and its live URL returns a page.

    A live URL that does not answer is a fault of the app, not of the network: the DigitalOcean API has just
    answered. An HTTP error, or another page in its place (a login, an error page), does not count as an answer. An
    app pinned by a rollback, a domain that is not ACTIVE or whose validation record has to be changed, or a
    dedicated egress address that is not ASSIGNED, is a warning. An app without the website's host among its own
    may be another one, and is UNKNOWN.
    """
    if app:
        judge.that(**app.serving.terms)
    if live_url_answer:
        judge.that(**live_url_answer.statement.terms)
    if app:
        pinned, *addresses = app.statements
        judge.that(**pinned.terms)
        judge.that(**app.domains_served.terms)
        for statement in addresses:
            judge.that(**statement.terms)


@pytest.mark.daily
@pytest.mark.item("daily.app.profile")
def test_product_matches_the_settings(product: Product, judge: Judge) -> None:
    """The platform has nothing of the parts that the settings call absent, and every component that they name.

    Either difference is a warning: a part that exists but is configured as absent is not monitored. UNKNOWN: a
    response that leaves open whether a part exists.
    """
    judge.that(
        not product.shown,
        f"Parts that {product.app} does without",
        expected="none of them to be there",
        found=product.found,
        warn=True,
        coverage=product.asked,
    )
    judge.that(
        not product.unknown_names,
        f"Components of {product.app}",
        expected="those that the settings name",
        found=product.found_names,
        warn=True,
    )


@pytest.mark.daily
@pytest.mark.item("daily.app.components", runbook="high-error-rates")
def test_every_component_is_healthy(
    app_components: AppComponents,
    known_restarts: KnownRestarts,
    app_jobs: AppJobs,
    autoscaling: Autoscaling,
    limits: Limits,
    judge: Judge,
) -> None:
    """Every component is HEALTHY, all its desired replicas are ready, and none is known to have been restarted.

    A component that crashes is healthy again after its restart. Restarts count where the platform tells of them.
    A component whose health the platform reports as unknown: UNKNOWN. Static sites, jobs and functions have no
    health, and a service that scales to zero when idle may have no replica. A job whose last run failed, or that
    has not succeeded since it was due, is a warning, and so are functions that fail, where the platform counts it,
    and a component that autoscaling could not change.
    """
    if app_components:
        for component in app_components.worst_first:
            judge.that(
                component.well,
                component.name,
                expected=component.expected,
                found=component.found,
                coverage=component.coverage,
                public=say("{} of {} replicas of a component ready", component.ready, component.wanted),
            )
        for functions in app_components.functions:
            judge.that(**functions.statement.terms)
    if known_restarts:
        for one in known_restarts.most_first:
            judge(one.reading, limits.restarts, subject=f"Restarts of {one.name}")
    if app_components:
        judge.that(app_components.well, "Components", expected="all healthy", found=app_components.summary)
    if app_jobs:
        for jobs in app_jobs.statements:
            judge.that(**jobs.terms)
    if autoscaling:
        for scaled in autoscaling.statements:
            judge.that(**scaled.terms)
