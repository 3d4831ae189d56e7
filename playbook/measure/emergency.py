"""Whether there is an emergency, how bad it is, whom to call, and whether it is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playbook.clients.prometheus import Prometheus
from playbook.clock import Clock
from playbook.emergency import NONE, P4, URGENT, Known, severity_of
from playbook.engine import Measurements, Outcome, measurement
from playbook.errors import NotConfigured, TooLittleData, Unmeasured, Unreachable
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Limit
from playbook.measure.alerts import Alerts
from playbook.measure.kpis import ERROR_RATE, RESPONSE_TIME
from playbook.measure.recent import Recent, recent
from playbook.measure.web import Health, HomepageTiming
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
def response_time_latest(prometheus: Prometheus, settings: Settings, clock: Clock) -> Recent:
    """Seconds within which 95 % of the last minutes' requests were answered."""
    return recent(prometheus, settings, RESPONSE_TIME, settings.emergency.window_minutes, clock.now())


@measurement
def error_rate_latest(prometheus: Prometheus, settings: Settings, clock: Clock) -> Recent:
    """Percent of the last minutes' requests that were answered with 5xx."""
    return recent(prometheus, settings, ERROR_RATE, settings.emergency.window_minutes, clock.now())


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at.

    Attributes:
        value: what was measured; None where it was not.
        problem: why it was not, or what it lacks to say that all is well.
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
        return measured.reading.value if measured and math.isfinite(measured.reading.value) else None

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
    if outcome.error is None and isinstance(outcome.value, Recent):
        return _recent_sign(name, outcome.value, words)
    if outcome.error is None:
        return Sign(name, outcome.value, words(outcome.value))
    if not isinstance(outcome.error, Unmeasured | NotConfigured):
        raise outcome.error
    found = f"not known ({outcome.error})"
    if isinstance(outcome.error, NotConfigured):
        found = "not configured"
    elif isinstance(outcome.error, Unreachable):
        found = f"gave no answer: {str(outcome.error).rpartition(', got ')[2]}"
    return Sign(name, None, found, outcome.error)


def _recent_sign(name: str, measured: Recent, words: Callable[[Any], str]) -> Sign:
    """A figure counts where it is bad; that it is good counts only where enough was seen."""
    coverage = measured.coverage + measured.reading.coverage
    if coverage.enough:
        return Sign(name, measured, words(measured))
    lacks = f"expected {coverage.expected}, got {coverage.got}"
    problem = TooLittleData(f"{name}: {lacks}", service=measured.answered.service, hint=coverage.hint)
    known = math.isfinite(measured.reading.value)
    return Sign(name, measured, f"{words(measured)}, {lacks}" if known else lacks, problem)


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
