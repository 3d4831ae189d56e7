"""Image optimisation: a photograph is posted, and a smaller one comes back."""

import pytest

pytestmark = pytest.mark.images


@pytest.mark.daily
@pytest.mark.item("daily.probe.optimize", runbook="high-error-rates")
def test_photograph_comes_back_smaller(optimization, limits, judge):
    """A real photograph posted to `/api/image/optimize` comes back valid, smaller, and in time.

    What comes back is decoded: headers are not believed.
    """
    judge.that(
        optimization.is_valid,
        "Optimised image",
        expected="a whole picture of the original's shape",
        found=optimization.summary,
    )
    judge(optimization.saving, limits.image_saving)
    judge(optimization.time, limits.optimize_time)
