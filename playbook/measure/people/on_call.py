"""Who is on call now and through the week, how they are reached, and who is called by severity."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.severity import SEVERITIES
from playbook.core.wording import plural
from playbook.history.people.roster import (
    DUTIES,
    PRIMARY,
    SECONDARY,
    SERVICE,
    STEP_MINUTES,
    Call,
    Contact,
    Roster,
    Span,
    read_roster,
)
from playbook.settings.model import SANDBOX, Settings

EXAMPLE = ".example"  # a domain that nobody can have, as in people/roster.example.toml


@dataclass(frozen=True, slots=True)
class OnCall:
    """The roster at one moment.

    Attributes:
        now: aware, in UTC.
        days: length of the period ahead.
        spans: by duty, from now on.
        answer_minutes: by severity, where the roster sets none.
        is_sandbox: the roster is the sandbox's, whose people are invented.
    """

    roster: Roster
    now: datetime
    days: float
    spans: Mapping[str, tuple[Span, ...]]
    answer_minutes: Mapping[str, float]
    is_sandbox: bool = False

    @property
    def coverage(self) -> Coverage:
        """The whole roster, for the requested period."""
        people = plural(len(self.roster.named()), "person", "people")
        return whole(f"roster of {people}, {self.days:g} days ahead")

    def person(self, duty: str) -> str:
        """Name of the person on duty now; ``nobody``."""
        return self.name(self.roster.on_duty(duty, self.now))

    @property
    def nobody_now(self) -> list[str]:
        """Duties that nobody has now."""
        return [duty for duty in DUTIES if self.roster.on_duty(duty, self.now) is None]

    @property
    def one_has_both(self) -> bool:
        """Whether the same person, or the same telephone, has both duties now."""
        return self.roster.one_phone(*(self.roster.on_duty(duty, self.now) for duty in DUTIES))

    @property
    def people_now(self) -> str:
        """``Ada Novak as primary and nobody as secondary``."""
        two = len({self.roster.on_duty(duty, self.now) for duty in DUTIES}) > 1
        together = ", at one telephone" if self.one_has_both and two else ""
        return " and ".join(f"{self.person(duty)} as {duty}" for duty in DUTIES) + together

    def through(self, end: datetime) -> OnCall:
        """The same roster up to ``end`` (aware)."""
        return dataclasses.replace(
            self, days=(end - self.now) / timedelta(days=1), spans=_spans(self.roster, self.now, end)
        )

    @property
    def gaps(self) -> list[str]:
        """Times when nobody has a duty, in words, soonest first."""
        empty = [(gap.start, duty, gap) for duty in DUTIES for gap in self.spans[duty] if gap.person is None]
        return [f"nobody as {duty} {self._when(gap.start, gap.end)}" for _, duty, gap in sorted(empty, key=_start)]

    @property
    def doubles(self) -> list[str]:
        """Times when one person, or one telephone, has both duties, in words, soonest first."""
        return [
            f"{self.name(mine.person)} as both {self._when(start, end)}"
            for mine in self.spans[PRIMARY]
            for other in self.spans[SECONDARY]
            if self.roster.one_phone(mine.person, other.person)
            and (start := max(mine.start, other.start)) < (end := min(mine.end, other.end))
        ]

    @property
    def covered(self) -> bool:
        """Whether two people are on call at every moment ahead."""
        return not self.gaps and not self.doubles

    @property
    def ahead(self) -> str:
        """Problems of the period ahead, or that there are none."""
        wrong = [*self.gaps, *self.doubles]
        return (
            "; ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if wrong[3:] else "")
            if wrong
            else "two at every moment"
        )

    @property
    def incomplete(self) -> list[str]:
        """Contacts that lack a way to be reached: ``no phone of Ben Okafor``."""
        roster = self.roster
        people = {key: self._missing(roster.people[key]) for key in sorted(roster.named())}
        outside = {key: contact.missing(outside=True) for key, contact in sorted(roster.contacts.items())}
        lacking = {**people, **outside}
        if not people:
            return ["nobody has a duty or is called by name"]
        return [
            f"no {' and no '.join(missing)} of {self.name(key)}" for key, missing in lacking.items() if missing
        ]

    def _missing(self, contact: Contact) -> list[str]:
        """Missing details; the addresses of the example roster are real in the sandbox only."""
        missing = contact.missing(outside=False)
        is_example = contact.email.casefold().endswith(EXAMPLE) and not self.is_sandbox
        return ["email (only the example's)", *missing] if is_example and "email" not in missing else missing

    @property
    def contacts(self) -> str:
        """Incomplete contacts, or how many are complete."""
        if self.incomplete:
            return "; ".join(self.incomplete)
        people, outside = len(self.roster.named()), len(self.roster.contacts)
        groups = [plural(people, "person", "people")]
        groups += [plural(outside, "outside contact")] if outside else []
        return f"all of them for {' and '.join(groups)}"

    @property
    def escalation(self) -> str:
        """Problems of the escalation, or whom it names."""
        named = [f"{severity} {', '.join(each.call)}" for severity, each in sorted(self.roster.escalation.items())]
        return "; ".join(self.escalation_problems or named)

    @property
    def escalation_problems(self) -> list[str]:
        """What the escalation lacks, in words: somebody to call, somebody beyond those on call, a fast answer."""
        problems = []
        for severity in SEVERITIES:
            escalation = self.roster.escalation.get(severity)
            if escalation is None or not escalation.call:
                problems.append(f"nobody is called for {severity}")
                continue
            beyond = [name for name in escalation.call if name not in DUTIES]
            if severity in {"P1", "P2"} and not any(map(self._is_beyond, beyond)):
                problems.append(f"{severity} goes no further than those on call")
            nobody = [name for name in beyond if self.roster.contact(name, self.now) is None]
            problems += [f"{severity} calls {name}, and nobody has that duty now" for name in nobody]
            allowed, asked = self.answer_minutes.get(severity), escalation.answer_minutes
            if allowed and asked and asked > allowed:
                problems.append(
                    f"{severity} may wait {two_units(asked * 60)}, and {two_units(allowed * 60)} is the most"
                )
            step = escalation.next_after_minutes
            if allowed and step > max(allowed, STEP_MINUTES) and len(escalation.call) > 1:
                problems.append(f"{severity} calls the next only after {two_units(step * 60)}")
        return problems

    def _is_beyond(self, name: str) -> bool:
        """Whether a name in the escalation leads to somebody whose turn it is not anyway."""
        key = self.roster.key(name, self.now)
        return not any(self.roster.one_phone(self.roster.in_turn(duty, self.now), key) for duty in DUTIES)

    def calls(self, severity: str, at: datetime | None = None) -> list[Call]:
        """Whom to call, and by when, for a severity (``P1`` to ``P4``) that began at ``at`` or now."""
        return self.roster.calls(severity, at or self.now, self.answer_minutes)

    def evidence(self) -> list[Evidence]:
        """Who is on call now and in the period ahead, and who is called for which severity."""
        zone = self.roster.zone
        facts = {duty.capitalize(): self._reach(duty) for duty in DUTIES}
        facts["Roster's time zone"] = f"{zone.key} (now {self.now.astimezone(zone):%Y-%m-%d %H:%M})"
        ahead = [
            [duty, self.name(each.person), self.local(each.start), self.local(each.end)]
            for duty in DUTIES
            for each in self.spans[duty]
        ]
        calls = [
            [severity, call.name, call.contact.name if call.contact else "nobody", *self._times(call)]
            for severity in SEVERITIES
            for call in self.calls(severity)
        ]
        return [
            Facts("On call now", facts),
            Table(f"On call, the next {self.days:g} days", ["Duty", "Who", "From", "Until"], ahead),
            Table("Who would be called now", ["Severity", "Step", "Who", "Called", "To answer by"], calls),
        ]

    def name(self, key: str | None) -> str:
        """Name of a person or contact by key; ``nobody``."""
        contact = self.roster.people.get(key or "") or self.roster.contacts.get(key or "")
        return (contact.name or str(key)) if contact else "nobody"

    def reached(self, key: str | None) -> str:
        """Return the name and the telephone number of a person or contact, or the address where there is none."""
        contact = self.roster.people.get(key or "") or self.roster.contacts.get(key or "")
        reach = contact.reach if contact else ""
        return f"{self.name(key)}, {reach}" if reach else self.name(key)

    def _reach(self, duty: str) -> str:
        contact = self.roster.contact(duty, self.now)
        return " · ".join(filter(None, (contact.name, contact.phone, contact.email))) if contact else "nobody"

    def _times(self, call: Call) -> tuple[str, str]:
        after = call.at - self.now
        when = f"after {two_units(after.total_seconds())}" if after else "at once"
        return when, self.local(call.answer_by)

    def _when(self, start: datetime, end: datetime) -> str:
        begins = "now" if start == self.now else f"from {self.local(start)}"
        return f"{begins} until {self.local(end)}"

    def local(self, at: datetime) -> str:
        """A time in the roster's zone: ``Mon 2026-11-23 09:00``."""
        return f"{at.astimezone(self.roster.zone):%a %Y-%m-%d %H:%M}"


def _start(gap: tuple[datetime, str, Span]) -> tuple[datetime, str]:
    return gap[0], gap[1]


@measurement
def on_call(settings: Settings, clock: Clock) -> OnCall:
    """The on-call roster: now, through the days ahead, contacts and escalation."""
    people = settings.people
    roster = read_roster(settings.path_of(settings.require(people.roster, "people.roster", SERVICE)))
    now = clock.now().astimezone(UTC)
    end = now + timedelta(days=people.on_call_days)
    spans, is_sandbox = _spans(roster, now, end), settings.target.kind == SANDBOX
    return OnCall(roster, now, people.on_call_days, spans, people.answer_minutes, is_sandbox)


def _spans(roster: Roster, start: datetime, end: datetime) -> Mapping[str, tuple[Span, ...]]:
    return {duty: tuple(roster.spans(duty, start, end)) for duty in DUTIES}
