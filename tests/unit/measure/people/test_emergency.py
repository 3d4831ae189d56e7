"""Severity: at its boundaries, with what is not known, and what a look makes of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.alertmanager import Alert, Found
from playbook.clients.prometheus import Answered, Sample
from playbook.clients.wire import Phases
from playbook.core.clock import FixedClock
from playbook.core.engine import Outcome
from playbook.core.errors import Malformed, NotConfigured, Unreachable
from playbook.core.judge import Judge
from playbook.core.severity import Known, severity_of
from playbook.core.verdict import Verdict
from playbook.history.deliveries import Delivery, note
from playbook.measure.alerts.alerts import Alerts
from playbook.measure.figures.figure_names import ERROR_RATE, RESPONSE_TIME
from playbook.measure.figures.recent import Recent
from playbook.measure.people import emergency
from playbook.measure.people.emergency import (
    ALERTS,
    ASKED,
    ERRORS,
    HEALTH,
    HOMEPAGE,
    RESPONSE,
    Look,
    Stability,
    stability,
)
from playbook.measure.people.emergency_calls import calls_for, notice, who_to_call
from playbook.measure.web.health import State
from playbook.measure.web.health_endpoints import Health
from playbook.measure.web.health_report import Report
from playbook.measure.web.homepage import HomepageTiming
from playbook.measure.web.homepage import Sample as HomepageSample
from playbook.measure.web.web_page import Fault
from playbook.settings.loading import load

NOW = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
DOWN = HomepageTiming(
    (HomepageSample(None, problem="connection refused"),), down="connection refused, while Redis answers"
)
GONE = Unreachable("Website: expected an answer, got connection refused", service="Website")
AWAY = Unreachable("Prometheus: expected an answer, got connection refused", service="Prometheus")
UNSET = NotConfigured("Prometheus is not configured", setting="x", add="y")


SETTINGS = load("production", root=Path("/nowhere"), environment={"PRODUCTION_URL": "https://x.example"})


@pytest.fixture
def settings():
    """The limits that are shipped."""
    return SETTINGS


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
        ({HOMEPAGE: homepage(500, 503)}, "P1", "P1: Homepage: HTTP 500, HTTP 503 in 2 of 2 samples, 0.20 s"),
        ({HOMEPAGE: homepage(500, 200)}, "P2", "P2: Homepage: HTTP 500 in 1 of 2 samples, 0.20 s"),
        ({HOMEPAGE: homepage(403, 403)}, "P2", "P2: Homepage: HTTP 403 in 2 of 2 samples, 0.20 s"),
        ({HOMEPAGE: homepage(404, 404)}, "P1", "P1: Homepage: HTTP 404 in 2 of 2 samples, 0.20 s"),
        ({HOMEPAGE: DOWN}, "P1", "P1: Homepage: no answer: connection refused, while Redis answers"),
        ({HOMEPAGE: homepage(200, seconds=5.2)}, "P2", "P2: Homepage: 1 of 1 HTTP 200, 5.20 s"),
        ({RESPONSE: figure(RESPONSE_TIME, 3)}, "P3", "P3: P95 response time: 3.00 s over 10 min (500 requests)"),
        (
            {ERRORS: figure(ERROR_RATE, 12), RESPONSE: figure(RESPONSE_TIME, 6), ALERTS: firing("A")},
            "P2",
            "P2: P95 response time: 6.00 s over 10 min (500 requests); Error rate: 12.00 % over 10 min "
            "(500 requests)",
        ),
        ({HEALTH: health(State.DEGRADED)}, "P3", "P3: API health: HTTP 200, degraded"),
        ({ALERTS: firing("A")}, "P4", "P4: Alerts: 1 firing: A (for 0 s)"),
        ({RESPONSE: UNSET, ERRORS: UNSET}, "", "none"),
        ({RESPONSE: AWAY, HEALTH: health(State.UNHEALTHY)}, "P3", "P3: API health: HTTP 200, unhealthy"),
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
        {ALERTS: AWAY},
        {ERRORS: figure(ERROR_RATE, 0.0, count=3)},
        {HEALTH: Malformed("Website: odd", service="Website")},
        {HEALTH: Health("/h", 200, Report("ok", State.HEALTHY, (), ("redis 'odd'",)), Phases(), ())},
        {HOMEPAGE: HomepageTiming((HomepageSample(403, fault=Fault("a challenge", uncertain=True)),))},
        {HOMEPAGE: GONE, RESPONSE: AWAY, ERRORS: AWAY, ALERTS: AWAY},  # perhaps our own network
        {HOMEPAGE: GONE, RESPONSE: UNSET, ERRORS: UNSET, ALERTS: UNSET},
    ],
)
def test_no_emergency_is_never_guessed(settings, changes):
    """What is known shows none, and what would show one is not known."""
    seen = look(settings, **changes)
    assert seen.severity == ""
    assert not seen.coverage.enough
    judge = Judge()
    judge.stand_on("emergency", seen.coverage)
    judge.that(not seen.urgent, "Emergency", expected="none", found=seen.found)
    assert judge.leading.verdict is Verdict.UNKNOWN


def test_what_is_not_known_lowers_no_severity(settings):
    """A firing alert is P4 at least; with the homepage unknown nobody says that it is no more."""
    seen = look(settings, homepage_timing=GONE, alerts=firing("A"))
    judge = Judge()
    judge.stand_on("emergency", seen.coverage)
    judge.that(not seen.urgent, "Emergency", expected="none", found=seen.found)
    judge.that(not seen.severity, "Emergency", expected="none", found=seen.found, warn=True)
    assert [judged.verdict for judged in judge.judgements] == [Verdict.UNKNOWN, Verdict.WARNING]
    assert "what was seen gives P4: Alerts: 1 firing: A (for 0 s)" in judge.leading.message


@given(unknown=st.sets(st.sampled_from(ASKED), min_size=1), bad=st.sampled_from([None, *ASKED]))
def test_with_a_sign_unknown_no_look_is_good(unknown, bad):
    """Whichever it is, and whatever the others say."""
    worse = {
        HOMEPAGE: homepage(500),
        HEALTH: health(State.UNHEALTHY),
        RESPONSE: figure(RESPONSE_TIME, 9),
        ERRORS: figure(ERROR_RATE, 50),
        ALERTS: firing("A"),
    }
    changes = {bad: worse[bad]} if bad else {}
    seen = look(SETTINGS, **changes | dict.fromkeys(unknown, AWAY))
    assert not seen.coverage.enough
    assert bool(seen.severity) is (bad is not None and bad not in unknown)


def test_what_is_not_configured_is_said_and_not_asked_for(settings):
    """A target without Prometheus can be well; that its errors are not known stands beside it."""
    seen = look(settings, response_time_latest=UNSET, error_rate_latest=UNSET)
    assert seen.coverage.enough
    assert seen.coverage.words == "3 of 5 signs (P95 response time, Error rate not configured)"


def test_stability_ends_at_the_first_bad_look(settings, monkeypatch):
    """Else there are as many looks as the settings say, so far apart."""
    clock = FixedClock(NOW)
    monkeypatch.setattr(emergency, "take_look", lambda s, c: look(s, c.now()))
    stable = stability(look(settings), settings, clock)
    assert (stable.severity, stable.found) == ("", "none in 3 of 3 looks, 10 s apart")
    assert (clock.now() - NOW).total_seconds() == 20
    bad = stability(look(settings, alerts=firing("A")), settings, clock)
    assert (bad.severity, len(bad.looks)) == ("P4", 1)
    assert bad.found == "P4: Alerts: 1 firing: A (for 0 s)"
    assert bad.evidence()


def test_the_worst_look_counts_and_each_must_be_sure(settings):
    """A look that could not tell is no good one."""
    good, unsure, bad = look(settings), look(settings, api_health=AWAY), look(settings, alerts=firing("A"))
    assert Stability((good, unsure, bad), 1, 3).worst is bad
    assert not Stability((good, unsure), 1, 2).coverage.enough
    assert Stability((good, good), 1, 2).coverage.enough
    assert not Stability((good, good), 1, 3).coverage.enough


def test_without_a_roster_the_severity_is_still_said(settings):
    """Whom to call is then not known, and said so."""
    seen = look(settings, homepage_timing=homepage(500))
    calls = calls_for(seen, settings, FixedClock(NOW))
    assert isinstance(calls.problem, NotConfigured)
    assert calls.now == "; whom to call is not known"
    assert not calls.first_can_be_reached
    with pytest.raises(NotConfigured):
        who_to_call(calls)
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


def delivery(what="events", ago=timedelta(hours=2), **changes):
    """A message of an incident that opened."""
    given = {"target": "production", "set": "daily", "channel": "apprise Slack", "to": "Slack", "delivered": True}
    return Delivery(when=NOW - ago, what=what, **{**given, "ids": ["f00-opened-20261123T080000Z"], **changes})


@pytest.mark.parametrize(
    ("delivered", "told"),
    [
        (delivery(), True),
        (delivery("issue"), True),
        (delivery(ids=["f00-recovered-20261123T080000Z", "ba7-escalated-20261123T080000Z"]), True),
        (delivery("digest"), False),
        (delivery("ping"), False),
        (delivery(ids=["f00-recovered-20261123T080000Z"]), False),
        (delivery(delivered=False), False),
        (delivery(target="staging"), False),
        (delivery(ago=timedelta(days=4)), False),
        (delivery(ago=timedelta(hours=-1)), False),
    ],
)
def test_a_message_of_an_open_incident_stands_for_somebodys_word(tmp_path, settings, delivered, told):
    """Delivered today, of this target; neither a digest nor what says that it is over."""
    note(tmp_path / "deliveries-of-it", delivered)
    people = msgspec.structs.replace(settings.people, deliveries=str(tmp_path / "deliveries-of-it"))
    settings = msgspec.structs.replace(settings, people=people)
    down = look(settings, **{HOMEPAGE: homepage(500, 500)})
    found = notice(down, settings, FixedClock(NOW))
    assert found.needless == ""
    assert found.settled == ("told to Slack on 2026-11-23 19:00 UTC" if told else ""), found
    assert found.evidence()


def test_that_people_must_be_told_is_known_from_any_part(settings):
    """A page that failed is not seen, and that is the emergency; what was signed of it counts."""
    down = notice(look(settings, **{HOMEPAGE: homepage(500, 500), RESPONSE: AWAY}), settings, FixedClock(NOW))
    assert (down.needless, down.coverage.enough) == ("", True)
    for unsure in ({RESPONSE: AWAY}, {ALERTS: firing("A"), RESPONSE: AWAY}):
        well = notice(look(settings, **unsure), settings, FixedClock(NOW))
        assert well.needless
        assert not well.coverage.enough
