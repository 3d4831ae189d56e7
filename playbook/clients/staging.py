"""Where restore drills take place, and where their records are kept."""

from __future__ import annotations

from playbook.clients.recovery.place import Staging
from playbook.core.engine import client
from playbook.settings.gate import MutationGate
from playbook.settings.model import Settings


@client(libraries=("redis",), parts=("staging",))
def staging(mutation_gate: MutationGate, settings: Settings) -> Staging:
    """Creates staging places with a permit of the gate; leftovers are removed at the end of the run."""
    setting = f"targets.{settings.target.name}.recovery.folder"
    return Staging(mutation_gate, settings.target.recovery.folder, setting)
