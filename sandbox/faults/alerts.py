"""Faults of alert rules, routes and silences."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.world.alerts import AlertState

if TYPE_CHECKING:
    from sandbox.world import World


@fault("alertmanager-gone", "Nobody listens where Alertmanager should be")
def _(world: World) -> None:
    world.gone.add("alertmanager")


@fault("alert-firing", "An alert has been firing for 42 minutes")
def _(world: World) -> None:
    world.alerts.raise_alert("HighErrorRate", "More than 5 % of requests fail", minutes=42)


@fault("alert-firing-in-grafana", "An alert of a rule that only Grafana evaluates has been firing for 42 minutes")
def _(world: World) -> None:
    started = world.now - timedelta(minutes=42)
    world.alerts.in_grafana.append(AlertState("ImagesPileUp", "Images wait for too long", started))


@fault("alert-pending", "An alert has been pending for three minutes")
def _(world: World) -> None:
    world.alerts.raise_alert(
        "QueueGrowing", "The image queue grows", minutes=3, state="pending", severity="warning"
    )


@fault("alert-not-delivered", "An alert has been firing for 42 minutes, and Alertmanager was never told")
def _(world: World) -> None:
    world.alerts.raise_alert("HighErrorRate", "More than 5 % of requests fail", minutes=42, delivered=False)


@fault("alert-silenced-not-delivered", "Alertmanager was never told of an alert that a silence is meant for")
def _(world: World) -> None:
    world.alerts.raise_alert("BackupJobSlow", "The backup takes longer than usual", minutes=42, delivered=False)


@fault("alert-rules-missing", "No alerting rule is loaded, in Prometheus or in Grafana")
def _(world: World) -> None:
    world.alerts.rules.clear()
    world.alerts.alerts.clear()


@fault("alert-rule-deleted", "One of the alerting rules is not there any more since yesterday")
def _(world: World) -> None:
    world.alerts.rules_before = tuple(world.alerts.rules)
    world.alerts.rules.remove("InstanceDown")


@fault("alert-rules-failing", "Prometheus cannot evaluate its alerting rules")
def _(world: World) -> None:
    world.alerts.rule_health = "err"


@fault("watchdog-silent", "The alert that always fires does not reach Alertmanager any more")
def _(world: World) -> None:
    world.alerts.alerts[0].delivered = False


@fault("alertmanager-settling", "Alertmanager waits for its peers and does not know their silences yet")
def _(world: World) -> None:
    world.alerts.settled = False


@fault("silence-without-end", "Somebody silenced an alert for ten years")
def _(world: World) -> None:
    world.alerts.silences[0].ends = world.now + timedelta(days=3650)
