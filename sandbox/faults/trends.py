"""What can go wrong over weeks and months, while every single day looks as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


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


@fault(
    "memory-leak", "The memory of image-worker grows by 2.4 percentage points a day and will be full in two weeks"
)
def _(world: World) -> None:
    worker = world.digitalocean.component("image-worker")
    worker.memory, worker.memory_growth = 70.0, 2.4


@fault("memory-leak-fast", "The memory of image-worker grows by five percentage points a day and is nearly full")
def _(world: World) -> None:
    worker = world.digitalocean.component("image-worker")
    worker.memory, worker.memory_growth = 76.0, 5.0


@fault("cpu-risen", "The CPU of image-worker has been some 25 percentage points higher than the week before")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").cpu_week = 25.0


@fault("storage-filling", "The files of image-worker grow by one percentage point a day and will be full in weeks")
def _(world: World) -> None:
    world.metrics.storage_now, world.metrics.storage_growth = 77.0, 1.0


@fault("storage-full", "The files of image-worker take 93 percent of what they may")
def _(world: World) -> None:
    world.metrics.storage_now = 93.0


@fault("traffic-surge", "Nearly twice as many bytes as usual have left the app this week")
def _(world: World) -> None:
    world.digitalocean.bandwidth_week = 1.9


@fault("traffic-drop", "Half as many bytes as usual have left the app this week")
def _(world: World) -> None:
    world.digitalocean.bandwidth_week = 0.5


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
