"""State of alerts: the rules that alert, what they find, and silences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sandbox.world.maintenance import ALERT, BEGINS_IN, LENGTH

WATCHDOG = "Watchdog"


RULES = (WATCHDOG, "HighErrorRate", "SlowResponses", "QueueGrowing", "BackupJobSlow", "InstanceDown")


@dataclass
class AlertState:
    """One alert, as its rule sees it; silences are separate.

    Attributes:
        state: Alertmanager knows only firing alerts; Prometheus and Grafana also pending ones.
        delivered: Alertmanager got it from Prometheus.
    """

    name: str
    summary: str
    started: datetime
    severity: str = "critical"
    component: str = "portfolio-web"
    state: Literal["firing", "pending"] = "firing"
    value: float = 1.0
    delivered: bool = True

    @property
    def labels(self) -> dict[str, str]:
        """Labels that rules, routes and silences match."""
        return {"alertname": self.name, "severity": self.severity, "component": self.component}


@dataclass
class SilenceState:
    """A silence on all alerts of one name."""

    id: str
    alertname: str
    created_by: str
    comment: str
    starts: datetime
    ends: datetime


@dataclass
class AlertsState:
    """Alerting rules, their alerts, and silences.

    Attributes:
        in_grafana: alerts of rules that only Grafana evaluates; it shows all others too.
        rules: names of the rules; those without alerts are inactive; empty if none is loaded.
        rules_before: names of the rules that there were until yesterday; empty where nobody has noted them.
        rule_health: ``ok``, ``err`` or ``unknown``, of all rules except the watchdog's.
        settled: whether Alertmanager has the state of its peers.
        group_wait: seconds that Alertmanager waits for more alerts before it notifies.
        routed: whether its route leads to the receiver; else to an address where nothing listens.
    """

    now: datetime
    alerts: list[AlertState] = field(default_factory=list)
    in_grafana: list[AlertState] = field(default_factory=list)
    silences: list[SilenceState] = field(default_factory=list)
    rules: list[str] = field(default_factory=lambda: list(RULES))
    rules_before: tuple[str, ...] = ()
    rule_health: str = "ok"
    settled: bool = True
    group_wait: float = 0.2
    routed: bool = True

    @classmethod
    def healthy(cls, now: datetime) -> AlertsState:
        """Only the watchdog fires; one silence covers a nightly job, another the coming maintenance."""
        silence = SilenceState(
            id="2b0c1f6e-5d0e-4f7b-9a53-6f2f8a1c7d10",
            alertname="BackupJobSlow",
            created_by="operations",
            comment="The archive has grown; the limit is being raised",
            starts=now - timedelta(days=1),
            ends=now + timedelta(days=2),
        )
        begins = now + BEGINS_IN
        planned = SilenceState(
            id="8d1f0a52-31c4-4a58-8c7e-0d4b6e9f2a77",
            alertname=ALERT,
            created_by="operations",
            comment="Larger Redis: restarts make requests fail",
            starts=begins - timedelta(minutes=5),
            ends=begins + LENGTH + timedelta(minutes=10),
        )
        watchdog = AlertState(WATCHDOG, "Always fires", now - timedelta(days=9), "none", component="prometheus")
        return cls(now=now, alerts=[watchdog], silences=[silence, planned])

    def raise_alert(
        self,
        name: str,
        summary: str,
        *,
        minutes: float,
        state: Literal["firing", "pending"] = "firing",
        severity: str = "critical",
        delivered: bool = True,
    ) -> None:
        """Add an alert that began this many minutes ago."""
        started = self.now - timedelta(minutes=minutes)
        self.alerts.append(AlertState(name, summary, started, severity, state=state, delivered=delivered))
