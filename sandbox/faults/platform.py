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
