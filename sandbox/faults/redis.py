"""Faults of cache, queues and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.world.job_queues import JobQueue
from sandbox.world.shop import with_shop

if TYPE_CHECKING:
    from sandbox.world import World


def _queue(world: World, preset: str) -> JobQueue:
    with_shop(world)
    return world.redis.jobs.queue(preset)


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
    world.redis.burdens.idle_clients = 152  # the checks' own connections, whose number varies, come on top


@fault("redis-slow-commands", "Sixteen commands kept Redis busy for over 10 ms each")
def _(world: World) -> None:
    world.redis.burdens.slow_commands = 16


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
    world.redis.age = 90.0
    world.redis.known = False
    world.redis.reads_before = 0
    world.redis.reads = 0


@fault("redis-misses-today", "Redis was up for 200 days and hit 94.97 % since; every read of today was a miss")
def _(world: World) -> None:
    world.redis.reads_before = 380_140
    world.redis.misses_before = 140
    world.redis.hit_rate = 0.0


@fault("redis-first-run", "Nobody has read Redis' counters before, so there is nothing to compare them with")
def _(world: World) -> None:
    world.redis.known = False


@fault("redis-memory-full", "Redis' memory is full under noeviction: it answers, and refuses every write")
def _(world: World) -> None:
    world.redis.burdens.headroom = 0.9
    world.redis.burdens.policy = "noeviction"


@fault("redis-replica-cut", "The address leads to a replica that has lost its primary")
def _(world: World) -> None:
    world.redis.burdens.replica = True


@fault("redis-unsaved", "Redis cannot save its snapshot, as with a full disk, and refuses every write (MISCONF)")
def _(world: World) -> None:
    world.redis.burdens.unsaved = True


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


@fault("celery-backlog", "180 tasks of Celery wait")
def _(world: World) -> None:
    _queue(world, "celery").waiting = 180


@fault("celery-workers-gone", "Tasks of Celery wait, and none of its workers is there")
def _(world: World) -> None:
    _queue(world, "celery").workers = 0


@fault(
    "celery-unseen", "Redis' user may not list clients, and INFO does not tell whether one is a worker of Celery"
)
def _(world: World) -> None:
    _queue(world, "celery")
    world.redis.hides_clients = True


@fault("celery-unknown", "Celery has left no sign of the queue: its name is another one")
def _(world: World) -> None:
    _queue(world, "celery").known = False


@fault("rq-workers-gone", "No worker of RQ is alive")
def _(world: World) -> None:
    _queue(world, "rq").workers = 0


@fault("sidekiq-dead", "Sidekiq has given up 150 jobs")
def _(world: World) -> None:
    _queue(world, "sidekiq").failed = 150


@fault("bullmq-workers-gone", "Jobs of BullMQ wait, and none of its workers is there")
def _(world: World) -> None:
    _queue(world, "bullmq").workers = 0


@fault("bullmq-stale", "A job of BullMQ has waited for 50 minutes")
def _(world: World) -> None:
    _queue(world, "bullmq").oldest = 3_000.0


@fault("bullmq-overwritten", "Another program has written a text over BullMQ's list")
def _(world: World) -> None:
    _queue(world, "bullmq").text = True
