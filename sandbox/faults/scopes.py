"""The token for DigitalOcean lacks one scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


# What a custom token may lack, one scope at a time; database:read is "databases-denied".
for _scope in (
    "account:read",
    "app:read",
    "app:update",
    "billing:read",
    "firewall:read",
    "monitoring:read",
    "ssh_key:read",
):

    @fault(
        f"token-without-{_scope.replace(':', '-').replace('_', '-')}", f"The token has every scope but {_scope}"
    )
    def _(world: World, scope: str = _scope) -> None:
        world.digitalocean.missing_scopes.add(scope)


@fault("databases-denied", "The token may not read databases")
def _(world: World) -> None:
    world.digitalocean.missing_scopes.add("database:read")
