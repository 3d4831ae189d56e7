"""The dashboard: it is there, its data source answers, and what it shows is of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.figures.dashboard import DashboardView
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.alerts


@pytest.mark.daily
@pytest.mark.item("daily.dashboard.available")
def test_dashboard_shows_fresh_samples(dashboard: DashboardView, limits: Limits, judge: Judge) -> None:
    """The dashboard of the settings shows panels, its data sources answer, and its samples are fresh.

    Samples that are not known to be the target's own, or times by clocks that do not agree: UNKNOWN.
    """
    judge.that(
        dashboard.works, "Grafana", expected="a database that works", found=dashboard.grafana or "none asked"
    )
    judge.that(dashboard.is_there, "Dashboard", expected=f"{dashboard.title} in Grafana", found=dashboard.found)
    judge.that(
        not dashboard.problem, "Data source", expected="an answer to Grafana", found=dashboard.problem or "one"
    )
    judge.that(
        dashboard.minutes is not None,
        "Data source",
        expected="samples of the last day",
        found="none" if dashboard.minutes is None else "some",
    )
    judge(dashboard.age, limits.metrics_age)
