"""Instance counts and sizes against actual use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.scaling import ScalingReview
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.capacity


@pytest.mark.weekly
@pytest.mark.item("weekly.scaling.fits", runbook="resource-exhaustion")
def test_sizes_fit_their_use(scaling: ScalingReview, limits: Limits, judge: Judge) -> None:
    """Over a week no component is short of CPU or memory (95th percentile), and none would fit a cheaper plan.

    The change is proposed with its price and never applied. UNKNOWN: samples cover less than 90 % of the week.
    """
    for fit in scaling.by_cpu:
        judge(fit.cpu, limits.cpu, subject=f"CPU of {fit.name}")
    for fit in scaling.by_memory:
        judge(fit.memory, limits.memory, subject=f"Memory of {fit.name}")
    for fit in scaling.by_saving:
        judge.that(
            not fit.oversized,
            fit.name,
            expected="nothing cheaper that fits",
            found=fit.found,
            warn=True,
            coverage=scaling.priced,
        )
    judge.that(True, "Use of the week", expected="samples of every component", found=scaling.found)
