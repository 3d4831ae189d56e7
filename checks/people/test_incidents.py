"""Incidents: their lessons are written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.people.postmortems import PostMortems
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.team


@pytest.mark.weekly
@pytest.mark.item("weekly.incidents.post-mortems")
def test_each_severe_incident_has_a_post_mortem(post_mortems: PostMortems, limits: Limits, judge: Judge) -> None:
    """Each incident of P1 or P2 has its post-mortem two days after recovery (critical after seven).

    UNKNOWN: a history without runs, which does not show whether there were incidents.
    """
    judge(post_mortems.waiting, limits.post_mortem_age)
