"""What can go wrong with metrics and alerts."""

from __future__ import annotations

from datetime import timedelta
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


@fault("response-beyond-buckets", "Requests have taken eighty times as long as usual, beyond all buckets")
def _(world: World) -> None:
    world.metrics.latency_factor = 80.0


@fault("buckets-short", "Requests have been eight times as slow since yesterday, but the buckets end at 1 s")
def _(world: World) -> None:
    world.metrics.latency_factor = 8.0
    world.metrics.largest_bucket = 1.0


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


@fault("metrics-silent", "No target of the portfolio has answered Prometheus for 45 minutes; all others do")
def _(world: World) -> None:
    world.metrics.silent_minutes = 45


@fault("image-metrics-missing", "Prometheus has no counts of images, and by Redis' one in fourteen has failed")
def _(world: World) -> None:
    world.metrics.missing.add("image_optimizations_total")
    world.redis.formats["avif"].failure = 114


@fault("metrics-empty", "Prometheus answers, and has no samples at all")
def _(world: World) -> None:
    world.metrics.empty = True


@fault("dashboard-missing", "Grafana has no Portfolio Overview dashboard any more")
def _(world: World) -> None:
    world.metrics.dashboard = None


@fault("datasource-missing", "Grafana no longer has the data source that the dashboard is made of")
def _(world: World) -> None:
    world.metrics.datasource = False


@fault("alert-firing", "An alert has been firing for 42 minutes")
def _(world: World) -> None:
    world.alerts.raise_alert("HighErrorRate", "More than 5 % of requests fail", minutes=42)


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


@fault("website-down", "The website was down for 43 minutes; ten other sites that are probed beside it were not")
def _(world: World) -> None:
    world.metrics.down_minutes = 43


@fault("probe-missing", "Nobody probes the website any more; ten other sites are probed")
def _(world: World) -> None:
    world.metrics.probed = False


@fault("metrics-gap", "Prometheus scraped nothing for eleven hours, until three hours ago")
def _(world: World) -> None:
    world.metrics.gap_hours = 11


@fault("errors-born", "An instance came back with 5,000 failed requests that its first scrape already counted")
def _(world: World) -> None:
    world.metrics.errors_born = 5000


@fault("metrics-partial", "A part of the metrics store does not answer, which it says with every answer")
def _(world: World) -> None:
    world.metrics.partial = True


@fault("dashboard-twice", "Two folders of Grafana have a dashboard of the same title")
def _(world: World) -> None:
    world.metrics.dashboards = 2


@fault("alert-rules-missing", "No alerting rule is loaded, in Prometheus or in Grafana")
def _(world: World) -> None:
    world.alerts.rules.clear()
    world.alerts.alerts.clear()


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
