"""What can go wrong in the sandbox, by name. A fault edits a healthy world; several can be on at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import UsageError
from sandbox import log_incidents

if TYPE_CHECKING:
    from sandbox.world import World

Edit = Callable[["World"], None]


class Fault(NamedTuple):
    """A named fault; ``summary`` says what an operator would see, in one sentence without a full stop."""

    name: str
    summary: str
    edit: Edit


FAULTS: dict[str, Fault] = {}


def fault(name: str, summary: str) -> Callable[[Edit], Edit]:
    """Register a fault: ``@fault("redis-cold-cache", "The cache answers only 60 % of reads")``."""

    def register(edit: Edit) -> Edit:
        if name in FAULTS:
            raise ValueError(f"the fault {name} is registered twice")
        FAULTS[name] = Fault(name, summary, edit)
        return edit

    return register


def demand_known(names: Iterable[str]) -> None:
    """Raise UsageError of one sentence for the first name that is no fault."""
    for name in names:
        if name not in FAULTS:
            close = difflib.get_close_matches(name, FAULTS, n=1)
            suggestion = f"did you mean {close[0]!r}? " if close else ""
            raise UsageError(f"unknown fault {name!r}: {suggestion}(--list-faults lists them)")


def describe() -> str:
    """Every fault with its summary, one a line."""
    width = max(map(len, FAULTS))
    return "\n".join(f"{name:<{width}}  {FAULTS[name].summary}" for name in sorted(FAULTS))


def world_with(names: Iterable[str], now: datetime) -> World:
    """A healthy world at ``now`` (aware) with these faults in it.

    Raises:
        UsageError: a name is no fault.
    """
    from sandbox.world import World

    names = list(dict.fromkeys(names))
    demand_known(names)
    world = World.healthy(now)
    for name in names:
        FAULTS[name].edit(world)
    return world


# ----------------------------------------------------------------------------------------- the website and its API


@fault("web-gone", "Nobody listens where the website should be")
def _(world: World) -> None:
    world.gone.add("web")


@fault("health-degraded", "The website reports itself degraded: the worker lags, but everything answers")
def _(world: World) -> None:
    world.portfolio.statuses["image-worker"] = "degraded"


@fault("health-dependency-down", "The website answers 503 for its health, as its image worker is unhealthy")
def _(world: World) -> None:
    world.portfolio.statuses["image-worker"] = "unhealthy"


@fault("image-service-unhealthy", "The image service reports itself unhealthy, and the website does so for it")
def _(world: World) -> None:
    world.portfolio.statuses["image-optimizer"] = "unhealthy"


@fault("homepage-slow", "The homepage takes 2.5 s longer than it should")
def _(world: World) -> None:
    world.portfolio.homepage_delay = 2.5


@fault("homepage-very-slow", "The homepage takes 5.5 s longer than it should")
def _(world: World) -> None:
    world.portfolio.homepage_delay = 5.5


@fault("homepage-error", "The homepage answers 500")
def _(world: World) -> None:
    world.portfolio.homepage_status = 500


@fault("optimize-broken", "Every image optimisation ends with 500")
def _(world: World) -> None:
    world.portfolio.optimization = "fails"


@fault("optimize-corrupt", "The optimiser answers 200 with images that are cut off")
def _(world: World) -> None:
    world.portfolio.optimization = "corrupt"


@fault("optimize-larger-output", "The optimiser makes images larger instead of smaller")
def _(world: World) -> None:
    world.portfolio.optimization = "larger"


@fault("optimize-slow", "Each image optimisation takes 6 s longer than it should")
def _(world: World) -> None:
    world.portfolio.optimization_delay = 6.0


# ------------------------------------------------------------------------------------------------- cache and queue


@fault("redis-gone", "Nobody listens where Redis should be")
def _(world: World) -> None:
    world.gone.add("redis")


@fault("redis-cold-cache", "The cache answers only 60 % of reads")
def _(world: World) -> None:
    world.redis.hit_rate = 60.0


@fault("redis-lukewarm-cache", "The cache answers only 75 % of reads")
def _(world: World) -> None:
    world.redis.hit_rate = 75.0


@fault(
    "redis-unread-cache", "Redis has just been restarted: nothing was read from it yet, so there is no hit rate"
)
def _(world: World) -> None:
    world.redis.reads = 0


@fault("redis-slow", "Every answer of Redis is 0.4 s late")
def _(world: World) -> None:
    world.redis.latency = 0.4


@fault("redis-password-changed", "Redis wants another password than the settings say")
def _(world: World) -> None:
    world.redis.new_password = True


@fault("queue-backlog", "The worker hangs, 180 images wait in the queue, and no more are accepted")
def _(world: World) -> None:
    world.portfolio.worker_stuck = True
    world.redis.queue_length = 180


@fault("image-failures", "One image in fourteen has not been processed since yesterday, in AVIF most of all")
def _(world: World) -> None:
    world.redis.formats["avif"].failure = 920
    world.metrics.image_success = 92.8


# ------------------------------------------------------------------------------------------------------------ logs


@fault("log-errors", "The worker logged the same error three times, each with a stack trace")
def _(world: World) -> None:
    log_incidents.errors(world.logs)


@fault("log-error-flood", "The worker logged eighty errors of one kind")
def _(world: World) -> None:
    log_incidents.errors(world.logs, count=80)


@fault("log-fatal", "The web component ended by an exception that nobody caught")
def _(world: World) -> None:
    log_incidents.fatal(world.logs)


@fault("log-oom", "The optimiser ran out of memory")
def _(world: World) -> None:
    log_incidents.out_of_memory(world.logs)


@fault("log-hostile", "An error's text tries to write HTML, colours and a token into the report")
def _(world: World) -> None:
    log_incidents.hostile_text(world.logs)


@fault("log-5xx-burst", "Hundreds of requests were answered 502 and 503 within the last hour")
def _(world: World) -> None:
    log_incidents.server_errors(world.logs)


@fault("log-5xx-hour", "One hour had far more 5xx than usual, too few to matter over the day")
def _(world: World) -> None:
    log_incidents.server_errors(world.logs, count=30, hours_ago=12)


@fault("log-429-burst", "One visitor was answered 429 many hundred times, three hours ago")
def _(world: World) -> None:
    log_incidents.throttled(world.logs)


@fault("logs-silent", "No component has written a line")
def _(world: World) -> None:
    world.logs.silent = True


@fault("logs-short", "The logs reach back ten minutes only, as App Platform does not keep them")
def _(world: World) -> None:
    world.logs.hours = 10 / 60


@fault("logs-damaged", "A compressed log file ends in the middle")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.damaged = True


@fault("logs-gone", "The place where the logs are kept is not there")
def _(world: World) -> None:
    world.gone.add("logs")
    world.logs.silent = True


@fault("log-files-gone", "The logs are read from files, and there is not one")
def _(world: World) -> None:
    world.logs.source = "files"
    world.gone.add("logs")


# --------------------------------------------------------------------------------------------------------- backups


@fault("backup-missing", "Last night's backup was not made")
def _(world: World) -> None:
    del world.backups.archives[0]


@fault("backup-old", "The backup job has not run for three nights")
def _(world: World) -> None:
    del world.backups.archives[:3]


@fault("backup-unfinished", "Last night's backup job broke off and left its unfinished file")
def _(world: World) -> None:
    world.backups.archives[0].finished = False


@fault("backup-incomplete", "Last night's archive is cut off in the middle")
def _(world: World) -> None:
    world.backups.archives[0].damage = "truncated"


@fault("backup-empty", "Last night's archive is a file of zero bytes")
def _(world: World) -> None:
    world.backups.archives[0].damage = "empty"


@fault("backup-tiny", "Last night's archive opens, but there is hardly anything in it")
def _(world: World) -> None:
    world.backups.archives[0].damage = "tiny"


@fault("backup-no-manifest", "Last night's archive holds no manifest")
def _(world: World) -> None:
    world.backups.archives[0].damage = "no-manifest"


@fault("backup-missing-image", "Last night's archive lacks an image that its manifest lists")
def _(world: World) -> None:
    world.backups.archives[0].damage = "missing-member"


@fault("backup-none", "The backup folder is there, and no archive is in it")
def _(world: World) -> None:
    world.backups.archives.clear()


@fault("backups-gone", "The place where the backups are kept is not there")
def _(world: World) -> None:
    world.gone.add("backups")


# -------------------------------------------------------------------------------------------- the DigitalOcean API


@fault("app-not-active", "The app's last deployment failed and none serves visitors")
def _(world: World) -> None:
    for deployment in world.digitalocean.deployments:
        if deployment.phase == "ACTIVE":
            deployment.phase = "SUPERSEDED"
    reason = ("DeployContainerExitNonZero", "The container exited with a non-zero exit code.")
    world.digitalocean.deploy("ERROR", timedelta(minutes=25), reason)


@fault("app-url-dead", "The app's live URL leads to a port where nobody listens")
def _(world: World) -> None:
    world.digitalocean.live_url_dead = True


@fault("component-unhealthy", "The platform finds image-worker UNHEALTHY")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").state = "UNHEALTHY"


@fault("component-unknown", "The platform does not know the health of image-worker")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").state = "UNKNOWN"


@fault("replicas-missing", "One of two replicas of image-optimizer is not ready")
def _(world: World) -> None:
    world.digitalocean.component("image-optimizer").ready = 1


@fault("deployment-failed", "The newest deployment ended in ERROR; the one before it goes on serving")
def _(world: World) -> None:
    reason = ("BuildJobFailed", "The build command exited with a non-zero exit code.")
    world.digitalocean.deploy("ERROR", timedelta(minutes=25), reason)


@fault("deployment-stuck", "The newest deployment has been DEPLOYING for two hours")
def _(world: World) -> None:
    world.digitalocean.deploy("DEPLOYING", timedelta(hours=2))


@fault("cpu-high", "The CPU of image-optimizer is at 84 %")
def _(world: World) -> None:
    world.digitalocean.component("image-optimizer").cpu = 84.0


@fault("cpu-critical", "The CPU of image-optimizer is at 95 %")
def _(world: World) -> None:
    world.digitalocean.component("image-optimizer").cpu = 95.0


@fault("memory-high", "The memory of portfolio-web is at 84 %")
def _(world: World) -> None:
    world.digitalocean.component("portfolio-web").memory = 84.0


@fault("memory-critical", "The memory of portfolio-web is at 95 %")
def _(world: World) -> None:
    world.digitalocean.component("portfolio-web").memory = 95.0


@fault("app-metrics-missing", "The monitoring API of DigitalOcean has no samples of the app")
def _(world: World) -> None:
    world.digitalocean.metrics_missing = True


@fault("digitalocean-gone", "Nobody listens where the DigitalOcean API should be")
def _(world: World) -> None:
    world.gone.add("digitalocean")


@fault("digitalocean-unauthorized", "The DigitalOcean API does not accept the token (401)")
def _(world: World) -> None:
    world.digitalocean.answer = "unauthorized"


@fault("digitalocean-denied", "The token lacks the scopes that it needs (403)")
def _(world: World) -> None:
    world.digitalocean.answer = "forbidden"


@fault("digitalocean-throttled", "The DigitalOcean API has had too many requests (429)")
def _(world: World) -> None:
    world.digitalocean.answer = "throttled"


@fault("digitalocean-broken", "The DigitalOcean API answers with server errors (500)")
def _(world: World) -> None:
    world.digitalocean.answer = "server-error"


@fault("digitalocean-garbage", "The DigitalOcean API answers with a web page instead of JSON")
def _(world: World) -> None:
    world.digitalocean.answer = "garbage"


# ---------------------------------------------------------------------------------------------- metrics and alerts


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
