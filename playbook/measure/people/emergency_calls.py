"""Whom to call in an emergency, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.severity import P1, P4
from playbook.core.wording import moment, plural
from playbook.history.people.attest import rule_for
from playbook.history.people.files import rules
from playbook.history.people.roster import Call
from playbook.measure.people.emergency import Look
from playbook.measure.people.on_call import on_call
from playbook.measure.people.people import newest_delivery
from playbook.settings.model import Settings

TOLD = "emergency.stakeholders-notified"


@dataclass(frozen=True, slots=True)
class EmergencyCalls:
    """Calls for the severity that was found; for P1 where there is no emergency, as a preview.

    Attributes:
        severity: as found; empty for none.
        calls: in the order in which to make them.
        worst: those for P1, where not every sign is known and it may be one.
        zone: of the roster.
        problem: why the roster cannot be read; then there are no calls.
    """

    severity: str
    calls: tuple[Call, ...] = ()
    zone: tzinfo = UTC
    worst: tuple[Call, ...] = ()
    problem: Unmeasured | NotConfigured | None = None

    @property
    def coverage(self) -> Coverage:
        """The roster, where it can be read; the severity does not rely on it."""
        steps = f"{plural(len(self.calls), 'step')} of the roster"
        return whole("roster not read" if self.problem else steps)

    @property
    def now(self) -> str:
        """What to do at once, to be added to the finding; empty where there is no emergency."""
        if not self.severity:
            return ""
        if self.problem or not self.calls:
            return "; whom to call is not known"
        if self.severity == P4:
            return f"; {self._who(self.calls[0])} sees to it by {self._local(self.calls[0].answer_by)}"
        return f"; call {self._step(self.calls[0], first=True)}"

    @property
    def meant_for(self) -> str:
        """The severity that the calls are for."""
        return self.severity or P1

    @property
    def first_can_be_reached(self) -> bool:
        """Whether the first call has a contact."""
        return bool(self.calls) and bool(_reach(self.calls[0]))

    @property
    def all_can_be_reached(self) -> bool:
        """Whether every call has a contact, also if what is not known makes it a P1."""
        return all(_reach(call) for call in (*self.calls, *self.worst))

    @property
    def found(self) -> str:
        """``P1: Ada Novak (+49 …) at once, to answer by Mon 22:45; then Ben Okafor …``."""
        if self.problem:
            return f"{self.meant_for}: not known whom to call ({self.problem})"
        if not self.calls:
            return f"nobody to call for {self.meant_for}"
        text = self._steps(self.calls)
        if not self.severity:
            return f"for a {P1} (there is no emergency now): {text}"
        worse = f"; if what is not known makes it a {P1}: {self._steps(self.worst)}" if self.worst else ""
        return f"{self.meant_for}: {text}{worse}"

    def evidence(self) -> Evidence:
        """A row for each call, or why there is none."""
        if self.problem:
            return Facts("Whom to call", {"Not known": str(self.problem)})
        rows = [
            [
                call.name,
                call.contact.name if call.contact else "nobody",
                _reach(call) or "no way to reach them",
                self._local(call.at),
                self._local(call.answer_by),
            ]
            for call in (*self.calls, *self.worst)
        ]
        when = f"for {self.severity}" if self.severity else f"if it were {P1}"
        when += f", and if it is {P1}" if self.worst else ""
        return Table(f"Whom to call, {when} ({self.zone})", ["Step", "Who", "How", "Call at", "Answer by"], rows)

    def _steps(self, calls: tuple[Call, ...]) -> str:
        return "; then ".join(self._step(call, first=call is calls[0]) for call in calls)

    def _step(self, call: Call, *, first: bool) -> str:
        when = "at once" if first else f"at {self._local(call.at)}"
        return f"{self._who(call)} {when}, to answer by {self._local(call.answer_by)}"

    @staticmethod
    def _who(call: Call) -> str:
        who = call.contact.name if call.contact else f"nobody as {call.name}"
        return f"{who} ({_reach(call)})" if _reach(call) else who

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%a %H:%M}"


def _reach(call: Call) -> str:
    return call.contact.reach if call.contact else ""


@measurement(apart_from=("emergency",))
def emergency_calls(emergency: Look, settings: Settings, clock: Clock) -> EmergencyCalls:
    """Whom to call and by when, for the severity that was found, from the on-call roster."""
    return calls_for(emergency, settings, clock)


@measurement
def who_to_call(emergency_calls: EmergencyCalls) -> EmergencyCalls:
    """As ``emergency_calls``, but an unreadable roster is an error.

    Raises:
        Unmeasured, NotConfigured: the roster cannot be read.
    """
    if emergency_calls.problem:
        raise emergency_calls.problem
    return emergency_calls


@dataclass(frozen=True, slots=True)
class Notice:
    """Whether stakeholders have to be notified.

    Attributes:
        needless: why nobody has to be notified; empty where somebody does.
        told: the newest message about an incident delivered today, in words; empty where there was none.
        coverage: how much of the system was observed, where nobody has to be notified. Any single sign can show
            that somebody does.
    """

    needless: str
    coverage: Coverage
    told: str = ""

    @property
    def settled(self) -> str:
        """Why no sign-off is needed; empty where one is."""
        return self.needless or self.told

    def evidence(self) -> Facts:
        """Whether they have to be notified, and what was delivered."""
        have_to = f"no: {self.needless}" if self.needless else "yes"
        return Facts("Those concerned", {"Must be notified": have_to, "By message": self.told or "none delivered"})


@measurement(apart_from=("emergency",))
def notice(emergency: Look, settings: Settings, clock: Clock) -> Notice:
    """Whether stakeholders have to be notified of what was found, and whether a message about it was delivered.

    A message about an open incident counts as long as a sign-off would.
    """
    needless, now = emergency.without_notice, clock.now()
    delivery = newest_delivery(settings, now - rule_for(TOLD, rules(settings)).valid, now, of_incidents=True)
    notification = f"told to {delivery.to} on {moment(delivery.when)}" if delivery else ""
    seen = emergency.coverage if needless else whole(f"an emergency, {emergency.severity}")
    return Notice(needless, seen, notification)


def calls_for(look: Look, settings: Settings, clock: Clock) -> EmergencyCalls:
    """Calls for the severity of a look; an unreadable roster is part of the result."""
    try:
        roster = on_call(settings, clock)  # not a parameter: the severity is known without it
    except (Unmeasured, NotConfigured) as error:
        return EmergencyCalls(look.severity, problem=error)
    calls = roster.calls(look.severity or P1, look.at)
    may_be_worse = look.severity not in ("", P1) and not look.coverage.enough
    worst = roster.calls(P1, look.at) if may_be_worse else ()
    return EmergencyCalls(look.severity, tuple(calls), roster.roster.zone, tuple(worst))
