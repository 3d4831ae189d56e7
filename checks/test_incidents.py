"""Incidents: what was learned from them is written down."""

import pytest

pytestmark = pytest.mark.team


@pytest.mark.weekly
@pytest.mark.item("weekly.incidents.post-mortems")
def test_each_grave_incident_has_its_post_mortem(post_mortems, limits, judge):
    """Each incident of P1 or P2 has its post-mortem two days after it recovered (critical after seven).

    A history without runs does not say which incidents there were: UNKNOWN.
    """
    judge(post_mortems.waiting, limits.post_mortem_age)
