"""The month: its key figures, their change, and unusual days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.figures.anomalies import MonthDays
    from playbook.measure.figures.month import MonthComparison, MonthReport

pytestmark = pytest.mark.performance


@pytest.mark.monthly
@pytest.mark.item("monthly.performance.report", runbook="high-response-times")
def test_month_was_within_limits(month_report: MonthReport, judge: Judge) -> None:
    """Over 30 days every key figure is within the limits of the daily check; percentiles and days are listed.

    With samples of less than 95 % of the month (availability), or 90 % (others), good figures are UNKNOWN.
    """
    for kpi in month_report.worst_first:
        judge(kpi.by_itself, kpi.limit)


@pytest.mark.monthly
@pytest.mark.item("monthly.performance.comparison", runbook="high-response-times")
def test_month_is_no_worse_than_the_previous(month_comparison: MonthComparison, judge: Judge) -> None:
    """No key figure of the last 30 days is worse than in the 30 before by more than its tolerance.

    UNKNOWN: coverage of the two months differs, or is too low to compare them.
    """
    for change, limit in month_comparison.judged:
        judge(change, limit)
    judge.that(
        True,
        "Months",
        expected="two that can be compared",
        found=month_comparison.summary,
        coverage=month_comparison.lacks,
    )


@pytest.mark.monthly
@pytest.mark.item("monthly.performance.anomalies", runbook="high-error-rates")
def test_no_day_was_unusual(month_days: MonthDays, judge: Judge) -> None:
    """No whole day of the month is far from the median of its kind of day, in robust standard deviations.

    UNKNOWN: fewer than 24 of the 30 days are known and none of them is unusual.
    """
    judge.that(
        not month_days.unusual, "Days out of the usual", expected="none", found=month_days.summary, warn=True
    )
