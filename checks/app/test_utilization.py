"""Use of the application's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.utilization import Utilization
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.kpis


@pytest.mark.daily
@pytest.mark.item("daily.kpi.utilization", runbook="resource-exhaustion")
def test_resource_use_is_below_its_limits(utilization: Utilization, limits: Limits, judge: Judge) -> None:
    """CPU and memory of every instance stayed below 80 % in the last 24 hours (critical from 90 %).

    The worst quarter of an hour decides: a quiet day must not hide an overloaded night, nor one instance another.
    UNKNOWN: samples cover less than 90 % of the time.
    """
    for use in utilization.by_cpu:
        judge(use.reading, limits.cpu, subject=f"CPU of {use.name}")
    for use in utilization.by_memory:
        judge(use.reading, limits.memory, subject=f"Memory of {use.name}")
    judge.that(True, "CPU and memory", expected="samples of every component", found=utilization.found)
