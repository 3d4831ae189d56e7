"""Releases of the application."""

import pytest

pytestmark = pytest.mark.deployments


@pytest.mark.daily
@pytest.mark.item("daily.deployments.recent", runbook="high-error-rates")
def test_newest_deployment_went_well(deployments, settings, judge):
    """The newest deployment has neither failed nor been in progress for more than half an hour.

    SUPERSEDED ones are the healthy past; one that has just begun is fine.
    """
    newest = deployments.newest
    judge.that(not newest.failed, "Newest deployment", expected="one that did not fail", found=newest.found)
    judge.that(
        not newest.stuck,
        "Newest deployment",
        expected=f"done within {settings.deployments.stuck_after_minutes:g} min",
        found=newest.found,
    )
