"""What can go wrong where troubleshooting, optimisation, maintenance and emergencies look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.log_history import LogLine
from sandbox.products import WEB

if TYPE_CHECKING:
    from sandbox.world import World


@fault("images-slow", "An AVIF image takes the workers almost three seconds in the mean")
def _(world: World) -> None:
    avif = world.redis.formats["avif"]
    before = world.redis.formats_before["avif"]
    avif.total_ms = before.total_ms + (avif.success - before.success) * 2_840


@fault("redis-lasting-images", "Every third cached image was written without an expiry")
def _(world: World) -> None:
    world.redis.lasting_images = 40


@fault("redis-large-key", "One cached page is as large as 12 MiB")
def _(world: World) -> None:
    world.redis.large_page = 12.0


@fault("redis-many-keys", "Redis holds more keys than are looked at")
def _(world: World) -> None:
    world.redis.cached_images = 900


@fault("redis-slow-log-short", "Redis' slow log holds the newest eight commands only")
def _(world: World) -> None:
    world.redis.burdens.slow_commands = 12
    world.redis.burdens.slow_log = 8


@fault("redis-evicting", "Redis has thrown out 700 keys, as its memory was full")
def _(world: World) -> None:
    world.redis.burdens.evicted = 700


@fault("redis-full", "Redis has hardly any memory left, and may not evict")
def _(world: World) -> None:
    world.redis.burdens.headroom = 1.05
    world.redis.burdens.policy = "noeviction"


@fault("redis-fragmented", "Redis holds far more memory than it uses, and its limit is tight")
def _(world: World) -> None:
    world.redis.burdens.headroom = 1.6


@fault("redis-clients-many", "Redis has over three quarters of the clients that it allows, most of them idle")
def _(world: World) -> None:
    world.redis.burdens.most_clients = 200
    world.redis.burdens.idle_clients = 152  # and the checks' own, fewer or more of them at a time


@fault("redis-slow-commands", "Sixteen commands kept Redis busy for over 10 ms each")
def _(world: World) -> None:
    world.redis.burdens.slow_commands = 16


@fault("log-files-old", "Log files of the last months lie about, as nobody deletes them")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.old_files = 3


@fault("release-broke-requests", "Since a release 40 minutes ago, five requests in a hundred have failed")
def _(world: World) -> None:
    for deployment in world.digitalocean.deployments:
        if deployment.phase == "ACTIVE":
            deployment.phase = "SUPERSEDED"
    world.digitalocean.deploy("ACTIVE", timedelta(minutes=40))
    world.metrics.incident_hours = 37 / 60
    world.metrics.error_percent = 5.0


@fault("component-restarting", "The image worker has been started again eight times within a day")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").restarts = 8


@fault("maintenance-not-planned", "No maintenance window is ahead: the last one is over")
def _(world: World) -> None:
    del world.maintenance.windows[-1]


@fault("maintenance-unsigned", "Nobody has signed anything before the maintenance to come, or after the last one")
def _(world: World) -> None:
    world.people.signed = [line for line in world.people.signed if "maintenance" not in line.item]


@fault("maintenance-not-silenced", "The alert that the maintenance will set off is not silenced")
def _(world: World) -> None:
    del world.alerts.silences[-1]


@fault("maintenance-silenced-long", "The silence for the maintenance goes on for a day after it")
def _(world: World) -> None:
    world.alerts.silences[-1].ends += timedelta(days=1)


@fault("maintenance-slowed", "Since the maintenance requests have taken eight times as long as usual")
def _(world: World) -> None:
    world.metrics.incident_hours = 0.75
    world.metrics.latency_factor = 8.0


@fault("maintenance-just-over", "The maintenance ended a minute ago, and what is signed was signed before")
def _(world: World) -> None:
    over = world.maintenance.windows[0]
    over.end = world.now - timedelta(seconds=75)
    world.logs.extra.append(LogLine(world.now - timedelta(seconds=30), WEB, "INFO back from maintenance"))


@fault("off-peak-idle", "The website keeps as many instances at night as at its peak, and needs half of them")
def _(world: World) -> None:
    web = world.digitalocean.component("portfolio-web")
    web.instances = web.ready = 6
    web.cpu, web.swing = 28.0, 26.0
