"""What can go wrong over weeks and months, while every single day looks as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("week-slow", "Requests have taken eight times as long as usual for six days")
def _(world: World) -> None:
    world.metrics.incident_hours = 144
    world.metrics.latency_factor = 8.0


@fault("week-failing", "Probes, requests, images and the cache have failed more often than allowed for six days")
def _(world: World) -> None:
    world.metrics.incident_hours = 144
    world.metrics.availability = 99.3
    world.metrics.error_percent = 2.5
    world.metrics.image_success = 97.0
    world.metrics.cache_hits = 72.0


@fault("metrics-short", "Prometheus has samples of the last two days only")
def _(world: World) -> None:
    world.metrics.history_days = 2
