"""The mutation gate as a client: everything that changes something needs a permit from it."""

from __future__ import annotations

from playbook.core.engine import client
from playbook.settings.gate import MutationGate, pass_gate
from playbook.settings.model import Settings


@client
def mutation_gate(settings: Settings, allow_mutations: bool) -> MutationGate:
    """Whether changes to the chosen target are allowed."""
    return pass_gate(settings, allow_mutations)
