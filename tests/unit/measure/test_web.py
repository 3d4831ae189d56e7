"""Health endpoints, the homepage, and whether a URL answers, against a server that says what it is told."""

from datetime import UTC, datetime
from statistics import median

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.web import website
from playbook.clients.wire import Phases
from playbook.clock import FixedClock
from playbook.errors import Denied, Malformed, NotConfigured, Unreachable, UsageError
from playbook.evidence import Facts, Table
from playbook.measure.web import HomepageTiming, Sample, answer_of, api_health, homepage_timing, image_health
from playbook.settings import TimeLimits, load
from tests.unit.loopback import answer, closed_port, hang_up, serve

GOOD = b'{"status":"healthy","dependencies":{"redis":{"status":"healthy","latency_ms":0.4},"worker":"healthy"}}'
BAD = (
    b'{"status":"degraded","services":{"worker":"slow","redis":{"status":"unhealthy","error":"ConnectionError"}}}'
)


@pytest.fixture
def settings(tmp_path):
    """A target without a file."""
    return load("production", root=tmp_path, environment={"PRODUCTION_URL": "http://localhost"})


@pytest.fixture(autouse=True)
def all_samples(monkeypatch):
    """However slow this machine is just now."""
    monkeypatch.setattr("playbook.measure.web._ENOUGH", 100.0)


@pytest.fixture
def clock():
    """Stands still; waiting takes no time."""
    return FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


def site_of(server):
    return HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))


# --------------------------------------------------------------------------------------------------------- health


def test_a_healthy_api(settings):
    """Its word, its dependencies and how long it took."""
    with serve(answer(body=GOOD)) as server:
        health = api_health(site_of(server), settings)
    assert server.requests[0].startswith(b"GET /api/health ")
    assert (health.is_unhealthy, health.is_degraded) == (False, False)
    assert health.summary == "HTTP 200, healthy, 2 dependencies healthy"
    facts, table = health.evidence()
    assert isinstance(facts, Facts)
    assert facts.facts["HTTP status"] == "200"
    assert isinstance(table, Table)
    assert table.rows == [["redis", "healthy", "0.4 ms"], ["worker", "healthy", ""]]


def test_a_503_is_a_measurement_and_not_tried_away(settings):
    """The worst dependency stands first."""
    with serve(answer("503 Unavailable", BAD), answer(body=GOOD)) as server:
        health = api_health(site_of(server), settings)
    assert health.is_unhealthy
    assert health.summary == "HTTP 503, degraded; redis unhealthy (ConnectionError), worker slow"


@pytest.mark.parametrize(
    ("raw", "unhealthy", "degraded", "summary"),
    [
        (answer(body=b'{"status":"degraded"}'), False, True, "HTTP 200, degraded"),
        (answer(body=b'{"status":"ok","checks":{"a":"slow"}}'), False, True, "HTTP 200, ok; a slow"),
        (answer(body=b'{"status":"ok","checks":{"a":"down"}}'), True, False, "HTTP 200, ok; a down"),
        (answer(body=b'{"status":"ok","checks":{"a":"up"}}'), False, False, "HTTP 200, ok, 1 dependency healthy"),
        (answer("503 Unavailable", b'{"status":"ok"}'), True, False, "HTTP 503, ok"),
        (answer("500 Error", b"<h1>Oops</h1>"), True, False, "HTTP 500 without a health report"),
    ],
)
def test_the_worst_of_status_and_words_counts(raw, unhealthy, degraded, summary, settings):
    """Whichever of them it is."""
    with serve(raw) as server:
        health = image_health(site_of(server), settings)
    assert server.requests[0].startswith(b"GET /api/image/health ")
    assert (health.is_unhealthy, health.is_degraded, health.summary) == (unhealthy, degraded, summary)
    assert health.evidence()


@pytest.mark.parametrize(
    ("raw", "error", "message"),
    [
        (
            answer(body=b"<html>"),
            Malformed,
            "expected a health report from http://localhost:.*/api/health, got the status",
        ),
        (answer("404 Not Found", b"{}"), Malformed, "expected HTTP 200 from .*, got HTTP 404"),
        (answer("401 Unauthorized", GOOD), Denied, "got HTTP 401"),
        (hang_up, Unreachable, "closed the connection without an answer"),
    ],
    ids=["no-report", "no-endpoint", "no-access", "no-answer"],
)
def test_what_says_nothing_of_health_is_not_judged(raw, error, message, settings):
    """It is about the way there or about our settings."""
    with serve(raw) as server, pytest.raises(error, match=message):
        api_health(site_of(server), settings)


# ------------------------------------------------------------------------------------------------------- homepage


def test_five_samples_over_fresh_connections(clock):
    """Each with its phases, and the median of their totals."""
    with serve(answer(body=b"<h1>hello</h1>")) as server:
        timing = homepage_timing(site_of(server), clock)
    assert len(server.requests) == 5
    assert timing.bad == []
    assert timing.summary == "5 of 5 HTTP 200"
    totals = [sample.phases.total for sample in timing.samples]
    assert min(totals) > 0
    assert timing.median.value == median(totals)
    assert timing.median.over == f"5 fresh connections (slowest {max(totals):.3f} s)"
    (table,) = timing.evidence()
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["1", "2", "3", "4", "5", "Median", "Slowest"]


def test_the_median_is_of_what_was_answered():
    """A lost connection has no time, and is counted as bad."""
    samples = [Sample(200, Phases(total=seconds)) for seconds in (0.3, 0.1, 0.2)]
    timing = HomepageTiming((*samples, Sample(None, problem="connection refused"), Sample(500, Phases(total=9))))
    assert timing.median.value == 0.25
    assert timing.median.over == "4 fresh connections (slowest 9.000 s)"
    assert timing.summary == "connection refused, HTTP 500 in 2 of 5 samples"


def test_a_bad_sample_among_good_ones_is_a_value(clock):
    """It is what one visitor in five sees, and is not tried away."""
    good = answer(body=b"hello")
    with serve(good, answer("503 Busy"), good, hang_up, good) as server:
        timing = homepage_timing(site_of(server), clock)
    assert [sample.status for sample in timing.samples] == [200, 503, 200, None, 200]
    assert timing.summary.startswith("HTTP 503, the server closed the connection without an answer (first byte")
    assert timing.evidence()


def test_a_slow_homepage_is_not_sampled_for_ever(clock, monkeypatch):
    """What is that slow, is known to be; one sample is always taken."""
    monkeypatch.setattr("playbook.measure.web._ENOUGH", 0)
    with serve(answer(body=b"hello")) as server:
        timing = homepage_timing(site_of(server), clock)
    assert timing.median.over.startswith("1 fresh connection (slowest ")


def test_a_homepage_that_never_answers_is_unreachable(clock):
    """Then it may be our own network."""
    client = HttpClient(f"http://127.0.0.1:{closed_port()}", service="Website")
    with pytest.raises(Unreachable, match="connection refused"):
        homepage_timing(client, clock)


def test_redirects_of_the_homepage_are_followed_and_shown(clock):
    """Their time counts, as visitors wait for them."""
    with serve(*([answer("301 Moved", Location="/en"), answer(body=b"hello")] * 5)) as server:
        timing = homepage_timing(site_of(server), clock)
    assert timing.bad == []
    assert timing.evidence()[1] == Facts("Redirects", {"1": f"HTTP 301: {server.url} → {server.url}/en"})


# ------------------------------------------------------------------------------------------------------- any URL


def test_a_url_that_answers(settings):
    """Any status below 400 does."""
    with serve(answer(body=b"hello")) as server:
        got = answer_of(server.url, settings)
    assert got.answers
    assert got.summary.startswith("HTTP 200 in ")
    assert got.evidence()


@pytest.mark.parametrize(
    ("raw", "summary"),
    [(answer("500 Error"), "HTTP 500 in "), (hang_up, "the server closed the connection without an answer")],
)
def test_a_url_that_does_not_answer_is_a_value(raw, summary, settings):
    """For who knows that the network is fine."""
    with serve(raw) as server:
        got = answer_of(server.url, settings)
    assert not got.answers
    assert got.summary.startswith(summary)
    assert got.evidence()


def test_a_url_that_is_none_is_a_usage_error(settings):
    """It was not asked."""
    with pytest.raises(UsageError):
        answer_of("portfolio.example", settings)


# ------------------------------------------------------------------------------------------------------- settings


def test_the_client_of_a_target(settings, tmp_path):
    """Not configured, it says what to set."""
    assert website(settings).base_url == "http://localhost"
    with pytest.raises(NotConfigured) as caught:
        website(load("production", root=tmp_path, environment={}))
    assert caught.value.add == "PRODUCTION_URL in the environment"
    with pytest.raises(UsageError, match=r"production\.web\.url \(from \$PRODUCTION_URL\): expected an address"):
        website(load("production", root=tmp_path, environment={"PRODUCTION_URL": "portfolio.example"}))
