"""The windows in the settings are those of the world, at every hour of the year."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from playbook.settings.loading import load
from sandbox.people.maintenance import MaintenanceService
from sandbox.world.maintenance import MaintenanceState


@pytest.mark.parametrize(
    "clocks_change", [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)]
)
def test_windows_are_correct_across_clock_changes(clocks_change):
    """Also when the clocks change: an hour is skipped in spring, and comes twice in autumn."""
    service = MaintenanceService()
    for minutes in range(-300, 300, 15):
        state = MaintenanceState.healthy(clocks_change + timedelta(minutes=minutes))
        service.context = SimpleNamespace(world=SimpleNamespace(maintenance=state))
        settings = load("sandbox", environment={}, overlay={"targets": {"sandbox": service.settings()}})
        read = [(one.start, one.end) for one in settings.maintenance.in_utc()]
        assert read == [(one.start, one.end) for one in state.windows]
