"""The log review as checks use it: shares, unusual hours, coverage, evidence; and each kind of incident."""

import math
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from playbook.clients.log_files import FileLogs
from playbook.clients.log_reading import LogStream
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Facts
from playbook.core.verdict import Verdict
from playbook.measure.logs.logs import log_review
from playbook.settings.loading import load
from playbook.settings.sections.target import Logs
from sandbox.logs.service import write_files
from sandbox.world import log_incidents
from sandbox.world.logs import LogsState

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SETTINGS = load("sandbox", environment={})


class Source:
    """Lines from a list."""

    def __init__(self, lines, problems=()):
        self._lines, self._problems = lines, list(problems)

    def read(self, since):
        return LogStream("a list", iter([iter(self._lines)]), self._problems)


def reviewed(lines, problems=(), now=NOW):
    return log_review(Source(list(lines), problems), SETTINGS, FixedClock(now), Earlier())


def of_sandbox(*edits, hours=30.0, now=NOW):
    """The review of a sandbox's logs, with these incidents."""
    state = LogsState.healthy(now)
    state.hours = hours
    for edit in edits:
        edit(state)
    return reviewed(state.store.lines(until=now), now=now)


def not_ok(review):
    """Verdicts by limit that are not OK, and whether an hour is unusual."""
    limits = SETTINGS.limits
    judged = {
        "fatal": limits.log_fatal.verdict(review.fatal.value),
        "errors": limits.log_errors.verdict(review.errors.value),
        "5xx": limits.log_server_errors.verdict(review.server_errors.value),
        "5xx lately": limits.log_server_errors.verdict(review.server_errors_lately.value),
        "429": limits.log_throttled.verdict(review.throttled.value),
        "unusual": Verdict.WARNING if review.unusual else Verdict.OK,
    }
    return {name: str(verdict) for name, verdict in judged.items() if verdict is not Verdict.OK}


def every_hour(*texts, hours=24):
    """The same lines in each hour of the day, at half past."""
    for ago in range(hours, 0, -1):
        at = NOW - timedelta(hours=ago - 0.5)
        for text in texts:
            yield f"web {at:%Y-%m-%dT%H:%M:%S}Z {text}"


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_ordinary_day_is_ok_at_any_hour(hour):
    """With all its lines that only look like errors."""
    review = of_sandbox(now=NOW + timedelta(hours=hour, minutes=7))
    assert not_ok(review) == {}
    assert review.errors.value == 0
    assert review.server_errors.value > 0
    assert review.coverage.enough, review.coverage.got
    assert review.coverage.words == "24 of 24 h"
    assert review.requests_coverage.enough, review.requests_coverage.got


def flood(state):
    log_incidents.errors(state, count=80)


TROUBLE = [
    (log_incidents.errors, {"errors": "WARNING"}),
    (flood, {"errors": "CRITICAL"}),
    (log_incidents.fatal, {"fatal": "CRITICAL", "errors": "WARNING"}),
    (log_incidents.out_of_memory, {"fatal": "CRITICAL", "errors": "WARNING"}),
    (log_incidents.hostile_text, {"errors": "WARNING"}),
    (log_incidents.server_errors, {"5xx": "CRITICAL", "5xx lately": "CRITICAL", "unusual": "WARNING"}),
    (log_incidents.throttled, {"429": "WARNING", "unusual": "WARNING"}),
    (log_incidents.one_bad_hour, {"unusual": "WARNING"}),
]


@pytest.mark.parametrize("hour", [2, 10, 18])
@pytest.mark.parametrize(("trouble", "expected"), TROUBLE, ids=[trouble.__name__ for trouble, _ in TROUBLE])
def test_each_incident_is_found_at_any_hour(trouble, expected, hour):
    """Each kind and nothing else, whether that time of day is busy or quiet."""
    assert not_ok(of_sandbox(trouble, now=NOW + timedelta(hours=hour, minutes=37))) == expected


@pytest.mark.parametrize("hour", range(24))
def test_bad_hour_is_too_few_over_the_day(hour):
    """Also where a day's own failed requests are in the window twice, as it begins within an hour."""
    found = not_ok(of_sandbox(log_incidents.one_bad_hour, now=NOW + timedelta(hours=hour, minutes=30)))
    assert found == {"unusual": "WARNING"}


def test_unusual_hours_are_named():
    """With the usual level and the limit."""
    review = of_sandbox(log_incidents.one_bad_hour)
    assert review.unusual == "13 × 5xx at 09:00–10:00 UTC (usually 0)"
    assert review.usual == "at most 10 × 5xx and at most 10 × 429 in an hour"


def test_ten_minutes_of_lines_are_not_a_day():
    """No errors mean nothing then; an error still counts."""
    review = of_sandbox(log_incidents.hostile_text, hours=10 / 60)
    assert review.errors.value == 1
    assert review.errors.over.startswith("1 of 24 h (")
    assert review.coverage.expected.startswith("lines of at least 21.6 of 24 h")
    assert review.coverage.got.startswith("lines of 1 h")


@pytest.mark.parametrize(
    ("lines", "came"),
    [
        ([], "none at all"),
        (["web 2024-05-20T20:14:14Z x"], "1 earlier"),
        (["x", "y"], "2 without a time"),
    ],
)
def test_no_line_of_the_day_is_too_little_data(lines, came):
    """The message says what was found instead."""
    with pytest.raises(TooLittleData, match=f"expected lines of the last 24 hours from a list, got {came}$"):
        reviewed(lines)


UVICORN = 'INFO:     127.0.0.1:{} - "GET / HTTP/1.1" 200 OK'


def test_lines_without_a_time_are_named_as_the_cause():
    """Of uvicorn, whose own formats have none: alone, and behind lines of another program."""
    lines = [UVICORN.format(port) for port in range(40_000, 43_000)]
    with pytest.raises(TooLittleData, match=r"got 3,000 without a time$") as caught:
        reviewed(lines)
    assert "These lines have no time, as those of uvicorn by default" in caught.value.hint
    sockets = [f'INFO:     127.0.0.1:{port} - "WebSocket /ws" [accepted]' for port in range(40_000, 43_000)]
    coverage = reviewed([*every_hour("INFO fine"), *sockets]).coverage
    assert "These lines have no time" in " ".join(part.hint for part in coverage.parts)
    odd = reviewed([*every_hour("INFO fine"), *every_hour(*["%%% something new %%% level 7"] * 9)]).coverage
    assert "These lines have no time" not in " ".join(part.hint for part in odd.parts)


def test_missing_access_lines_are_unknown_for_requests_only():
    """A log without requests says nothing about failed ones."""
    review = reviewed(every_hour("INFO fine"))
    assert review.errors.value == 0
    for name in ("server_errors", "server_errors_lately", "throttled"):
        reading = getattr(review, name)
        assert math.isnan(reading.value)
        assert reading.coverage.expected == "access lines with a status"
        assert reading.coverage.got == "none among 24 lines"


def test_shares_are_in_percent_with_their_basis():
    """Over the day, and over the newest hours with 500 requests."""
    good = ["GET /a 200 1.0 ms - 5"] * 200
    bad = ["GET /a 503 1.0 ms - 5", "GET /a 429 1.0 ms - 5"] * 25
    review = reviewed([*every_hour(*good), *list(every_hour(*bad, hours=1))])
    assert review.server_errors.value == pytest.approx(100 * 25 / 4850)
    assert review.server_errors.over == "24 h (25 of 4,850 requests)"
    assert review.throttled.value == review.server_errors.value
    assert review.server_errors_lately.over == "the time since 18:00 UTC (25 of 650 requests)"
    assert review.unusual.startswith("25 × 5xx at 20:00–21:00 UTC (usually 0); 25 × 429 at")


def test_one_failure_in_a_quiet_night_is_ok():
    """The share of few requests is taken over more hours."""
    review = reviewed(
        [*every_hour(*["GET /a 200 1.0 ms - 5"] * 30), *every_hour("GET /a 503 1.0 ms - 5", hours=1)]
    )
    assert review.server_errors_lately.over == "the time since 04:00 UTC (1 of 511 requests)"
    assert not_ok(review) == {}


def test_evidence_shows_only_what_was_seen():
    """Facts always; errors and failed requests where there are any."""
    healthy = of_sandbox().evidence()
    facts = next(shown for shown in healthy if isinstance(shown, Facts)).facts
    assert facts["Hours with lines"] == "24 of 24 (at least 90 % wanted)"
    assert facts["Errors"] == "0, of them 0 fatal"
    assert [shown.title for shown in healthy] == [
        "Logs of the last 24 hours",
        "429 and 5xx by path",
        "Requests by hour",
        "429 and 5xx by hour",
        "Newest 429 and 5xx",
    ]
    titles = [shown.title for shown in of_sandbox(log_incidents.errors).evidence()]
    assert titles[1:3] == ["Errors by kind", "Newest errors"]


def test_sandbox_files_give_the_same_review(tmp_path, monkeypatch):
    """Rotated and compressed files give the same as the stream; last week's file, which has fatal lines, is not
    read.
    """
    state = LogsState.healthy(NOW)
    # otherwise it continues to write while the files are read
    monkeypatch.setattr(state.store, "now", lambda: NOW)
    log_incidents.errors(state)
    write_files(state, tmp_path)
    source = FileLogs((f"{tmp_path}/portfolio*.log*",), Logs())
    files = log_review(source, SETTINGS, FixedClock(NOW), Earlier())
    stream = reviewed(state.store.lines())
    assert files.review.errors == stream.review.errors == 3
    assert files.review.requests == stream.review.requests
    assert files.problems == []
    assert files.coverage.enough, files.coverage.got
    assert files.source.startswith("3 of 4 files")
    state.damaged = True
    write_files(state, tmp_path)
    damaged = log_review(source, SETTINGS, FixedClock(NOW), Earlier())
    assert "portfolio.log.2.gz is damaged" in damaged.problems[0]
    assert damaged.review.errors == 3


def by_web_server(request, agent, path="/"):
    return f'10.0.0.7 - - [29/May/2024:20:14:14 +0000] "{request} {path} HTTP/1.1" 200 2 "-" "{agent}"'


PROBES = [
    by_web_server("GET", "kube-probe/1.31"),
    by_web_server("GET", "GoogleHC/1.0"),
    by_web_server("GET", "ELB-HealthChecker/2.0"),
    by_web_server("GET", "Amazon-Route53-Health-Check-Service (ref 1; report http://amzn.to/1vsZADi)"),
    by_web_server("HEAD", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    by_web_server("GET", "DigitalOcean Uptime Probe 0.22.0 (https://digitalocean.com)"),
    by_web_server("GET", "Blackbox Exporter/0.25.0"),
    by_web_server("GET", "operations-playbook"),
    by_web_server("GET", "Prometheus/2.53.0", "/metrics"),
    by_web_server("GET", "node", "/api/health"),
    by_web_server("GET", "curl/8.5.0", "/api/health/"),
    by_web_server("GET", "Go-http-client/1.1", "/api/health?full=1"),
    by_web_server("GET", "Consul Health Check"),
    by_web_server("GET", "Envoy/HC"),
    "GET /api/image/health 200 1.250 ms - 12",
    "GET /healthz 200 1.250 ms - 12",
    '{"level":30,"time":1,"req":{"method":"GET","url":"/api/health"},"res":{"statusCode":200},"msg":"done"}',
    '{"level":"info","msg":"request","method":"GET","path":"/api/health","status":200}',
    "level=info msg=request method=GET path=/api/health status=200",
]


@cache
def twice_a_minute():
    """The beginning of a line for each half minute of a day."""
    return [f"web {NOW - timedelta(seconds=30 * n):%Y-%m-%dT%H:%M:%S}Z " for n in range(2_879, 0, -1)]


def of_quiet_site(probe, *, failed=20, visitors=200, failed_probes=0):
    """A day with a probe twice a minute; some requests of visitors and of the probe failed."""
    lines = [at + probe for at in twice_a_minute()]
    bad = probe.replace(" 200 ", " 503 ").replace(":200}", ":503}")
    for number in range(visitors + failed_probes):
        at = f"web {NOW - timedelta(hours=23 - 0.1 * number):%Y-%m-%dT%H:%M:%S}Z "
        lines.append(
            at + (bad if number >= visitors else f"GET /p/{number} {200 + 300 * (number < failed)} 9 ms - 5")
        )
    return reviewed(lines)


@pytest.mark.parametrize("probe", PROBES)
def test_good_probes_do_not_hide_failures_of_visitors(probe):
    """2,879 of them beside 200 visitors; with their own failures counted among all requests only."""
    review = of_quiet_site(probe)
    assert review.server_errors.value == pytest.approx(10)
    assert review.server_errors.over == "24 h (20 of 200 requests, without 2,879 of health probes)"
    assert of_quiet_site(probe, failed=2).server_errors.value < 0.1


@pytest.mark.parametrize("probe", [PROBES[0], PROBES[-1]])
def test_quiet_site_without_failures_has_none(probe):
    """Whatever the probes are divided by."""
    assert of_quiet_site(probe, failed=0).server_errors.value == 0


@pytest.mark.parametrize("probe", PROBES[:-1])
def test_failed_probes_count_among_all_requests(probe):
    """Also where there are few visitors: 150 failed ones of 3,229 are 4.6 %, and 20 are no outage."""
    assert of_quiet_site(probe, failed=0, failed_probes=150).server_errors.value == pytest.approx(4.65, abs=0.01)
    assert of_quiet_site(probe, failed=0, visitors=9, failed_probes=20).server_errors.value < 1


def test_requests_of_visitors_are_no_probes():
    """Words of probes elsewhere: in a path, and in what a browser calls itself."""
    lines = every_hour(
        by_web_server("GET", "Mozilla/5.0 (X11)", "/health-insurance"),
        by_web_server("GET", "Mozilla/5.0 (X11)", "/shop/health"),
        '{"level":"info","msg":"request","method":"GET","path":"/api/healthy","status":200}',
    )
    assert reviewed(lines).review.probes == 0


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        # A proxy, and the application behind it, which never sees what the proxy answers with 502.
        ({"nginx": (780, 14), "api": (780, 0)}, "WARNING of nginx"),
        ({"nginx": (780, 60), "api": (780, 0)}, "CRITICAL of nginx"),
        ({"nginx": (780, 7), "api": (780, 0)}, ""),
        # Too few requests of one component are no share of their own.
        ({"web": (5000, 0), "worker": (300, 14)}, ""),
        ({"web": (5000, 0), "ferry": (1000, 14)}, "WARNING of ferry"),
        # A log of failed requests alone says nothing of their share.
        ({"web": (8000, 0), "http-5xx": (0, 520)}, "CRITICAL"),
    ],
)
def test_share_of_failed_requests_is_that_of_the_worst_source(sources, found):
    """Of one with enough requests: a source dilutes no other."""
    assert worst_source(sources, 502, "5xx") == found


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        # What the proxy refuses, the application behind it never sees.
        ({"nginx": (950, 52), "api": (950, 0)}, "WARNING of nginx"),
        ({"nginx": (700, 300), "api": (700, 0)}, "CRITICAL of nginx"),
        ({"nginx": (980, 20), "api": (980, 0)}, ""),
        # What both log is no larger share.
        ({"nginx": (960, 40), "api": (960, 40)}, ""),
        # A part that refuses programs, as a sign-in does, carries little of the traffic.
        ({"web": (5000, 10), "sign-in": (600, 200)}, ""),
        ({"web": (8000, 0), "http-4xx": (0, 520)}, "WARNING"),
    ],
)
def test_share_of_throttled_requests_is_that_of_the_worst_source_of_much_traffic(sources, found):
    assert worst_source(sources, 429, "429") == found


def worst_source(sources, failing, name_of_share):
    """The verdict on the share of failed requests of one kind, and whose share it is."""
    lines = []
    for name, (good, bad) in sources.items():
        for number in range(good + bad):
            at = NOW - timedelta(seconds=86_000 * number // (good + bad) + 1)
            status = failing if number * bad // (good + bad) != (number + 1) * bad // (good + bad) else 200
            lines.append(f"{name} {at:%Y-%m-%dT%H:%M:%S}Z GET /a {status} 1.0 ms - 5")
    review = reviewed(sorted(lines, key=lambda line: line.partition(" ")[2]))
    verdict = not_ok(review).get(name_of_share, "")
    over = (review.server_errors if failing == 502 else review.throttled).over
    named = [f"{verdict} of {name}" for name in sources if f"that {name} logged" in over]
    return (named or [verdict])[0] if verdict else ""
