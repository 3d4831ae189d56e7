"""Capacity: growth, spikes, and scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.scaling_policy import ScalingPolicies
    from playbook.measure.figures.capacity import CapacityGrowth, Headroom
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.capacity


@pytest.mark.monthly
@pytest.mark.item("monthly.capacity.growth", runbook="resource-exhaustion")
def test_no_limit_is_reached_soon(capacity_growth: CapacityGrowth, limits: Limits, judge: Judge) -> None:
    """No component's CPU, memory or storage grows so steadily that it meets its limit in 90 days (critical 30).

    Growth counts only where two months of weekdays agree. UNKNOWN: fewer than 48 of the 60 days are known of a
    component of the app.
    """
    for resource in capacity_growth.meeting:
        judge(resource.reading, limits.capacity_days_left, subject=f"{resource.name}, time until its limit")
    judge.that(True, "Growth into a limit", expected="none soon", found=capacity_growth.summary)


@pytest.mark.monthly
@pytest.mark.item("monthly.capacity.spikes", runbook="resource-exhaustion")
def test_spike_fits_capacity(headroom: Headroom, limits: Limits, judge: Judge) -> None:
    """A spike, by default 1.5 times the month's peak, leaves every instance below 90 % CPU (critical over 100 %).

    Where a load test was run, the spike must also stay within the load that it carried. UNKNOWN: samples cover
    less than 90 % of the month.
    """
    for use in headroom.by_cpu:
        judge(use.reading, limits.spike_cpu, subject=f"CPU of {use.name} at a spike")
    for load in headroom.by_requests:
        judge(load.reading, limits.spike_requests)
    judge.that(True, "Room for a spike", expected="every component checked", found=headroom.coverage.words)


@pytest.mark.monthly
@pytest.mark.item("monthly.capacity.scaling-policy", runbook="resource-exhaustion")
def test_components_scale_by_policy(scaling_policies: ScalingPolicies, judge: Judge) -> None:
    """Every component has the instances and the autoscaling that the policy in the settings requires.

    Autoscaling bounds that differ from the policy are a warning; fewer instances, or no autoscaling, are critical.
    """
    for rule in scaling_policies.worst_first:
        judge.that(not rule.off, rule.name, expected=rule.wanted, found=rule.found)
        judge.that(not rule.differs, rule.name, expected=rule.wanted, found=rule.found, warn=True)
