"""An extended product: a shop as a further website, MySQL, and a queue of each supported kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.world.app import Database
from sandbox.world.app_history import identifier
from sandbox.world.job_queues import JobQueue
from sandbox.world.web import Shop

if TYPE_CHECKING:
    from sandbox.world import World

QUEUES = {"celery": "celery", "rq": "default", "sidekiq": "thumbnails", "bullmq": "mails"}


def with_shop(world: World) -> Shop:
    """The shop, added to the product with its database and its queues where it has none yet."""
    if world.portfolio.shop:
        return world.portfolio.shop
    shop = world.portfolio.shop = Shop()
    world.redis.jobs.queues = [JobQueue(preset, name) for preset, name in QUEUES.items()]
    world.digitalocean.databases.append(Database(identifier("shop"), "portfolio-shop", "mysql", "8", "8.0.35"))
    return shop
