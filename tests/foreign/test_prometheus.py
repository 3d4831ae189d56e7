"""Answers in the words of Prometheus 2 and 3, VictoriaMetrics, Thanos, Mimir and the proxies before them."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus, Sample, prometheus
from playbook.clients.prometheus_queries import population
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied, Malformed
from playbook.core.promql import Selected
from playbook.measure.figures.figure_names import RESPONSE_TIME, Buckets
from playbook.measure.figures.kpis import error_rate
from playbook.measure.figures.recent import error_rate_now
from playbook.settings.loading import load
from tests.foreign.monitoring import NO_SERIES, NOW, SETTINGS, Http, probes, vector, verdict_on_availability
from tests.unit.loopback import answer, serve

GOOD = vector("99.965")
MATRIX = {"resultType": "matrix", "result": [{"metric": {}, "values": [[NOW.timestamp(), "99.9"]]}]}
HISTOGRAM = {
    "metric": {},
    "histogram": [NOW.timestamp(), {"count": "9", "sum": "3.1", "buckets": [[0, "0.25", "0.5", "9"]]}],
}
TWO_ROWS = {"resultType": "vector", "result": GOOD["data"]["result"] * 2}
WITH_SELECTOR = load(
    "production",
    environment={"PRODUCTION_URL": "https://portfolio.example"},
    overlay={"targets": {"production": {"prometheus": {"selector": 'job="portfolio"'}}}},
)
THANOS_AWAY = (
    'receive series from Addr: thanos-store-0:10901 LabelSets: {prometheus="eu"} MinTime: 1718000000000 MaxTime: '
    "9223372036854775807: rpc error: code = Unavailable desc = connection error"
)


@pytest.mark.parametrize(
    ("name", "envelope", "verdict"),
    [
        ("Prometheus 2", GOOD, "OK"),
        ("Prometheus 2, warnings null", GOOD | {"warnings": None}, "OK"),
        (
            "Prometheus 3, a note on a name",
            GOOD
            | {
                "infos": [
                    "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                    '"probe_success" (1:15)'
                ]
            },
            "OK",
        ),
        (
            "Prometheus 3, buckets put in step",
            GOOD
            | {
                "infos": [
                    "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
                    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for "
                    'metric name "http_request_duration_seconds_bucket"'
                ]
            },
            "OK",
        ),
        (
            "Prometheus 3, histograms left out",
            GOOD | {"infos": ["PromQL info: ignored histograms in a range containing both floats and histograms"]},
            "UNKNOWN",
        ),
        (
            "Prometheus 3, mixed samples",
            GOOD | {"warnings": ["PromQL warning: encountered a mix of histograms and floats for aggregation"]},
            "UNKNOWN",
        ),
        (
            "Prometheus 2, a remote store away",
            GOOD | {"warnings": ["remote_read: remote server http://10.0.0.7/read returned HTTP status 503"]},
            "UNKNOWN",
        ),
        ("VictoriaMetrics", GOOD | {"stats": {"seriesFetched": "2", "executionTimeMsec": 4}}, "OK"),
        ("VictoriaMetrics cluster", GOOD | {"isPartial": False}, "OK"),
        ("VictoriaMetrics cluster, a vmstorage away", GOOD | {"isPartial": True}, "UNKNOWN"),
        ("Thanos", GOOD | {"warnings": []}, "OK"),
        ("Thanos, a store away", GOOD | {"warnings": [THANOS_AWAY]}, "UNKNOWN"),
        ("Thanos, no store at all", GOOD | {"warnings": ["No StoreAPIs matched for this query"]}, "UNKNOWN"),
        (
            "Mimir, a limit",
            (422, {"status": "error", "errorType": "execution", "error": "the query exceeded the maximum number"}),
            "UNKNOWN",
        ),
        (
            "Mimir, too many requests",
            (429, {"status": "error", "errorType": "too_many_requests", "error": "too many outstanding requests"}),
            "UNKNOWN",
        ),
        (
            "Cortex, an error with 200",
            {"status": "error", "errorType": "internal", "error": "expanding"},
            "UNKNOWN",
        ),
        ("a cache, of three hours ago", vector("99.965", time=NOW.timestamp() - 3 * 3600), "UNKNOWN"),
        ("a store whose clock is two days ahead", vector("99.965", time=NOW.timestamp() + 172_800), "UNKNOWN"),
        ("NaN: 0 of 0", vector("NaN"), "UNKNOWN"),
        ("infinite: some of 0", vector("+Inf"), "UNKNOWN"),
        ("a percentage of a percentage", vector("9996.5"), "UNKNOWN"),
        ("a share instead of a percentage", vector("0.99965"), "CRITICAL"),
        ("no series", {"status": "success", "data": {"resultType": "vector", "result": []}}, "UNKNOWN"),
        (
            "no series, of Thanos or Prometheus 2.0",
            {"status": "success", "data": {"resultType": "vector", "result": None}},
            "UNKNOWN",
        ),
        (
            "no series, of an old Cortex",
            {"status": "success", "data": {"resultType": "", "result": None}},
            "UNKNOWN",
        ),
        ("two series", {"status": "success", "data": TWO_ROWS}, "UNKNOWN"),
        ("a range", {"status": "success", "data": MATRIX}, "UNKNOWN"),
        ("a text", {"status": "success", "data": {"resultType": "string", "result": [1, "99.9"]}}, "UNKNOWN"),
        (
            "native histograms",
            {"status": "success", "data": {"resultType": "vector", "result": [HISTOGRAM]}},
            "UNKNOWN",
        ),
        ("no data", {"status": "success"}, "UNKNOWN"),
        ("Grafana's login page with 200", "<!DOCTYPE html><title>Grafana</title>", "UNKNOWN"),
        ("a proxy's own JSON with 200", {"message": "Please sign in"}, "UNKNOWN"),
        ("starting", (503, "Service Unavailable"), "UNKNOWN"),
        ("bad, and in part", vector("97.1") | {"isPartial": True}, "CRITICAL"),
        ("bad, and with a warning", vector("99.3") | {"warnings": [THANOS_AWAY]}, "WARNING"),
    ],
)
def test_only_a_complete_answer_is_ok(name: str, envelope: Any, verdict: str):
    """A partial one counts only if it is bad."""
    assert verdict_on_availability(probes(value=envelope))[0] == verdict


PROM_CLIENT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
EXPRESS_PROM_BUNDLE = (0.003, 0.03, 0.1, 0.3, 1.5, 10)
FASTAPI_INSTRUMENTATOR = (0.1, 0.5, 1)
OPENTELEMETRY = (0, 5, 10, 25, 50, 75)  # and so on


@pytest.mark.parametrize(
    ("bounds", "value", "known"),
    [
        (PROM_CLIENT, 0.3, True),
        (PROM_CLIENT, 1.9, True),
        (EXPRESS_PROM_BUNDLE, 1.4, True),
        (EXPRESS_PROM_BUNDLE, 1.9, False),
        (EXPRESS_PROM_BUNDLE, 6.0, True),  # bad wherever it lies
        (EXPRESS_PROM_BUNDLE, float("nan"), True),
        (FASTAPI_INSTRUMENTATOR, 0.9, True),
        (FASTAPI_INSTRUMENTATOR, 1.0, False),
        (OPENTELEMETRY, 4.75, False),  # whatever the times are, where they are in seconds
        (OPENTELEMETRY, 7.4, True),
        ((0.256, 1.024, 4.096, 16.384), 1.5, True),
        ((2.5, 10.0), 1.2, False),
        ((1.0, 10.0), 0.95, True),
    ],
)
def test_quantile_in_a_wide_bucket_that_reaches_beyond_the_limit_is_not_known(bounds, value, known):
    """Prometheus interpolates; the buckets of usual libraries are narrow enough near the limit of 2 s, or not."""
    samples = [Sample({"le": f"{bound}"}, 0.0, 10.0 + bound) for bound in bounds]
    buckets = Buckets.of([*samples, Sample({"le": "+Inf"}, 0.0, 100.0)])
    assert buckets.lack(RESPONSE_TIME, value, 100.0, SETTINGS.limits.response_time)[1].enough == known


@pytest.mark.parametrize(
    ("bounds", "value", "words", "number"),
    [
        (OPENTELEMETRY, 4.75, "", False),
        ((10.0, 20.0), 9.5, "", False),
        (EXPRESS_PROM_BUNDLE, 6.0, "anywhere between 1.5 and 10 s: there is no bucket between", True),
        (PROM_CLIENT, 2.4, "", True),
        (PROM_CLIENT, 4.0, "", True),
        (OPENTELEMETRY, 7.4, "", True),
    ],
)
def test_bad_quantile_tells_what_is_known_of_it(bounds, value, words, number):
    """In a first bucket that reaches beyond the limit it is 95 % of its bound every day, and says nothing."""
    samples = [Sample({"le": f"{bound}"}, 0.0, 10.0 + n) for n, bound in enumerate(bounds)]
    buckets = Buckets.of([*samples, Sample({"le": "+Inf"}, 0.0, 100.0)])
    limit = SETTINGS.limits.response_time
    found, coverage = buckets.lack(RESPONSE_TIME, value, 100.0, limit)
    assert (found, buckets.known(value, limit) == value, coverage.enough) == (words, number, number)


@pytest.mark.parametrize("which", ["count", "looks", "series"])
def test_inputs_of_a_figure_must_be_complete_too(which):
    """A partial count of the samples is no count."""
    answers = probes()
    assert verdict_on_availability(answers)[0] == "OK"
    assert verdict_on_availability(answers | {which: answers[which] | {"isPartial": True}})[0] == "UNKNOWN"


@pytest.mark.parametrize("measured", [error_rate, error_rate_now])
@pytest.mark.parametrize("suffix", ["unknown", "scraped"])
@pytest.mark.parametrize(
    ("values", "enough"), [([], True), (["0"], True), (["7", "9"], False), (["NaN"], False), (["+Inf"], False)]
)
def test_several_series_or_nan_are_not_none_of_what_is_not_understood(measured, suffix, values, enough):
    """E.g. of a query without sum() in the settings; a store without such series has none."""
    rows = [{"metric": {"n": f"{n}"}, "value": [NOW.timestamp(), value]} for n, value in enumerate(values)]
    if suffix == "scraped" and values == ["0"]:
        rows[0]["value"][1] = "100"
    odd = {"status": "success", "data": {"resultType": "vector", "result": rows}}
    usual = {"value": vector("0.1"), "count": vector("9000"), "scraped": vector("100"), "unknown": NOTHING}
    usual["scraped series"] = NOTHING
    answers = probes(**usual | {suffix: odd})
    found = measured(Prometheus(cast(HttpClient, Http(answers))), WITH_SELECTOR, FixedClock(NOW))
    assert found.coverage.enough is enough, found.coverage


@pytest.mark.parametrize("measured", [error_rate, error_rate_now])
@pytest.mark.parametrize(
    ("percent", "enough"),
    [("100", True), ("91", True), ("58.3", False), ("0", False), ("NaN", False), (None, True)],
)
def test_scrapes_are_counted_where_up_has_not_the_label_of_the_selector(measured, percent, enough):
    """As ``app="portfolio"``, which the application sets itself; of pushed series there are none."""
    series = NOTHING if percent is None else vector(percent)
    answers = probes(value=vector("0.1"), count=vector("9000"), scraped=NOTHING, unknown=NOTHING)
    answers["scraped series"] = series
    found = measured(Prometheus(cast(HttpClient, Http(answers))), WITH_SELECTOR, FixedClock(NOW))
    assert found.coverage.enough is enough, found.coverage


def test_null_is_an_empty_list_of_series():
    """As Prometheus 2.0 and Thanos send for some queries; without the key the answer is malformed."""
    for kind, ask in (
        ("vector", lambda store: store.query("up")),
        ("matrix", lambda store: store.query_range("up", NOW, NOW, 60)),
    ):
        for data, found in (({"resultType": kind, "result": None}, []), ({"resultType": kind}, Malformed)):
            answer = {"status": "success", "data": data}
            answers = {"count": answer, "api/v1/query_range": answer}
            store = Prometheus(cast(HttpClient, Http(answers)))
            if found is Malformed:
                with pytest.raises(Malformed):
                    ask(store)
            else:
                assert ask(store) == found


def test_message_contains_the_stores_error():
    """Truncated where it is long."""
    _, message = verdict_on_availability(probes(value=GOOD | {"warnings": [THANOS_AWAY, "another"]}))
    assert message.startswith(
        "Availability: expected a whole answer, got one with the warning 'receive series from Addr: thanos-store-0"
    )
    assert message.endswith("and 1 more; partial result: 99.965 % over 24 h (2,880 probes)")


NOTHING = {"status": "success", "data": {"resultType": "vector", "result": []}}
BROKEN = [
    lambda good: good | {"isPartial": True},
    lambda good: good | {"warnings": ["x"]},
    lambda good: good | {"infos": ["something that nobody here has seen before"]},
    lambda good: good | {"status": "error"},
    lambda good: good | {"status": "ok"},
    lambda good: {"status": "success"},
    lambda good: good | {"data": {"resultType": "vector", "result": [HISTOGRAM]}},
    lambda good: good | {"data": {"resultType": "vector", "result": good["data"]["result"] * 2}},
    lambda good: good | {"data": good["data"] | {"result": [{"metric": {}}]}},
    lambda good: good | {"data": good["data"] | {"resultType": "something"}},
    lambda good: good | {"data": good["data"] | {"result": [{"metric": {}, "value": [NOW.timestamp(), "NaN"]}]}},
    lambda good: good | {"data": good["data"] | {"result": [{"metric": {}, "value": [NOW.timestamp(), "much"]}]}},
    lambda good: good | {"data": good["data"] | {"result": [{"metric": {}, "value": [12.0, "99.9"]}]}},
    lambda good: NOTHING,
    lambda good: (500, good),
    lambda good: (502, ""),
    lambda good: json.dumps(good)[:-1],
    lambda good: [good],
]


@given(which=st.sampled_from(["value", "count", "looks"]), broken=st.sampled_from(BROKEN))
def test_one_broken_answer_of_a_good_day_is_not_ok(which, broken):
    """For any of the answers."""
    answers = probes()
    assert verdict_on_availability(answers | {which: broken(answers[which])})[0] != "OK"


@given(
    foreign=st.lists(
        st.tuples(st.sampled_from(["blackbox", "shop"]), st.text("abc", min_size=1)), min_size=1, unique=True
    )
)
def test_foreign_series_in_a_query_without_selector_are_not_ok(foreign):
    """For any number; the website's probes are selected by its address, so the test's query has none."""

    samples = [Sample({"job": "portfolio", "instance": "own"}, 0.0, 3.0)]
    samples += [Sample({"job": job, "instance": instance}, 0.0, 1.0) for job, instance in foreign]
    found = population(samples, [Selected("probe_success{}", False, "probe")], "production")
    assert not found.enough
    assert population(samples, [Selected("probe_success{…}", True, "probe")], "production").enough


@pytest.mark.parametrize("which", ["count", "looks"])
@pytest.mark.parametrize(("answer", "got"), [(TWO_ROWS, "2 series"), (vector("NaN")["data"], "NaN")])
def test_count_of_several_series_says_what_to_do(which, answer, got):
    """It is not one of nothing."""
    verdict, message = verdict_on_availability(probes(**{which: {"status": "success", "data": answer}}))
    assert verdict == "UNKNOWN"
    assert f"for queries.availability_{which}" in message
    assert got in message


@pytest.mark.parametrize("which", ["value", "count", "looks"])
@pytest.mark.parametrize(
    "more",
    [
        {"error": "1 of 3 storage nodes did not answer"},
        {"isPartial": True},
        {"warnings": ["fetch series from store 10.0.0.7: connection refused"]},
    ],
)
def test_answer_that_tells_of_an_error_beside_is_not_whole(which, more):
    """Whatever its status says."""
    answers = probes()
    assert verdict_on_availability(answers | {which: answers[which] | more})[0] == "UNKNOWN"


@pytest.mark.parametrize("number", ["NaN", "+Inf", "-1"])
def test_number_of_series_that_is_none_is_not_understood(number):
    """How many there are says whose they are."""
    series = vector(number, {"job": "blackbox", "instance": "https://portfolio.example"})
    verdict, message = verdict_on_availability(probes(series=series))
    assert verdict == "UNKNOWN"
    assert "the number of series of each instance" in message
    bad = vector("12.5")
    assert verdict_on_availability(probes(series=series, value=bad))[0] == "CRITICAL"


def of_mimir(server_url: str, **more: str) -> Prometheus:
    own = {"url": f"{server_url}/prometheus", **more}
    return prometheus(load("sandbox", environment={}, overlay={"targets": {"sandbox": {"prometheus": own}}}))


def test_tenant_is_sent_to_mimir():
    """As Cortex and Mimir want it."""
    body = json.dumps(NO_SERIES).encode()
    with serve(answer(body=body, Content_Type="application/json")) as server:
        assert of_mimir(server.url, tenant="portfolio").query("up") == []
    assert b"x-scope-orgid: portfolio\r\n" in server.requests[0].lower()
    assert b"/prometheus/api/v1/query?query=up" in server.requests[0]


def test_mimir_without_a_tenant_is_named():
    """It refuses every request, in these words."""
    with serve(answer("401 Unauthorized", b"no org id\n")) as server, pytest.raises(Denied) as refused:
        of_mimir(server.url).query("up")
    assert "set prometheus.tenant" in refused.value.hint
    assert b"x-scope-orgid" not in server.requests[0].lower()
