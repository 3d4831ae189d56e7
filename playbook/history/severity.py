"""How bad an incident is, by what the settings say of its items."""

from __future__ import annotations

from playbook.core.severity import severity_of_finding
from playbook.core.verdict import Verdict
from playbook.history.incidents import Incident
from playbook.settings.loading import Settings


def severity_of_incident(incident: Incident, settings: Settings) -> str:
    """Return the highest of its items; what was out of bounds counts so also when it cannot be seen any more."""
    levels = settings.incidents.severity
    found = ((item, Verdict.CRITICAL if item in incident.down else Verdict.UNKNOWN) for item in incident.items)
    return min((severity_of_finding(item, verdict, levels) for item, verdict in found), default="P3")
