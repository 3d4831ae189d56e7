"""Health endpoints: every usual format is understood, and nothing is guessed."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.measure.web.health import MOST_BYTES, State, read_report
from playbook.measure.web.health_report import Dependency, UnknownShapeError

GOOD, DEGRADED, BAD = State.HEALTHY, State.DEGRADED, State.UNHEALTHY


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (b'{"status": "ok"}', "ok", GOOD),
        (b'{"status": "Healthy", "uptime": 12.5}', "Healthy", GOOD),
        (b'{"status": "UP"}', "UP", GOOD),
        (b'{"status": "pass", "version": "1"}', "pass", GOOD),
        (b'{"state": "degraded"}', "degraded", DEGRADED),
        (b'{"health": "warn"}', "warn", DEGRADED),
        (b'{"healthy": false}', "false", BAD),
        (b'{"ok": true}', "true", GOOD),
        (b'{"status": "OUT_OF_SERVICE"}', "OUT_OF_SERVICE", BAD),
        (b'{"status": "not ready"}', "not ready", BAD),
        (b'{"ok": true, "status": "error"}', "error", BAD),
        (b'"healthy"', "healthy", GOOD),
        (b"true", "true", GOOD),
        (b"OK\n", "OK", GOOD),
        (b"Healthy.", "Healthy.", GOOD),
    ],
)
def test_status_word_gives_the_state(body, status, state):
    """As object, as JSON text, as plain text."""
    report = read_report(body)
    assert (report.status, report.state, report.dependencies) == (status, state, ())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"status":"ok","dependencies":{"redis":"up","worker":"down"}}', id="words"),
        pytest.param(b'{"status":"ok","services":{"redis":true,"worker":false}}', id="booleans"),
        pytest.param(
            b'{"status":"ok","checks":{"redis":{"status":"pass"},"worker":{"status":"fail"}}}', id="objects"
        ),
        pytest.param(
            b'{"status":"ok","checks":[{"name":"redis","status":"ok"},{"name":"worker","state":"dead"}]}',
            id="list",
        ),
        pytest.param(
            b'{"status":"pass","checks":{"redis":[{"status":"pass"}],"worker":[{"status":"fail"}]}}', id="ietf"
        ),
        pytest.param(
            b'{"status":"UP","components":{"redis":{"status":"UP"},"worker":{"status":"DOWN"}}}', id="actuator"
        ),
        pytest.param(
            b'{"dependencies":{"redis":"ok"},"services":{"worker":"unhealthy"}}', id="two-lists-no-status"
        ),
    ],
)
def test_dependencies_in_every_format_are_read(body):
    """One healthy, one not."""
    redis, worker = read_report(body).dependencies
    assert (redis.name, redis.state) == ("redis", GOOD)
    assert (worker.name, worker.state) == ("worker", BAD)


def test_remark_is_shown_beside_the_status():
    """The text of an error, or the time of the dependency."""
    entries = b'{"a": {"status": "down", "error": "ECONNREFUSED"}, "b": {"ok": true, "latency_ms": 3.5}}'
    assert read_report(b'{"status": "ok", "dependencies": ' + entries + b"}").dependencies == (
        Dependency("a", "down", BAD, "ECONNREFUSED"),
        Dependency("b", "true", GOOD, "3.5 ms"),
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "an empty body"),
        (b'""', "an empty body"),
        (b"<html>hello</html>", "the status '<html>hello</html>', which says neither"),
        (b'{"status": "purple"}', "the status 'purple', which says neither healthy nor unhealthy"),
        (b'{"status": ""}', "status empty, which says neither"),
        (b'{"status": null}', "status null, which says neither"),
        (b'{"status": 1}', "the status '1', which says neither"),
        (b'{"uptime": 3}', "an object without a status, with uptime"),
        (b"{}", "with nothing in it"),
        (b"[]", "a JSON list"),
        (b"3", "a JSON number"),
        (b"null", "a JSON null"),
        (b"\xff\xfe", "which says neither"),
        (b'{"checks": {"redis": "skipped"}}', "redis 'skipped', which says neither"),
        (b'{"a":' * 90_000, "nested too deeply"),
        (b'{"a":' * 200 + b'"x"' + b"}" * 200, "nested deeper than 32 levels"),
    ],
)
def test_answer_without_a_health_word_is_not_guessed(body, message):
    """Neither as good nor as bad."""
    with pytest.raises(UnknownShapeError) as caught:
        read_report(body)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"ok","redis":"down"}',
        b'{"status":"ok","healthy":false}',
        b'{"status":"ok","ok":0}',
        b'{"status":"ok","status":"down"}',
        b'{"status":"down","status":"ok"}',
        b'{"status":"ok","code":503}',
        b'{"status":503}',
        b'{"status":"ok","error":"ECONNREFUSED"}',
        b'{"status":"ok","errors":["redis: timeout"]}',
        b'{"status":"ok","errors":[{"message":"boom"}]}',
        b'{"status":"ok","failures":{"redis":"dial tcp: refused"}}',
        b'{"status":"ok","unhealthy_services":["redis"]}',
        b'{"status":"ok","summary":{"total":3,"unhealthy":1}}',
        b'{"status":"ok","maintenance":true}',
        b'{"status":"ok","hasErrors":true}',
        b'{"status":"ok","redis":{"connected":false}}',
        b'{"status":"ok","redis":false}',
        b'{"status":"ok","redisUp":false}',
        b'{"status":"ok","primary_db":false}',
        b'{"status":"ok","redis_available":false}',
        b'{"installed":true,"maintenance":true}',
        b'{"status":"ok","database":"connection refused"}',
        b'{"status":"ok","cache":"Error: connect ECONNREFUSED 10.0.0.5:6379"}',
        b'{"success":true,"data":{"status":"down"}}',
        b'{"status":"ok","nested":"{\\"redis\\":{\\"status\\":\\"down\\"}}"}',
        b'{"status":"Healthy","entries":{"redis":{"status":"Unhealthy"}}}',
        b'{"status":"UP","components":{"db":{"status":"UP","components":{"a":{"status":"DOWN"}}}}}',
        b'{"status":"ok","checks":[[{"name":"redis","status":"fail"}]]}',
        b'{"status":"ok","checks":["redis: ok","worker: down"]}',
        b'{"status":"ok","mongo":{"readyState":0}}',
        b'{"status":"ok","breaker":{"state":"OPEN"}}',
        b'{"status":"up","message":"all good","database_status":"not connected"}',
        b'{"redis":"OK","worker":"dial tcp: i/o timeout: connection refused"}',
        b"ok\nredis: down",
        b"status: ok\nworker: not running",
        b'{"status":"ok","foo":"error"}',
        b'{"status":"ok","foo":"critical"}',
        b'{"status":"ok","foo":"red"}',
        b'{"status":"ok","foo":{"bar":["x","timeout"]}}',
        b'{"status":"ok","dependencies":{"api":"HTTP 500"}}',
        b'{"status":"ok","dependencies":{"api":"503 Service Unavailable"}}',
        b'{"status":"200","redis":"500"}',
        b"Service is not healthy",
        b'{"status":"ok"}\n{"status":"down"}',
        '{"status":"ok","services":{"redis":"❌ connected"}}'.encode(),
        b'{"status":"ok","list":[[[{"redis":"down"}]]]}',
        b'{"status":"ok","list":[[["down"]]]}',
        b"OK, but degraded: the worker failed",
    ],
)
def test_worst_word_anywhere_decides(body):
    """Whatever the first word is, under whatever key, at whatever depth."""
    assert read_report(body).state is BAD


@pytest.mark.parametrize(
    ("body", "unclear"),
    [
        (b'{"status":"ok","checks":{"redis":"fubar"}}', "redis 'fubar'"),
        (b'{"status":"ok","checks":{"redis":null}}', "no status for redis"),
        (b'{"status":"ok","checks":{"redis":{"uptime":3}}}', "no status for redis"),
        (b'{"status":"ok","checks":{"redis":{}}}', "no status for redis"),
        (b'{"status":"ok","checks":{"redis":1}}', "redis '1'"),
        (b'{"status":"ok","checks":["redis","worker"]}', "checks 1 'redis'"),
        (b'{"status":"ok","checks":{"redis":"skipped"}}', "redis 'skipped'"),
        (b'{"status":"ok","checks":{"redis":"disabled"}}', "redis 'disabled'"),
        (b'{"status":"ok","redis":"fubar"}', "redis 'fubar'"),
        (b'{"status":"ok","redis":null}', "redis null"),
        (b'{"status":"ok","worker":{"state":"contemplating"}}', "worker 'contemplating'"),
        (b'{"status":"ok","consumer":false}', "consumer false"),
        (b'{"status":"ok","lastError":"timeout"}', "lastError 'timeout'"),
        (b'{"status":"pass","output":"dial tcp: connection refused"}', "output 'dial tcp: connection refused'"),
        (b'{"status":"ok","state":"weird"}', "the status 'weird'"),
        (b"ok\nredis: fubar", "redis 'fubar'"),
        (b'{"status":"ok","redis":"n/a"}', "redis 'n/a'"),
        (b'{"status":"ok","redis":"???"}', "redis '???'"),
        (b'{"status":"ok","redis":""}', "redis ''"),
        (b'{"status":"ok"', "JSON that is cut off or damaged"),
        (b'{"status":"ok"} ok', "JSON that is cut off or damaged"),
        (b'{"status":"ok"}\n{"status":"ok"}', "JSON that is cut off or damaged"),
        (b'{"status":"ok","x":' + b"[" * 60 + b"1" + b"]" * 60 + b"}", "x is nested deeper than 32 levels"),
        (b'{"status":"ok","x":' + b'{"a":' * 60 + b"1" + b"}" * 61, "a is nested deeper than 32 levels"),
    ],
)
def test_word_that_is_neither_good_nor_bad_is_shown(body, unclear):
    """The rest counts, but the whole is not understood."""
    report = read_report(body)
    assert report.state is GOOD
    assert unclear in report.unclear


@pytest.mark.parametrize(
    "more",
    [
        b'"version":"1.2.3","hostname":"web-1","environment":"production","db":"postgres"',
        b'"uptime":12.5,"timestamp":"2026-11-28T08:00:00Z","pid":17,"memory":{"rss":1,"heapUsed":2}',
        b'"debug":false,"cached":false,"logLevel":"error","branch":"dead-code","color":"red","theme":"dark"',
        b'"error":null,"errors":[],"exception":"","warnings":[],"failed":0,"lastError":null,"unhealthy":[]',
        b'"commit":"0dead0","build":{"number":7,"dirty":false},"region":"fra1","node":"v20.1.0","tags":["critical"]',
        b'"message":"Service is up","description":"No failed jobs","requests":{"total":5,"errorCount":3}',
        b'"database":"postgresql","cache":"redis","queue":"bullmq","storage":"s3","redis":"7.2.4"',
        b'"dependencies":{},"checks":[],"services":3,"connections":{"active":3,"idle":2}',
        b'"summary":{"total":3,"healthy":3,"unhealthy":0,"degraded":0},"maintenance":false',
        b'"circuitBreaker":{"state":"CLOSED"},"mongo":{"readyState":1},"severity":"critical"',
        b'"queue":{"waiting":0,"active":1,"completed":1000,"failed":12,"delayed":0},"load":[[0.1,0.2],[0.3]]',
        b'"consumer":{"state":"Stable"},"upstream":"200 OK","log":"error","worker":"idle","api":"200","alerts":[]',
        b'"needsDbUpgrade":false,"redis_host":"cache","db_name":"portfolio","cacheEnabled":false',
        b'"features":{"beta":false},"read_only":false,"replica":false,"service":"portfolio-web"',
    ],
)
def test_usual_report_is_healthy_and_understood(more):
    """Data beside the health words are only data."""
    report = read_report(b'{"status":"ok",' + more + b"}")
    assert (report.state, report.unclear) == (GOOD, ())


def test_long_report_is_not_understood_to_its_end():
    """The part that was read counts."""
    report = read_report(b"ok\n" + b"\n".join(b"redis: up" for _ in range(MOST_BYTES // 10 + 10)))
    assert report.state is GOOD
    assert any("what follows after" in unclear for unclear in report.unclear)


# ------------------------------------------------------------------------------------------------------ properties

KEYS = st.sampled_from(["redis", "worker", "db", "queue", "search", "mail", "x", "primary"])
HEALTHY = st.sampled_from(["ok", "up", "healthy", "pass", True])
ENTRY = HEALTHY | st.builds(lambda state: {"status": state, "latency_ms": 2}, HEALTHY)
BAD_WORDS = ["down", "unhealthy", "FAILED", "DOWN", "disconnected", "unavailable", "not ready", "OUT_OF_SERVICE"]
GOOD_REPORT = st.fixed_dictionaries(
    {"status": st.sampled_from(["ok", "UP", "Healthy"]), "version": st.just("1.2.3")},
    optional={
        "checks": st.dictionaries(KEYS, ENTRY, max_size=4),
        "components": st.dictionaries(KEYS, ENTRY, max_size=3),
        "services": st.lists(st.builds(lambda n, s: {"name": n, "status": s}, KEYS, HEALTHY), max_size=3),
        "build": st.fixed_dictionaries({"number": st.integers(0, 9), "info": st.fixed_dictionaries({})}),
    },
)


def places(node, path=()):
    """Every object in it, by its path."""
    if isinstance(node, dict):
        yield path
        for key, inner in node.items():
            yield from places(inner, (*path, key))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from places(inner, (*path, number))


def at(node, path):
    """The object at a path."""
    for step in path:
        node = node[step]
    return node


@given(report=GOOD_REPORT)
def test_good_report_is_good(report):
    """Otherwise the properties below would prove nothing."""
    read = read_report(json.dumps(report).encode())
    assert (read.state, read.unclear) == (GOOD, ())


@given(
    report=GOOD_REPORT,
    word=st.sampled_from(BAD_WORDS),
    key=st.sampled_from(["zz", "status", "state"]),
    data=st.data(),
)
def test_one_bad_word_anywhere_makes_the_report_bad(report, word, key, data):
    """In whichever object it is."""
    path = data.draw(st.sampled_from(list(places(report))))
    text = json.dumps(report)
    marked = json.loads(text)
    at(marked, path)["MARK"] = "MARK"
    body = json.dumps(marked).replace('"MARK": "MARK"', f'"{key}": "{word}"')
    assert read_report(body.encode()).state is BAD


@given(report=GOOD_REPORT, word=st.text("bcdfgjklmqvwxz", min_size=5, max_size=9), data=st.data())
def test_one_unknown_word_as_a_status_is_not_understood(report, word, data):
    """In whichever object it is."""
    path = data.draw(st.sampled_from(list(places(report))))
    at(report, path)["health_status"] = word
    if path and path[-1] in ("checks", "components"):
        at(report, path)["health_status"] = {"status": word}
    assert read_report(json.dumps(report).encode()).unclear


@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    """Without any other error."""
    with suppress(UnknownShapeError):
        assert read_report(body).state in State


@pytest.mark.parametrize(
    "around", [lambda own: own, lambda own: {"db": {"status": "up", **own}}], ids=["own", "db"]
)
@pytest.mark.parametrize(
    ("key", "bad"),
    [
        *((key, True) for key in ("notReady", "is_not_connected", "unready", "uninitialized", "inaccessible")),
        *(
            (key, True)
            for key in ("cannotConnect", "unableToConnect", "not_yet_ready", "isntReady", "neverSynced")
        ),
        *((key, True) for key in ("no_connection", "hasNoWorkers", "redis_down", "errorState")),
        *((key, False) for key in ("noErrors", "hasNoErrors", "notPaused", "neverFailed")),
        *(
            (key, None)
            for key in ("nonce", "notify", "rejectUnauthorized", "failOnError", "skipInvalid", "no_cache")
        ),
    ],
)
def test_key_that_denies_something_is_read_as_its_contrary(key, bad, around):
    """And one that says what is done about something bad says nothing of it."""
    for value in (True, False, "true", "false"):
        told = value in (True, "true")
        found = read_report(json.dumps({"status": "ok", **around({key: value})}).encode())
        assert (found.state is State.UNHEALTHY) == (bad is not None and told == bad), (key, value)
