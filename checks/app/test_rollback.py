"""Rollback to an earlier release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.rollback import RollbackPlan

pytestmark = pytest.mark.recovery


@pytest.mark.monthly
@pytest.mark.item("monthly.dr.rollback", runbook="high-error-rates")
def test_rollback_is_possible(rollback: RollbackPlan, judge: Judge) -> None:
    """There is an earlier good deployment, and the platform reports that a rollback to it is possible.

    The platform is only asked; nothing is rolled back. Warnings that the platform reports are warnings here.
    """
    judge.that(
        rollback.target is not None,
        "Rollback",
        expected="an earlier good deployment to go back to",
        found=rollback.found_target,
    )
    judge.that(rollback.valid, "Rollback", expected="the platform to say that it is valid", found=rollback.found)
    judge.that(
        not rollback.warnings,
        "Rollback",
        expected="no warnings of the platform",
        found=rollback.found_warnings,
        warn=True,
    )
