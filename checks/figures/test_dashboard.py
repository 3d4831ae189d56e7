"""The dashboard: it exists, its data sources answer, and its samples are current."""

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
    """The configured dashboard shows panels, its data sources answer, and its samples are fresh.

    UNKNOWN: samples that may belong to another target, or times from clocks that disagree.
    """
    judge.that(
        dashboard.works, "Grafana", expected="a database that works", found=dashboard.grafana or "none asked"
    )
    judge.that(dashboard.is_there, "Dashboard", expected=f"{dashboard.title} in Grafana", found=dashboard.found)
    judge.that(
        not dashboard.problem, "Data source", expected="an answer to Grafana", found=dashboard.problem or "one"
    )
    judge.that(
        dashboard.minutes is not None or not dashboard.is_dated,
        "Data source",
        expected="samples of the last day",
        found=dashboard.samples,
    )
    judge(dashboard.age, limits.metrics_age)
