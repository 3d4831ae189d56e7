"""Releases of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.deployments import Releases, Review
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.deployments


@pytest.mark.daily
@pytest.mark.item("daily.deployments.recent", runbook="high-error-rates")
def test_newest_deployment_succeeded(deployments: Releases, judge: Judge) -> None:
    """The newest deployment has not failed and has not been in progress for more than half an hour.

    SUPERSEDED is the normal state of older deployments; a deployment that has just started is fine. An automatic
    rollback means that the release before it failed. A manual rollback, or a deployment that serves although one
    of its steps failed, is a warning.
    """
    for statement in deployments.statements:
        judge.that(**statement.terms)
    judge.that(
        not deployments.newest.rolled_back,
        "Newest deployment",
        expected="a release, not a rollback to an earlier one",
        found=deployments.newest.found,
        warn=True,
    )
    judge.that(True, "Deployed since the run before", expected="all to be named", found=deployments.since)


@pytest.mark.weekly
@pytest.mark.item("weekly.deployments.failed", runbook="high-error-rates")
def test_failed_deployments_were_repaired(deployment_review: Review, limits: Limits, judge: Judge) -> None:
    """Every failed deployment of the week was followed by a successful one, and none is stuck.

    Of five or more, at most 30 % failed, including those that were repaired. SUPERSEDED is the normal state of
    older deployments.
    """
    judge.that(
        not deployment_review.unrepaired,
        "Deployments of the week",
        expected="none that failed without a later success",
        found=deployment_review.found_unrepaired,
    )
    judge.that(
        not deployment_review.stuck,
        "Deployments of the week",
        expected="none stuck in progress",
        found=deployment_review.found_stuck,
    )
    if deployment_review.failure_share:
        judge(deployment_review.failure_share, limits.deployment_failures)
