"""A product that has more (a shop as a further website, MySQL, four queues), and what can go wrong there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.digitalocean.history import identifier
from sandbox.digitalocean.state import Database
from sandbox.faults import fault
from sandbox.job_queues import JobQueue
from sandbox.portfolio.state import Shop

if TYPE_CHECKING:
    from sandbox.world import World

_QUEUES = {"celery": "celery", "rq": "default", "sidekiq": "thumbnails", "bullmq": "mails"}


@fault("with-shop", "Nothing is wrong: the product has a shop too, with MySQL and four queues", harmless=True)
def _with_shop(world: World) -> None:
    world.portfolio.shop = Shop()
    world.redis.jobs.queues = [JobQueue(preset, name) for preset, name in _QUEUES.items()]
    world.digitalocean.databases.append(Database(identifier("shop"), "portfolio-shop", "mysql", "8", "8.0.35"))


def _shop(world: World) -> Shop:
    _with_shop(world)
    assert world.portfolio.shop
    return world.portfolio.shop


def _queue(world: World, preset: str) -> JobQueue:
    _with_shop(world)
    return world.redis.jobs.queue(preset)


def _mysql(world: World) -> Database:
    _with_shop(world)
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


@fault("database-unsaved", "The PostgreSQL has no backup of the last three nights")
def _(world: World) -> None:
    world.digitalocean.databases[0].backups = [(76.0, 0.41), (100.0, 0.41)]


@fault("database-never-saved", "The PostgreSQL has no backup at all")
def _(world: World) -> None:
    world.digitalocean.databases[0].backups = []


@fault("databases-denied", "The token may not read databases")
def _(world: World) -> None:
    world.digitalocean.missing_scopes.add("database:read")


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


@fault("celery-backlog", "180 tasks of Celery wait")
def _(world: World) -> None:
    _queue(world, "celery").waiting = 180


@fault("celery-unknown", "Celery has left no sign of the queue: its name is another one")
def _(world: World) -> None:
    _queue(world, "celery").known = False


@fault("rq-workers-gone", "No worker of RQ is alive")
def _(world: World) -> None:
    _queue(world, "rq").workers = 0


@fault("sidekiq-dead", "Sidekiq has given up 150 jobs")
def _(world: World) -> None:
    _queue(world, "sidekiq").failed = 150


@fault("bullmq-stale", "A job of BullMQ has waited for 50 minutes")
def _(world: World) -> None:
    _queue(world, "bullmq").oldest = 3_000.0


@fault("bullmq-overwritten", "Another program has written a text over BullMQ's list")
def _(world: World) -> None:
    _queue(world, "bullmq").text = True


@fault("shop-down", "The shop, a further website, answers 503")
def _(world: World) -> None:
    _shop(world).status = 503


@fault("shop-unhealthy", "The shop's health endpoint says that it is unhealthy")
def _(world: World) -> None:
    _shop(world).health = "unhealthy"


@fault("shop-bare", "The shop's answers have no security header")
def _(world: World) -> None:
    _shop(world).headers = {}
