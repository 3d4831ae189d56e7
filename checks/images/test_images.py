"""Image optimisation: a photograph is posted, and a smaller one is returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.images.images import Optimization
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.images


@pytest.mark.daily
@pytest.mark.item("daily.probe.optimize", runbook="high-error-rates")
def test_photograph_comes_back_smaller(optimization: Optimization, limits: Limits, judge: Judge) -> None:
    """A real photograph posted to the optimise endpoint is returned as the same picture, smaller, and in time.

    The returned image is decoded and compared with the original; headers alone prove nothing. One that is upside
    down, as its EXIF orientation was lost, is a warning. UNKNOWN: a response from a cache.
    """
    judge.that(
        optimization.is_valid,
        "Optimised image",
        expected="the picture that was sent",
        found=optimization.summary,
    )
    for one in optimization.upright:
        judge.that(**one.terms)
    judge(optimization.saving, limits.image_saving)
    judge(optimization.time, limits.optimize_time)
