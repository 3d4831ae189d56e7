"""The gate as a provider: what changes something needs it, and there is no other way to a permit."""

from __future__ import annotations

from playbook.core.engine import client
from playbook.settings.gate import MutationGate, pass_gate
from playbook.settings.loading import Settings


@client
def mutation_gate(settings: Settings, allow_mutations: bool) -> MutationGate:
    """Whether something of the chosen target may be changed."""
    return pass_gate(settings, allow_mutations)
