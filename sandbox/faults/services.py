"""Faults of a whole service on which several subjects depend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("digitalocean-gone", "Nobody listens where the DigitalOcean API should be")
def _(world: World) -> None:
    world.gone.add("digitalocean")


@fault("digitalocean-unauthorized", "The DigitalOcean API does not accept the token (401)")
def _(world: World) -> None:
    world.digitalocean.answer = "unauthorized"


@fault("digitalocean-denied", "The token lacks the scopes that it needs (403)")
def _(world: World) -> None:
    world.digitalocean.answer = "forbidden"


@fault("digitalocean-throttled", "The DigitalOcean API has had too many requests (429)")
def _(world: World) -> None:
    world.digitalocean.answer = "throttled"


@fault("digitalocean-broken", "The DigitalOcean API answers with server errors (500)")
def _(world: World) -> None:
    world.digitalocean.answer = "server-error"


@fault("digitalocean-garbage", "The DigitalOcean API answers with a web page instead of JSON")
def _(world: World) -> None:
    world.digitalocean.answer = "garbage"


@fault("prometheus-gone", "Nobody listens where Prometheus should be, and Grafana does not reach it either")
def _(world: World) -> None:
    world.gone.add("prometheus")


@fault("grafana-gone", "Nobody listens where Grafana should be")
def _(world: World) -> None:
    world.gone.add("grafana")
