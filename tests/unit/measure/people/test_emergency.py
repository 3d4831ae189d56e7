"""Severity: at its limits, with unknown signs, and from looks at the system."""

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
from playbook.measure.app.app import AppStatus
from playbook.measure.app.components import AppComponents, Component
from playbook.measure.figures.figure_names import ERROR_RATE, RESPONSE_TIME
from playbook.measure.figures.recent import Recent
from playbook.measure.images.images import Optimization
from playbook.measure.images.pictures import Picture
from playbook.measure.people import emergency
from playbook.measure.people.emergency import Look, Stability, stability
from playbook.measure.people.emergency_calls import calls_for, notice, who_to_call
from playbook.measure.people.emergency_words import (
    ALERTS,
    APP,
    ASKED,
    COMPONENTS,
    ERRORS,
    HEALTH,
    HOMEPAGE,
    IMAGES,
    NAMES,
    OPTIMISED,
    REDIS,
    RESPONSE,
    SITES,
    SITES_HEALTH,
    WORDS,
)
from playbook.measure.web.health import State
from playbook.measure.web.health_endpoints import Health
from playbook.measure.web.health_report import Report
from playbook.measure.web.homepage import HomepageTiming
from playbook.measure.web.homepage import Sample as HomepageSample
from playbook.measure.web.sites import OfSite, OtherHealth, OtherHomepages
from playbook.measure.web.web_page import Fault
from playbook.settings.loading import load
from tests.redis_factory import INFO, stats_of

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
    """The default limits."""
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
def test_severity_at_its_limits(settings, known, severity):
    """As in the severity table: over 5 s and over 10 %, 2 to 5 s and 1 to 10 %."""
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


def optimised(problem="", cached=""):
    picture = Picture("JPEG", 64, 48, 9_000)
    return Optimization(
        200, picture, None if problem else picture, problem, "image/jpeg", "", cached, Phases(), ()
    )


def app(phase="ACTIVE", offline=""):
    return AppStatus(
        "a", "shop", "https://x.example", "", "", phase, "d", NOW, "", None, ("web",), NOW, offline=offline
    )


def components(*states):
    return AppComponents(tuple(Component(f"worker-{n}", state, 1, 1) for n, state in enumerate(states)))


def firing(*names):
    return Alerts(NOW, Found("Alertmanager", tuple(Alert(name, {}, "firing", NOW) for name in names)), ())


def sites(kind, *values):
    """One site for each value; an error is a site that could not be measured."""
    return kind(
        tuple(
            OfSite(f"site {number}", SETTINGS.limits, problem=value)
            if isinstance(value, str)
            else OfSite(f"site {number}", SETTINGS.limits, value)
            for number, value in enumerate(values)
        )
    )


def look(settings, at=NOW, **changes):
    """A look at a healthy system except for some signs; an exception is a sign that could not be measured."""
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
        signs[name] = emergency._sign(NAMES[name], outcome, WORDS[name])
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
        ({IMAGES: health(State.UNHEALTHY)}, "P3", "P3: Image service: HTTP 200, unhealthy"),
        ({OPTIMISED: optimised()}, "", "none"),
        ({APP: app(), COMPONENTS: components("HEALTHY")}, "", "none"),
        ({APP: app(offline="in maintenance mode")}, "P3", "P3: App: in maintenance mode"),
        ({APP: app("no active deployment")}, "P3", "P3: App: no active deployment"),
        (
            {COMPONENTS: components("HEALTHY", "UNHEALTHY", "DROWSY")},
            "P3",
            "P3: Components: worker-1 UNHEALTHY with 1 of 1 replica ready",
        ),
        ({OPTIMISED: optimised("HTTP 500")}, "P3", "P3: Optimised image: HTTP 500"),
        ({REDIS: stats_of(INFO)}, "", "none"),
        (
            {REDIS: stats_of({**INFO, "loading": 1, "loading_loaded_perc": 12.0})},
            "P3",
            "P3: Redis: Data of Redis: still loading (12 % of them)",
        ),
        (
            {REDIS: stats_of({**INFO, "maxmemory_policy": "noeviction", "used_memory": INFO["maxmemory"]})},
            "P3",
            "P3: Redis: Memory of Redis: full memory (256.0 MiB of 256.0 MiB) under noeviction: "
            "writes are refused",
        ),
        # A warning of the day can wait.
        ({REDIS: stats_of({**INFO, "aof_last_bgrewrite_status": "err"})}, "", "none"),
        (
            {SITES: sites(OtherHomepages, homepage(200), homepage(500, 500))},
            "P1",
            "P1: Other homepages: site 1: HTTP 500 in 2 of 2 samples, 0.20 s",
        ),
        (
            {SITES: sites(OtherHomepages, homepage(200, seconds=6.0), homepage(200))},
            "P2",
            "P2: Other homepages: site 0: 1 of 1 HTTP 200, 6.00 s; site 1: 1 of 1 HTTP 200, 0.20 s",
        ),
        (
            {SITES_HEALTH: sites(OtherHealth, health(), health(State.DEGRADED))},
            "P3",
            "P3: Health of the other sites: Health of site 1: HTTP 200, degraded",
        ),
        ({SITES: sites(OtherHomepages, homepage(200)), SITES_HEALTH: sites(OtherHealth, health())}, "", "none"),
        ({ALERTS: firing("A")}, "P4", "P4: Alerts: 1 firing: A (for 0 s)"),
        ({RESPONSE: UNSET, ERRORS: UNSET}, "", "none"),
        ({RESPONSE: AWAY, HEALTH: health(State.UNHEALTHY)}, "P3", "P3: API health: HTTP 200, unhealthy"),
    ],
)
def test_severity_of_a_look(settings, changes, severity, found):
    """With the signs that on their own have the same severity."""
    seen = look(settings, **changes)
    assert (seen.severity, seen.found) == (severity, found)
    assert seen.evidence()


@pytest.mark.parametrize(
    "changes",
    [
        {RESPONSE: AWAY},
        {ALERTS: AWAY},
        {IMAGES: AWAY},
        {OPTIMISED: AWAY},
        {REDIS: AWAY},
        {APP: app("RESTING")},
        {COMPONENTS: AWAY},
        {COMPONENTS: components("HEALTHY", "DROWSY")},
        {COMPONENTS: components("HEALTHY", "not reported")},
        {OPTIMISED: optimised(cached="age: 7")},
        {SITES: sites(OtherHomepages, homepage(200), "no answer")},
        {SITES_HEALTH: sites(OtherHealth, "no answer")},
        {ERRORS: figure(ERROR_RATE, 0.0, count=3)},
        {HEALTH: Malformed("Website: odd", service="Website")},
        {HEALTH: Health("/h", 200, Report("ok", State.HEALTHY, (), ("redis 'odd'",)), Phases(), ())},
        {HOMEPAGE: HomepageTiming((HomepageSample(403, fault=Fault("a challenge", uncertain=True)),))},
        {HOMEPAGE: GONE, RESPONSE: AWAY, ERRORS: AWAY, ALERTS: AWAY},  # perhaps our own network
        {HOMEPAGE: GONE, RESPONSE: UNSET, ERRORS: UNSET, ALERTS: UNSET},
    ],
)
def test_unknown_sign_is_not_taken_for_no_emergency(settings, changes):
    """The known signs show none, and the others are unknown."""
    seen = look(settings, **changes)
    assert seen.severity == ""
    assert not seen.coverage.enough
    judge = Judge()
    judge.add_coverage("emergency", seen.coverage)
    judge.that(not seen.urgent, "Emergency", expected="none", found=seen.found)
    assert judge.leading.verdict is Verdict.UNKNOWN


def test_unknown_sign_does_not_lower_the_severity(settings):
    """A firing alert is at least P4; with the homepage unknown it may be worse."""
    seen = look(settings, homepage_timing=GONE, alerts=firing("A"))
    judge = Judge()
    judge.add_coverage("emergency", seen.coverage)
    judge.that(not seen.urgent, "Emergency", expected="none", found=seen.found)
    judge.that(not seen.severity, "Emergency", expected="none", found=seen.found, warn=True)
    assert [judged.verdict for judged in judge.judgements] == [Verdict.UNKNOWN, Verdict.WARNING]
    assert "partial result: P4: Alerts: 1 firing: A (for 0 s)" in judge.leading.message


@given(unknown=st.sets(st.sampled_from(ASKED), min_size=1), bad=st.sampled_from([None, *ASKED]))
def test_look_with_an_unknown_sign_is_never_ok(unknown, bad):
    """Whichever it is, and whatever the others show."""
    worse = {
        HOMEPAGE: homepage(500),
        SITES: sites(OtherHomepages, homepage(500)),
        HEALTH: health(State.UNHEALTHY),
        IMAGES: health(State.UNHEALTHY),
        OPTIMISED: optimised("HTTP 500"),
        SITES_HEALTH: sites(OtherHealth, health(State.UNHEALTHY)),
        APP: app(offline="archived"),
        COMPONENTS: components("UNHEALTHY"),
        RESPONSE: figure(RESPONSE_TIME, 9),
        ERRORS: figure(ERROR_RATE, 50),
        ALERTS: firing("A"),
    }
    changes = {bad: worse[bad]} if bad else {}
    seen = look(SETTINGS, **changes | dict.fromkeys(unknown, AWAY))
    assert not seen.coverage.enough
    assert bool(seen.severity) is (bad is not None and bad not in unknown)


def test_sign_not_configured_is_noted_and_not_required(settings):
    """A target without Prometheus can be healthy; the missing error rate is noted."""
    seen = look(settings, response_time_latest=UNSET, error_rate_latest=UNSET)
    assert seen.coverage.enough
    assert seen.coverage.words == "3 of 5 signs (P95 response time, Error rate not configured)"


def test_stability_ends_at_the_first_failing_look(settings, monkeypatch):
    """Otherwise all configured observations are made at their interval."""
    clock = FixedClock(NOW)
    monkeypatch.setattr(emergency, "take_look", lambda s, c: look(s, c.now()))
    stable = stability(look(settings), settings, clock)
    assert (stable.severity, stable.found) == ("", "none in 3 of 3 observations, 10 s apart")
    assert (clock.now() - NOW).total_seconds() == 20
    bad = stability(look(settings, alerts=firing("A")), settings, clock)
    assert (bad.severity, len(bad.looks)) == ("P4", 1)
    assert (bad.expected, bad.found) == ("none in 3 observations", "P4 in the first")
    assert bad.evidence()


def test_worst_look_counts_and_each_must_be_known(settings):
    """An unknown look does not count as good."""
    good, unsure, bad = look(settings), look(settings, api_health=AWAY), look(settings, alerts=firing("A"))
    assert Stability((good, unsure, bad), 1, 3).worst is bad
    assert not Stability((good, unsure), 1, 2).coverage.enough
    assert Stability((good, good), 1, 2).coverage.enough
    assert not Stability((good, good), 1, 3).coverage.enough


def test_severity_is_reported_without_a_roster(settings):
    """The message then says that the contacts are unknown."""
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
def test_calls_with_their_deadlines(tmp_path, changes, now):
    """In the roster's time zone; a severity missing from it has no calls."""
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


def test_calls_are_also_for_what_an_incomplete_look_may_hide(tmp_path):
    """An alert is a P4 at least; what does not answer may make it a P1, for which nobody is secondary."""
    (tmp_path / "roster.toml").write_text(ROSTER)
    overlay = {"targets": {"staging": {"people": {"roster": str(tmp_path / "roster.toml")}}}}
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    whole = calls_for(look(settings, **{ALERTS: firing("A")}), settings, FixedClock(NOW))
    partial = calls_for(look(settings, **{ALERTS: firing("A"), HOMEPAGE: AWAY}), settings, FixedClock(NOW))
    assert whole.all_can_be_reached
    assert not partial.all_can_be_reached
    assert partial.now == whole.now
    assert "; if what is not known makes it a P1: Ada (+49 30 5550101) at once" in partial.found
    assert len(partial.evidence().rows) == 3


def test_placeholder_of_a_number_reaches_nobody(tmp_path):
    """Nor one of an address."""
    text = ROSTER.replace("+49 30 5550101", "+1 555 0100").replace("ada@portfolio.example", "TBD")
    (tmp_path / "roster.toml").write_text(text)
    overlay = {"targets": {"staging": {"people": {"roster": str(tmp_path / "roster.toml")}}}}
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    calls = calls_for(look(settings, **{HOMEPAGE: homepage(500)}), settings, FixedClock(NOW))
    assert not calls.first_can_be_reached
    assert calls.now == "; call Ada at once, to answer by Mon 22:15"


def delivery(what="events", ago=timedelta(hours=2), **changes):
    """A message about an opened incident."""
    fields = {"target": "production", "set": "daily", "channel": "apprise Slack", "to": "Slack", "delivered": True}
    return Delivery(when=NOW - ago, what=what, **{**fields, "ids": ["f00-opened-20261123T080000Z"], **changes})


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
def test_message_of_an_open_incident_replaces_a_sign_off(tmp_path, settings, delivered, told):
    """Delivered today, for this target; neither a digest nor a recovery."""
    note(tmp_path / "deliveries-of-it", delivered)
    people = msgspec.structs.replace(settings.people, deliveries=str(tmp_path / "deliveries-of-it"))
    settings = msgspec.structs.replace(settings, people=people)
    down = look(settings, **{HOMEPAGE: homepage(500, 500)})
    found = notice(down, settings, FixedClock(NOW))
    assert found.needless == ""
    assert found.settled == ("told to Slack on 2026-11-23 19:00 UTC" if told else ""), found
    assert found.evidence()


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ("f00-recovered-20261123T120000Z", False),
        ("f00-gone-20261123T120000Z", False),
        ("f00-recovered-20261122T120000Z", True),
        ("ba7-recovered-20261123T120000Z", True),
    ],
)
def test_message_of_an_incident_that_has_ended_since_does_not_count(tmp_path, settings, ended, told):
    """The emergency of now is another one; an end before its opening, or of another incident, is none."""
    folder = tmp_path / "deliveries-of-it"
    note(folder, delivery(ago=timedelta(hours=12)))
    note(folder, delivery(ids=[ended]))
    people = msgspec.structs.replace(settings.people, deliveries=str(folder))
    settings = msgspec.structs.replace(settings, people=people)
    found = notice(look(settings, **{HOMEPAGE: homepage(500, 500)}), settings, FixedClock(NOW))
    assert bool(found.settled) is told


def test_need_to_notify_is_known_from_any_sign(settings):
    """A failed page is itself the emergency, so coverage is enough; without one, unknown signs matter."""
    down = notice(look(settings, **{HOMEPAGE: homepage(500, 500), RESPONSE: AWAY}), settings, FixedClock(NOW))
    assert (down.needless, down.coverage.enough) == ("", True)
    for unsure in ({RESPONSE: AWAY}, {ALERTS: firing("A"), RESPONSE: AWAY}):
        unknown = notice(look(settings, **unsure), settings, FixedClock(NOW))
        assert unknown.needless
        assert not unknown.coverage.enough


def test_line_tells_only_of_sites_and_components_that_there_are(settings):
    worker, static = components("HEALTHY").worst_first, 1
    alone = look(settings, **{SITES: sites(OtherHomepages), SITES_HEALTH: sites(OtherHealth)})
    assert "Other homepages" not in alone.line
    assert "Health of the other sites" not in alone.line
    beside = {SITES: sites(OtherHomepages, "no answer"), SITES_HEALTH: sites(OtherHealth, health(), "no answer")}
    seen = look(settings, **beside, **{COMPONENTS: AppComponents(worker, static)}).line
    assert "Other homepages: none seen" in seen
    assert "Health of the other sites: 1 of 2 healthy" in seen
    assert "Components: 1 of 1 healthy, 1 more without a health state" in seen
