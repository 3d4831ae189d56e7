"""Faults of figures over days, weeks and months: metrics, costs, capacity."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


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


@fault("log-store-away", "Grafana no longer reaches the store of the logs that its dashboard shows")
def _(world: World) -> None:
    world.metrics.log_store_away = True


@fault("website-down", "The website was down for 43 minutes; ten other sites that are probed beside it were not")
def _(world: World) -> None:
    world.metrics.down_minutes = 43


@fault("probe-missing", "Nobody probes the website any more; ten other sites are probed")
def _(world: World) -> None:
    world.metrics.probed = False


@fault("metrics-gap", "Prometheus scraped nothing for eleven hours, until three hours ago")
def _(world: World) -> None:
    world.metrics.gap_hours = 11


@fault("metrics-standing", "What the website exposes to Prometheus is a copy of five hours ago")
def _(world: World) -> None:
    world.metrics.standing_hours = 5


@fault("errors-born", "An instance came back with 5,000 failed requests that its first scrape already counted")
def _(world: World) -> None:
    world.metrics.errors_born = 5000


@fault("metrics-partial", "A part of the metrics store does not answer, which it says with every answer")
def _(world: World) -> None:
    world.metrics.partial = True


@fault("dashboard-twice", "Two folders of Grafana have a dashboard of the same title")
def _(world: World) -> None:
    world.metrics.dashboards = 2


@fault("release-broke-requests", "Since a release 40 minutes ago, five requests in a hundred have failed")
def _(world: World) -> None:
    for deployment in world.digitalocean.deployments:
        if deployment.phase == "ACTIVE":
            deployment.phase = "SUPERSEDED"
    world.digitalocean.deploy("ACTIVE", timedelta(minutes=40))
    world.metrics.incident_hours = 37 / 60
    world.metrics.error_percent = 5.0


@fault("off-peak-idle", "The website keeps as many instances at night as at its peak, and needs half of them")
def _(world: World) -> None:
    web = world.digitalocean.component("portfolio-web")
    web.instances = web.ready = 6
    web.cpu, web.swing = 28.0, 26.0


@fault("cost-over-budget", "This month and the last cost 60 % more than the ones before")
def _(world: World) -> None:
    world.digitalocean.usage_factor = 1.6
    world.digitalocean.last_month_factor = 1.6


@fault("cost-creeping", "The last month cost 25 % more than the one before")
def _(world: World) -> None:
    world.digitalocean.last_month_factor = 1.25


@fault("invoices-without-items", "The summaries of the invoices list no products")
def _(world: World) -> None:
    world.digitalocean.left_out.add("invoice items")


@fault("balance-stale", "The balance was made five days ago")
def _(world: World) -> None:
    world.digitalocean.balance_age = timedelta(days=5)
    world.digitalocean.usage_factor = 0.8


@fault("week-slow", "Requests have taken eight times as long as usual for six days")
def _(world: World) -> None:
    world.metrics.incident_hours = 144
    world.metrics.latency_factor = 8.0


@fault("week-failing", "Probes, requests, images and the cache have failed more often than allowed for six days")
def _(world: World) -> None:
    world.metrics.incident_hours = 144
    world.metrics.availability = 99.3
    world.metrics.error_percent = 2.5
    world.metrics.image_success = 97.0
    world.metrics.cache_hits = 72.0


@fault("metrics-short", "Prometheus has samples of the last two days only")
def _(world: World) -> None:
    world.metrics.history_days = 2


@fault("month-worse", "For 30 days requests have been half as slow again and one in seventy has failed")
def _(world: World) -> None:
    world.metrics.incident_hours = 720
    world.metrics.latency_factor = 1.5
    world.metrics.error_percent = 1.45


@fault("metrics-forty-days", "Prometheus has samples of the last 40 days, of the month before only ten")
def _(world: World) -> None:
    world.metrics.history_days = 40


@fault("traffic-anomaly", "Three days ago there were less than half of the usual requests")
def _(world: World) -> None:
    world.metrics.odd_day = 0.4


@fault(
    "capacity-growing",
    "The memory of image-worker has grown by a third of a percentage point a day for two months",
)
def _(world: World) -> None:
    world.metrics.memory_growth = 0.35


@fault("no-headroom", "The CPU of portfolio-web is at its limit when there is half as much traffic again")
def _(world: World) -> None:
    world.metrics.cpu["portfolio-web"] = 58.0


@fault("autoscaling-off", "The autoscaling of image-optimizer is switched off, against the policy")
def _(world: World) -> None:
    world.digitalocean.component("image-optimizer").autoscaling = None
    world.metrics.cpu["image-optimizer"] = 42.0  # so that two instances are enough for a spike, whatever the noise


@fault("autoscaling-other", "image-optimizer scales to three instances where the policy says four")
def _(world: World) -> None:
    world.digitalocean.component("image-optimizer").autoscaling = (2, 3, 70)
