"""Handoff: each week and month leaves a written page for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.people.handoff import HandoffPage
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.team


@pytest.mark.weekly
@pytest.mark.item("weekly.handoff")
def test_the_week_is_handed_over(weekly_handoff: HandoffPage, limits: Limits, judge: Judge) -> None:
    """This week has a handoff page made from its runs: open problems, changes, what expires soon."""
    judge.that(weekly_handoff.is_there, "Handoff of the week", expected="a page", found=weekly_handoff.found)
    judge(weekly_handoff.age, limits.weekly_handoff_age)
    judge.that(
        weekly_handoff.tells_of_runs,
        "Handoff of the week",
        expected="a page that tells of runs",
        found=f"{weekly_handoff.runs} runs",
        warn=True,
    )


@pytest.mark.handoff
@pytest.mark.item("handoff.weekly-page")
def test_the_weekly_page_can_be_read(weekly_handoff: HandoffPage, limits: Limits, judge: Judge) -> None:
    """The newest weekly page is fresh, tells of runs and can be read, as HTML and as Markdown."""
    judge.that(weekly_handoff.is_there, "Weekly page", expected="one", found=weekly_handoff.found)
    judge.that(
        not weekly_handoff.lacking,
        "Weekly page",
        expected="HTML and Markdown",
        found=f"no {weekly_handoff.lacking}" if weekly_handoff.lacking else "both",
    )
    judge(weekly_handoff.age, limits.weekly_handoff_age)
    judge.that(
        weekly_handoff.tells_of_runs,
        "Weekly page",
        expected="one that tells of runs",
        found=f"{weekly_handoff.runs} runs",
        warn=True,
    )


@pytest.mark.handoff
@pytest.mark.item("handoff.monthly-page")
def test_the_monthly_page_can_be_read(monthly_handoff: HandoffPage, limits: Limits, judge: Judge) -> None:
    """The newest monthly page is fresh, tells of runs and can be read, as HTML and as Markdown."""
    judge.that(monthly_handoff.is_there, "Monthly page", expected="one", found=monthly_handoff.found)
    judge.that(
        not monthly_handoff.lacking,
        "Monthly page",
        expected="HTML and Markdown",
        found=f"no {monthly_handoff.lacking}" if monthly_handoff.lacking else "both",
    )
    judge(monthly_handoff.age, limits.monthly_handoff_age)
    judge.that(
        monthly_handoff.tells_of_runs,
        "Monthly page",
        expected="one that tells of runs",
        found=f"{monthly_handoff.runs} runs",
        warn=True,
    )
