"""Events that are due on a channel and were not delivered yet. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from playbook.history.handling import Handled
from playbook.history.incidents import Event, Incident

OPENINGS = frozenset({"opened", "reopened"})
ALARMS = OPENINGS | {"escalated"}
TOLD = OPENINGS | {"escalated", "recovered", "gone"}


class News(NamedTuple):
    """An event of an incident, and the incident's current state."""

    incident: Incident
    event: Event


def due(
    incidents: Iterable[Incident],
    told: Collection[str],
    now: datetime,
    within: timedelta,
    known_since: datetime | None = None,
) -> Iterator[News]:
    """Events to deliver now, by incident.

    Events during a maintenance window wait for its end, and an opening is then delivered only if the incident is
    still open. Events after an opening are delivered only if the opening was, or is now: a recovery without a
    known failure is noise.

    Events older than ``within`` are dropped, so that a new channel does not get the past. But events since the
    channel exists (``known_since``) can only be undelivered because of failures: that an incident is open, or
    over, is then delivered however late.
    """
    for incident in incidents:
        known = False
        for event in incident.events:
            if event.what not in TOLD:
                continue
            begins = event.held_until or event.at
            lasts = event is (newest_opening(incident) if incident.is_open else incident.events[-1])
            missed = lasts and known_since is not None and begins >= known_since - within
            is_due = event.id not in told and timedelta() <= now - begins and (now - begins <= within or missed)
            if event.what in OPENINGS:
                is_due = is_due and (lasts or not event.quiet)
                known = is_due or event.id in told
            if is_due and known:
                yield News(incident, event)


def newest_opening(incident: Incident) -> Event:
    """The last opening or reopening."""
    return next(event for event in reversed(incident.events) if event.what in OPENINGS)


def is_held(event: Event, now: datetime) -> bool:
    """Whether the event falls into a window that is not over."""
    return event.held_until is not None and event.held_until > now


def reminders(
    incidents: Iterable[Incident],
    done: Mapping[str, Handled],
    told: Collection[str],
    now: datetime,
    every: timedelta,
) -> Iterator[News]:
    """Open incidents without acknowledgement to send again: once per interval since the opening or the last turn
    for the worse that was delivered.

    Only if the opening was delivered, and not in a maintenance window. A reminder that came due while nothing ran
    is sent once, by the next run.
    """
    if every <= timedelta():
        return
    for incident in incidents:
        if not incident.is_open:
            continue
        if newest_opening(incident).id not in told:
            continue
        # One that was never delivered must not silence the reminders of what was.
        alarm = next(event for event in reversed(incident.events) if event.what in ALARMS and event.id in told)
        handled = done.get(incident.key, Handled())
        times = (now - (alarm.held_until or alarm.at)) // every
        if handled.acknowledged or times < 1 or is_held(incident.events[-1], now):
            continue
        again = f"{alarm.id}-again-{times}"
        if again not in told:
            text = f"Nobody has acknowledged it: {incident.message}"
            yield News(incident, Event(id=again, what="again", at=now, run=incident.events[-1].run, text=text))
