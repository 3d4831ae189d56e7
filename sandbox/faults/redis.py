"""What can go wrong with cache and queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


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


@fault("image-failures", "One image in fourteen has not been processed since yesterday, in AVIF most of all")
def _(world: World) -> None:
    world.redis.formats["avif"].failure = 920
    world.metrics.image_success = 92.8
