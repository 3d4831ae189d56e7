"""What can go wrong with metrics and alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("prometheus-gone", "Nobody listens where Prometheus should be, and Grafana does not reach it either")
def _(world: World) -> None:
    world.gone.add("prometheus")


@fault("grafana-gone", "Nobody listens where Grafana should be")
def _(world: World) -> None:
    world.gone.add("grafana")


@fault("alertmanager-gone", "Nobody listens where Alertmanager should be")
def _(world: World) -> None:
    world.gone.add("alertmanager")


@fault("availability-low", "Three probes in a hundred have failed since yesterday")
def _(world: World) -> None:
    world.metrics.availability = 97.0


@fault("availability-dip", "Seven probes in a thousand have failed since yesterday")
def _(world: World) -> None:
    world.metrics.availability = 99.3


@fault("response-slow", "Requests have taken eight times as long as usual since yesterday")
def _(world: World) -> None:
    world.metrics.latency_factor = 8.0


@fault("response-very-slow", "Requests have taken eighteen times as long as usual since yesterday")
def _(world: World) -> None:
    world.metrics.latency_factor = 18.0


@fault("errors-high", "One request in twelve has failed since yesterday")
def _(world: World) -> None:
    world.metrics.error_percent = 8.3


@fault("errors-some", "One request in forty has failed since yesterday")
def _(world: World) -> None:
    world.metrics.error_percent = 2.5


@fault("metrics-stale", "Prometheus has scraped nothing for 45 minutes")
def _(world: World) -> None:
    world.metrics.stale_minutes = 45


@fault("metrics-late", "Prometheus has scraped nothing for eight minutes")
def _(world: World) -> None:
    world.metrics.stale_minutes = 8


@fault("metrics-empty", "Prometheus answers, and has no samples at all")
def _(world: World) -> None:
    world.metrics.empty = True


@fault("dashboard-missing", "Grafana has no Portfolio Overview dashboard any more")
def _(world: World) -> None:
    world.metrics.dashboard = None


@fault("alert-firing", "An alert has been firing for 42 minutes")
def _(world: World) -> None:
    world.alerts.raise_alert("HighErrorRate", "More than 5 % of requests fail", minutes=42)


@fault("alert-pending", "An alert has been pending for three minutes")
def _(world: World) -> None:
    world.alerts.raise_alert(
        "QueueGrowing", "The image queue grows", minutes=3, state="pending", severity="warning"
    )
