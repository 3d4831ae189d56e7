"""How bad a finding is, and who is called for it by when: the settings and the on-call roster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from playbook.clock import Clock
from playbook.emergency import P3, P4, SEVERITIES
from playbook.errors import NotConfigured, Unmeasured
from playbook.measure.on_call import OnCall, on_call
from playbook.people.roster import Call
from playbook.settings import Settings
from playbook.thread.told import Caller, Calls
from playbook.verdict import Verdict

OTHERS = "others"


def severity_of(item: str, verdict: Verdict, levels: Mapping[str, str]) -> str:
    """``P1`` to ``P4`` of a bad finding; empty where it is none.

    What is out of bounds is as bad as the settings say of the item, by its id or the longest beginning of it; what
    could not be measured may be as bad as that and is not known to be: P3 at most. A warning can wait: P4.
    """
    match verdict:
        case Verdict.CRITICAL:
            parts = item.split(".")
            names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
            return next((levels[name] for name in names if name in levels), levels.get(OTHERS, P3))
        case Verdict.UNKNOWN:
            return P3
        case Verdict.WARNING:
            return P4
        case _:
            return ""


def calls_of(settings: Settings, now: datetime, clock: Clock | None = None) -> Calls:
    """The first call for each severity of what is found now; a roster that cannot be read is told."""
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
        phone=contact.phone or "",
        email=contact.email or "",
        url=contact.url or "",
        by=by,
    )
