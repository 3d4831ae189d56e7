"""People: what cannot be measured is signed off, in time and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.documentation import Documentation
    from playbook.measure.people.people import Attestations, TeamNotified

pytestmark = pytest.mark.team


@pytest.mark.weekly
@pytest.mark.item("weekly.docs.updated")
def test_documentation_covers_the_weeks_changes(
    documentation: Documentation, attestations: Attestations, judge: Judge
) -> None:
    """Nothing was deployed since this week's review of the documents, or somebody signed that they are up to date.

    A sign-off that expired, is dated in the future or was edited does not count.
    """
    if documentation and attestations:
        judge.sign_off(attestations.of("weekly.docs.updated"), instead=documentation.settled)


@pytest.mark.weekly
@pytest.mark.item("weekly.team.notified")
def test_team_was_informed(team_notified: TeamNotified, judge: Judge) -> None:
    """A notification of this week's result was delivered, or somebody signed that the team was informed."""
    judge.sign_off(team_notified.sign_off, instead=team_notified.delivered)


@pytest.mark.monthly
@pytest.mark.item("monthly.team.training")
def test_training_needs_are_known(attestations: Attestations, judge: Judge) -> None:
    """Somebody signed this month what training the team needs, and when."""
    judge.sign_off(attestations.of("monthly.team.training"))
