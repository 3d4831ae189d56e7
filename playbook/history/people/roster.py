"""The on-call roster: who has which duty when, how they are reached, and who is called by severity. Pure.

Times without an offset are local times of the roster's zone: a rotation that changes hands at 09:00 does so at
09:00 in summer and in winter. A local time skipped by a clock change is moved later by the skipped time; of an
ambiguous one the first is used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from playbook.core.clock import iana_zone
from playbook.core.errors import Denied, Malformed, Unreachable
from playbook.core.placeholders import is_no_mailbox, is_no_number, is_placeholder

SERVICE = "On-call roster"
_HINT = "Copy the playbook's people/roster.example.toml to it and fill that in, or correct people.roster."
PRIMARY, SECONDARY = "primary", "secondary"
DUTIES = (PRIMARY, SECONDARY)
STEP_MINUTES = 15.0  # without an answer, until the next is called
# Usable from any country: + and the country code, seven digits or more, blanks, and perhaps an extension.
_PHONE = re.compile(
    r"(?=(?:\D*\d){7})\+[1-9][\d\s()./\u2010-\u2013-]{6,}(?:(?:,|;|x|ext\.?|extension|#)\s*\d{1,6})?",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://[^\s/]+\.[^\s/]+|tel:\+?\d|mailto:\S+@|slack://)\S*", re.IGNORECASE)
# One address as it is, without brackets, a scheme or a second one.
_MAIL = re.compile(
    r"[^@\s<>()\[\],;:\"]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[a-z\d-]{2,})", re.IGNORECASE
)


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Contact(_Part, frozen=True, kw_only=True):
    """A person of the team, or an outside contact."""

    name: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""

    def missing(self, *, outside: bool) -> list[str]:
        """Missing contact details; for outside contacts one way is enough."""
        lacking = ["name"] if is_placeholder(self.name) else []
        if outside:
            return lacking + ([] if self.reach else ["email, phone or url"])
        return lacking + [
            way for way, right in (("email", self.has_mailbox), ("phone", self.has_number)) if not right
        ]

    @property
    def reach(self) -> str:
        """The best way to reach them: telephone, e-mail, or an address; empty where none is real."""
        has_url = bool(_URL.fullmatch(self.url)) and not is_no_mailbox(f"@{urlsplit(self.url).hostname or ''}")
        ways = {self.phone: self.has_number, self.email: self.has_mailbox, self.url: has_url}
        return next((way for way, right in ways.items() if right), "")

    @property
    def has_mailbox(self) -> bool:
        """Whether the e-mail address may be somebody's."""
        return bool(_MAIL.fullmatch(self.email)) and not is_no_mailbox(self.email)

    @property
    def has_number(self) -> bool:
        """Whether the telephone number may be somebody's, and can be called from any country."""
        return bool(_PHONE.fullmatch(self.phone)) and not is_no_number(self.phone)


class Rotation(_Part, frozen=True, kw_only=True):
    """A rotating duty.

    Attributes:
        starts: when the first of ``people`` took it over, and the hour at which it changes hands.
        every_days: length of a turn.
    """

    starts: datetime
    every_days: Annotated[int, msgspec.Meta(ge=1)] = 7
    people: Annotated[list[str], msgspec.Meta(min_length=1)]


class Shift(_Part, frozen=True, kw_only=True):
    """A duty assigned to a person for a fixed time; it overrides the rotation."""

    duty: str
    person: str
    until: datetime
    start: datetime = msgspec.field(name="from")


class Escalation(_Part, frozen=True, kw_only=True):
    """Who is called for one severity.

    Attributes:
        call: duties, people or contacts, in the order in which they are called.
        answer_minutes: within which the first must answer; the settings' value where not given.
        next_after_minutes: time without an answer after which the next is called.
    """

    call: list[str]
    answer_minutes: Annotated[float, msgspec.Meta(gt=0)] | None = None
    next_after_minutes: Annotated[float, msgspec.Meta(gt=0)] = STEP_MINUTES


class _File(_Part, frozen=True, kw_only=True):
    time_zone: str
    people: dict[str, Contact]
    contacts: dict[str, Contact] = {}
    rotations: dict[str, Rotation] = {}
    shifts: list[Shift] = []
    escalation: dict[str, Escalation] = {}
    holidays: list[date] = []
    business_day_ends: time = time(17)


@dataclass(frozen=True, slots=True)
class Span:
    """Who has a duty from ``start`` to ``end`` (aware, UTC); None is nobody."""

    start: datetime
    end: datetime
    person: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make.

    Attributes:
        name: of the step: a duty, a person or a contact of the roster.
        contact: the person to call; None where nobody has the duty.
        at: when to call.
        answer_by: when the call must have been answered; both aware, in UTC.
    """

    name: str
    contact: Contact | None
    at: datetime
    answer_by: datetime


class Roster:
    """A valid roster: every name in it refers to somebody."""

    def __init__(self, file: _File, zone: ZoneInfo) -> None:
        self.zone = zone
        self.people: Mapping[str, Contact] = file.people
        self.contacts: Mapping[str, Contact] = file.contacts
        self.rotations: Mapping[str, Rotation] = file.rotations
        self.escalation: Mapping[str, Escalation] = file.escalation
        self._holidays = frozenset(file.holidays)
        self._business_day_ends = file.business_day_ends
        self._shifts = [(s.duty, s.person, self._utc(s.start), self._utc(s.until)) for s in file.shifts]

    def on_duty(self, duty: str, at: datetime) -> str | None:
        """Key of the person on duty at a moment; of overlapping shifts, the one that began last."""
        covering = [shift for shift in self._shifts if shift[0] == duty and shift[2] <= at < shift[3]]
        if covering:
            return max(covering, key=lambda shift: shift[2])[1]
        return self.in_turn(duty, at)

    def in_turn(self, duty: str, at: datetime) -> str | None:
        """Key of the person whose turn it is in the rotation, whatever the shifts."""
        rotation = self.rotations.get(duty)
        if rotation is None:
            return None
        turn = self._turn(rotation, at)
        return rotation.people[turn % len(rotation.people)] if turn >= 0 else None

    def spans(self, duty: str, start: datetime, end: datetime) -> list[Span]:
        """Who has a duty over a period, in order and without gaps; equal neighbours are merged."""
        edges = {start, end, *(edge for edge in self._edges(duty, start, end) if start < edge < end)}
        ordered = sorted(edges)
        spans: list[Span] = []
        for begins, ends in pairwise(ordered):
            person = self.on_duty(duty, begins)
            goes_on = spans and spans[-1].person == person
            spans.append(Span(spans.pop().start if goes_on else begins, ends, person))
        return spans

    def calls(self, severity: str, at: datetime, answer_minutes: Mapping[str, float]) -> list[Call]:
        """Whom to call for an incident of a severity that began at ``at``, and when.

        Args:
            answer_minutes: by severity, where the roster sets none; a severity in neither may wait until the end
                of the next business day.
        """
        escalation = self.escalation.get(severity)
        if escalation is None:
            return []
        minutes = escalation.answer_minutes or answer_minutes.get(severity)
        step = timedelta(minutes=escalation.next_after_minutes)
        calls = []
        for number, name in enumerate(escalation.call):
            moment = at + number * step
            due = moment + timedelta(minutes=minutes) if minutes else self.next_business_day(moment)
            calls.append(Call(name, self.contact(name, moment), moment, due))
        return calls

    def contact(self, name: str, at: datetime) -> Contact | None:
        """The contact for a duty, a person's key or a contact's key; None where nobody has the duty."""
        key = self.key(name, at)
        return None if key is None else self.people.get(key) or self.contacts.get(key)

    def key(self, name: str, at: datetime) -> str | None:
        """The key for a duty, a person's key or a contact's key; None where nobody has the duty."""
        return self.on_duty(name, at) if self._is_duty(name) else name

    def one_phone(self, one: str | None, other: str | None) -> bool:
        """Whether two keys are one person, or people who are called by one number."""
        phones = [
            re.sub(r"\D", "", self.people[key].phone) if key in self.people else "" for key in (one, other) if key
        ]
        return one is not None and (one == other or (len(phones) == 2 and phones[0] == phones[1] != ""))

    def next_business_day(self, at: datetime) -> datetime:
        """The end of the next day that is neither a weekend nor a holiday of the roster."""
        day = at.astimezone(self.zone).date() + timedelta(days=1)
        while day.weekday() >= 5 or day in self._holidays:
            day += timedelta(days=1)
        return self._utc(datetime.combine(day, self._business_day_ends))

    def named(self) -> set[str]:
        """Keys of the people who have a duty or are called by name."""
        called = {name for escalation in self.escalation.values() for name in escalation.call}
        turning = {key for rotation in self.rotations.values() for key in rotation.people}
        return (turning | {shift[1] for shift in self._shifts} | called) & self.people.keys()

    def _is_duty(self, name: str) -> bool:
        return name in DUTIES or name in self.rotations

    def _utc(self, at: datetime) -> datetime:
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)

    def _handover(self, rotation: Rotation, turn: int) -> datetime:
        local = rotation.starts.astimezone(self.zone) if rotation.starts.tzinfo else rotation.starts
        # Days are added to local time, not to the moment, so that the hour stays the same.
        return self._utc(local.replace(tzinfo=None) + timedelta(days=turn * rotation.every_days))

    def _turn(self, rotation: Rotation, at: datetime) -> int:
        """Number of handovers so far; negative before its start."""
        turn = (at - self._handover(rotation, 0)) // timedelta(days=rotation.every_days)
        # A day with a clock change is not 24 hours long, so the estimate may be off by one.
        while self._handover(rotation, turn) > at:
            turn -= 1
        while self._handover(rotation, turn + 1) <= at:
            turn += 1
        return turn

    def _edges(self, duty: str, start: datetime, end: datetime) -> Iterator[datetime]:
        for name, _, begins, ends in self._shifts:
            if name == duty:
                yield from (begins, ends)
        rotation = self.rotations.get(duty)
        if rotation:
            turn = max(self._turn(rotation, start), -1) + 1
            while (edge := self._handover(rotation, turn)) < end:
                yield edge
                turn += 1

    def problems(self) -> Iterator[str]:
        """Inconsistencies, each in words."""
        for name, rotation in self.rotations.items():
            yield from (f"rotations.{name} names {key}, who is not in people" for key in self._strangers(rotation))
        for number, (duty, person, begins, ends) in enumerate(self._shifts, 1):
            if not self._is_duty(duty):
                known = ", ".join(dict.fromkeys((*DUTIES, *self.rotations)))
                yield f"shift {number} is for {duty}, which is not a duty (the duties are: {known})"
            if person not in self.people:
                yield f"shift {number} names {person}, who is not in people"
            if ends <= begins:
                yield f"shift {number} ends before it begins"
            for other, (same, another, start, _) in enumerate(self._shifts[: number - 1], 1):
                if (same, start) == (duty, begins) and another != person:
                    yield f"shifts {other} and {number} give {duty} to {another} and {person} from the same moment"
        for severity, escalation in self.escalation.items():
            for name in escalation.call:
                if not self._is_duty(name) and name not in self.people and name not in self.contacts:
                    yield f"escalation.{severity} calls {name}, who is neither a duty nor in people or contacts"

    def _strangers(self, rotation: Rotation) -> list[str]:
        return [key for key in rotation.people if key not in self.people]


def read_roster(file: Path) -> Roster:
    """Read a roster.

    Raises:
        Unreachable, Denied: the file does not exist or may not be read.
        Malformed: it is not TOML, not in the form of a roster, or names somebody who is not in it.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        content = msgspec.convert(raw, _File)
        roster = Roster(content, iana_zone(content.time_zone))
    except FileNotFoundError:
        raise Unreachable(
            f"{SERVICE}: expected the file {file.name}, which is not there", service=SERVICE, hint=_HINT
        ) from None
    except PermissionError:
        raise Denied(f"{SERVICE}: expected to be allowed to read {file.name}", service=SERVICE) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed(
            f"{SERVICE}: expected valid TOML in {file.name}, got an error ({error})", service=SERVICE
        ) from None
    except msgspec.ValidationError as error:
        text = str(error).replace("`", "").replace(" - at $.", " at ")
        raise Malformed(
            f"{SERVICE}: {file.name} is not in the form of a roster: {text}", service=SERVICE
        ) from None
    except ValueError as error:
        raise Malformed(f"{SERVICE}: time_zone in {file.name}: {error}", service=SERVICE) from None
    except OSError as error:
        raise Unreachable(f"{SERVICE}: {file.name} cannot be read: {error.strerror}", service=SERVICE) from None
    problem = next(roster.problems(), "")
    if problem:
        raise Malformed(f"{SERVICE}: {problem} ({file.name})", service=SERVICE)
    return roster
