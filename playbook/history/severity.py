"""Severity of an incident, by the settings of its items."""

from __future__ import annotations

from playbook.core.severity import severity_of_finding
from playbook.core.verdict import Verdict
from playbook.history.incidents import Incident
from playbook.history.standing import DOWN
from playbook.settings.loading import Settings


def severity_of_incident(incident: Incident, settings: Settings) -> str:
    """Severity of the worst of its items."""
    verdict = Verdict.CRITICAL if incident.kind == DOWN else Verdict.UNKNOWN
    levels = settings.incidents.severity
    return min((severity_of_finding(item, verdict, levels) for item in incident.items), default="P3")
