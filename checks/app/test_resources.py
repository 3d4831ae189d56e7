"""The week of the application's resources: how high, against the week before, and when they run out."""

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
def test_processors_had_room_all_week(cpu_week: ResourceWeek, limits: Limits, judge: Judge) -> None:
    """In 95 % of a week's hours CPU is below 80 % (critical from 90 %), and its mean not far above last week's.

    With samples of less than 90 % of the week, or of 80 % of the one before: UNKNOWN.
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

    Said only where most hours of different days agree and the growth is more than their scatter. With less than
    90 % of the week known, or a restart every day: UNKNOWN.
    """
    for use in memory_growth.filling:
        judge(use.reading, limits.memory_days_left, subject=f"Memory of {use.name}, time until full")
    judge.that(True, "Growth into the limit", expected="none", found=memory_growth.summary)


@pytest.mark.weekly
@pytest.mark.item("weekly.resources.storage", runbook="resource-exhaustion")
def test_storage_has_room(storage_week: StorageWeek, limits: Limits, judge: Judge) -> None:
    """File systems stay below 80 % (critical over 90 %) and are not full within 30 days, nor is Redis' memory.

    Redis' memory counts where it may not evict keys. With less than half of the week known: UNKNOWN.
    """
    for area in storage_week.fullest:
        judge(area.reading, limits.storage, subject=area.name)
    for area in storage_week.filling:
        judge(area.reading, limits.storage_days_left, subject=f"{area.name}, time until full")


@pytest.mark.weekly
@pytest.mark.item("weekly.resources.network", runbook="resource-exhaustion")
def test_traffic_is_like_the_week_before(network_week: NetworkWeek, limits: Limits, judge: Judge) -> None:
    """The bytes that left the app are neither 50 % more nor 40 % fewer than in the week before.

    Compared are the days that are known in both weeks; with fewer than six of seven: UNKNOWN.
    """
    judge(network_week.rise, limits.network_rise)
    judge(network_week.fall, limits.network_fall)
