"""What faults of the logs show is the same at every hour of the day."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.faults import world_with

MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
FAILED = re.compile(r'" (502|403) |/optimize 429 ')


@pytest.mark.parametrize(("faults", "has_some"), [([], True), (["logs-short"], False)])
def test_short_logs_contain_no_failed_requests(faults, has_some):
    """Ten minutes have few requests: one of them would be many percent, and a finding of its own."""
    found = set()
    for minutes in range(10, 24 * 60 + 10, 10):
        now = MIDNIGHT + timedelta(minutes=minutes)
        entries = world_with(faults, now).logs.store.entries(now - timedelta(minutes=10), until=now)
        found |= {line.text for line in entries if FAILED.search(line.text)}
    assert bool(found) is has_some
