"""Use of the application's resources."""

import pytest

pytestmark = pytest.mark.kpis


@pytest.mark.daily
@pytest.mark.item("daily.kpi.utilization", runbook="resource-exhaustion")
def test_resource_use_is_below_its_limits(utilization, limits, judge):
    """CPU and memory of every component stayed below 80 % over the last hour (critical from 90 %).

    A component without samples cannot be judged: UNKNOWN.
    """
    for use in utilization.by_cpu:
        judge(use.reading, limits.cpu, subject=f"CPU of {use.name}")
    for use in utilization.by_memory:
        judge(use.reading, limits.memory, subject=f"Memory of {use.name}")
    utilization.expect_all()
