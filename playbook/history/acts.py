"""Actions of people on an incident, in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from playbook.core.durations import one_unit
from playbook.history import handling
from playbook.history.handling import Act, Handled
from playbook.history.incidents import Incident
from playbook.history.severity import severity_of_incident
from playbook.settings.model import Settings

DONE: dict[Act, str] = {"ack": "acknowledged", "note": "commented", "close": "closed by hand"}


def acknowledged_words(incident: Incident, done: Handled, settings: Settings, now: datetime) -> str:
    """``acknowledged after 25 min; P1 allows 15 min``: the time to acknowledge, with the required one."""
    severity = severity_of_incident(incident, settings)
    minutes = settings.people.answer_minutes.get(severity)
    asked = f"; {severity} allows {one_unit(timedelta(minutes=minutes))}" if minutes else ""
    took = handling.time_to_acknowledge(incident, done)
    if took is not None:
        late = " (late)" if minutes and took > timedelta(minutes=minutes) else ""
        return f"acknowledged after {one_unit(max(took, timedelta()))}{late}{asked}"
    if incident.closed:
        return f"closed without an acknowledgement{asked}"
    return f"not acknowledged for {one_unit(now - handling.opened_last(incident))}{asked}"
