"""Clocks: ages and times of day are only right where the clocks agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.clock import ClockSkew
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.app


@pytest.mark.daily
@pytest.mark.item("daily.clock.skew")
def test_clocks_agree(clock_skew: ClockSkew, limits: Limits, judge: Judge) -> None:
    """No clock of the system is off by more than 30 s from this machine's (critical over 300 s).

    UNKNOWN: a configured clock that cannot be read.
    """
    judge(clock_skew.largest, limits.clock_skew)
