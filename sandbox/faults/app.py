"""Faults of the application: components, deployments, clocks, resources, rollback."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


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


@fault("autoscaling-failed", "The platform could not scale image-optimizer up an hour ago")
def _(world: World) -> None:
    world.digitalocean.scaled.insert(0, (0.04, (2, 4), "FAILED"))


@fault("replicas-missing", "One of two replicas of image-optimizer is not ready")
def _(world: World) -> None:
    world.digitalocean.component("image-optimizer").ready = 1


@fault("job-failed", "The last run of the job send-digest has failed, after many that succeeded")
def _(world: World) -> None:
    world.digitalocean.jobs[0].phases[0] = "FAILED"


@fault("job-missed", "The scheduler has not started the job send-digest for nine hours")
def _(world: World) -> None:
    world.digitalocean.jobs[0].silent_hours = 9


@fault("egress-address-removed", "One of the app's dedicated egress addresses, which others admit, was removed")
def _(world: World) -> None:
    world.digitalocean.addresses = {"203.0.113.20": "ASSIGNED", "203.0.113.21": "REMOVED"}


@fault("deployment-failed", "The newest deployment ended in ERROR; the one before it goes on serving")
def _(world: World) -> None:
    reason = ("BuildJobFailed", "The build command exited with a non-zero exit code.")
    world.digitalocean.deploy("ERROR", timedelta(minutes=25), reason)


@fault("deployments-flaky", "Four of the week's deployments failed, each repaired by the next")
def _(world: World) -> None:
    state = world.digitalocean
    reason = ("DeployContainerHealthChecksFailed", "The container did not respond to health checks.")
    for days in (6, 5, 3.5, 2):
        state.deploy("ERROR", timedelta(days=days), reason)
    state.deployments.sort(key=lambda deployment: deployment.created_at, reverse=True)


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


@fault("app-in-maintenance", "The app is in maintenance mode and shows visitors an offline page")
def _(world: World) -> None:
    world.digitalocean.offline = "enabled"


@fault("app-archived", "The app is archived: nothing runs, and visitors see an offline page")
def _(world: World) -> None:
    world.digitalocean.offline = "archive"


@fault("app-pinned", "A rollback has pinned the app, so that what is pushed is not deployed")
def _(world: World) -> None:
    world.digitalocean.pinned = True


@fault("app-domain-failed", "The app's domain could not be configured")
def _(world: World) -> None:
    world.digitalocean.domain_phase = "ERROR"


@fault("app-domain-phase-new", "The app's domain is in a phase that nobody knows")
def _(world: World) -> None:
    world.digitalocean.domain_phase = "PARKED"


@fault("component-not-reported", "The platform says nothing of the health of image-worker")
def _(world: World) -> None:
    world.digitalocean.left_out.add("health of image-worker")


@fault("component-state-new", "The platform finds image-worker in a state that nobody knows")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").state = "HIBERNATING"


@fault("deployment-rolled-back", "The newest deployment failed, and the platform went back to the one before")
def _(world: World) -> None:
    reason = ("DeployContainerHealthChecksFailed", "The container did not respond to health checks.")
    world.digitalocean.deploy("ERROR", timedelta(minutes=50), reason)
    world.digitalocean.roll_back("AUTO_ROLLBACK", timedelta(minutes=40))


@fault("deployment-rolled-back-by-hand", "Somebody has gone back to an earlier release")
def _(world: World) -> None:
    world.digitalocean.roll_back("MANUAL_ROLLBACK", timedelta(minutes=40))


@fault("deployment-phase-new", "The newest deployment is in a phase that nobody knows")
def _(world: World) -> None:
    world.digitalocean.deploy("HIBERNATING", timedelta(minutes=10))


@fault("deployments-superseded", "Every deployment is superseded, by one that is not listed")
def _(world: World) -> None:
    for deployment in world.digitalocean.deployments:
        if deployment.phase == "ACTIVE":
            deployment.phase = "SUPERSEDED"


@fault("deployments-cut", "The listing of deployments ends before its own count")
def _(world: World) -> None:
    world.digitalocean.listed_less["deployments"] = 5


@fault("cpu-night", "The CPU of image-worker was at 99 % for six hours of the night")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").night = 99.0


@fault("app-metrics-gap", "The monitoring API has no samples of five hours of the day")
def _(world: World) -> None:
    world.digitalocean.metrics_gap = (12.0, 7.0)


@fault("instance-silent", "The monitoring API has no samples of one of the two instances of portfolio-web")
def _(world: World) -> None:
    world.digitalocean.left_out.add("samples of portfolio-web-1")


@fault("component-renamed", "The app's worker is called image-processor, and the settings still say image-worker")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").name = "image-processor"


@fault("component-restarting", "The image worker has been started again eight times within a day")
def _(world: World) -> None:
    world.digitalocean.component("image-worker").restarts = 8


@fault("component-crashing", "The image worker has crashed three times within a day, and said why each time")
def _(world: World) -> None:
    worker = world.digitalocean.component("image-worker")
    worker.restarts = 3
    worker.last_words = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"


@fault("crash-logs-lost", "The image worker has been started again, and nobody has what it wrote before")
def _(world: World) -> None:
    worker = world.digitalocean.component("image-worker")
    worker.restarts = 1
    worker.last_words = None


@fault("rollback-refused", "The platform refuses rollbacks, as the app is pinned to an earlier one")
def _(world: World) -> None:
    world.digitalocean.rollback_error = ("app_pinned", "the app is pinned to a previous deployment")


@fault("rollback-with-warning", "The platform warns that a rollback may not restore the image that ran")
def _(world: World) -> None:
    world.digitalocean.rollback_warning = (
        "image_source_missing_digest",
        "one or more components are missing an image digest and are not guaranteed rollback to the old version.",
    )


@fault("rollback-nowhere", "The app has been deployed once, so there is nothing to roll back to")
def _(world: World) -> None:
    del world.digitalocean.deployments[1:]


@fault("over-provisioned", "image-optimizer runs on instances that are far too large for what it does")
def _(world: World) -> None:
    component = world.digitalocean.component("image-optimizer")
    component.size, component.price = "apps-d-2vcpu-8gb", 98
    component.cpu, component.memory = 12.0, 15.0


@fault("under-provisioned", "portfolio-web has been short of memory all week")
def _(world: World) -> None:
    world.digitalocean.component("portfolio-web").memory = 85.0


@fault("bandwidth-days-missing", "The platform has no traffic figures of three days")
def _(world: World) -> None:
    world.digitalocean.left_out |= {"bandwidth 2", "bandwidth 3", "bandwidth 4"}


@fault("rollback-fails", "A rollback of the app ends with an error of its deployment")
def _(world: World) -> None:
    world.digitalocean.rollback_ends = "ERROR"


@fault("rollback-stays", "A rollback of the app works, and the way back to the newer release fails")
def _(world: World) -> None:
    world.digitalocean.revert_ends = "ERROR"


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


@fault("clock-off", "The clock of the website's server is ten minutes ahead")
def _(world: World) -> None:
    world.portfolio.clock_ahead = 600


@fault("clock-drifts", "The clock of the website's server is 45 s behind")
def _(world: World) -> None:
    world.portfolio.clock_ahead = -45
