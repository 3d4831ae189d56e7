"""Costs of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.figures.cost_trend import CostTrend
    from playbook.measure.figures.costs import Bills
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.costs


@pytest.mark.monthly
@pytest.mark.item("monthly.cost.balance")
def test_month_stays_within_its_budget(bills: Bills, limits: Limits, judge: Judge) -> None:
    """The current month, projected to its end, stays within the budget (warning over 90 %, critical over 100 %).

    In its first days a projection means too little; the last full month is judged instead.
    """
    judge(bills.cost_of_month, limits.budget)


@pytest.mark.monthly
@pytest.mark.item("monthly.cost.invoices")
def test_last_invoice_is_there_and_within_the_budget(bills: Bills, limits: Limits, judge: Judge) -> None:
    """Last month's invoice exists and is within the budget (warning over 90 %, critical over 100 %).

    The newest five are listed. What is still owed from earlier months in the second half of a month is a warning.
    In the first days of a month the preview stands in for an invoice that is not made yet. UNKNOWN: there is
    neither.
    """
    judge(bills.cost_of_last_month, limits.budget, subject="Last invoice")
    judge.that(
        not bills.overdue,
        "Invoices of earlier months",
        expected="each to be paid",
        found=bills.overdue or "nothing owed that is due",
        warn=True,
    )


@pytest.mark.monthly
@pytest.mark.item("monthly.cost.trend")
def test_costs_do_not_jump(cost_trend: CostTrend, limits: Limits, judge: Judge) -> None:
    """Neither a single product nor the total costs over 20 % more than the month before (critical over 50 %).

    The last two full months are compared, and this month's projection with the last one.
    """
    for change in cost_trend.changes:
        judge(change.reading, limits.cost_growth, subject=f"Growth of {change.name}")
    judge.that(True, "Months compared", expected="three, or two early in a month", found=cost_trend.found)
