"""The Prometheus client: answers, refusals, and the way through Grafana."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from playbook.clients.grafana import HINT
from playbook.clients.prometheus import prometheus
from playbook.core.errors import Denied, Malformed, NotConfigured, TooLittleData, Unreachable
from playbook.settings.loading import load
from tests.unit.loopback import answer, closed_port, serve

AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


def client_of(url, section="prometheus", **more):
    target = {section: {"url": url, **more}}
    return prometheus(load("sandbox", environment={}, overlay={"targets": {"sandbox": target}}))


def envelope(code="200 OK", /, **content):
    return answer(code, json.dumps(content).encode(), Content_Type="application/json")


def result(kind, rows):
    return envelope(status="success", data={"resultType": kind, "result": rows})


def vector(*values):
    return result("vector", [{"metric": {"n": str(n)}, "value": [1781510400.5, v]} for n, v in enumerate(values)])


def test_instant_query_returns_samples():
    """Labels, time and value; credentials, query and moment are sent."""
    with serve(vector("1.5", "NaN")) as server:
        samples = client_of(server.url, username="reader", password="pw").query("up", AT)
    assert (samples[0].labels, samples[0].time, samples[0].value) == ({"n": "0"}, 1781510400.5, 1.5)
    assert samples[1].value != samples[1].value
    request = server.requests[0]
    assert request.startswith(b"GET /api/v1/query?query=up&time=1781510400.0 HTTP/1.1")
    assert b"Authorization: Basic cmVhZGVyOnB3" in request


LONG = "sum(" + " + ".join(['up{job="portfolio"}'] * 300) + ")"


def test_long_query_is_posted_as_proxies_take_no_long_address():
    """nginx and Apache answer 414 beyond 8 KiB; Prometheus' own clients send a form, too."""
    with serve(vector("1.5")) as server:
        assert client_of(server.url, token="t").query(LONG, AT)[0].value == 1.5
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/query HTTP/1.1")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert b"Authorization: Bearer t" in head
    assert dict(parse_qsl(body.decode())) == {"query": LONG, "time": "1781510400.0"}


@pytest.mark.parametrize("refusal", ["403 Forbidden", "405 Method Not Allowed", "501 Not Implemented"])
def test_long_query_is_sent_in_the_address_where_a_post_is_refused(refusal):
    """As by a proxy that only lets GET through."""
    with serve(answer(refusal), vector("1.5")) as server:
        assert client_of(server.url).query(LONG, AT)[0].value == 1.5
    assert [request.partition(b" ")[0] for request in server.requests] == [b"POST", b"GET"]


def test_range_query_returns_series():
    """Points in order of time."""
    first = AT.timestamp()
    rows = [{"metric": {"a": "b"}, "values": [[first, "2"], [first + 60, "+Inf"]]}]
    with serve(result("matrix", rows)) as server:
        (series,) = client_of(server.url).query_range("up", AT, AT + timedelta(minutes=1), 60)
    assert (series.labels, series.points) == ({"a": "b"}, ((first, 2.0), (first + 60, float("inf"))))


@pytest.mark.parametrize(
    ("offsets", "got"),
    [
        ((0, 60, 120), ""),
        ((-45, 15, 75, 135), ""),  # VictoriaMetrics aligns the range to whole steps
        ((0, 60, -1.8e9), "outside of the range"),
        ((0, 1e12), "outside of the range"),
        ((0, 60, 86_400), "outside of the range"),
        ((0, 60, 60), "not in order of time"),
        ((60, 0, 120), "not in order of time"),
    ],
)
def test_range_query_with_times_of_another_range_is_malformed(offsets, got):
    """What grows from such values would be nothing, which is no good news."""
    rows = [{"metric": {}, "values": [[AT.timestamp() + offset, "2"] for offset in offsets]}]
    with serve(result("matrix", rows)) as server:
        client = client_of(server.url)
        if got:
            with pytest.raises(Malformed, match=got):
                client.query_range("up", AT, AT + timedelta(minutes=2), 60)
        else:
            assert len(client.query_range("up", AT, AT + timedelta(minutes=2), 60)[0].points) == len(offsets)


def test_scalar_result_is_a_number():
    """What ``time()`` gives."""
    with serve(result("scalar", [1781510400, "7"])) as server:
        assert client_of(server.url).scalar("7") == 7.0


def test_warnings_are_kept():
    """An incomplete answer is marked."""
    content = {"status": "success", "data": {"resultType": "vector", "result": []}, "warnings": ["remote is away"]}
    with serve(envelope(**content)) as server:
        assert client_of(server.url).ask("up").warnings == ("remote is away",)


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (vector(), TooLittleData, "Prometheus: expected a number for queries.x, got no samples"),
        (vector("NaN"), TooLittleData, "Prometheus: expected a number for queries.x, got NaN"),
        (vector("+Inf"), Malformed, "Prometheus: expected a finite number for queries.x, got +inf"),
        (vector("1", "2"), Malformed, "Prometheus: expected one number for queries.x, got 2 series"),
        (
            vector("much"),
            Malformed,
            "Prometheus: expected a result as Prometheus documents it for queries.x, got 'much' as a value",
        ),
        (result("matrix", []), Malformed, "Prometheus: expected numbers for queries.x, got a matrix"),
        (
            result("vector", [{"metric": {}}]),
            Malformed,
            "Prometheus: expected a result as Prometheus documents it for queries.x, got JSON of another shape: "
            "Object missing required field `value` - at `$[0]`",
        ),
        (
            envelope("422 Unprocessable Entity", status="error", errorType="execution", error="many-to-many"),
            Malformed,
            "Prometheus: expected a value for queries.x, got execution: many-to-many",
        ),
        (
            envelope("400 Bad Request", status="error", errorType="bad_data", error="parse error"),
            Malformed,
            "Prometheus: expected a value for queries.x, got bad_data: parse error",
        ),
        (
            envelope("503 Service Unavailable", status="error", errorType="timeout", error="query timed out"),
            Malformed,
            "Prometheus: expected a value for queries.x, got timeout: query timed out",
        ),
        (answer("502 Bad Gateway"), Unreachable, "Prometheus: expected an answer, got HTTP 502"),
    ],
)
def test_non_numeric_result_names_setting(script, error, message):
    """By the setting that holds the query."""
    with serve(script) as server, pytest.raises(error) as caught:
        client_of(server.url).scalar("sum(up)", setting="queries.x")
    assert str(caught.value) == message
    assert type(caught.value) is error


def test_authentication_and_unexpected_server_are_distinguished():
    """401 is Denied; a page is Malformed; nobody is Unreachable."""
    with serve(answer("401 Unauthorized")) as server, pytest.raises(Denied):
        client_of(server.url).query("up")
    with serve(answer(body=b"<html>")) as server, pytest.raises(Malformed, match="expected JSON"):
        client_of(server.url).query("up")
    with (
        serve(answer("404 Not Found", b"404 page not found")) as server,
        pytest.raises(Malformed, match="HTTP 404"),
    ):
        client_of(server.url).query("up")
    with pytest.raises(Unreachable):
        client_of(f"http://localhost:{closed_port()}").query("up")


def test_missing_prometheus_address_is_not_configured():
    """The setting and the line to add."""
    with pytest.raises(NotConfigured) as caught:
        prometheus(load("production", environment={}))
    assert caught.value.setting == "targets.production.prometheus.url"


def test_grafana_data_source_is_used_without_prometheus_address():
    """By the configured uid, with Grafana's token."""
    with serve(vector("1")) as server:
        client = client_of(server.url, "grafana", token="glsa_x", datasource_uid="abc")
        assert client.scalar("up") == 1.0
    assert client.service == "Prometheus through Grafana"
    assert server.requests[0].startswith(b"GET /api/datasources/proxy/uid/abc/api/v1/query?query=up ")
    assert b"Authorization: Bearer glsa_x" in server.requests[0]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (answer("404 Not Found", b'{"message": "None such"}'), "HTTP 404: None such"),
        (answer("404 Not Found", b"404 page not found"), "HTTP 404: 404 page not found"),
        (
            answer("400 Bad Request", b"Authentication to data source failed"),
            "HTTP 400: Authentication to data source failed",
        ),
        (answer("502 Bad Gateway"), "HTTP 502"),
    ],
)
def test_unreachable_data_source_is_reported_through_grafana(script, message):
    """It is not there, is at another address, or wants other credentials than Grafana's."""
    with serve(script) as server, pytest.raises(Unreachable) as caught:
        client_of(server.url, "grafana", datasource_uid="abc").query("up")
    assert str(caught.value) == f"Prometheus through Grafana: expected an answer, got {message}"


def test_rejected_query_through_grafana_is_malformed():
    """Prometheus' own 400 comes through."""
    script = envelope("400 Bad Request", status="error", errorType="bad_data", error="parse error")
    with serve(script) as server, pytest.raises(Malformed, match="got bad_data: parse error"):
        client_of(server.url, "grafana", datasource_uid="abc").query("up")


def test_grafana_permission_error_names_role():
    """With what the token must be."""
    with serve(answer("403 Forbidden")) as server, pytest.raises(Denied) as caught:
        client_of(server.url, "grafana", token="glsa_x", datasource_uid="abc").query("up")
    assert caught.value.hint == HINT


def test_data_source_is_taken_from_dashboard():
    """Where its uid is not set: the one that the dashboard's panels use."""
    found = answer(body=b'[{"uid": "po", "title": "Portfolio Overview"}]')
    panels = [{"type": "row", "panels": [{"datasource": {"type": "prometheus", "uid": "${ds}"}}]}]
    variables = [{"name": "ds", "current": {"value": "from-variable"}}]
    stored = {"dashboard": {"panels": panels, "templating": {"list": variables}}}
    with serve(found, answer(body=json.dumps(stored).encode()), vector("1")) as server:
        client_of(server.url, "grafana").query("up")
    assert b"/proxy/uid/from-variable/" in server.requests[2]
