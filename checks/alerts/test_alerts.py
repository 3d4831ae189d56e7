"""Alerts: none fires or is about to, and every silence is justified."""

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
    """No alert is firing (critical) or pending (warning); silenced alerts and silences are listed.

    A rule without data counts as pending, and an alert that only ones that are meant to fire inhibit as firing.
    Where an Alertmanager is configured, it must have received what fires in Prometheus, as nobody is notified
    otherwise; a channel that refuses most of its notifications is a warning, and so are a contact point of Grafana
    whose last one failed, and a Prometheus or Alertmanager that could not load its newest settings. A silence
    that matches everything, or that ends too far ahead, is a warning, and so is a critical alert that only
    silenced ones inhibit, a rule that is paused in Grafana, and one that earlier runs have seen and that is gone.
    UNKNOWN: no rules, rules that are not evaluated, or pending alerts that cannot be read.
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
        not alerts.refused,
        "Notifications of Alertmanager",
        expected="most of the last ones to be accepted",
        found=f"most refused by {', '.join(alerts.refused)}" if alerts.refused else "none known to be refused",
        warn=True,
    )
    judge.that(
        not alerts.contact_points,
        "Contact points of Grafana",
        expected="the last notification of each to be accepted",
        found=f"a refused one for {', '.join(alerts.contact_points)}"
        if alerts.contact_points
        else "none known to fail",
        warn=True,
    )
    judge.that(
        not alerts.not_loaded,
        "Settings of alerting",
        expected="every program to have loaded the newest",
        found=f"older ones in {', '.join(alerts.not_loaded)}" if alerts.not_loaded else "none known to be refused",
        warn=True,
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
        not alerts.inhibited_by_silenced,
        "Inhibited alerts",
        expected="none that only silenced alerts inhibit",
        found=alerts.words(alerts.inhibited_by_silenced),
        warn=True,
        public=say("{} inhibited", len(alerts.inhibited_by_silenced)),
    )
    judge.that(
        not alerts.overlong,
        "Silences",
        expected=f"none that matches every alert or lasts over {alerts.longest:g} days",
        found=alerts.found_overlong,
        warn=True,
    )
    judge.that(
        not alerts.paused,
        "Paused alert rules",
        expected="none, as nothing ends a pause",
        found=alerts.found_paused,
        warn=True,
        public=say("{} paused", len(alerts.paused)),
    )
    judge.that(
        not alerts.rules_missing,
        "Alert rules",
        expected="each that earlier runs have seen (or its name in alertmanager.rules_gone)",
        found=f"all but {alerts.rules_missing}" if alerts.rules_missing else "none missing",
        warn=True,
    )
