"""Emergencies: whether there is one, its severity, and whether it is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from playbook.clients.prometheus import Prometheus
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, share, together, whole
from playbook.core.engine import Measurements, Outcome, measurement
from playbook.core.errors import NotConfigured, Unmeasured, Unreachable, away
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Bound, Limit, Reading
from playbook.core.severity import NONE, P4, URGENT, Known, severity_of
from playbook.core.wording import enumerated, plural, told_once, within
from playbook.measure.alerts.alerts import Alerts
from playbook.measure.app.app import NO_DEPLOYMENT, PHASES, AppStatus
from playbook.measure.app.components import AppComponents
from playbook.measure.figures.figure_names import ERROR_RATE, RESPONSE_TIME
from playbook.measure.figures.recent import Recent, recent
from playbook.measure.images.images import Optimization
from playbook.measure.people.emergency_words import ASKED, NAMES, RESPONSE, WORDS, failing_of
from playbook.measure.redis.redis import RedisStats
from playbook.measure.web.health_endpoints import Health
from playbook.measure.web.homepage import HomepageTiming
from playbook.measure.web.sites import OtherHealth, OtherHomepages
from playbook.settings.model import Settings

SERVICE = "Emergency"


@measurement
def response_time_latest(prometheus: Prometheus, settings: Settings, clock: Clock) -> Recent:
    """95th percentile of the response times of the last minutes' requests, in seconds."""
    return recent(prometheus, settings, RESPONSE_TIME, settings.emergency.window_minutes, clock.now())


@measurement
def error_rate_latest(prometheus: Prometheus, settings: Settings, clock: Clock) -> Recent:
    """Percent of the last minutes' requests that returned 5xx."""
    return recent(prometheus, settings, ERROR_RATE, settings.emergency.window_minutes, clock.now())


@dataclass(frozen=True, slots=True)
class Sign:
    """One observed signal.

    Attributes:
        value: the measured value; None where it was not measured, for the reason in ``problem``.
        found: in words.
        number: value of a figure; None where it is not a figure, or not known.
        own: coverage of a figure in addition to that of its measurement.
    """

    name: str
    value: Any
    found: str
    problem: Unmeasured | NotConfigured | None = None
    number: float | None = None
    own: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def unset(self) -> bool:
        """Whether the target has no setting for it."""
        return isinstance(self.problem, NotConfigured)

    @property
    def coverage(self) -> Coverage:
        """How much of it was observed; empty for what is not configured."""
        if self.unset:
            return Coverage()
        if self.problem is not None:
            return _unknown([self])
        stated = getattr(self.value, "coverage", None)
        parts = (stated if isinstance(stated, Coverage) else Coverage()) + self.own
        # Without words: each coverage is reported where the signal is judged by itself.
        return Coverage(tuple(msgspec.structs.replace(part, words="") for part in parts.parts if not part.enough))


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the system.

    Attributes:
        signs: by measurement; those that this product has.
        response, errors: the limits of P3 (warning) and P2 (critical).
    """

    at: datetime
    signs: dict[str, Sign]
    response: Limit
    errors: Limit

    @property
    def known(self) -> Known:
        """The known facts: the worst that any sign tells."""
        told = [self._of(name) for name in self.signs]
        return Known(
            down=_any(one.down for one in told),
            seconds=_largest(*(one.seconds for one in told)),
            error_percent=_largest(*(one.error_percent for one in told)),
            unhealthy=_any(one.unhealthy for one in told),
            alerts=next((one.alerts for one in told if one.alerts is not None), None),
        )

    @property
    def severity(self) -> str:
        """``P1`` to ``P4`` by the known facts, as a minimum; empty where there is no emergency."""
        return severity_of(self.known, self.response, self.errors)

    @property
    def coverage(self) -> Coverage:
        """Whether every configured sign is known: an unknown one may be worse than the others."""
        signs = list(self.signs.values())
        unset = [sign.name for sign in signs if sign.unset]
        words = f"{len(signs) - len(unset)} of {len(signs)} signs"
        note = f" ({', '.join(unset)} not configured)" if unset else ""
        unknown = [sign for sign in signs if isinstance(sign.problem, Unmeasured)]
        known = together(sign.coverage for sign in signs if sign not in unknown)
        return whole(words + note) + (_unknown(unknown) if unknown else Coverage()) + known

    @property
    def urgent(self) -> bool:
        """P1 or P2."""
        return self.severity in URGENT

    @property
    def without_notice(self) -> str:
        """Why nobody needs to be notified; empty where somebody does."""
        if self.severity in (NONE, P4):
            return f"{self.severity or 'no emergency'}, and nobody has to be notified at once"
        return ""

    @property
    def found(self) -> str:
        """``P2: P95 response time: 6.1 s over 10 min (312 requests)``; ``none`` where there is none."""
        if not self.severity:
            return "none"
        return f"{self.severity}: {'; '.join(f'{sign.name}: {sign.found}' for sign in self._decisive)}"

    @property
    def line(self) -> str:
        """All signs in one line."""
        return " · ".join(f"{name}: {found}" for name, found in self._told)

    def evidence(self) -> list[Evidence]:
        """Severity, its limits, and every sign."""
        facts = {
            "Severity": self.severity or "no emergency",
            "P1": "the service is down",
            "P2": f"answers {_bound(self.response.critical)}, or errors {_bound(self.errors.critical)}",
            "P3": f"answers {_bound(self.response.warning)}, errors {_bound(self.errors.warning)}, or a part is "
            "unhealthy",
            "P4": "an alert fires",
        }
        rows = [[name, found] for name, found in self._told]
        title = f"What was looked at, {self.at:%H:%M:%S} UTC"
        return [Facts("Severity", facts), Table(title, ["What", "Found"], rows)]

    @property
    def _told(self) -> list[tuple[str, str]]:
        """Name and finding of every sign that the target has."""
        return [(sign.name, sign.found) for sign in self.signs.values() if sign.found]

    @property
    def _decisive(self) -> list[Sign]:
        """Signs that on their own have the same severity."""
        return [
            sign
            for name, sign in self.signs.items()
            if severity_of(self._of(name), self.response, self.errors) == self.severity
        ]

    def _of(self, name: str) -> Known:
        """What one sign tells; nothing where it was not measured."""
        value, number = self.signs[name].value, self.signs[name].number
        match value:
            case HomepageTiming():
                return Known(down=value.is_down, seconds=number, error_percent=value.bad_percent)
            case OtherHomepages():
                pages = [site.value for site in value.seen]
                times = (page.median.value for page in pages)
                return Known(
                    down=_any(page.is_down for page in pages),
                    seconds=_largest(*(seconds for seconds in times if math.isfinite(seconds))),
                    error_percent=_largest(*(page.bad_percent for page in pages)),
                )
            case Health() | OtherHealth() | Optimization() | RedisStats() | AppStatus() | AppComponents():
                return Known(unhealthy=_is_unhealthy(value))
            case Alerts():
                return Known(alerts=len(value.firing))
        return Known(seconds=number) if name == RESPONSE else Known(error_percent=number)


def _is_unhealthy(value: Health | OtherHealth | Optimization | RedisStats | AppStatus | AppComponents) -> bool:
    match value:
        case RedisStats():
            return bool(failing_of(value))
        case AppStatus():
            return not value.serves
        case AppComponents():
            return not value.well
        case Health():
            return value.is_unhealthy or value.is_degraded
        case OtherHealth():
            return not all(statement.holds for statement in value.statements)
    return not value.is_valid


def _unknown(signs: list[Sign]) -> Coverage:
    """Coverage that names unknown signs in one sentence; a common cause is named once."""
    names = [within(sign.name) for sign in signs]
    listed = enumerated(names)
    problems = [sign.problem for sign in signs if isinstance(sign.problem, Unmeasured)]
    hint = " ".join(dict.fromkeys(problem.hint for problem in problems if problem.hint))
    causes = {away(problem) for problem in problems}
    cause = causes.pop() if len(causes) == 1 else ""
    got = " and ".join(told_once(problem.clause for problem in problems))
    return lacking("", expected=f"{listed} to be known", got=got, hint=hint, cause=cause)


def _bound(bound: Bound | None) -> str:
    return bound.shown if bound else "never"


def _any(facts: Iterable[bool | None]) -> bool | None:
    known = [fact for fact in facts if fact is not None]
    return any(known) if known else None


def _largest(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)


def take_look(settings: Settings, clock: Clock) -> Look:
    """Measure all signs side by side and independently: an unreachable service does not hide the others.

    Raises:
        NotConfigured: the target has no website, so there is nothing to look at.
    """
    settings.require(settings.target.web.url, "web.url", "Website")
    # Only the current state matters here; the usual values are for later.
    arguments = {"settings": settings, "clock": clock, "earlier": Earlier()}
    measurements = Measurements(arguments, absent=settings.absent)
    measurements.start(ASKED)
    try:
        outcomes = {name: measurements.outcome(name) for name in ASKED}
        signs = {
            name: _sign(NAMES[name], outcome, WORDS[name])
            for name, outcome in outcomes.items()
            if not outcome.absent
        }
    finally:
        measurements.close()
    return Look(clock.now(), signs, settings.limits.emergency_response, settings.limits.emergency_errors)


def _sign(name: str, outcome: Outcome, words: Callable[[Any], str]) -> Sign:
    if outcome.error is None:
        try:
            reading = _reading(outcome.value)
        except Unmeasured as error:  # too little data in that time
            return Sign(name, None, str(error).rpartition(": ")[2], error)
        if reading is None:
            return Sign(name, outcome.value, words(outcome.value), own=_understood(outcome.value))
        if not math.isfinite(reading.value):
            found = reading.coverage.got or words(outcome.value)
            return Sign(name, outcome.value, found, own=reading.coverage)
        return Sign(name, outcome.value, words(outcome.value), number=reading.value, own=reading.coverage)
    if not isinstance(outcome.error, Unmeasured | NotConfigured):
        raise outcome.error
    found = f"not known ({outcome.error})"
    if isinstance(outcome.error, NotConfigured):
        found = "not configured"
    elif isinstance(outcome.error, Unreachable):
        found = f"no answer: {str(outcome.error).rpartition(', got ')[2]}"
    return Sign(name, None, found, outcome.error)


def _understood(value: Any) -> Coverage:
    """Coverage of what the platform reports, where that is no known word; empty for all else."""
    match value:
        case AppStatus() if value.phase not in PHASES | {NO_DEPLOYMENT}:
            return lacking("", expected="a known phase of the app", got=value.phase or "none")
        case AppComponents():
            unknown = [one for one in value.worst_first if not one.coverage.enough]
            return together(
                lacking("", expected=f"the health of {one.name}", got=one.found, hint=one.coverage.hint)
                for one in unknown
            )
    return Coverage()


def _reading(value: Any) -> Reading | None:
    """The reading of a measured value; None where it has none."""
    if isinstance(value, HomepageTiming):
        return value.median
    return value.reading if isinstance(value, Recent) else None


@measurement(time_limit=50.0)
def emergency(settings: Settings, clock: Clock) -> Look:
    """Current severity: one look at homepage, health, an optimised image, Redis, the app, figures and alerts."""
    return take_look(settings, clock)


@dataclass(frozen=True, slots=True)
class Stability:
    """Several observations, one after the other.

    Attributes:
        seconds: between them.
        planned: number of observations, unless one shows an emergency.
    """

    looks: tuple[Look, ...]
    seconds: float
    planned: int

    @property
    def worst(self) -> Look:
        """The worst of them."""
        return min(self.looks, key=lambda look: look.severity or "none")

    @property
    def severity(self) -> str:
        """Severity of the worst."""
        return self.worst.severity

    @property
    def urgent(self) -> bool:
        """P1 or P2 in one of them."""
        return self.severity in URGENT

    @property
    def coverage(self) -> Coverage:
        """All planned observations were made, and every sign is known in each."""
        number = share(len(self.looks), self.planned, "observations") if not self.severity else whole("")
        return number + together(look.coverage for look in self.looks)

    @property
    def found(self) -> str:
        """How many showed no emergency, or the one that did; that of the first is reported by ``Look.found``."""
        healthy = sum(not look.severity for look in self.looks)
        if self.severity:
            return f"{self.worst.found} (after {healthy} without)" if healthy else f"{self.severity} in the first"
        return f"none in {healthy} of {len(self.looks)} observations, {self.seconds:g} s apart"

    @property
    def expected(self) -> str:
        """To follow "expected"."""
        return f"none in {plural(self.planned, 'observation')}"

    def evidence(self) -> Evidence:
        """A row for each observation."""
        rows = [[f"{look.at:%H:%M:%S}", look.severity or "none", look.line] for look in self.looks]
        return Table("Observations", ["At (UTC)", "Severity", "Found"], rows)


@measurement(time_limit=120.0)
def stability(emergency: Look, settings: Settings, clock: Clock) -> Stability:
    """Observations at short intervals, to see whether the system stays healthy. Ends at the first emergency."""
    rule = settings.emergency
    looks = [emergency]
    while len(looks) < rule.looks and not looks[-1].severity:
        clock.sleep(rule.look_seconds)
        looks.append(take_look(settings, clock))
    return Stability(tuple(looks), rule.look_seconds, rule.looks)
