"""Whether there is an emergency, how bad it is, whom to call, and whether it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from playbook.clients.prometheus import Prometheus
from playbook.clock import Clock
from playbook.emergency import NONE, P1, P4, URGENT, Known, severity_of
from playbook.engine import Measurements, Outcome, measurement
from playbook.errors import NotConfigured, TooLittleData, Unmeasured, Unreachable
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Limit
from playbook.measure.alerts import Alerts
from playbook.measure.kpis import ERROR_RATE, RESPONSE_TIME
from playbook.measure.on_call import on_call
from playbook.measure.recent import Recent, recent
from playbook.measure.web import Health, HomepageTiming
from playbook.roster import Call
from playbook.settings import Settings

SERVICE = "Emergency"
HOMEPAGE, HEALTH, RESPONSE, ERRORS, ALERTS = (
    "homepage_timing",
    "api_health",
    "response_time_latest",
    "error_rate_latest",
    "alerts",
)
ASKED = (HOMEPAGE, HEALTH, RESPONSE, ERRORS, ALERTS)
_NAMES = {
    HOMEPAGE: "Homepage",
    HEALTH: "API health",
    RESPONSE: "P95 response time",
    ERRORS: "Error rate",
    ALERTS: "Alerts",
}
# Without these nobody can say that all is well. Alerts are only what others concluded.
_NEEDED = (HOMEPAGE, HEALTH, RESPONSE, ERRORS)


@measurement
def response_time_latest(prometheus: Prometheus, settings: Settings) -> Recent:
    """Seconds within which 95 % of the last minutes' requests were answered."""
    return recent(prometheus, settings, RESPONSE_TIME, settings.emergency.window_minutes)


@measurement
def error_rate_latest(prometheus: Prometheus, settings: Settings) -> Recent:
    """Percent of the last minutes' requests that were answered with 5xx."""
    return recent(prometheus, settings, ERROR_RATE, settings.emergency.window_minutes)


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at.

    Attributes:
        value: what was measured; None where it was not, and ``problem`` says why.
        found: in words.
    """

    name: str
    value: Any
    found: str
    problem: Unmeasured | NotConfigured | None = None

    @property
    def missing(self) -> Unmeasured | None:
        """Why it is not known, where it is not: other than for want of a setting."""
        return self.problem if isinstance(self.problem, Unmeasured) else None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the system.

    Attributes:
        signs: by measurement.
        response, errors: the limits of P3 (warning) and P2 (critical).
    """

    at: datetime
    signs: dict[str, Sign]
    response: Limit
    errors: Limit

    @property
    def known(self) -> Known:
        """What it says, as far as it could be told."""
        homepage, health, alerts = (self.signs[name].value for name in (HOMEPAGE, HEALTH, ALERTS))
        seconds = [self._number(RESPONSE), homepage.median.value if homepage else None]
        return Known(
            down=self._down(homepage),
            seconds=max((value for value in seconds if value is not None), default=None),
            error_percent=self._number(ERRORS),
            unhealthy=health.is_unhealthy or health.is_degraded if health else None,
            alerts=len(alerts.firing) if alerts else None,
        )

    @property
    def worst(self) -> str:
        """The severity by what is known; empty where that is no emergency."""
        return severity_of(self.known, self.response, self.errors)

    @property
    def severity(self) -> str:
        """As ``worst``.

        Raises:
            Unmeasured: what is known is no emergency, and something that would show one could not be measured.
        """
        if not self.worst:
            for name in _NEEDED:
                missing = self.signs[name].missing
                if missing:
                    raise missing
        return self.worst

    @property
    def urgent(self) -> bool:
        """P1 or P2."""
        return self.severity in URGENT

    @property
    def without_notice(self) -> str:
        """Why nobody needs to be told; empty where they do. Raises as ``severity``."""
        if self.severity in (NONE, P4):
            return f"{self.severity or 'no emergency'}, of which nobody has to be told at once"
        return ""

    @property
    def found(self) -> str:
        """``P2: P95 response time 6.1 s over 10 min (312 requests); Homepage …``; ``none`` where there is none."""
        if not self.worst:
            return "none"
        return f"{self.worst}: {'; '.join(f'{sign.name} {sign.found}' for sign in self._telling)}"

    @property
    def line(self) -> str:
        """All signs in one line."""
        return " · ".join(f"{sign.name} {sign.found}" for sign in self.signs.values())

    def evidence(self) -> list[Evidence]:
        """Severity, its limits, and every sign."""
        facts = {
            "Severity": self.worst or "no emergency",
            "P1": "the service is down",
            "P2": f"answers {self.response.critical}, or errors {self.errors.critical}",
            "P3": f"answers {self.response.warning}, errors {self.errors.warning}, or a part is unhealthy",
            "P4": "an alert fires",
        }
        rows = [[sign.name, sign.found] for sign in self.signs.values()]
        title = f"What was looked at, {self.at:%H:%M:%S} UTC"
        return [Facts("Severity", facts), Table(title, ["What", "Found"], rows)]

    @property
    def _telling(self) -> list[Sign]:
        """The signs that by themselves would be as bad."""
        known, worst = self.known, self.worst
        parts = {
            HOMEPAGE: Known(down=known.down, seconds=self._homepage_seconds),
            HEALTH: Known(unhealthy=known.unhealthy),
            RESPONSE: Known(seconds=self._number(RESPONSE)),
            ERRORS: Known(error_percent=known.error_percent),
            ALERTS: Known(alerts=known.alerts),
        }
        return [
            self.signs[name]
            for name, part in parts.items()
            if severity_of(part, self.response, self.errors) == worst
        ]

    @property
    def _homepage_seconds(self) -> float | None:
        homepage = self.signs[HOMEPAGE].value
        return homepage.median.value if homepage else None

    def _number(self, name: str) -> float | None:
        measured = self.signs[name].value
        return measured.reading.value if measured else None

    def _down(self, homepage: HomepageTiming | None) -> bool | None:
        """Down: server errors only; or no answer at all, while our own network works, as others do answer."""
        if homepage:
            return all(sample.status is None or sample.status >= 500 for sample in homepage.samples)
        if not isinstance(self.signs[HOMEPAGE].problem, Unreachable):
            return None
        others = (RESPONSE, ERRORS, ALERTS)
        answered = [
            self.signs[n].value is not None or isinstance(self.signs[n].problem, TooLittleData) for n in others
        ]
        return True if any(answered) else None


def take_look(settings: Settings, clock: Clock) -> Look:
    """Look at everything at once, side by side and each for itself: what is away does not hide the rest.

    Raises:
        NotConfigured: the target has no website, so that there is nothing to look at.
    """
    settings.require(settings.target.web.url, "web.url", "Website")
    measurements = Measurements({"settings": settings, "clock": clock})
    measurements.start(ASKED)
    try:
        signs = {name: _sign(_NAMES[name], measurements.outcome(name), _WORDS[name]) for name in ASKED}
    finally:
        measurements.close()
    return Look(clock.now(), signs, settings.limits.emergency_response, settings.limits.emergency_errors)


def _sign(name: str, outcome: Outcome, words: Callable[[Any], str]) -> Sign:
    if outcome.error is None:
        try:
            return Sign(name, outcome.value, words(outcome.value))
        except Unmeasured as error:  # too little in that time
            return Sign(name, None, str(error).rpartition(": ")[2], error)
    if not isinstance(outcome.error, Unmeasured | NotConfigured):
        raise outcome.error
    found = f"not known ({outcome.error})"
    if isinstance(outcome.error, NotConfigured):
        found = "not configured"
    elif isinstance(outcome.error, Unreachable):
        found = f"gave no answer: {str(outcome.error).rpartition(', got ')[2]}"
    return Sign(name, None, found, outcome.error)


def _homepage_words(homepage: HomepageTiming) -> str:
    return f"{homepage.summary}, {homepage.median.value:.2f} s"


def _health_words(health: Health) -> str:
    return health.summary


def _time_words(measured: Recent) -> str:
    return f"{measured.reading.value:.2f} s over {measured.over}"


def _share_words(measured: Recent) -> str:
    return f"{measured.reading.value:.2f} % over {measured.over}"


def _alert_words(alerts: Alerts) -> str:
    return f"{alerts.words(alerts.firing)} firing"


_WORDS: dict[str, Callable[[Any], str]] = {
    HOMEPAGE: _homepage_words,
    HEALTH: _health_words,
    RESPONSE: _time_words,
    ERRORS: _share_words,
    ALERTS: _alert_words,
}


@measurement(time_limit=50.0)
def emergency(settings: Settings, clock: Clock) -> Look:
    """How bad it is now: one look at homepage, health, response time, errors and alerts."""
    return take_look(settings, clock)


@dataclass(frozen=True, slots=True)
class EmergencyCalls:
    """Whom to call for the severity that was found; for P1 where there is no emergency, so that it can be seen.

    Attributes:
        severity: as found; empty for none.
        calls: in the order in which to make them.
        zone: of the roster.
        problem: why the roster cannot be read, where it cannot: then there are no calls.
    """

    severity: str
    calls: tuple[Call, ...] = ()
    zone: tzinfo = UTC
    problem: Unmeasured | NotConfigured | None = None

    def expect_roster(self) -> None:
        """Raise why the roster cannot be read, where it cannot."""
        if self.problem:
            raise self.problem

    @property
    def now(self) -> str:
        """What to do at once, to be added to what was found; empty where there is no emergency."""
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
        """There is somebody to begin with."""
        return bool(self.calls) and bool(_reach(self.calls[0]))

    @property
    def all_can_be_reached(self) -> bool:
        """Every step leads to somebody."""
        return all(_reach(call) for call in self.calls)

    @property
    def found(self) -> str:
        """``P1: Ada Novak (+49 …) at once, to answer by Mon 22:45; then Ben Okafor …``."""
        if not self.calls:
            return f"nobody to call for {self.meant_for}"
        steps = [self._step(call, first=call is self.calls[0]) for call in self.calls]
        told = "; then ".join(steps)
        return f"{self.meant_for}: {told}" if self.severity else f"no emergency; were it {P1}: {told}"

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
            for call in self.calls
        ]
        when = f"for {self.severity}" if self.severity else f"were it {P1}"
        return Table(f"Whom to call, {when} ({self.zone})", ["Step", "Who", "How", "Call at", "Answer by"], rows)

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
    contact = call.contact
    return (contact.phone or contact.email or contact.url) if contact else ""


@measurement
def emergency_calls(emergency: Look, settings: Settings, clock: Clock) -> EmergencyCalls:
    """Whom to call and by when, for the severity that was found, from the on-call roster."""
    return calls_for(emergency, settings, clock)


def calls_for(look: Look, settings: Settings, clock: Clock) -> EmergencyCalls:
    """Whom to call for what a look showed; a roster that cannot be read is part of the answer."""
    try:
        roster = on_call(settings, clock)  # not asked for by name: a severity is known without it
    except (Unmeasured, NotConfigured) as error:
        return EmergencyCalls(look.worst, problem=error)
    calls = roster.calls(look.worst or P1, look.at)
    return EmergencyCalls(look.worst, tuple(calls), roster.roster.zone)


@dataclass(frozen=True, slots=True)
class Stability:
    """Several looks, one after the other.

    Attributes:
        seconds: between them.
    """

    looks: tuple[Look, ...]
    seconds: float

    @property
    def worst(self) -> Look:
        """The worst of them; of those without an emergency one that is not sure, if there is any."""
        return min(self.looks, key=_badness)

    @property
    def severity(self) -> str:
        """Of the worst; raises as ``Look.severity``."""
        return self.worst.severity

    @property
    def urgent(self) -> bool:
        """P1 or P2 in one of them."""
        return self.severity in URGENT

    @property
    def found(self) -> str:
        """How many were well, or the one that was not."""
        well = sum(not look.worst for look in self.looks)
        if self.worst.worst:
            return f"{self.worst.found} (after {well} without one)"
        return f"{well} of {len(self.looks)}, {self.seconds:g} s apart"

    def evidence(self) -> Evidence:
        """A row for each look."""
        rows = [[f"{look.at:%H:%M:%S}", look.worst or "none", look.line] for look in self.looks]
        return Table("Looks", ["At (UTC)", "Severity", "Found"], rows)


def _badness(look: Look) -> tuple[str, bool]:
    unsure = any(look.signs[name].missing for name in _NEEDED)
    return (look.worst or "none", not unsure)


@measurement(time_limit=120.0)
def stability(emergency: Look, settings: Settings, clock: Clock) -> Stability:
    """A few looks at short intervals: whether it stays well. Ends at the first that shows an emergency."""
    rule = settings.emergency
    looks = [emergency]
    while len(looks) < rule.looks and not looks[-1].worst:
        clock.sleep(rule.look_seconds)
        looks.append(take_look(settings, clock))
    return Stability(tuple(looks), rule.look_seconds)
