"""Severity: at its boundaries, with what is not known, and what a look makes of it."""

from datetime import UTC, datetime

import pytest

from playbook.clients.alertmanager import Alert, Found
from playbook.clients.prometheus import Answered, Sample
from playbook.clients.wire import Phases
from playbook.clock import FixedClock
from playbook.emergency import Known, severity_of
from playbook.engine import Outcome
from playbook.errors import Malformed, NotConfigured, TooLittleData, Unreachable
from playbook.measure import emergency
from playbook.measure.alerts import Alerts
from playbook.measure.emergency import (
    ALERTS,
    ERRORS,
    HEALTH,
    HOMEPAGE,
    RESPONSE,
    Look,
    Stability,
    stability,
)
from playbook.measure.emergency_calls import calls_for
from playbook.measure.health import Report, State
from playbook.measure.kpis import ERROR_RATE, RESPONSE_TIME
from playbook.measure.recent import Recent
from playbook.measure.web import Health, HomepageTiming
from playbook.measure.web import Sample as HomepageSample
from playbook.settings import load

NOW = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
GONE = Unreachable("Website: expected an answer, got connection refused", service="Website")
AWAY = Unreachable("Prometheus: expected an answer, got connection refused", service="Prometheus")
UNSET = NotConfigured("Prometheus is not configured", setting="x", add="y")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The limits that are shipped."""
    return load(
        "production", root=tmp_path_factory.mktemp("x"), environment={"PRODUCTION_URL": "https://x.example"}
    )


@pytest.mark.parametrize(
    ("known", "severity"),
    [
        ({"down": True}, "P1"),
        ({"down": True, "seconds": 0.1, "error_percent": 0.0}, "P1"),
        ({"down": False, "seconds": 0.1, "error_percent": 0.0, "unhealthy": False, "alerts": 0}, ""),
        ({"seconds": 5.001}, "P2"),
        ({"seconds": 5.0}, "P3"),
        ({"seconds": 2.001}, "P3"),
        ({"seconds": 2.0}, ""),
        ({"error_percent": 10.001}, "P2"),
        ({"error_percent": 10.0}, "P3"),
        ({"error_percent": 1.001}, "P3"),
        ({"error_percent": 1.0}, ""),
        ({"seconds": 2.5, "error_percent": 12.0}, "P2"),
        ({"unhealthy": True}, "P3"),
        ({"unhealthy": True, "seconds": 6.0}, "P2"),
        ({"alerts": 1}, "P4"),
        ({"alerts": 3, "seconds": 2.1}, "P3"),
        ({}, ""),
    ],
)
def test_severity_at_its_boundaries(settings, known, severity):
    """As the severity table says: over 5 s and over 10 %, 2 to 5 s and 1 to 10 %."""
    limits = settings.limits
    assert severity_of(Known(**known), limits.emergency_response, limits.emergency_errors) == severity


def homepage(*statuses, seconds=0.2):
    return HomepageTiming(
        tuple(HomepageSample(s, Phases(total=seconds), problem="" if s else "cut") for s in statuses)
    )


def figure(which, value, count=500):
    return Recent(which, 10, 100, Answered("Prometheus", "q", "s", [Sample({}, 0.0, value)], ()), count)


def health(state=State.HEALTHY):
    return Health("/api/health", 200, Report(state.name.lower(), state, ()), Phases(), ())


def firing(*names):
    return Alerts(NOW, Found("Alertmanager", tuple(Alert(name, {}, "firing", NOW) for name in names)), ())


def look(settings, at=NOW, **changes):
    """A look at a healthy system, but for some signs; an exception is what could not be measured."""
    values = {
        HOMEPAGE: homepage(200, 200),
        HEALTH: health(),
        RESPONSE: figure(RESPONSE_TIME, 0.4),
        ERRORS: figure(ERROR_RATE, 0.02),
        ALERTS: firing(),
        **changes,
    }
    signs = {}
    for name, value in values.items():
        failed = isinstance(value, Exception)
        outcome = Outcome(name, None if failed else value, value if failed else None, 0.1)
        signs[name] = emergency._sign(emergency._NAMES[name], outcome, emergency._WORDS[name])
    return Look(at, signs, settings.limits.emergency_response, settings.limits.emergency_errors)


@pytest.mark.parametrize(
    ("changes", "severity", "found"),
    [
        ({}, "", "none"),
        ({HOMEPAGE: homepage(500, 503)}, "P1", "P1: Homepage HTTP 500, HTTP 503 in 2 of 2 samples, 0.20 s"),
        ({HOMEPAGE: homepage(500, 200)}, "", "none"),
        ({HOMEPAGE: GONE}, "P1", "P1: Homepage gave no answer: connection refused"),
        ({HOMEPAGE: homepage(200, seconds=5.2)}, "P2", "P2: Homepage 1 of 1 HTTP 200, 5.20 s"),
        ({RESPONSE: figure(RESPONSE_TIME, 3)}, "P3", "P3: P95 response time 3.00 s over 10 min (500 requests)"),
        (
            {ERRORS: figure(ERROR_RATE, 12), RESPONSE: figure(RESPONSE_TIME, 6), ALERTS: firing("A")},
            "P2",
            "P2: P95 response time 6.00 s over 10 min (500 requests); Error rate 12.00 % over 10 min "
            "(500 requests)",
        ),
        ({HEALTH: health(State.DEGRADED)}, "P3", "P3: API health HTTP 200, degraded"),
        ({ALERTS: firing("A")}, "P4", "P4: Alerts 1: A (for 0 s) firing"),
        ({ALERTS: AWAY}, "", "none"),
        ({RESPONSE: UNSET, ERRORS: UNSET}, "", "none"),
        ({RESPONSE: AWAY, HEALTH: health(State.UNHEALTHY)}, "P3", "P3: API health HTTP 200, unhealthy"),
    ],
)
def test_what_a_look_says(settings, changes, severity, found):
    """The severity, and the signs that by themselves are as bad."""
    seen = look(settings, **changes)
    assert (seen.severity, seen.found) == (severity, found)
    assert seen.evidence()


@pytest.mark.parametrize(
    "changes",
    [
        {RESPONSE: AWAY},
        {ERRORS: figure(ERROR_RATE, 0.0, count=3)},
        {HEALTH: Malformed("Website: odd", service="Website")},
        {HOMEPAGE: GONE, RESPONSE: AWAY, ERRORS: AWAY, ALERTS: AWAY},  # perhaps our own network
        {HOMEPAGE: GONE, RESPONSE: UNSET, ERRORS: UNSET, ALERTS: UNSET},
    ],
)
def test_no_emergency_is_never_guessed(settings, changes):
    """What is known shows none, and what would show one is not known."""
    seen = look(settings, **changes)
    with pytest.raises((Unreachable, TooLittleData, Malformed)):
        _ = seen.severity
    assert seen.worst == ""


def test_a_website_that_is_away_is_down_where_others_answer_with_too_little(settings):
    """Prometheus without samples has answered too."""
    nothing = TooLittleData("Prometheus: expected a number, got no samples", service="Prometheus")
    assert look(settings, homepage_timing=GONE, response_time_latest=nothing, alerts=AWAY).severity == "P1"


def test_stability_ends_at_the_first_bad_look(settings, monkeypatch):
    """Else there are as many looks as the settings say, so far apart."""
    clock = FixedClock(NOW)
    monkeypatch.setattr(emergency, "take_look", lambda s, c: look(s, c.now()))
    stable = stability(look(settings), settings, clock)
    assert (stable.severity, stable.found) == ("", "3 of 3, 10 s apart")
    assert (clock.now() - NOW).total_seconds() == 20
    bad = stability(look(settings, alerts=firing("A")), settings, clock)
    assert (bad.severity, len(bad.looks)) == ("P4", 1)
    assert bad.found.endswith("(after 0 without one)")
    assert bad.evidence()


def test_the_worst_look_counts_and_then_the_unsure_one(settings):
    """A look that could not tell is no good one."""
    good, unsure, bad = look(settings), look(settings, api_health=AWAY), look(settings, alerts=firing("A"))
    assert Stability((good, unsure, bad), 1).worst is bad
    with pytest.raises(Unreachable):
        _ = Stability((good, unsure), 1).severity


def test_without_a_roster_the_severity_is_still_said(settings):
    """Whom to call is then not known, and said so."""
    seen = look(settings, homepage_timing=homepage(500))
    calls = calls_for(seen, settings, FixedClock(NOW))
    assert isinstance(calls.problem, NotConfigured)
    assert calls.now == "; whom to call is not known"
    assert not calls.first_can_be_reached
    with pytest.raises(NotConfigured):
        calls.expect_roster()
    assert calls_for(look(settings), settings, FixedClock(NOW)).now == ""


ROSTER = """
time_zone = "Europe/Berlin"
[people.ada]
name = "Ada"
phone = "+49 30 5550101"
email = "ada@portfolio.example"
[rotations.primary]
starts = 2026-01-05T09:00:00
people = ["ada"]
[escalation.P1]
call = ["primary", "secondary"]
answer_minutes = 15
[escalation.P4]
call = ["primary"]
"""


@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({HOMEPAGE: homepage(500)}, "; call Ada (+49 30 5550101) at once, to answer by Mon 22:15"),
        ({ALERTS: firing("A")}, "; Ada (+49 30 5550101) sees to it by Tue 17:00"),
        ({HEALTH: health(State.DEGRADED)}, "; whom to call is not known"),
        ({}, ""),
    ],
)
def test_whom_to_call_by_when(tmp_path, changes, now):
    """In the roster's own time; a severity that it does not name has nobody."""
    (tmp_path / "roster.toml").write_text(ROSTER)
    overlay = {"targets": {"staging": {"people": {"roster": str(tmp_path / "roster.toml")}}}}
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    calls = calls_for(look(settings, **changes), settings, FixedClock(NOW))
    assert calls.now == now
    assert calls.evidence()
    if now.endswith("22:15"):
        assert calls.first_can_be_reached
        assert not calls.all_can_be_reached
        assert calls.found.startswith("P1: Ada (+49 30 5550101) at once")
        assert "then nobody as secondary at Mon 22:15" in calls.found
