"""Faults of managed databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.world.app import Database
from sandbox.world.shop import with_shop

if TYPE_CHECKING:
    from sandbox.world import World


def _mysql(world: World) -> Database:
    with_shop(world)
    return world.digitalocean.databases[-1]


@fault("database-creating", "The PostgreSQL is still being created")
def _(world: World) -> None:
    world.digitalocean.databases[0].status = "creating"


@fault("database-migrating", "The PostgreSQL is moving to another region")
def _(world: World) -> None:
    world.digitalocean.databases[0].status = "migrating"


@fault("database-state-new", "The PostgreSQL is in a state that nobody here knows")
def _(world: World) -> None:
    world.digitalocean.databases[0].status = "rebalancing"


@fault("database-replica-offline", "The read-only replica of the PostgreSQL is offline")
def _(world: World) -> None:
    world.digitalocean.databases[0].replicas = [("reports", "offline")]


@fault("database-unsaved", "The PostgreSQL has no backup of the last three nights")
def _(world: World) -> None:
    world.digitalocean.databases[0].backups = [(76.0, 0.41), (100.0, 0.41)]


@fault("database-never-saved", "The PostgreSQL has no backup at all")
def _(world: World) -> None:
    world.digitalocean.databases[0].backups = []


@fault("database-updates-due", "An update of the PostgreSQL is due in its next maintenance window")
def _(world: World) -> None:
    world.digitalocean.databases[0].updates = ["Upgrade to PostgreSQL 17.6 bugfix release"]


@fault("database-version-ended", "The PostgreSQL's version has ended")
def _(world: World) -> None:
    world.digitalocean.databases[0].days_to_end_of_life = -12.0


@fault("database-unplanned", "The PostgreSQL has no maintenance window")
def _(world: World) -> None:
    world.digitalocean.databases[0].window = None


@fault("database-full", "The shop's MySQL has hardly any storage left")
def _(world: World) -> None:
    _mysql(world).storage = 92.0


@fault("database-crowded", "The shop's MySQL has hardly a connection left")
def _(world: World) -> None:
    _mysql(world).connections = 64.0
