"""Severity of an incident, by the settings of its items."""

from __future__ import annotations

from playbook.core.severity import severity_of_finding
from playbook.core.verdict import Verdict
from playbook.history.incidents import Incident
from playbook.settings.model import Settings


def severity_of_incident(incident: Incident, settings: Settings) -> str:
    """Highest severity of its items; one that was out of bounds keeps its severity while it cannot be seen."""
    levels = settings.incidents.severity
    found = ((item, Verdict.CRITICAL if item in incident.down else Verdict.UNKNOWN) for item in incident.items)
    return min((severity_of_finding(item, verdict, levels) for item, verdict in found), default="P3")
