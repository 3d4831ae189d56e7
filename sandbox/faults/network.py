"""Nothing on the network answers: this machine's own network may be at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("way-out-gone", "Nothing that this machine asks over the network is answered")
def _(world: World) -> None:
    world.gone |= {
        "web",
        "digitalocean",
        "grafana",
        "prometheus",
        "alertmanager",
        "redis",
        "github",
        "npm",
        "pages",
    }
