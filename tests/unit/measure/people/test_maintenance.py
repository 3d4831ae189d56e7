"""Planned maintenance: windows in local time, silences, the team, and new errors."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from checks.people import test_maintenance as checks
from playbook.clients.alertmanager import Silence
from playbook.clients.log_reading import LogStream
from playbook.clients.managed_databases import Cluster
from playbook.clients.wire import Phases
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import Outcome
from playbook.core.errors import NotConfigured, TooLittleData, Unreachable, UsageError
from playbook.core.limits import Reading
from playbook.core.sign_off import Attestation, Rule, SignOff
from playbook.measure.databases.database_values import Database, Databases
from playbook.measure.figures.services_beside import services_of
from playbook.measure.images.images import Optimization
from playbook.measure.images.pictures import Picture
from playbook.measure.people.maintenance import (
    maintenance_plan,
    since_maintenance,
    window_silences,
    window_team,
)
from playbook.measure.people.maintenance_errors import errors_since_maintenance
from playbook.measure.redis.redis import RedisPing
from playbook.measure.statements import Statement
from playbook.measure.web.homepage import HomepageTiming, Sample
from playbook.settings.loading import load
from tests.judged import judged
from tests.unit.measure.figures.test_kpis import Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def settings_with(tmp_path, **maintenance):
    overlay = {"targets": {"staging": {"maintenance": maintenance}}}
    return load("staging", root=tmp_path, environment={}, overlay=overlay)


def window(start, end, name="Work"):
    return {"name": name, "start": start, "end": end}


def plan(tmp_path, *windows, zone="UTC", now=NOW, **more):
    settings = settings_with(tmp_path, time_zone=zone, windows=list(windows), **more)
    return maintenance_plan(settings, FixedClock(now)), settings


TODAY = window("2026-11-23T13:00:00", "2026-11-23T14:00:00", "Today")
MORNING = window("2026-11-23T09:00:00", "2026-11-23T10:00:00", "Morning")
LAST_WEEK = window("2026-11-16T09:00:00", "2026-11-16T10:00:00", "Last week")


def test_next_and_last_window(tmp_path):
    """In any order; a current window counts as ahead."""
    found, _ = plan(tmp_path, TODAY, LAST_WEEK, MORNING)
    assert (found.next.name, found.last.name) == ("Today", "Morning")
    assert found.found == "Today, Mon 2026-11-23 13:00 to 14:00 UTC, in 1 h"
    on, _ = plan(tmp_path, TODAY, MORNING, now=NOW + timedelta(minutes=90))
    assert on.next.name == "Today"
    assert on.found.endswith("which is on now")
    assert [row[3] for row in on.evidence().rows] == ["on, for another 30 min", "over for 3 h 30 min"]


def test_no_window_ahead_or_finished(tmp_path):
    """The existing window is named."""
    past, _ = plan(tmp_path, MORNING)
    assert past.ahead is None
    assert past.found == "none; the last was Morning, Mon 2026-11-23 09:00 to 10:00 UTC"
    with pytest.raises(TooLittleData, match="expected a maintenance window ahead, got Morning"):
        _ = past.next
    with pytest.raises(TooLittleData, match="expected a maintenance that is over, got Today"):
        _ = plan(tmp_path, TODAY)[0].last


def test_no_window_is_not_configured(tmp_path):
    """With the line to add."""
    with pytest.raises(NotConfigured) as caught:
        plan(tmp_path)
    assert caught.value.add.startswith("to playbook.toml:\n[targets.staging.maintenance]\nwindows = [{ name")


@pytest.mark.parametrize(
    ("zone", "start", "end", "utc"),
    [
        ("Europe/Berlin", "2026-07-01T22:00:00", "2026-07-01T23:00:00", "20:00"),
        ("Europe/Berlin", "2026-12-01T22:00:00", "2026-12-01T23:00:00", "21:00"),
        ("America/New_York", "2026-12-01T22:00:00", "2026-12-01T23:00:00", "03:00"),
        ("Europe/Berlin", "2026-12-01T22:00:00+00:00", "2026-12-01T23:00:00+00:00", "22:00"),
        # skipped by the clock change: moved later
        ("Europe/Berlin", "2027-03-28T02:30:00", "2027-03-28T04:00:00", "01:30"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T04:00:00", "00:30"),  # ambiguous: the first
    ],
)
def test_windows_are_in_local_time(tmp_path, zone, start, end, utc):
    """Summer, winter, and the nights of the clock changes."""
    found, _ = plan(tmp_path, window(start, end), zone=zone)
    assert f"{found.windows[0].start:%H:%M}" == utc


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"time_zone": "Mars/Olympus"},
            "maintenance: expected a time zone such as Europe/Berlin, got 'Mars/Olympus'",
        ),
        ({"time_zone": "../etc/passwd"}, "maintenance: expected a time zone such as Europe/Berlin"),
        (
            {"windows": [window("2026-01-01T10:00:00", "2026-01-01T10:00:00")]},
            "the window 'Work' ends before it begins",
        ),
        (
            {"time_zone": "Europe/Berlin", "windows": [window("2027-03-28T02:00:00", "2027-03-28T03:00:00")]},
            "the window 'Work' lies in the hour that the clocks skip in Europe/Berlin",
        ),
        (
            {"windows": [window("2026-11-28T22:00:00", "2027-11-28T23:00:00")]},
            "the window 'Work' takes 365 days, and 7 are the most; enter longer work as several windows",
        ),
        ({"time_zone": "Europe"}, "expected a time zone such as Europe/Berlin, got 'Europe'"),
        ({"windows": [window("28.11.2026 22:00", "28.11.2026 23:00")]}, "maintenance.windows[0].start: invalid"),
        ({"windows": [{"name": "x", "from": "2026-11-28T22:00:00"}]}, "maintenance.windows[0]"),
        ({"window": []}, "maintenance"),
        ({"windows": [{"name": "x", "start": "soon", "end": "later"}]}, "maintenance.windows[0].start: invalid"),
    ],
)
def test_mistake_in_the_settings_is_one_sentence(tmp_path, change, sentence):
    """When they are read, not when the maintenance begins."""
    with pytest.raises(UsageError) as caught:
        settings_with(tmp_path, **change)
    assert sentence in str(caught.value)


def signed(when):
    line = Attestation(item="i", who="Ada", when=when, note="n", expires=when + timedelta(days=2), digest="d")
    return SignOff("i", line, (), Rule(timedelta(days=2), timedelta()), NOW)


def test_only_sign_offs_after_the_maintenance_count(tmp_path):
    """It ended at ten."""
    found, _ = plan(tmp_path, MORNING)
    assert found.after(signed(NOW - timedelta(hours=2)))
    assert not found.after(signed(NOW - timedelta(hours=2, seconds=1)))
    assert not found.after(SignOff("i", None, (), Rule(timedelta(1), timedelta()), NOW))


def test_last_window_is_the_one_that_ended_last(tmp_path):
    """A short one within a longer one ended before it."""
    long = window("2026-11-23T08:00:00", "2026-11-23T11:00:00", "Long")
    found, _ = plan(tmp_path, MORNING, long)
    assert found.last.name == "Long"
    assert not found.after(signed(NOW - timedelta(minutes=90)))


@pytest.mark.parametrize(("hours", "about"), [(3, False), (2, True), (0, True)])
def test_sign_off_from_before_the_last_window_is_not_about_the_next(tmp_path, hours, about):
    """Two windows on one day; without one before it, any sign-off is."""
    found, _ = plan(tmp_path, MORNING, TODAY)
    assert found.about_next(signed(NOW - timedelta(hours=hours))) is about
    assert plan(tmp_path, TODAY)[0].about_next(signed(NOW - timedelta(hours=hours)))


@pytest.mark.parametrize(
    ("told", "about"),
    [
        ("2026-11-23T13:00:00Z to 2026-11-23T14:00:00Z", True),
        ("2026-11-22T13:00:00Z to 2026-11-22T14:00:00Z", False),  # moved by a day
        ("2026-11-23T13:00:00Z to 2026-11-23T18:00:00Z", False),  # made shorter
        ("", True),  # an older line
    ],
)
def test_sign_off_from_before_the_window_was_moved_is_about_another_time(tmp_path, told, about):
    """What was announced is when visitors were told that the work would be."""
    found, _ = plan(tmp_path, TODAY)
    line = signed(NOW)
    sign_off = replace(line, newest=msgspec.structs.replace(line.newest, window=told))
    assert found.about_next(sign_off) is about
    assert not told or f"one by Ada on 2026-11-23 for {told}, which" in sign_off.found


@dataclass
class Alerting:
    """Silences by the alert's name, and the names of the rules."""

    silences: dict
    rules: tuple[str, ...] = ()

    def silences_on(self, labels):
        """As a client does."""
        return self.silences.get(labels.get("alertname"), [])

    def rule_names(self, _now):
        """As a client does."""
        return self.rules


def silence(start, end):
    return Silence(
        "1", ('alertname="A"',), "ada", "work", NOW + timedelta(hours=end), NOW + timedelta(hours=start)
    )


@pytest.mark.parametrize(
    ("silences", "all_silenced", "none_longer", "found"),
    [
        ([silence(0.9, 2.1)], True, True, "silences on A"),
        ([silence(1, 2)], True, True, "silences on A"),
        ([silence(1.1, 2.1)], False, True, "none on A"),
        ([silence(0.9, 1.9)], False, True, "none on A"),
        ([silence(-24, 48)], True, False, "silences on A"),
        ([silence(-24, 48), silence(0.5, 2.5)], True, True, "silences on A"),
        ([silence(0.9, 1.5), silence(1.5, 2.1)], True, True, "silences on A"),  # one after the other
        ([silence(1.2, 2.1), silence(0.9, 1.4)], True, True, "silences on A"),
        ([silence(0.9, 1.4), silence(1.3, 1.7), silence(1.6, 9)], True, False, "silences on A"),
        ([silence(0.9, 1.4), silence(1.5, 2.1)], False, True, "none on A"),
        ([silence(0.9, 1.5), silence(0.8, 1.4)], False, True, "none on A"),
        ([], False, True, "none on A"),
    ],
)
def test_silences_cover_the_window_and_not_much_more(tmp_path, silences, all_silenced, none_longer, found):
    """It is from one to two hours from now; an hour before and after is allowed."""
    the_plan, settings = plan(tmp_path, TODAY, silenced=[{"alertname": "A"}])
    seen = window_silences(Alerting({"A": silences}), the_plan, settings)
    assert (seen.all_silenced, seen.none_longer, seen.found) == (all_silenced, none_longer, found)
    assert seen.evidence()


@pytest.mark.parametrize(
    ("rules", "got"),
    [
        (("HighErrorRate", "HighLatency"), "none named 'HighErorRate'; did you mean 'HighErrorRate'?"),
        (("HighErorRate", "HighErrorRate"), ""),
        (("DiskFull",), ""),  # its rule may be somebody else's, e.g. Loki's
        ((), ""),
    ],
)
def test_silence_on_a_misspelt_alert_is_not_good(tmp_path, rules, got):
    """It hides nothing; the work will set off the alert that was meant."""
    the_plan, settings = plan(tmp_path, TODAY, silenced=[{"alertname": "HighErorRate"}, {"severity": "page"}])
    seen = window_silences(Alerting({"HighErorRate": [silence(0.9, 2.1)]}, rules), the_plan, settings)
    assert seen.coverage.enough == (not got)
    assert got in seen.coverage.got


def test_current_window_needs_a_silence_from_now_on(tmp_path):
    """The time before does not matter."""
    later = NOW + timedelta(minutes=90)
    the_plan, settings = plan(tmp_path, TODAY, silenced=[{"alertname": "A"}, {"alertname": "B"}], now=later)
    seen = window_silences(Alerting({"A": [silence(1.2, 2.2)]}), the_plan, settings)
    assert seen.found == "none on B"


def test_alerts_to_silence_must_be_configured(tmp_path):
    """They cannot be guessed."""
    the_plan, settings = plan(tmp_path, TODAY)
    with pytest.raises(NotConfigured, match="the alerts to silence are not configured"):
        window_silences(Alerting({}), the_plan, settings)


ROSTER = """
time_zone = "UTC"
[people.ada]
name = "Ada"
phone = "+49 30 901820"
[people.ben]
name = "Ben"
phone = "+49 40 428280"
[rotations.primary]
starts = 2026-11-02T13:30:00
people = ["ada", "ben"]
[rotations.secondary]
starts = %s
people = ["ben", "ada"]
"""


@pytest.mark.parametrize(
    ("secondary", "found"),
    [
        ("2026-11-02T13:30:00", "Ada then Ben as primary and Ben then Ada as secondary"),
        ("2026-11-02T09:00:00", "Ada as both"),
        ("2026-12-02T09:00:00", "nobody as secondary"),
    ],
)
def test_two_people_are_on_call_during_the_window(tmp_path, secondary, found):
    """Also if a handover is in it."""
    (tmp_path / "roster.toml").write_text(ROSTER % secondary)
    overlay = {"targets": {"staging": {"people": {"roster": "roster.toml"}, "maintenance": {"windows": [TODAY]}}}}
    (tmp_path / "playbook.toml").write_text("")
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    # The rotation changes every seven days at 13:30, in the middle of Monday's window.
    team = window_team(maintenance_plan(settings, FixedClock(NOW)), settings)
    assert (team.found, team.there) == (found, " then " in found)
    assert team.evidence()


def test_two_people_at_one_telephone_are_one_during_the_window(tmp_path):
    """As they are for the week."""
    one_phone = ROSTER.replace("+49 40 428280", "+4930901820")
    (tmp_path / "roster.toml").write_text(one_phone % "2026-11-02T13:30:00")
    overlay = {"targets": {"staging": {"people": {"roster": "roster.toml"}, "maintenance": {"windows": [TODAY]}}}}
    (tmp_path / "playbook.toml").write_text("")
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    team = window_team(maintenance_plan(settings, FixedClock(NOW)), settings)
    assert not team.there
    assert team.found == "Ada as both; Ben as both"


@pytest.mark.parametrize("phone", ["", "TBD", "030 901820", "+1 202 555 0101", "ask Ada", "+00 000 0000"])
def test_nobody_without_a_telephone_is_available(tmp_path, phone):
    """A name alone cannot be called; a number is one from any country, and nobody's example."""
    (tmp_path / "roster.toml").write_text(ROSTER.replace("+49 40 428280", phone) % "2026-11-02T13:30:00")
    overlay = {"targets": {"staging": {"people": {"roster": "roster.toml"}, "maintenance": {"windows": [TODAY]}}}}
    (tmp_path / "playbook.toml").write_text("")
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    team = window_team(maintenance_plan(settings, FixedClock(NOW)), settings)
    assert (team.found, team.there) == ("no phone of Ben", False)


def test_figures_since_the_end_report_their_period(tmp_path):
    """At most a day; too few are UNKNOWN."""
    counts = {"response_time_count": 812.0, "error_rate_count": 40.0, "image_success_count": 300.0}
    store = Store(response_time=0.4, error_rate=0.0, image_success=99.6, **counts)
    half_past = window("2026-11-23T10:00:00", "2026-11-23T11:30:00")
    the_plan, settings = plan(tmp_path, half_past)
    since = since_maintenance(store, the_plan, settings, FixedClock(NOW), Earlier())
    assert since.response_time.reading.over == "30 min (812 requests)"
    lacks = since.error_rate.reading.coverage
    assert (lacks.expected, lacks.got) == ("at least 100 requests in 30 min", "40")
    assert since.error_rate.by_itself.coverage.words == "1 answer · 1 series of this target · 40 requests"
    assert "[1800s]" in store.asked["queries.response_time"]
    assert since.evidence()
    the_plan, settings = plan(tmp_path, LAST_WEEK)
    since = since_maintenance(store, the_plan, settings, FixedClock(NOW), Earlier())
    assert since.response_time.reading.over == "24 h (812 requests)"


class Logs:
    """Lines from a list."""

    def __init__(self, *lines, problems=()):
        self._lines, self._problems = lines, list(problems)

    def read(self, since):
        """As a client does."""
        self.since = since
        return LogStream("a file", iter([iter(self._lines)]), self._problems)


def line(at, text):
    return f"web {at:%Y-%m-%dT%H:%M:%S}.000000000Z {text}"


# Four lines in each hour of the day before and of the time since; none in the window.
HOURS = [n / 4 for n in range(-27 * 4, 1) if not -12 < n < -8]
QUIET = [line(NOW + timedelta(hours=hour), "INFO all is well") for hour in HOURS]


@pytest.mark.parametrize(
    ("errors", "lasting", "passing"),
    [
        ([], "none", "none"),
        ([(-20, "old 1"), (-1, "old 2")], "none", "none"),
        ([(-1, "new 1"), (-0.5, "new 2")], "2 × web: ERROR new #", "none"),
        ([(-2.5, "restart 7")], "none", "1 × web: ERROR restart #"),
        ([(-2.5, "both 1"), (-1, "both 2"), (-1, "more x")], "2 × web: ERROR both #, and 1 more", "none"),
    ],
)
def test_new_errors_are_kinds_that_did_not_occur_before(tmp_path, errors, lasting, passing):
    """The window was from nine to ten, two hours ago; other numbers do not make a new kind."""
    the_plan, settings = plan(tmp_path, MORNING)
    lines = sorted([*QUIET, *(line(NOW + timedelta(hours=at), f"ERROR {text}") for at, text in errors)])
    logs = Logs(*lines)
    found = errors_since_maintenance(logs, the_plan, settings, Earlier())
    assert logs.since == NOW - timedelta(hours=27)
    assert (found.words(found.lasting), found.words(found.passing)) == (lasting, passing)
    assert found.coverage.enough
    assert found.coverage.words.startswith("24 of 24 h before it")
    assert found.evidence()


@pytest.mark.parametrize(
    ("before", "since", "more"),
    [
        (0, 0, ""),
        (1, 9, ""),
        (1, 40, "40 in an hour (usually 1)"),
        (30, 40, ""),
        (30, 200, "200 in an hour (usually 30)"),
    ],
)
def test_far_more_errors_of_a_known_kind_are_reported(tmp_path, before, since, more):
    """The kind is not new, so only their number tells."""
    the_plan, settings = plan(tmp_path, MORNING)
    errors = [
        line(NOW - timedelta(hours=hour, minutes=1), "ERROR old") for hour in range(4, 27) for _ in range(before)
    ]
    errors += [line(NOW - timedelta(minutes=30), "ERROR old")] * since
    found = errors_since_maintenance(Logs(*sorted([*QUIET, *errors])), the_plan, settings, Earlier())
    assert (found.more, found.kinds) == (more, ())


def test_discarded_kinds_may_be_new(tmp_path):
    """Of very many kinds not all are kept."""
    the_plan, settings = plan(tmp_path, MORNING)
    words = [f"ERROR {a}{b}{c}" for a in "ghijklmn" for b in "ghijklmnop" for c in "ghijklmnop"]
    errors = [line(NOW - timedelta(hours=5), word) for word in words]
    found = errors_since_maintenance(Logs(*sorted([*QUIET, *errors])), the_plan, settings, Earlier())
    assert found.coverage.got == "300 of 800 that are not"


@pytest.mark.parametrize(
    ("lines", "got"),
    [
        (QUIET[-29:], "lines of 5 h before it"),
        (QUIET[:-9], "none since its end"),
        ([], "lines of 0 h before it and none since its end"),
        (QUIET[:40] + QUIET[48:], "no line of any component from 22 Nov 18:45 to 21:00 UTC"),
    ],
)
def test_too_few_lines_are_unknown(tmp_path, lines, got):
    """Before the window, since its end, or with a gap in between."""
    the_plan, settings = plan(tmp_path, MORNING)
    coverage = errors_since_maintenance(Logs(*lines), the_plan, settings, Earlier()).coverage
    assert not coverage.enough
    assert got in coverage.got


def test_unreadable_part_may_hold_a_new_error(tmp_path):
    """So the result is incomplete."""
    the_plan, settings = plan(tmp_path, MORNING)
    found = errors_since_maintenance(Logs(*QUIET, problems=["one was damaged"]), the_plan, settings, Earlier())
    assert found.coverage.got == "one was damaged"


def test_kinds_that_were_too_many_to_keep_may_be_new(tmp_path):
    """Their number is known, and nothing else."""
    the_plan, settings = plan(tmp_path, MORNING)
    found = errors_since_maintenance(Logs(*QUIET), the_plan, settings, Earlier())
    beyond = replace(found, review=replace(found.review, kinds_left_out=7))
    assert found.coverage.enough
    assert not beyond.coverage.enough


HOLDS = Statement("Something", True, "this", "this", warn=True)
WARNS = Statement("Something", False, "this", "that", warn=True)
FAILS = Statement("Something", False, "this", "that")
UNSURE = Statement("Something", True, "this", "this", coverage=lacking("", expected="the page", got="a challenge"))
HEALTHY = {
    "app": {"serving": HOLDS, "domains_served": HOLDS, "statements": [HOLDS]},
    "live_url_answer": {"statement": HOLDS},
    "app_components": {"worst_first": (), "functions": ()},
    "app_jobs": {"statements": [HOLDS]},
    "api_health": {"is_unhealthy": False, "is_degraded": False, "summary": "healthy", "listing": lambda _: HOLDS},
    "image_health": {
        "is_unhealthy": False,
        "is_degraded": False,
        "summary": "healthy",
        "listing": lambda _: HOLDS,
    },
    "services_beside": {"statements": (), "found": "Redis", "optimising": Reading(0.4)},
}


def of(values, **changed):
    """Stand-ins for measured values, with some attributes changed: ``app={"serving": FAILS}``."""
    return {
        name: SimpleNamespace(**{"coverage": whole("seen"), **known, **changed.get(name, {})})
        for name, known in values.items()
    }


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "OK"),
        ({"image_health": {"is_degraded": True}}, "WARNING"),
        ({"app": {"domains_served": WARNS}}, "WARNING"),
        ({"app": {"statements": [HOLDS, WARNS]}}, "WARNING"),
        ({"app_components": {"functions": (SimpleNamespace(statement=WARNS),)}}, "WARNING"),
        ({"app_jobs": {"statements": [WARNS]}}, "WARNING"),
        ({"api_health": {"listing": lambda _: WARNS}}, "WARNING"),
        ({"image_health": {"listing": lambda _: WARNS}}, "WARNING"),
        ({"services_beside": {"statements": (FAILS, WARNS)}}, "CRITICAL"),
        ({"services_beside": {"optimising": Reading(90.0)}}, "CRITICAL"),
        ({"services_beside": {"coverage": lacking("", expected="Redis", got="refused")}}, "UNKNOWN"),
        ({"app": {"coverage": lacking("", expected="the app of shop.example", got="another")}}, "UNKNOWN"),
        ({"live_url_answer": {"statement": FAILS}}, "CRITICAL"),
        ({"live_url_answer": {"statement": UNSURE}}, "UNKNOWN"),
    ],
)
def test_whatever_a_daily_check_finds_bad_is_bad_after_a_maintenance(changed, verdict):
    """Of the services' health."""
    assert judged(checks.test_services_are_healthy_again, **of(HEALTHY, **changed))[0] == verdict


def outcomes(**found: Any) -> dict[str, Outcome]:
    """Of what is measured beside the app: a value, or an error."""
    return {
        name: Outcome(name, None, one, 0.0)
        if isinstance(one, Exception)
        else Outcome(name, one, None, 0.0, absent=one is None)
        for name, one in found.items()
    }


PONG, LOADING = RedisPing(2.0, (0.5,)), RedisPing(2.0, (), "LOADING Redis is loading the dataset in memory")
MYSQL = Cluster(id="c-1", name="shop-db", engine="redis", status="online")
UNSET = NotConfigured("no", setting="x", add="x")
REFUSED = Unreachable("Redis: expected an answer, got connection refused", service="Redis")


PHOTOGRAPH = Picture("JPEG", 64, 48, 9_000)


def optimised(problem: str = "", cached: str = "") -> Optimization:
    return Optimization(200, PHOTOGRAPH, None, problem, "image/webp", "", cached, Phases(), ())


def clusters(status: str, **more: Any) -> Databases:
    return Databases((Database(msgspec.structs.replace(MYSQL, status=status), NOW),), **more)


@pytest.mark.parametrize(
    ("found", "faults", "works", "is_enough"),
    [
        ({"redis_ping": PONG, "databases": clusters("online")}, [], "Redis, the managed databases", True),
        ({"redis_ping": None, "databases": UNSET}, [], "none is configured", True),
        ({"redis_ping": LOADING, "databases": UNSET}, ["Redis"], "Redis", True),
        ({"redis_ping": REFUSED, "databases": clusters("online")}, [], "the managed databases", False),
        ({"databases": clusters("migrating")}, ["State of the database shop-db"], "the managed databases", True),
        ({"databases": clusters("rebuilding")}, ["State of the database shop-db"], "the managed databases", True),
        ({"databases": clusters("online", missing=(("x", REFUSED),))}, [], "the managed databases", False),
        ({"optimization": optimised()}, [], "the optimise endpoint", True),
        ({"optimization": optimised("HTTP 500")}, ["Optimised image"], "the optimise endpoint", True),
        ({"optimization": optimised(cached="age: 7")}, [], "the optimise endpoint", False),
        ({"optimization": REFUSED, "redis_ping": LOADING}, ["Redis"], "Redis", False),
    ],
)
def test_services_beside_the_app_hide_nothing_of_each_other(found, faults, works, is_enough):
    """What the product does not have, or is not configured, is not asked of it."""
    beside = services_of(outcomes(**found))
    assert [one.subject for one in beside.statements] == faults
    assert beside.found == works
    assert beside.coverage.enough is is_enough
    assert beside.evidence()


class _Absent:
    """A product without Prometheus: falsy."""

    coverage = whole("seen")

    def __bool__(self):
        return False


NO_FIGURES = _Absent()


def page(status=200, title="Shop"):
    return HomepageTiming((Sample(status, Phases(total=0.2), title=title),) * 5, usual_title="Shop")


@pytest.mark.parametrize(
    ("homepage", "verdict"),
    [(page(), "OK"), (page(status=503), "CRITICAL"), (page(title="Back soon"), "WARNING")],
)
def test_homepage_must_be_back_after_a_maintenance(homepage, verdict):
    """A page of the maintenance that was left on may be quick."""
    found = judged(
        checks.test_key_figures_are_normal_since, since_maintenance=NO_FIGURES, homepage_timing=homepage
    )
    assert found[0] == verdict


def test_old_dump_in_the_newest_backup_is_a_warning_before_a_maintenance():
    """Its job packed that of another night."""
    backups = {
        "presence": Statement("Backups", True, "an archive", "1 archive and 0 other files"),
        "age": Reading(5.0, "h"),
        "completeness": Statement("Newest backup", True, "a.tar.gz to be complete", "complete"),
        "size": Reading(100.0, ""),
    }
    verified = {
        "newest_problems": (),
        "newest_words": "as its manifest says",
        "newest_read": Coverage(),
        "files": Reading(100.0, ""),
        "stale": "dump.rdb of 2026-11-16",
    }
    databases = {"statements": (), "ages": (), "sizes": ()}
    values = of({"backups": backups, "backup_verification": verified, "database_backups": databases})
    assert judged(checks.test_backup_is_recent_and_verified, **values)[0] == "WARNING"
    values["backup_verification"].stale = ""
    assert judged(checks.test_backup_is_recent_and_verified, **values)[0] == "OK"
    values["backups"].presence = Statement("Backups", False, "an archive", "1 other file")
    assert judged(checks.test_backup_is_recent_and_verified, **values)[0] == "CRITICAL"
