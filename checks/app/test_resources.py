"""The application's resources over a week: level, change from the week before, and date of exhaustion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.resources import MemoryGrowth, ResourceWeek
    from playbook.measure.app.storage import StorageWeek
    from playbook.measure.app.traffic import NetworkWeek
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.capacity


@pytest.mark.weekly
@pytest.mark.item("weekly.resources.cpu", runbook="resource-exhaustion")
def test_cpu_had_headroom_all_week(cpu_week: ResourceWeek, limits: Limits, judge: Judge) -> None:
    """CPU is below 80 % in 95 % of the week's hours (critical from 90 %), its mean close to the week before.

    UNKNOWN: samples cover less than 90 % of the week, or 80 % of the week before.
    """
    for use in cpu_week.highest:
        judge(use.reading, limits.cpu, subject=f"CPU of {use.name}")
    for use in cpu_week.changes:
        judge(use.reading, limits.cpu_week_change, subject=f"CPU of {use.name} against the week before")
    judge.that(True, "CPU of the week", expected="samples of every component", found=cpu_week.found)


@pytest.mark.weekly
@pytest.mark.item("weekly.resources.memory-growth", runbook="resource-exhaustion")
def test_memory_does_not_grow_into_its_limit(memory_growth: MemoryGrowth, limits: Limits, judge: Judge) -> None:
    """No component's memory grows so steadily that it is full within 30 days (critical within 7).

    Growth counts only where most hours of different days agree and it exceeds their scatter. UNKNOWN: less than 90
    % of the week is known, or the component restarts every day.
    """
    for use in memory_growth.filling:
        judge(use.reading, limits.memory_days_left, subject=f"Memory of {use.name}, time until full")
    judge.that(True, "Growth into the limit", expected="none", found=memory_growth.summary)


@pytest.mark.weekly
@pytest.mark.item("weekly.resources.storage", runbook="resource-exhaustion")
def test_storage_has_room(storage_week: StorageWeek, limits: Limits, judge: Judge) -> None:
    """File systems stay below 80 % (critical over 90 %) and neither they nor Redis' memory fill within 30 days.

    Redis' memory counts where its policy does not evict keys. UNKNOWN: less than 80 % of the week is known, or
    nothing of a component of the app.
    """
    for area in storage_week.fullest:
        judge(area.reading, limits.storage, subject=area.name)
    for area in storage_week.filling:
        judge(area.reading, limits.storage_days_left, subject=f"{area.name}, time until full")


@pytest.mark.weekly
@pytest.mark.item("weekly.resources.network", runbook="resource-exhaustion")
def test_traffic_is_similar_to_the_week_before(network_week: NetworkWeek, limits: Limits, judge: Judge) -> None:
    """The app's outbound traffic is at most 50 % above and 40 % below that of the week before.

    Only days that are known in both weeks are compared. UNKNOWN: fewer than six of seven.
    """
    judge(network_week.rise, limits.network_rise)
    judge(network_week.fall, limits.network_fall)
