"""What can go wrong with costs, sizes, access, firewalls and dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("cost-over-budget", "This month and the last cost 60 % more than the ones before")
def _(world: World) -> None:
    world.digitalocean.usage_factor = 1.6
    world.digitalocean.last_month_factor = 1.6


@fault("cost-creeping", "The last month cost 25 % more than the one before")
def _(world: World) -> None:
    world.digitalocean.last_month_factor = 1.25


@fault("redis-open-to-world", "The Redis cluster has no trusted sources: the whole internet may connect")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted = []


@fault("redis-open-by-range", "0.0.0.0/0 stands among the Redis cluster's trusted sources")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("ip_addr", "0.0.0.0/0"))


@fault("redis-trusts-too-many", "The Redis cluster trusts sixteen million addresses")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("ip_addr", "10.0.0.0/8"))


@fault("ssh-open-to-world", "The monitoring machine's firewall opens SSH to the whole internet")
def _(world: World) -> None:
    world.digitalocean.firewalls[0].inbound[0] = ("tcp", "22", ["0.0.0.0/0", "::/0"])


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
