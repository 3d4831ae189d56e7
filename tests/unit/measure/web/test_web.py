"""Health endpoints and the homepage, against a scripted server."""

import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import median
from threading import Barrier

import msgspec
import pytest

from playbook.clients.http import HttpClient
from playbook.clients.network import Network, Witness
from playbook.clients.web import website
from playbook.clients.wire import Phases
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.errors import Denied, Malformed, NotConfigured, Unreachable, UsageError
from playbook.core.evidence import Facts, Table
from playbook.core.judge import Judge
from playbook.core.verdict import Critical, Verdict
from playbook.measure.web.health import State, read_report
from playbook.measure.web.health_endpoints import Health, api_health, image_health
from playbook.measure.web.homepage import HomepageTiming, Sample, homepage_timing
from playbook.measure.web.web_page import Fault, PageRules
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.judged import check, judged
from tests.unit.loopback import answer, closed_port, hang_up, serve

GOOD = b'{"status":"healthy","dependencies":{"redis":{"status":"healthy","latency_ms":0.4},"worker":"healthy"}}'
PAGE = b"<!DOCTYPE html><title>Portfolio</title><h1>Photographs that load fast</h1><p>By somebody.</p>"
ALONE = Network(())  # nothing else that could prove that our own network works
FIRST_RUN = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC)), Earlier()
BAD = (
    b'{"status":"degraded","services":{"worker":"slow","redis":{"status":"unhealthy","error":"ConnectionError"}}}'
)


@pytest.fixture
def settings(tmp_path):
    """A target without a file."""
    return load("production", root=tmp_path, environment={"PRODUCTION_URL": "http://localhost"})


@pytest.fixture(autouse=True)
def all_samples(monkeypatch):
    """Makes the limits independent of the speed of this machine."""
    monkeypatch.setattr("playbook.measure.web.homepage._ENOUGH", 100.0)
    monkeypatch.setattr("playbook.measure.web.homepage._ENOUGH_FOR_THEM", 100.0)


@pytest.fixture
def clock():
    """A clock that stands still; waiting takes no time."""
    return FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


def site_of(server):
    return HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))


# --------------------------------------------------------------------------------------------------------- health


def test_healthy_api_is_measured(settings):
    """Its word, its dependencies and its time."""
    with serve(answer(body=GOOD)) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert server.requests[0].startswith(b"GET /api/health ")
    assert b"\r\naccept: application/json, */*;q=0.5\r\n" in server.requests[0].lower()  # and no page for people
    assert (health.is_unhealthy, health.is_degraded) == (False, False)
    assert health.summary == "HTTP 200, healthy, 2 dependencies healthy"
    facts, table = health.evidence()
    assert isinstance(facts, Facts)
    assert facts.facts["HTTP status"] == "200"
    assert isinstance(table, Table)
    assert table.rows == [["redis", "healthy", "0.4 ms"], ["worker", "healthy", ""]]


def test_503_is_a_measurement_without_a_retry(settings):
    """The worst dependency is shown first."""
    with serve(answer("503 Unavailable", BAD), answer(body=GOOD)) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert health.is_unhealthy
    assert health.summary == "HTTP 503, degraded; redis unhealthy (ConnectionError), worker slow"


@pytest.mark.parametrize(
    ("raw", "unhealthy", "degraded", "summary"),
    [
        (answer(body=b'{"status":"ok"}'), False, False, "HTTP 200, ok, no dependency listed"),
        (answer(body=b'{"status":"degraded"}'), False, True, "HTTP 200, degraded"),
        (answer(body=b'{"status":"ok","checks":{"a":"slow"}}'), False, True, "HTTP 200, ok; a slow"),
        (answer(body=b'{"status":"ok","checks":{"a":"down"}}'), True, False, "HTTP 200, ok; a down"),
        (answer(body=b'{"status":"ok","checks":{"a":"up"}}'), False, False, "HTTP 200, ok, 1 dependency healthy"),
        (answer("503 Unavailable", b'{"status":"ok"}'), True, False, "HTTP 503, ok"),
        (answer("500 Error", b"<h1>Oops</h1>"), True, False, "HTTP 500 without a health report"),
    ],
)
def test_worst_of_status_and_words_counts(raw, unhealthy, degraded, summary, settings):
    """Whichever of them it is."""
    with serve(raw) as server:
        health = image_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert server.requests[0].startswith(b"GET /api/image/health ")
    assert (health.is_unhealthy, health.is_degraded, health.summary) == (unhealthy, degraded, summary)
    assert health.evidence()


ENTRY = b'"worker-%d": {"status": "up"}, '
MANY = b"".join(ENTRY % number for number in range(100_000))  # larger than 2 MiB


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (answer("503 Service Unavailable", b'{"status": "ok", "components": {' + MANY), "CRITICAL"),
        (answer(body=b'{"status": "DOWN", "components": {' + MANY), "CRITICAL"),
        (answer(body=b'{"status": "ok", "components": {' + MANY), "UNKNOWN"),
        (answer(body=b"[-]etcd failed: timeout\n" + b"[+]ping ok\n" * 300_000), "CRITICAL"),
        (answer(body=b"[+]ping ok\n" * 300_000), "UNKNOWN"),
    ],
    ids=["503", "down", "ok", "lines-failed", "lines-ok"],
)
def test_beginning_of_a_too_large_report_counts_if_it_is_bad(raw, wanted, settings):
    """And is never whole."""
    with serve(raw) as server:
        try:
            health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
        except Malformed:
            assert wanted == "UNKNOWN"
            return
    healthy = check("test_web", "test_api_and_its_dependencies_are_healthy")
    assert str(judged(healthy, api_health=health)[0]) == wanted


@pytest.mark.parametrize(
    ("raw", "error", "message"),
    [
        (
            answer(body=b"<html>"),
            Malformed,
            "expected a health report from http://localhost:.*/api/health, got the status",
        ),
        (answer(), Malformed, "got an empty body"),
        (answer("204 No Content"), Malformed, "got an empty body"),
        (answer("206 Partial Content", GOOD), Malformed, "expected HTTP 200 from .*, got HTTP 206"),
        (answer("302 Found", GOOD), Malformed, "got HTTP 302"),
        (answer("503 Unavailable", GOOD, cf_mitigated="challenge"), Malformed, "got a challenge by Cloudflare"),
        (answer("407 Proxy Authentication Required"), Malformed, "a proxy that asks who this machine is"),
        (answer(body=b"[" * 100_000), Malformed, "nested too deeply"),
        (answer("404 Not Found", b"{}"), Malformed, "expected HTTP 200 from .*, got HTTP 404"),
        (answer("207 Multi-Status", GOOD), Malformed, "expected HTTP 200 from .*, got HTTP 207"),
        (answer("401 Unauthorized", GOOD), Denied, "got HTTP 401"),
        (hang_up, Unreachable, "closed the connection without an answer"),
    ],
)
def test_answer_without_health_is_not_judged(raw, error, message, settings):
    """Its cause is the way there or our settings."""
    with serve(raw) as server, pytest.raises(error, match=message):
        api_health(site_of(server), ALONE, settings, *FIRST_RUN)


# ------------------------------------------------------------------------------------------------------- homepage


def test_homepage_is_sampled_five_times_over_new_connections(settings, clock):
    """Each with its phases, and the median of their totals."""
    with serve(answer(body=PAGE)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
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


def test_median_is_of_the_answered_samples():
    """A lost connection has no time, and is counted as bad."""
    samples = [Sample(200, Phases(total=seconds)) for seconds in (0.3, 0.1, 0.2)]
    lost = Sample(None, problem="connection refused")
    timing = HomepageTiming((*samples, lost, Sample(500, Phases(total=9), fault=Fault("HTTP 500"))))
    assert timing.median.value == 0.25
    assert timing.median.over == "4 fresh connections (slowest 9.000 s)"
    assert timing.summary == "connection refused, HTTP 500 in 2 of 5 samples"


def test_sample_that_is_not_read_to_its_end_has_no_time(settings, clock):
    """A body that does not match its Content-Encoding, as a proxy sends it: no sample of 0 s."""
    broken = answer(body=PAGE, content_encoding="gzip")
    with serve(broken, broken, answer(body=PAGE), broken) as server:
        some = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    [read] = [sample for sample in some.samples if sample.is_page]
    assert some.median.value == read.phases.total > 0
    assert some.median.over == f"1 fresh connection (slowest {read.phases.total:.3f} s)"
    [table] = some.evidence()
    assert isinstance(table, Table)
    assert table.rows[-2][-1] == table.rows[-1][-1] == table.rows[2][-1] != "0.0 ms"
    with serve(broken) as server:
        none = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert math.isnan(none.median.value)
    assert not none.coverage.enough


def test_bad_sample_among_good_ones_is_a_value(settings, clock):
    """One visitor in five gets it, so it is not retried."""
    good = answer(body=PAGE)
    with serve(good, answer("503 Busy"), good, hang_up, good) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert [sample.status for sample in timing.samples] == [200, 503, 200, None, 200]
    assert timing.summary.startswith("HTTP 503, the server closed the connection without an answer (first byte")
    assert timing.evidence()


def test_samples_of_a_slow_homepage_are_limited(settings, clock, monkeypatch):
    """A few are enough to know that it is slow; one sample is always taken."""
    monkeypatch.setattr("playbook.measure.web.homepage._ENOUGH", 0)
    with serve(answer(body=PAGE)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.median.over.startswith("1 fresh connection (slowest ")


def test_distant_homepage_is_sampled_three_times(settings, clock, monkeypatch):
    """Each sample is three round trips and more, and three samples have a median."""
    monkeypatch.setattr("playbook.measure.web.homepage._ENOUGH_FOR_THEM", 0)
    with serve(answer(body=PAGE)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.median.over.startswith("3 fresh connections (slowest ")


def test_homepage_that_never_answers_is_unreachable(settings, clock):
    """Our own network may be the reason."""
    client = HttpClient(f"http://127.0.0.1:{closed_port()}", service="Website")
    with pytest.raises(Unreachable, match="connection refused"):
        homepage_timing(client, ALONE, settings, clock, Earlier())


def test_redirects_of_the_homepage_are_followed_and_shown(settings, clock):
    """Their time counts, as visitors wait for them."""
    with serve(*([answer("301 Moved", Location="/en"), answer(body=PAGE)] * 5)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.bad == []
    assert timing.evidence()[1] == Facts("Redirects", {"1": f"HTTP 301: {server.url} → {server.url}/en"})


# ---------------------------------------------------------------------------------------- evidence about the
# network


def verdict(measured, holds, subject="Homepage"):
    """The verdict of a judge, with the preconditions that the measurement gives."""
    judge = Judge()
    judge.add_coverage("measured", measured.coverage)
    with suppress(Critical):
        judge.that(holds, subject, expected="good", found=measured.summary)
    return judge.leading.verdict


def test_refusing_website_is_down_while_another_service_answers(settings, clock):
    """Then the cause is the website, and not our network."""
    with serve(answer()) as witness:
        network = Network((Witness("Prometheus", witness.url),))
        client = HttpClient(f"http://127.0.0.1:{closed_port()}", service="Website")
        timing = homepage_timing(client, network, settings, clock, Earlier())
        health = api_health(client, network, settings, *FIRST_RUN)
    assert timing.is_down
    assert timing.summary.startswith("no answer: connection refused (connect, after ")
    assert timing.summary.endswith(", while Prometheus answers")
    assert verdict(timing, not timing.bad) is Verdict.CRITICAL
    assert health.is_unhealthy
    assert health.summary == f"no answer: {health.down}"
    assert verdict(health, not health.is_unhealthy) is Verdict.CRITICAL
    assert timing.evidence()
    assert health.evidence()


def test_refusing_website_without_a_second_service_is_unknown(settings):
    """Its health too."""
    client = HttpClient(f"http://127.0.0.1:{closed_port()}", service="Website")
    with pytest.raises(Unreachable) as caught:
        api_health(client, ALONE, settings, *FIRST_RUN)
    assert str(caught.value).endswith("no other service could prove that this machine's own network works")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (answer(), "an empty page"),
        (answer(body=b"<title>Application Error</title>" + PAGE), "an error page, 'Application Error'"),
        (answer(body=b'{"error":"boom"}', Content_Type="application/json"), "an error as JSON"),
        (answer("204 No Content"), "HTTP 204"),
        (answer("304 Not Modified"), "HTTP 304"),
        (answer("302 Found", Location="/on"), "HTTP 302, a redirect that leads on"),
        (answer("302 Found", Location="ftp://x.example/"), "HTTP 302, a redirect that cannot be followed"),
        (answer("206 Partial Content", PAGE), "HTTP 206"),
    ],
)
def test_answer_that_is_no_page_is_bad_each_time(settings, clock, raw, found):
    """With a good status too."""
    with serve(raw) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.is_down
    assert timing.summary.startswith(found)
    assert verdict(timing, not timing.bad) is Verdict.CRITICAL


def test_redirect_to_a_login_is_no_homepage(settings, clock):
    """Nor is one to another host."""
    with serve(*([answer("302 Found", Location="/users/sign_in"), answer(body=PAGE)] * 5)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.summary == "a redirect to a login, /users/sign_in in 5 of 5 samples"
    with serve(answer(body=PAGE)) as other:
        elsewhere = other.url.replace("localhost", "127.0.0.1")
        with serve(answer("302 Found", Location=elsewhere)) as server:
            timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.summary == "a redirect to another host, 127.0.0.1 in 5 of 5 samples"


def test_redirect_to_nowhere_is_a_finding_without_a_second_service(settings, clock):
    """The website itself has answered, with a useless redirect."""
    nowhere = f"http://127.0.0.1:{closed_port()}/en"
    with serve(answer("302 Found", Location=nowhere)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.is_down
    assert "connection refused" in timing.summary
    assert f"→ {nowhere}" in timing.summary


def test_homepage_without_its_expected_text_is_another_page(tmp_path, clock):
    """If the settings contain such a text."""
    environment = {"PRODUCTION_URL": "http://localhost"}
    overlay = {"targets": {"production": {"web": {"expect": "load  FAST"}}}}
    settings = load("production", root=tmp_path, environment=environment, overlay=overlay)
    with serve(answer(body=PAGE)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert (timing.bad, timing.coverage.words) == ([], "5 of 5 samples")
    with serve(answer(body=b"<title>Garden tools</title><p>" + b"Spades and rakes. " * 9)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert timing.summary == "a page without the text 'load  FAST' in 5 of 5 samples"


def test_challenge_leaves_the_homepage_unknown(settings, clock):
    """Browsers pass it."""
    with serve(answer("403 Forbidden", cf_mitigated="challenge")) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert not timing.is_down
    assert verdict(timing, not timing.bad) is Verdict.UNKNOWN


def test_health_by_status_alone_is_a_setting(tmp_path):
    """For an endpoint without a report; a server error remains one."""
    overlay = {"targets": {"production": {"web": {"health": "status"}}}}
    environment = {"PRODUCTION_URL": "http://localhost"}
    settings = load("production", root=tmp_path, environment=environment, overlay=overlay)
    for raw in (answer(), answer("204 No Content"), answer(body=b"<html>up</html>")):
        with serve(raw) as server:
            health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
        assert verdict(health, not health.is_unhealthy) is Verdict.OK
    with serve(answer("500 Oops")) as server:
        assert api_health(site_of(server), ALONE, settings, *FIRST_RUN).is_unhealthy
    maintenance = b"<!DOCTYPE html><title>Site under maintenance</title><h1>Be right back</h1>"
    with (
        serve(answer(body=maintenance)) as server,
        pytest.raises(Malformed, match="got a maintenance page, 'Site"),
    ):
        api_health(site_of(server), ALONE, settings, *FIRST_RUN)


def test_cached_good_health_is_unknown(settings):
    """Good health of an hour ago proves nothing; bad health still counts."""
    for raw, said in (
        (answer(body=GOOD, Age="7200"), Verdict.UNKNOWN),
        (answer(body=GOOD, Age="60"), Verdict.OK),
        (answer(body=GOOD, X_Cache_Status="HIT"), Verdict.UNKNOWN),  # nginx, with $upstream_cache_status
        (answer(body=GOOD, X_Cache_Status="MISS"), Verdict.OK),
        (answer(body=GOOD, X_Cache_Status="REVALIDATED"), Verdict.OK),  # the website was asked
        (answer(body=GOOD, CDN_Cache="HIT"), Verdict.UNKNOWN),  # Bunny
        (answer(body=GOOD, X_Cache="MISS, HIT"), Verdict.UNKNOWN),  # Fastly, of two of its caches
        (answer(body=GOOD, X_Cache="TCP_MEM_HIT from a23-1-2-3.deploy.akamaitechnologies.com"), Verdict.UNKNOWN),
        (answer(body=GOOD, Cache_Status="ExampleCache; hit"), Verdict.UNKNOWN),
        (answer(body=GOOD, Cache_Status="ExampleCache; fwd=uri-miss"), Verdict.OK),
        (answer(body=GOOD, X_Cache_Status="HIT", Age="60"), Verdict.OK),
        (answer(body=BAD, X_Cache_Status="STALE"), Verdict.CRITICAL),
        (answer(body=BAD, Age="7200"), Verdict.CRITICAL),
    ):
        with serve(raw) as server:
            health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
        assert verdict(health, not health.is_unhealthy) is said


@pytest.mark.parametrize(
    ("headers", "got", "hint"),
    [
        (
            {"X_Cache_Status": "HIT"},
            "one from a cache that does not tell its age (x-cache-status: HIT)",
            "proxy_cache",
        ),
        ({"CF_Cache_Status": "HIT", "Age": "7200"}, "one of 120 min ago (cf-cache-status: HIT)", "job behind"),
        ({"Age": "7200"}, "one of 120 min ago", "job behind"),
    ],
)
def test_cache_of_a_health_answer_is_named(settings, headers, got, hint):
    """By its header, also where it keeps answers for a second (nginx' proxy_cache_valid 200 1s)."""
    with serve(answer(body=GOOD, **headers)) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    (part,) = health.coverage.parts
    assert (part.got, hint in part.hint) == (got, True)


def test_worst_answer_of_several_instances_counts(settings):
    """Each request meets one of them; a limit of requests is none of its answers."""
    good, unknown = answer(body=GOOD), answer(body=b'{"status":"ok","checks":{"redis":"fubar"}}')
    for raw, asked, said in (
        ([good, good, good], 3, Verdict.OK),
        ([good, answer("503 Busy", BAD), good], 2, Verdict.CRITICAL),
        ([good, good, answer(body=BAD)], 3, Verdict.CRITICAL),
        ([good, unknown, good], 2, Verdict.UNKNOWN),
        ([good, answer("429 Too Many Requests")], 1, Verdict.OK),
        ([answer(body=BAD), good], 1, Verdict.CRITICAL),
    ):
        with serve(*raw) as server:
            health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
        assert (health.asked, verdict(health, not health.is_unhealthy)) == (asked, said)


def test_measurements_at_once_each_meet_both_instances(settings, monkeypatch):
    """nginx hands out requests in turn: of two measurements that alternate each would meet one instance only."""
    monkeypatch.setattr("playbook.clients.http._LONGEST_TURN", 60.0)
    monkeypatch.setattr("playbook.measure.web.health_endpoints._QUICK", 60.0)
    begin = Barrier(3)

    def measured(measurement):
        begin.wait()
        measurement(site, ALONE, settings, *FIRST_RUN)

    with serve(answer(body=GOOD)) as server, ThreadPoolExecutor(3) as pool:
        site = site_of(server)
        list(pool.map(measured, (api_health, image_health, homepage_timing)))
    paths = [request.split()[1] for request in server.requests]
    assert len(set(paths)) == 3
    assert [path for path, _ in groupby(paths)] == list(dict.fromkeys(paths))


@pytest.mark.parametrize(
    ("finished", "good"),
    [
        ("1772438100", True),
        ("1772438100000", True),
        ('"2026-03-02T07:55:00+00:00"', True),
        ("1666014000", False),
        ('"2026-03-02T05:00:00Z"', False),
        ('"soon"', True),
        ("1e300", True),
    ],
)
def test_old_scheduled_checks_are_unknown(settings, finished, good):
    """The scheduler may have stopped; an invalid time proves nothing."""
    body = b'{"finishedAt":%s,"checkResults":[{"name":"Redis","status":"ok"}]}' % finished.encode()
    with serve(answer(body=body, Date="Mon, 02 Mar 2026 08:00:00 GMT")) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert verdict(health, not health.is_unhealthy) is (Verdict.OK if good else Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("told", "good"),
    [
        ('"timestamp":"2026-03-02T07:59:59.1Z"', True),
        ('"timestamp":"2026-03-01T07:59:59+00:00"', False),
        ('"timestamp":1772438399123', True),
        ('"timestamp":1666014000', False),
        ('"timestamp":"2026-03-01 07:59:59"', True),
        ('"time":"2026-03-01T07:59:59Z"', False),
        ('"time":"2026-03-02T07:59:59Z"', True),
        ('"server_time":"2026-03-01T07:59:59Z"', False),
        ('"ts":1666014000', False),
        ('"time":12.5', True),
        ('"lastChecked":"2026-03-01T07:59:59Z"', False),
        ('"checked_at":"2026-03-01T07:59:59Z"', False),
        ('"startedAt":"2026-03-01T07:59:59Z"', True),
        # Of one check or worker alone
        ('"checks":{"redis":{"status":"ok","lastChecked":"2026-03-01T07:59:59Z"},"db":{"status":"ok"}}', False),
        ('"details":{"db":{"status":"up","timestamp":"2026-03-01T07:59:59Z"}}', False),
        ('"checks":{"db:time":[{"status":"pass","time":"2026-03-01T07:59:59Z"}]}', False),
        ('"worker":{"lastHeartbeat":1666014000}', False),
        ('"details":{"db":{"status":"up","timestamp":"2026-03-02T07:59:59Z"}},"worker":{"heartbeat":30}', True),
        ('"build":{"status":"ok","timestamp":"2026-02-01T07:59:59Z"}', True),
    ],
)
def test_age_of_a_report_is_its_own_time(settings, told, good):
    """Under whatever key; a time without a zone is ambiguous, and a start time does not count."""
    body = b'{"status":"ok",%s}' % told.encode()
    with serve(answer(body=body, Date="Mon, 02 Mar 2026 08:00:00 GMT")) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert verdict(health, not health.is_unhealthy) is (Verdict.OK if good else Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("body", "headers", "good"),
    [
        # A response without a date: uvicorn's --no-date-header, and Node's sendDate
        (b'{"status":"ok","timestamp":"2026-03-01T07:59:59Z"}', {}, False),
        (b'{"status":"ok","timestamp":"2026-03-02T07:59:59Z"}', {}, True),
        (b'{"status":"ok"}', {}, True),
        # A cache that keeps the date of the website and tells no age
        (GOOD, {"Date": "Sun, 01 Mar 2026 08:00:00 GMT"}, False),
        (b'{"status":"ok","timestamp":"2026-03-01T07:59:59Z"}', {"Date": "Sun, 01 Mar 2026 08:00:00 GMT"}, False),
        (GOOD, {"Date": "Mon, 02 Mar 2026 07:58:12 GMT"}, True),
        (GOOD, {"Date": "Mon, 02 Mar 2026 08:14:00 GMT"}, True),  # clocks apart, which is judged by itself
        (GOOD, {"Date": "yesterday"}, True),
    ],
)
def test_age_of_a_report_is_known_without_the_header_of_its_date(settings, body, headers, good):
    """By our own clock, and a date of long ago is one from a cache."""
    with serve(answer(body=body, **headers)) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert verdict(health, not health.is_unhealthy) is (Verdict.OK if good else Verdict.UNKNOWN)


def test_private_address_without_tls_proves_nothing_of_a_public_name(settings, clock, monkeypatch):
    """A captive portal answers for every name."""
    monkeypatch.setattr(Network, "private_address", lambda self, url: "10.0.0.1")
    monkeypatch.setattr(PageRules, "is_authentic", False)
    with serve(answer(body=PAGE), answer(body=GOOD)) as server:
        timing = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
        with pytest.raises(
            Malformed, match=r"got an answer from the private address 10\.0\.0\.1 under the website's name"
        ):
            api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert verdict(timing, not timing.bad) is Verdict.UNKNOWN


def test_health_from_another_host_is_unknown(settings):
    """Whatever answers there is not the service."""
    with serve(answer(body=GOOD)) as other:
        elsewhere = other.url.replace("localhost", "127.0.0.1")
        with serve(answer("302 Found", Location=elsewhere)) as server:
            health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert verdict(health, not health.is_unhealthy) is Verdict.UNKNOWN


def test_health_that_is_not_understood_is_shown_and_not_good(settings):
    """As it was received."""
    body = b'{"status":"ok","checks":{"redis":"fubar","worker":"ok"}}'
    with serve(answer(body=body)) as server:
        health = api_health(site_of(server), ALONE, settings, *FIRST_RUN)
    assert health.summary == "HTTP 200, ok, 1 of 2 dependencies healthy"
    assert verdict(health, not health.is_unhealthy) is Verdict.UNKNOWN
    assert health.evidence()[0].facts["Not understood"] == "redis 'fubar'"


@pytest.mark.parametrize("status", ["400 Bad", "418 Teapot", "424 Failed", "429 Many", "472 Recovering"])
def test_bad_health_with_a_4xx_status_counts(status, settings):
    """Some endpoints report bad health with 4xx."""
    with serve(answer(status, b'{"status":"unhealthy"}')) as server:
        assert api_health(site_of(server), ALONE, settings, *FIRST_RUN).is_unhealthy


# ------------------------------------------------------------------------------------------------------- settings


def test_client_of_a_target_needs_an_address(settings, tmp_path):
    """Without one the message gives the setting."""
    assert website(settings).base_url == "http://localhost"
    with pytest.raises(NotConfigured) as caught:
        website(load("production", root=tmp_path, environment={}))
    assert caught.value.add == "PRODUCTION_URL to the environment"
    with pytest.raises(UsageError, match=r"production\.web\.url \(from \$PRODUCTION_URL\): expected an address"):
        website(load("production", root=tmp_path, environment={"PRODUCTION_URL": "portfolio.example"}))


def test_changed_title_since_the_last_good_run_is_a_warning(tmp_path, clock):
    """Until web.expect contains the text; a run that was not good passes the title on."""
    check_homepage = check("test_web", "test_homepage_answers_fast")
    html = "<!DOCTYPE html><title>{}</title><h1>Photographs that load fast</h1><p>By somebody, with care.</p>"
    moment = clock.now() - timedelta(hours=24)
    known = Earlier(lambda: [{"homepage": Counted(at=moment, origin="Portfolio of Ada")}])
    seen = {}
    for title in ("Portfolio of Ada", "Buy this domain today"):
        with serve(answer(body=html.format(title).encode())) as server:
            client = site_of(server)
            plain = load("staging", root=tmp_path, environment={"STAGING_URL": server.url})
            seen[title] = homepage_timing(client, ALONE, plain, clock, known)
            first = homepage_timing(client, ALONE, plain, clock, Earlier())
            assert (first.is_retitled, first.readings["homepage"].origin) == (False, title)
    same, other = seen.values()
    assert str(judged(check_homepage, homepage_timing=same)[0]) == "OK"
    verdict, message = judged(check_homepage, homepage_timing=other)
    assert (str(verdict), message) == (
        "WARNING",
        "Title of the homepage: expected 'Portfolio of Ada', got 'Buy this domain today'",
    )
    assert {timing.readings["homepage"].origin for timing in (same, other)} == {"Portfolio of Ada"}


def test_dependency_that_earlier_runs_have_listed_is_missed():
    """Until somebody says that it was given up; a failing service may list less."""
    whole, less = '{"status": "ok", "redis": {"status": "up"}, "db": "up"}', '{"status": "ok", "db": "up"}'
    failing = '{"status": "down", "db": "down"}'
    clock, _ = FIRST_RUN

    def listed(body: str, known: dict[str, Counted], *, status: str = "200 OK", **web: object):
        settings = load(
            "sandbox", environment={}, overlay={"targets": {"sandbox": {"kind": "sandbox", "web": web}}}
        )
        with serve(answer(status, body.encode(), content_type="application/json")) as server:
            return api_health(site_of(server), ALONE, settings, clock, Earlier(lambda: [known] if known else []))

    first = listed(whole, {})
    assert first.listing("It").holds
    before = {"health": msgspec.structs.replace(first.readings["health"], at=clock.now() - timedelta(days=1))}
    assert listed(whole, before).listing("It").holds
    missed = listed(less, before).listing("It")
    assert (missed.holds, missed.warn, missed.found) == (False, True, "a list without redis")
    assert listed('{"status": "ok"}', before).listing("It").found == "a list without db, redis"
    given_up = listed(less, before, dependencies_gone=["redis"])
    assert given_up.listing("It").holds
    assert given_up.evidence()[0].facts["Need not be listed"] == "redis"
    assert listed(failing, before, status="503 Service Unavailable").listing("It").holds
    assert listed("", before, health="status").listing("It").holds


@pytest.mark.parametrize(
    "more",
    [
        '"warnings": ["disk at 80 %"]',
        '"worker": {"slow": true}',
        '"thumbnails": "degraded"',
        '"queue": {"waiting": 3, "stalled": 14}',
        '"notes": {"list": ["degraded"]}',
    ],
)
def test_what_is_told_only_while_it_is_bad_is_not_missed_later(more):
    """The report is the same without it."""
    found = [read_report(f'{{"status": "ok", "db": "up"{also}}}'.encode()) for also in ("", f", {more}")]
    assert [one.state for one in found] == [State.HEALTHY, State.DEGRADED]
    listed = [Health("/health", 200, one, Phases(), ()).listed for one in found]
    assert listed == [("db",), ("db",)]


def test_answer_that_lists_least_counts():
    """Two instances of which one has no Redis: each request meets one of them."""
    bodies = [b'{"status": "ok", "redis": "up", "db": "up"}', b'{"status": "ok", "db": "up"}'] * 2
    settings = load("sandbox", environment={})
    with serve(*(answer("200 OK", body, content_type="application/json") for body in bodies)) as server:
        assert api_health(site_of(server), ALONE, settings, *FIRST_RUN).listed == ("db",)


def test_copies_that_a_cache_cannot_renew_are_known_by_its_header(settings, clock):
    """A website that is away behind it."""
    with serve(answer(body=PAGE, CF_Cache_Status="STALE")) as server:
        old = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    with serve(answer(body=PAGE, CF_Cache_Status="HIT")) as server:
        new = homepage_timing(site_of(server), ALONE, settings, clock, Earlier())
    assert (old.old_copy, new.old_copy) == ("cf-cache-status: STALE", "")
