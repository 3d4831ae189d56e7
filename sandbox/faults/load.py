"""Faults of the system under load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World

_PAGES = ("/", "/api/health", "/api/image/health", "/api/image/optimize")


@fault("load-homepage-slow", "The homepage takes two seconds longer, however often it is asked for")
def _(world: World) -> None:
    world.portfolio.delays["/"] = 2.0


@fault("load-health-slow", "Both health endpoints take two seconds longer, however often they are asked")
def _(world: World) -> None:
    world.portfolio.delays |= dict.fromkeys(_PAGES[1:3], 2.0)


@fault("load-images-slow", "Each image optimisation takes three seconds longer, however many come at once")
def _(world: World) -> None:
    world.portfolio.delays[_PAGES[3]] = 3.0


@fault(
    "load-not-carried",
    "Everything takes nearly two seconds longer, and visitors get a fraction of what they ask for",
)
def _(world: World) -> None:
    world.portfolio.delays |= dict.fromkeys(_PAGES, 1.7)


@fault("load-failing", "One request in five is answered with 503")
def _(world: World) -> None:
    world.portfolio.fails_every = 5


@fault("load-dropping", "One connection in five is cut in the middle of its answer")
def _(world: World) -> None:
    world.portfolio.drops_every = 5


@fault("load-dying", "After forty requests the website is gone, half-way through a load test")
def _(world: World) -> None:
    world.portfolio.dies_after = 40


@fault("load-queue-stuck", "The worker hangs, and 120 images wait in the queue while the load test runs")
def _(world: World) -> None:
    world.portfolio.worker_stuck = True
    world.redis.queue_length = 120


@fault("load-slower-than-before", "The homepage takes half a second, where it took ten milliseconds a week ago")
def _(world: World) -> None:
    world.portfolio.delays["/"] = 0.5
    world.load_tests.p95 = 0.01


@fault("load-test-outgrown", "There is more traffic by now than the last breakpoint test carried")
def _(world: World) -> None:
    world.load_tests.held_per_second = 0.8
