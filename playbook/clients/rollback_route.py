"""Route for rollback drills; needs a permit of the gate."""

from __future__ import annotations

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.recovery.rolling_back import RollbackRoute, RollbackTransport
from playbook.core.engine import client
from playbook.settings.gate import MutationGate
from playbook.settings.model import Settings


@client(libraries=("pydo", "playbook.clients.transport", "stamina"), parts=("staging",))
def rollback_route(mutation_gate: MutationGate, settings: Settings) -> RollbackRoute | None:
    """DigitalOcean's API for rolling the staging app back and forward; None if mutations are not allowed."""
    if mutation_gate.refusal:
        return None
    mine, permit = settings.target.digitalocean, mutation_gate.permit
    app_id = settings.require(mine.app_id, "digitalocean.app_id", SERVICE)
    transport = RollbackTransport(
        endpoint=mine.endpoint,
        token=settings.require(mine.token, "digitalocean.token", SERVICE),
        time_limits=settings.time_limits,
        ca=mine.ca,
        permit=permit,
        app_id=app_id,
    )
    return RollbackRoute(permit, DigitalOceanApi(transport, app_id, None, settings))
