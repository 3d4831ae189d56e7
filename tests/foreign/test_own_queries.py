"""Queries as operators have them in their dashboards and rules, in place of the shipped ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_meaning import in_bounds, in_its_unit, of_percentile, without_window
from playbook.clients.prometheus_part import of_percentiles
from playbook.core.clock import FixedClock
from playbook.measure.figures.kpis import availability, error_rate, response_time
from playbook.settings.loading import load
from playbook.settings.model import Settings
from tests.foreign.monitoring import NOW, Http, vector
from tests.judged import judged_reading

FAILED = 'sum(rate(http_requests_total{job="web",code=~"5.."}[5m]))'
ALL = 'sum(rate(http_requests_total{job="web"}[5m]))'
OF_A_DAY = [text.replace("5m", "$window") for text in (FAILED, ALL)]


def with_query(key: str, query: str) -> Settings:
    return load("production", environment={}, overlay={"queries": {"response_time_buckets": "", key: query}})


@dataclass
class Store(Http):
    """Answers the operator's own query with a value, and all else as on a good day."""

    query: str = ""
    value: str = "0"
    own_looks: str = "288"
    highest: str = ""
    answers: Any = field(default_factory=dict)

    def _path(self, path, parameters):
        asked = str(parameters.get("query", ""))
        self.answers = {
            "own": vector(self.value),
            "own looks": vector(self.own_looks),
            "value": vector(self.value),
            "series": vector("2", {"job": "web", "instance": "10.0.0.7:8080"}),
            "looks": vector("288"),
            "unknown": vector("0"),
            "count": vector("5000"),
        }
        if asked.startswith("max(label_replace(count_over_time(count("):
            return "own looks"
        sent = self.query.replace("$window", "24h")
        if asked == of_percentiles("queries.response_time", sent):
            self.answers["highest"] = vector(self.highest or self.value)
            return "highest"
        return "own" if asked == sent else super()._path(path, parameters)


def verdict(
    query: str, value: float, measure: Any = error_rate, own_looks: int = 288, highest: float | None = None
) -> tuple[str, str]:
    settings = with_query(measure.__name__, query)
    told = {"value": str(value), "own_looks": str(own_looks), "highest": "" if highest is None else str(highest)}
    http = cast(HttpClient, Store(query=query, **told))
    store = Prometheus(http, fixed=without_window(settings))
    kpi = measure(store, settings, FixedClock(NOW))
    return judged_reading(kpi.coverage, kpi.reading, getattr(settings.limits, measure.__name__))


@pytest.mark.parametrize(
    "query",
    [
        f"100 * {FAILED} / {ALL}",
        f"{FAILED} / {ALL} * 100",
        # Recorded by Sloth (slo:sli_error:ratio_rate5m) and Pyrra, and kube-prometheus' way of naming.
        'slo:sli_error:ratio_rate5m{sloth_service="web"} * 100',
        '100 * job:http_requests_errors:ratio_rate5m{job="web"}',
        '100 * avg_over_time(job:http_requests_errors:ratio_rate5m{job="web"}[1h])',
        "100 * sum(increase(http_errors_total{job='a'}[7d])) / sum(increase(http_requests_total{job='a'}[7d]))",
        "100 * sum(increase(errors{job='[24h]'}[1h])) / sum(increase(requests{job='[24h]'}[1h]))",
        "100 * sum(irate(traefik_service_requests_total{job='web',code=~'5..'}[$__rate_interval]))"
        " / sum(irate(traefik_service_requests_total{job='web'}[$__rate_interval]))",
        # The window in a comment, which Prometheus does not read.
        f"# over $window\n100 * {FAILED} / {ALL}",
    ],
)
def test_share_of_another_time_is_not_the_days(query):
    said, message = verdict(query, 0.02)
    assert said == "UNKNOWN"
    assert "expected a query over $window as queries.error_rate, got one that is always over the same" in message


@pytest.mark.parametrize(
    "query",
    [
        " / ".join(OF_A_DAY),
        'avg_over_time(slo:sli_error:ratio_rate5m{sloth_service="web"}[$window])',
        '1 - sum(rate(http_requests_total{job="web",code!~"5.."}[$window])) / ' + OF_A_DAY[1],
        OF_A_DAY[0],  # failures each second
        'avg_over_time(job:errors:ratio{job="web",le="100"}[$window])',  # a 100 that multiplies nothing
        "avg_over_time(job:errors:ratio{job='web'}[$window] offset 100s)",
    ],
)
def test_fraction_is_not_read_as_percent(query):
    """6 % that fail are over the critical limit, and 0.06 % is on target."""
    said, message = verdict(query, 0.06)
    assert said == "UNKNOWN"
    assert "expected percent from queries.error_rate, got 0.06, which may be a fraction of 1" in message


@pytest.mark.parametrize(
    ("query", "value", "expected"),
    [
        ("100 * " + " / ".join(OF_A_DAY), 0.02, "OK"),
        (" / ".join(OF_A_DAY) + " * 1e2", 0.02, "OK"),
        ("# percent\navg_over_time(errors{job='web'}[$window])", 0.02, "OK"),
        ("avg_over_time(errors_pct{job='web'}[$window])", 0.02, "OK"),
        (" / ".join(OF_A_DAY), 0.0, "OK"),  # nothing failed, in any unit
        (" / ".join(OF_A_DAY), 6.0, "CRITICAL"),
        # Of a day by its own words, which is what the daily set asks for.
        ("100 * sum(increase(e{job='a'}[1d])) / sum(increase(r{job='a'}[1d]))", 0.02, "OK"),
        ("100 * avg_over_time(job:errors:ratio_rate5m{job='a'}[24h])", 0.02, "OK"),
        ("100 * max_over_time(sum(rate(e{job='a'}[5m]))[1d:5m])", 0.02, "OK"),
        # Recorded over a day, by Sloth and by Pyrra
        ("100 * slo:sli_error:ratio_rate1d{sloth_id='web-availability'}", 0.02, "OK"),
        ("100 * http_requests:burnrate1d{slo='web'}", 0.02, "OK"),
        ("100 * slo:sli_error:ratio_rate3d{sloth_id='web-availability'}", 0.02, "UNKNOWN"),
        ("100 * slo:sli_error:ratio_rate1h{sloth_id='web-availability'}", 0.02, "UNKNOWN"),
        ("100 * slo:sli_error:ratio_rate1d{a='b'} * slo:sli_error:ratio_rate1h{a='b'}", 0.02, "UNKNOWN"),
        ("100 * slo:sli_error:ratio_rate1d{sloth_id='web-availability'}", 6.0, "CRITICAL"),
        ("100 * avg_over_time(job:errors:ratio_rate5m{job='a'}[23h60m])", 0.02, "OK"),
        (f"100 * {FAILED} / {ALL}", 6.0, "CRITICAL"),  # bad evidence counts, of whatever time
    ],
)
def test_query_that_says_what_it_means_is_judged(query, value, expected):
    assert verdict(query, value)[0] == expected


@pytest.mark.parametrize(
    "query",
    [
        "avg(avg_over_time(probe_success{job='web'}[$window]))",
        "avg_over_time(job:uptime:ratio{job='web'}[$window])",
    ],
)
def test_fraction_of_availability_is_no_outage(query):
    """Of 99.9 %, read as 0.999 %."""
    said, message = verdict(query, 0.999, availability)
    assert said == "UNKNOWN"
    assert "expected percent from queries.availability, got 0.999" in message


@pytest.mark.parametrize(
    ("query", "value", "expected"),
    [
        # express-prom-bundle's older name, OpenTelemetry's, and Micrometer's with a comment
        (
            "histogram_quantile(0.95, sum by (le) ($counted(http_request_duration_ms_bucket{job='w'})))",
            840,
            "UNKNOWN",
        ),
        (
            "histogram_quantile(0.95, sum by (le) ($counted(http_server_duration_milliseconds_bucket)))",
            0.2,
            "UNKNOWN",
        ),
        ("max_over_time(web_latency_millis{quantile='0.95'}[$window])", 3, "UNKNOWN"),
        ("max_over_time(web_latency_millis{quantile='0.95'}[$window]) / 1000", 0.84, "OK"),
        ("0.001 * max_over_time(web_latency_ms{quantile='0.95'}[$window])", 6.1, "CRITICAL"),
        ("# seconds, whatever its name is\nmax_over_time(web_latency_ms[$window])", 0.84, "OK"),
        ("max_over_time(web_msgs_latency{quantile='0.95'}[$window])", 0.84, "OK"),
    ],
)
def test_milliseconds_are_not_read_as_seconds(query, value, expected):
    assert verdict(query, value, response_time)[0] == expected


# As operators write them: https://sre.google/workbook/alerting-on-slos/, kubernetes-mixin, node-mixin.
@pytest.mark.parametrize(
    ("query", "values", "got"),
    [
        (
            "sum(rate(http_requests_total{code=~'5..'}[1h])) / sum(rate(http_requests_total[1h]))",
            [0.06],
            "fraction",
        ),
        ("sum(rate(errors[1h])) / ignoring(code) group_left sum(rate(requests[1h]))", [0.06], "fraction"),
        ("sum(rate(errors[1h])) / ignoring(code) group_left sum(rate(requests[1h]))", [0.0], ""),
        ("1 - (sum(rate(errors[1h])) / sum(rate(requests[1h])))", [0.9999], "fraction"),
        ("job:errors:rate1h", [0.06], "fraction"),
        ("app:memory:used", [0.4, 0.79], "fraction"),
        ("app:memory:used", [0.4, 49.0], ""),
        ('sum(a{route="/api/100"}) / sum(b)', [0.4], "fraction"),
        ("avg_over_time(probe_success[24h]) * 100", [0.4], ""),
        ("(sum(rate(errors[1h])) / sum(rate(requests[1h])) * 100) or vector(0)", [0.4], ""),
        ("sum(rate(errors[1h])) / (sum(rate(requests[1h])) / 100)", [0.06], ""),
        ("sum(errors) / sum(requests) # percent, as the counter is in hundredths", [0.06], ""),
        ("app:memory:percent", [0.4, 0.79], ""),
        ("app:memory:used", [], ""),
        # cAdvisor's and node_exporter's counters are seconds of a core, so 0.93 is 93 % of one core.
        ("sum by (pod) (rate(container_cpu_usage_seconds_total{job='web'}[$window]))", [0.93, 0.2], "cores"),
        ("sum by (pod) (rate(process_cpu_seconds_total{job='web'}[$window]))", [3.2], "cores"),
        ("sum(rate(container_cpu_usage_seconds_total[1h])) * 100", [190.0], ""),
        ("max by (pod) (quantile_over_time(0.95, cpu_utilization_ratio{job='web'}[$window]))", [0.93], "fraction"),
        ("100 * sum by (pod) (rate(container_cpu_usage_seconds_total{job='web'}[$window])) / 2", [0.93], ""),
        ("max by (pod) (avg_over_time(cpu_usage{job='web'}[$window]))", [41.0, 0.3], ""),
    ],
)
def test_fraction_or_number_of_cores_is_no_percentage(query, values, got):
    """Of instant queries and of ranges."""
    told = in_its_unit("queries.component_cpu", query, values)
    assert told.enough == (not got)
    assert got in told.got
    matrix = [{"metric": {"pod": str(n)}, "values": [[NOW.timestamp(), str(v)]]} for n, v in enumerate(values)]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": matrix}}
    store = Prometheus(cast(HttpClient, Http({"api/v1/query_range": answer})))
    coverage = store.query_range(query, NOW, NOW, 60, setting="queries.component_cpu").coverage
    assert coverage.enough == (not got)


@pytest.mark.parametrize(
    ("query", "is_known"),
    [
        # https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ and what came before it
        ("histogram_quantile(0.95, sum by (le) (rate(http_server_duration_milliseconds_bucket[1h])))", False),
        ("histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket[1h])))", True),
        ("histogram_quantile(0.95, sum by (le) (rate(http_request_duration_ms_bucket[1h])))", False),
        ("histogram_quantile(0.95, sum by (le) (rate(http_request_duration_microseconds_bucket[1h])))", False),
        ("histogram_quantile(0.95, sum by (le) (rate(http_request_duration_ms_bucket[1h]))) / 1000", True),
        ("histogram_quantile(0.95, sum by (le) (rate(http_duration_milliseconds_bucket[1h]))) * 0.001", True),
        ("max_over_time(traefik_service_request_duration_seconds[500ms])", True),
        ("avg(istio_request_duration_milliseconds_sum / istio_request_duration_milliseconds_count) / 1e3", True),
        ('quantile(0.95, request_seconds{route="/ms"})', True),
        ("quantile(0.95, rooms_duration)", True),
    ],
)
def test_milliseconds_are_told_by_name(query, is_known):
    """850 of them would be judged as a quarter of an hour."""
    assert in_its_unit("queries.response_time", query, [850.0]).enough is is_known


def test_shipped_queries_say_what_they_mean():
    settings = load("production", environment={})
    assert without_window(settings) == frozenset()


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("error_rate_unknown", "vector(0)"),  # always known
        ("newest_sample", "max(timestamp(up{job='web'}))"),
        ("response_time_buckets", ""),
        ("response_time", "histogram_quantile(0.95, sum by (le) ($counted(nginx_seconds_bucket{job='web'})))"),
    ],
)
def test_queries_that_need_no_window(key, query):
    assert without_window(with_query(key, query)) == frozenset()


# As Sloth, Pyrra and the kubernetes-mixin record them, and as operators make sure of a number.
RECORDED = [
    "100 * avg_over_time(slo:sli_error:ratio_rate5m{sloth_service='web'}[$window])",
    "100 * avg_over_time(job:http_requests_errors:ratio_rate5m{job='web'}[$window])",
    "100 * sum_over_time(job:errors:sum5m{job='w'}[$window]) / sum_over_time(job:all:sum5m{job='w'}[$window])",
    "100 * avg_over_time({__name__='job:errors:ratio', job='web'}[$window])",
    "(100 * sum(increase(traefik_requests_total{job='t', code=~'5..'}[$window]))"
    " / sum(increase(traefik_requests_total{job='t'}[$window]))) or vector(0)",
]


@pytest.mark.parametrize("query", RECORDED)
@pytest.mark.parametrize(
    ("looks", "value", "expected"),
    [(288, 0.02, "OK"), (262, 0.02, "OK"), (250, 0.02, "UNKNOWN"), (48, 0.02, "UNKNOWN"), (48, 6.0, "CRITICAL")],
)
def test_series_of_a_query_must_have_been_there_all_day(query, looks, value, expected):
    """A recording rule that stopped twenty hours ago says nothing of them, however long requests are counted."""
    said, message = verdict(query, value, own_looks=looks)
    assert said == expected, message
    assert expected != "UNKNOWN" or f"got samples of {looks // 12}" in message


def test_series_that_others_count_are_not_asked_for_again():
    """The shipped queries with ``_looks`` count those of their figures, by whatever names."""
    settings = load("production", environment={}, overlay={"metrics": {"requests": "traefik_requests_total"}})
    http = Store(query="none")
    found = error_rate(Prometheus(cast(HttpClient, http)), settings, FixedClock(NOW))
    assert "own looks" not in http.asked
    assert found.covered_hours == 24


P95 = [
    "histogram_quantile(.95, sum by (le) (rate(x_bucket[$window])))",
    "histogram_quantile(0.99, sum by (le) (rate(x_bucket[$window])))",
    "max(max_over_time(http_request_duration_seconds{quantile='0.95'}[$window]))",
    "quantile_over_time(0.95, probe_duration_seconds[$window])",
    "avg(histogram_quantile(0.95, rate(x_bucket[$window])))",
    "avg_over_time(job:http_latency:p95[$window])",
    "avg_over_time(request_latency_95percentile[$window])",
    "avg_over_time(t{quantile=~'0.95|0.99'}[$window])",
    "avg_over_time(latency{stat='p99'}[$window])",
    "max_over_time(http_server_requests_seconds_max{job='a'}[$window])",
    "# P95\navg_over_time(job:latency[$window])",
    "# P95\nmax(rate(p95_seconds_sum[$window]) / rate(p95_seconds_count[$window]))",
]
NO_P95 = [
    "histogram_quantile(0.5, sum by (le) (rate(x_bucket[$window])))",
    "histogram_quantile(.90, sum by (le) (rate(x_bucket[$window])))",
    "sum(increase(x_bucket{le='1'}[$window])) / sum(increase(x_count[$window]))",
    "quantile(0.95, rate(x_seconds_sum[$window]) / rate(x_seconds_count[$window]))",
    "quantile_over_time(0.95, (rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m]))[$window:5m])",
    "sum(rate(http_server_requests_seconds_sum[$window]))\n/\nsum(rate(http_server_requests_seconds_count[$window]))",
    "avg_over_time(http_request_duration_seconds{quantile='0.5'}[$window])",
    "avg_over_time(probe_duration_seconds[$window])",
    "max_over_time(haproxy_backend_response_time_average_seconds[$window])",
    "quantile_over_time(0.5, probe_duration_seconds[$window])",
    "histogram_avg(sum(rate(http_request_duration_seconds[$window])))",
    "avg by (job) (avg_over_time(nginx_upstream_response_seconds[$window]))",
    "max_over_time(job:latency:mean5m[$window])",
    "max_over_time(job:latency:p50[$window])",
    "max_over_time(job:latency:median[$window])",
]


@pytest.mark.parametrize(("query", "is_p95"), [*((one, True) for one in P95), *((one, False) for one in NO_P95)])
def test_mean_or_lower_percentile_is_no_p95(query, is_p95):
    """Most answers may be quick on a day on which every tenth visitor waits."""
    assert of_percentile("queries.response_time", query).enough is is_p95
    assert verdict(query, 0.4, response_time)[0] == ("OK" if is_p95 else "UNKNOWN")
    assert verdict(query, 6.1, response_time)[0] == "CRITICAL"


@pytest.mark.parametrize(
    ("query", "bounds", "is_known"),
    [
        ("envoy_http_downstream_rq_time_bucket{job='w'}", (0.5, 1, 100, 3_600_000), False),
        ("kong_latency_bucket{type='request'}", (25, 1000, 60_000), False),
        ("dapr_http_server_latency_bucket", (1, 100, 100_000), False),
        ("http_server_duration_bucket", (5, 10, 10_000), False),  # OpenTelemetry, exported without units
        ("istio_request_duration_milliseconds_bucket", (1, 3_600_000), False),
        ("envoy_http_downstream_rq_time_bucket{job='w'} # seconds, relabelled", (0.5, 3600), True),
        ("http_request_duration_seconds_bucket", (0.1, 3600), True),  # of web sockets
        ("http_request_duration_bucket", (0.1, 1, 60), True),
        ("http_request_duration_bucket", (), True),
    ],
)
def test_milliseconds_are_told_by_their_buckets(query, bounds, is_known):
    """300 of them would be judged as five minutes."""
    assert in_bounds("queries.response_time", query, bounds).enough is is_known


NOTHING = {"status": "success", "data": {"resultType": "vector", "result": []}}
PROBES = "probe_success{job='web'}"
ERRORS = "increase(traefik_service_requests_total{{job='t'{}}}[$window]{})"


def share_of(failed: str, moved: str = "") -> str:
    return f"100 * sum({ERRORS.format(failed, moved)}) / sum({ERRORS.format('', moved)})"


WHOLE = [
    (availability, f"100 * avg(avg_over_time({PROBES}[$window]))"),
    (availability, f"100 * sum(sum_over_time({PROBES}[$window])) / sum(count_over_time({PROBES}[$window]))"),
    (availability, f"100 * count_over_time(({PROBES} == 1)[$window:1m]) / count_over_time({PROBES}[$window:1m])"),
    (availability, f"100 * avg_over_time(({PROBES} == bool 1)[$window:1m])"),
    # One of several places that reaches it is enough.
    (availability, f"100 * avg_over_time(max by (instance) ({PROBES})[$window:1m])"),
    (availability, f"100 * min_over_time(avg_over_time({PROBES}[5m])[$window:5m])"),
    (availability, "100 * last_over_time(slo:availability:mean30d{job='web'}[$window])"),
    (availability, "100 - " + share_of(", code=~'5..'")),
    (error_rate, share_of(", code=~'5..'", " offset 2m")),
    (error_rate, share_of(", code=~'5..'").replace("traefik_service_", "http_server_")),
    (error_rate, share_of(", code=~'5..|429'")),
    (error_rate, share_of(", code=~'5[0-9]{2}'")),
    (error_rate, share_of(", code='5xx'")),
    (error_rate, share_of(", code!~'[1-4]..'")),
    (error_rate, "100 * (sum(e{job='t'}) - sum(e{job='t'} offset $window)) / sum(increase(a{job='t'}[$window]))"),
    (error_rate, "100 * max_over_time(job:errors:ratio{job='t'}[$window])"),
    (response_time, "max_over_time(job:latency:p95{job='t'}[$window])"),
    (error_rate, "union(100 * avg_over_time(a{job='t'}[$window]))"),  # of VictoriaMetrics
]
PARTS = [
    (availability, f"100 * max(max_over_time({PROBES}[$window]))", "got the highest of its samples"),
    (availability, f"100 * last_over_time({PROBES}[$window])", "got the last of its samples"),
    (availability, f"100 * quantile_over_time(0.5, {PROBES}[$window])", "got a quantile of its samples"),
    (availability, f"100 * present_over_time({PROBES}[$window])", "got the presence of its samples"),
    (availability, f"100 * avg(avg_over_time(({PROBES} == 1)[$window:1m]))", "that a comparison leaves"),
    (
        availability,
        f"100 * count_over_time({PROBES}[$window]) / count_over_time({PROBES}[$window])",
        "and not their values",
    ),
    (
        availability,
        f"100 * avg(avg_over_time({PROBES}[$window] offset 1d))",
        "got one that ended 24 h ago, by offset",
    ),
    (availability, "vector(100) # [$window]", "got a constant"),
    (error_rate, share_of(", code=~'5..'", " offset 1w"), "got one that ended 168 h ago, by offset"),
    (error_rate, share_of(", code=~'5..'", " @ 1717016400"), "got one at a fixed time, by @"),
    (
        error_rate,
        share_of(", code='500'"),
        "expected all failed requests from queries.error_rate, got only those of status 500",
    ),
    (error_rate, share_of(", code=~'50[0-2]'"), "got only those of status 50[0-2]"),
    (error_rate, "100 * min_over_time(job:errors:ratio{job='t'}[$window])", "got the lowest of its samples"),
    (error_rate, "100 * last_over_time(job:errors:ratio_rate5m{job='t'}[$window])", "got the last of its samples"),
    (response_time, "last_over_time(job:latency:p95{job='t'}[$window])", "got the last of its samples"),
    (
        error_rate,
        "100 * sum(rate(promhttp_metric_handler_requests_total{code=~'5..'}[$window]))"
        " / sum(rate(promhttp_metric_handler_requests_total{job='t'}[$window]))",
        "expected requests of visitors from queries.error_rate, got those that Prometheus sends for the metrics",
    ),
    (
        error_rate,
        "100 * sum(rate(http_client_requests_seconds_count{status=~'5..'}[$window]))"
        " / sum(rate(http_client_requests_seconds_count{job='t'}[$window]))",
        "got those that the application sends itself, by the name http_client_requests_seconds_count",
    ),
    (
        response_time,
        "histogram_quantile(0.95, sum by (le) (rate(httpclient_request_duration_seconds_bucket[$window])))",
        "got those that the application sends itself",
    ),
]


@pytest.mark.parametrize(("measure", "query"), WHOLE)
def test_query_of_the_whole_window_is_understood(measure, query):
    said, message = verdict(query, 99.97 if measure is availability else 0.05, measure)
    assert said == "OK", message


@pytest.mark.parametrize(("measure", "query", "words"), PARTS)
def test_good_figure_of_a_part_says_nothing(measure, query, words):
    """The best minute of a bad day is good, and so is last week."""
    said, message = verdict(query, 99.97 if measure is availability else 0.05, measure)
    assert (said, words in message) == ("UNKNOWN", True), message
    assert verdict(query, 40.0, measure)[0] == "CRITICAL"


@dataclass
class Several(Store):
    """Answers also the query with the worst of several series, and the one without its constant."""

    worst: str = "93.1"
    bare: bool = False

    def _path(self, path, parameters):
        asked = str(parameters.get("query", ""))
        if asked.startswith("100 * min"):
            self.answers = {"worst": vector(self.worst)}
            return "worst"
        if asked == 'avg(avg_over_time(probe_success{job="web"}[1d])) * 100':
            self.answers = {"bare": vector("100") if self.bare else NOTHING}
            return "bare"
        return super()._path(path, parameters)


@pytest.mark.parametrize(
    ("query", "answers", "expected"),
    [
        (f"100 * max(avg_over_time({PROBES}[$window]))", {"worst": "93.1"}, "UNKNOWN"),
        (f"100 * max(avg_over_time({PROBES}[$window]))", {"worst": "99.98"}, "OK"),  # one series, or all alike
        (f"avg(avg_over_time({PROBES}[$window])) * 100 or vector(100)", {"bare": False}, "UNKNOWN"),
        (f"avg(avg_over_time({PROBES}[$window])) * 100 or on() vector(100)", {"bare": True}, "OK"),
    ],
)
def test_best_of_several_series_and_constants_say_nothing(query, answers, expected):
    """``max`` around a query is harmless where there is one series."""
    settings = with_query("availability", query)
    http = cast(HttpClient, Several(query=query, value="99.98", **answers))
    found = availability(Prometheus(http, fixed=without_window(settings)), settings, FixedClock(NOW))
    said, message = judged_reading(found.coverage, found.reading, settings.limits.availability)
    assert said == expected, message


@dataclass
class Stopped(Store):
    """Nothing of the last hour."""

    def _path(self, path, parameters):
        found = super()._path(path, parameters)
        if found == "looks" and "[1h:5m]" in str(parameters["query"]):
            self.answers = {"none": NOTHING}
            return "none"
        return found


@pytest.mark.parametrize("measure", [availability, error_rate])
@pytest.mark.parametrize(("value", "expected"), [("good", "UNKNOWN"), ("bad", "CRITICAL")])
def test_good_figure_needs_samples_of_late(measure, value, expected):
    """An exporter that was stopped an hour ago leaves 23 good hours."""
    settings = load("production", environment={}, overlay={"queries": {"response_time_buckets": ""}})
    good, bad = ("99.98", "90") if measure is availability else ("0.05", "30")
    http = cast(HttpClient, Stopped(query="none", value=good if value == "good" else bad))
    found = measure(Prometheus(http), settings, FixedClock(NOW))
    said, message = judged_reading(found.coverage, found.reading, getattr(settings.limits, measure.__name__))
    assert said == expected, message
    assert expected != "UNKNOWN" or "expected samples of the last 60 min, got none" in message
