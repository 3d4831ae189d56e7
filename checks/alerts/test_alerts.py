"""Alerts: nothing fires, nothing is about to, and silences are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playbook.core.audience import say

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.alerts.alerts import Alerts

pytestmark = pytest.mark.alerts


@pytest.mark.daily
@pytest.mark.item("daily.alerts.none-pending")
def test_no_alert_is_firing_or_pending(alerts: Alerts, judge: Judge) -> None:
    """No alert fires (critical) or is pending (warning); silenced alerts and silences are shown.

    A rule that finds no data counts as pending. Where there is an Alertmanager, it must know what fires in
    Prometheus: else nobody is told. A silence on everything, or without an end in sight, is a warning. Without
    rules, with rules that are not evaluated, or where nobody can tell what is pending: UNKNOWN.
    """
    judge.that(
        not alerts.firing,
        "Alerts",
        expected="none firing",
        found=alerts.words(alerts.firing),
        public=say("{} firing", len(alerts.firing)),
    )
    judge.that(
        not alerts.undelivered,
        "Delivery of alerts",
        expected="every alert that fires in Prometheus to reach Alertmanager",
        found=alerts.words(alerts.undelivered) if alerts.undelivered else "all of them",
    )
    judge.that(
        not alerts.waiting,
        "Alerts",
        expected="none pending",
        found=alerts.words(alerts.waiting),
        warn=True,
        public=say("{} pending", len(alerts.waiting)),
    )
    judge.that(
        not alerts.overlong,
        "Silences",
        expected=f"none that matches every alert or lasts over {alerts.longest:g} days",
        found=alerts.found_overlong,
        warn=True,
    )
