"""Whom to call for a severity, and by when: from the settings and the on-call roster."""

from __future__ import annotations

from datetime import datetime

from playbook.core.clock import Clock
from playbook.core.context import Caller, Calls
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.severity import SEVERITIES
from playbook.history.people.roster import Call
from playbook.measure.people.on_call import OnCall, on_call
from playbook.settings.model import Settings


def calls_of(settings: Settings, now: datetime, clock: Clock | None = None) -> Calls:
    """The first call for each severity as of now; an unreadable roster is reported in ``problem``."""
    try:
        roster = on_call(settings, clock or Clock())
    except (NotConfigured, Unmeasured) as error:
        return Calls(problem=str(error))
    first = {}
    for severity in SEVERITIES:
        steps = roster.calls(severity, now)
        if steps:
            first[severity] = _caller(steps[0], roster)
    return Calls(first=first)


def _caller(call: Call, roster: OnCall) -> Caller:
    by = f"{call.answer_by.astimezone(roster.roster.zone):%a %H:%M %Z}"
    contact = call.contact
    if contact is None:
        return Caller(duty=call.name, by=by)
    return Caller(
        duty=call.name,
        who=contact.name or call.name,
        phone=contact.phone if contact.has_number else "",
        email=contact.email if contact.has_mailbox else "",
        url=contact.url,
        by=by,
    )
