"""Clocks: whatever is read by its age or hour is read right."""

import pytest

pytestmark = pytest.mark.app


@pytest.mark.daily
@pytest.mark.item("daily.clock.skew")
def test_clocks_agree(clock_skew, limits, judge):
    """No clock of the system is more than 30 s from this machine's (critical over 300 s).

    A clock that is configured and cannot be read may be off: UNKNOWN.
    """
    judge(clock_skew.largest, limits.clock_skew)
