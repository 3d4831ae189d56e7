"""Route for test alerts; needs a permit of the gate."""

from __future__ import annotations

from playbook.clients.http import HttpClient, monitoring_client
from playbook.clients.recovery.alerting import RECEIVER, SERVICE, AlertRoute
from playbook.core.engine import client
from playbook.settings.gate import MutationGate
from playbook.settings.model import Settings


@client(parts=("alertmanager",))
def alert_route(mutation_gate: MutationGate, settings: Settings) -> AlertRoute | None:
    """Alertmanager for a test alert and the receiver it should reach; None if mutations are not allowed."""
    if mutation_gate.refusal:
        return None
    target = settings.target
    alertmanager = monitoring_client(settings, "alertmanager", SERVICE)
    receiver = HttpClient(
        settings.require(target.alert_test.received_url, "alert_test.received_url", RECEIVER),
        service=RECEIVER,
        time_limits=settings.time_limits,
        ca=target.alert_test.ca,
        token=target.alert_test.token,
        setting=f"targets.{target.name}.alert_test.received_url",
    )
    return AlertRoute(mutation_gate.permit, alertmanager, receiver)
