"""The sandbox's PromQL against a real Prometheus: the same samples, the same queries, the same answers.

Sixty days of three series and thirty hours of all of them are backfilled (promtool), so that a counter reset and a
gap in scraping are among them. Times of queries are whole seconds: no sample lies exactly at the edge of a range.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
import pytest

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.errors import Malformed, TooLittleData
from playbook.measure.figures.kpis import availability, error_rate, image_success, response_time
from playbook.settings.loading import load
from playbook.settings.model import Settings
from sandbox.figures import api
from sandbox.figures.grafana import PANELS
from sandbox.figures.series import View, store_of
from sandbox.world import World
from sandbox.world.figures import MetricsState
from tests.proven_queries import expression
from tests.real.servers import READY_WITHIN, program, running

pytestmark = pytest.mark.slow

NOW = datetime(2026, 6, 15, 14, 33, 37, tzinfo=UTC)
RECENT = timedelta(hours=30)
WHOLE = ("redis_keyspace_hits_total", "image_optimizations_total")
LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')

SHIPPED = {
    name: expression(name)
    for name in msgspec.structs.asdict(load(environment={}).queries)
    if name != "counted"  # of which the others are made
}
EXPRESSIONS = [
    *PANELS.values(),
    # selectors
    "up",
    'up{job!="redis", instance=~"portfolio.*"}',
    'up{job!~"redis|blackbox", nothing=""}',
    '{__name__=~"redis_.*", job="redis"}',
    "redis_memory_used_bytes offset 2h",
    "up{nothing='there'}",
    "container_cpu_usage_percent @ 1781500000",
    "image_queue_length @ end() - image_queue_length @ start()",
    # counters
    "rate(http_requests_total[5m])",
    "increase(redis_keyspace_hits_total[1h])",
    "increase(redis_keyspace_hits_total[30d])",
    "rate(image_optimizations_total{format='webp'}[12d])",
    "resets(image_optimizations_total{format='webp'}[30d])",
    "irate(http_requests_total{route='/'}[5m])",
    "increase(http_requests_total{status='500'}[24h])",
    "sum by (component) (rate(container_network_transmit_bytes_total[7m] offset 13m))",
    "rate(redis_keyspace_hits_total[1m])",
    # gauges
    "delta(container_memory_usage_bytes[1h])",
    "idelta(container_cpu_usage_percent[10m])",
    "deriv(container_fs_usage_bytes[6h])",
    "predict_linear(container_fs_usage_bytes[6h], 7 * 86400)",
    "changes(image_queue_length[1h])",
    "avg_over_time(probe_success[24h])",
    "min_over_time(container_cpu_usage_percent[3h])",
    "max_over_time(container_memory_usage_bytes[3h])",
    "sum_over_time(image_queue_length[90m])",
    "count_over_time(up[1h])",
    "count_over_time(redis_keyspace_hits_total[50d])",
    "stddev_over_time(probe_duration_seconds[2h])",
    "stdvar_over_time(probe_duration_seconds[2h])",
    "quantile_over_time(0.9, probe_duration_seconds[2h])",
    "quantile_over_time(1.5, probe_duration_seconds[2h])",
    "last_over_time(redis_memory_used_bytes[1h])",
    "present_over_time(up[5m])",
    # histograms
    "histogram_quantile(0.5, rate(http_request_duration_seconds_bucket{route='/'}[10m]))",
    "histogram_quantile(0.99, sum by (le, component) (rate(http_request_duration_seconds_bucket[1h])))",
    "histogram_quantile(0.999, sum by (le) (image_optimization_duration_seconds_bucket))",
    "histogram_quantile(2, sum by (le) (image_optimization_duration_seconds_bucket))",
    "histogram_quantile(0.5, up)",
    # aggregations
    "sum(up)",
    "sum without (instance, route, status) (http_requests_total)",
    "avg by (component) (container_cpu_usage_percent)",
    "min by (job) (up)",
    "max(container_memory_usage_bytes) by (component)",
    "count by (component, missing) (container_cpu_usage_percent)",
    "group by (job) (up)",
    "stddev(container_cpu_usage_percent)",
    "stdvar by (component) (container_cpu_usage_percent)",
    "quantile(0.75, container_cpu_usage_percent)",
    "topk(3, container_memory_usage_bytes)",
    "bottomk by (component) (1, container_memory_usage_bytes)",
    "count_values('value', up)",
    # operators
    "100 * container_memory_usage_bytes / container_spec_memory_limit_bytes",
    "container_cpu_usage_percent > 40",
    "container_cpu_usage_percent > bool 45",
    "45 < container_cpu_usage_percent",
    "-container_cpu_usage_percent ^ 2 % 7",
    "2 ^ 3 ^ 2 - 7 % 4",
    "1 > bool 2",
    "1 / 0",
    "0 / 0",
    "-1 / 0 + vector(1)",
    "redis_keyspace_hits_total "
    "/ on(instance) (redis_keyspace_hits_total + on(instance) redis_keyspace_misses_total)",
    "container_cpu_usage_percent * on(instance) group_left(job) up{job!='blackbox'}",
    "avg by (component) (container_cpu_usage_percent) / on(component) group_right container_cpu_usage_percent",
    "sum by (route) (rate(http_requests_total{status=~'5..'}[1h])) / ignoring(x) "
    "sum by (route) (rate(http_requests_total[1h]))",
    "up and on(instance) container_cpu_usage_percent",
    "up unless on(instance) container_cpu_usage_percent",
    "up{job='redis'} or up{job='blackbox'} or vector(7)",
    "container_cpu_usage_percent == container_cpu_usage_percent",
    "up == bool on(instance, job, probe) up",
    # subqueries
    "max_over_time(rate(redis_keyspace_hits_total[5m])[2h:10m])",
    "avg_over_time((up == bool 1)[1h:])",
    "count_over_time(count(redis_keyspace_hits_total)[30d:1h] offset 7m)",
    "deriv(rate(redis_keyspace_hits_total[5m])[1h:2m])",
    "sum_over_time(vector(1)[1h:7m])",
    # other functions
    "time() - max(timestamp(up))",
    "timestamp(up + 0)",
    "absent(nothing{a='b', c=~'d'})",
    "absent(up)",
    "absent_over_time(nothing{a='b'}[5m])",
    "abs(delta(image_queue_length[10m]))",
    "ceil(container_cpu_usage_percent) - floor(container_cpu_usage_percent)",
    "round(container_cpu_usage_percent, 0.25)",
    "clamp(container_cpu_usage_percent, 40, 45)",
    "clamp_min(container_cpu_usage_percent, 43) + clamp_max(container_cpu_usage_percent, 43)",
    "sqrt(container_cpu_usage_percent) + ln(container_cpu_usage_percent) + log2(image_queue_length)",
    "log10(image_queue_length) + exp(image_queue_length) + sgn(image_queue_length)",
    "scalar(image_queue_length) * vector(2) + time()",
    "scalar(up)",
    "hour() * 60 + minute()",
    "day_of_week() + 10 * month() + 1000 * year() + 100 * day_of_month() + days_in_month()",
    "label_replace(up, 'short', '$1', 'instance', '(.*):.*')",
    "label_replace(up, 'job', '', 'job', 'redis')",
    "label_join(up, 'both', '/', 'job', 'instance')",
    "sort_desc(container_cpu_usage_percent)",
    "sort(container_cpu_usage_percent)",
    "pi() * 2",
]
REFUSED = [
    "up +",
    "sum(",
    "unknown_function(up)",
    "rate(up)",
    "up[5m:",
    "container_cpu_usage_percent * on(job) up",
    "up + on(job) up",
    "label_replace(up, 'instance', 'x', 'job', '.*')",
    "topk(0/0, up)",
]


def lines(view: View) -> str:
    """The samples as OpenMetrics, as promtool reads them."""
    written: list[str] = []
    since = (NOW - RECENT).timestamp() * 1000
    stamps: dict[int, str] = {}
    for name in view.names():
        for labels in view.labels(name):
            series = view.series(labels)
            whole = name in WHOLE and dict(labels).get("format", "webp") == "webp"
            first = 0 if whole else int(series.times.searchsorted(since))
            times = series.times[first:].tolist()
            head = name + "{" + ",".join(f'{key}="{text}"' for key, text in labels if key != "__name__") + "} "
            for time, value in zip(times, series.values[first:].tolist(), strict=True):
                if time not in stamps:
                    stamps[time] = f" {time // 1000}.{time % 1000:03}"
                written.append(f"{head}{value!r}{stamps[time]}")
    return "\n".join([*written, "# EOF", ""])


@pytest.fixture(scope="module")
def world() -> World:
    """A healthy sandbox at a fixed moment."""
    made = World.healthy(NOW)
    made.metrics = MetricsState.healthy(NOW)
    return made


@pytest.fixture(scope="module")
def real(world: World, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A real Prometheus with the sandbox's samples, and our client for it."""
    promtool, prometheus = program("promtool"), program("prometheus")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    samples, config = folder / "samples.txt", folder / "prometheus.yml"
    samples.write_text(lines(store_of(world.metrics).until(NOW.timestamp())))
    config.write_text("")
    subprocess.run(
        # One pass over the file for each block, so few and long ones.
        [
            promtool,
            "tsdb",
            "create-blocks-from",
            "--max-block-duration=1458h",
            "openmetrics",
            samples,
            folder / "data",
        ],
        check=True,
        capture_output=True,
        timeout=200,
    )
    command = [
        prometheus,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        "--web.listen-address=127.0.0.1:0",
    ]
    with running(command, LISTENING, folder / "log") as url:
        client = Prometheus(HttpClient(url, service="Prometheus"))
        deadline = monotonic() + READY_WITHIN
        while client.http.get("-/ready", retry="none").status != 200:  # it listens before its storage is open
            assert monotonic() < deadline, (folder / "log").read_text()
            sleep(0.05)
        yield client


def sandbox_answer(world: World, path: str, **parameters: str) -> tuple[int, Any]:
    """Status and content, as the sandbox's server gives them."""
    response = api.answer(world, NOW, path, api.Parameters(list(parameters.items())))
    return response.status_code, json.loads(bytes(response.body))


def real_answer(real: Prometheus, path: str, **parameters: str) -> tuple[int, Any]:
    answer = real.http.get(f"api/v1/{path}", parameters)
    return answer.status, answer.json()


def rows(data: Any) -> dict[Any, list[tuple[float, float]]]:
    """Series by their labels."""
    if data["resultType"] in ("scalar", "string"):
        return {(): [(data["result"][0], float(data["result"][1]))]}
    return {
        tuple(sorted(row["metric"].items())): [
            (time, float(value)) for time, value in row.get("values") or [row["value"]]
        ]
        for row in data["result"]
    }


_ZERO = 1e-9


def deviation(ours: float, theirs: float) -> float:
    """Relative difference; 0 for two NaN, the same infinity, and two zeros.

    Prometheus adds up the series of a sum in no order, so two equal sums differ by a rounding error.
    """
    if ours == theirs or (math.isnan(ours) and math.isnan(theirs)):
        return 0.0
    if max(abs(ours), abs(theirs)) < _ZERO:
        return 0.0
    return abs(ours - theirs) / max(abs(ours), abs(theirs))


def require_same(ours: tuple[int, Any], theirs: tuple[int, Any]) -> float:
    """Fails where they differ by more than 1e-9; gives the largest relative difference."""
    assert (ours[0], theirs[0]) == (200, 200), (ours, theirs)
    mine, other = rows(ours[1]["data"]), rows(theirs[1]["data"])
    assert ours[1]["data"]["resultType"] == theirs[1]["data"]["resultType"]
    assert sorted(mine) == sorted(other)
    largest = 0.0
    for labels, points in mine.items():
        assert [time for time, _ in points] == [time for time, _ in other[labels]], labels
        for (time, value), (_, expected) in zip(points, other[labels], strict=True):
            difference = deviation(value, expected)
            assert difference < 1e-9, (labels, time, value, expected)
            largest = max(largest, difference)
    return largest


ALL = [*SHIPPED.values(), *EXPRESSIONS]


@pytest.mark.parametrize("expression", ALL)
def test_instant_queries_agree(world, real, expression):
    """At the present, and at a moment in the past."""
    for moment in (NOW, NOW - timedelta(hours=3, minutes=7)):
        parameters = {"query": expression, "time": str(moment.timestamp())}
        require_same(sandbox_answer(world, "query", **parameters), real_answer(real, "query", **parameters))


@pytest.mark.parametrize("expression", ALL)
def test_range_queries_agree(world, real, expression):
    """Two hours in steps of 97 seconds."""
    parameters = {
        "query": expression,
        "start": str((NOW - timedelta(hours=2)).timestamp()),
        "end": str(NOW.timestamp()),
        "step": "97",
    }
    require_same(
        sandbox_answer(world, "query_range", **parameters), real_answer(real, "query_range", **parameters)
    )


@pytest.mark.parametrize("days", [20.03, 19.98, 9.003, 8.997])
@pytest.mark.parametrize(
    "expression",
    [
        "redis_keyspace_hits_total",
        "count_over_time(redis_keyspace_hits_total[1h])",
        "increase(redis_keyspace_hits_total[3h])",
        "irate(redis_keyspace_hits_total[10m])",
        "increase(image_optimizations_total{format='webp'}[2h])",
    ],
)
def test_gap_and_reset_agree(world, real, expression, days):
    """Every minute for two hours around the gap in scraping and the deployment."""
    end = NOW - timedelta(days=days) + timedelta(hours=1)
    parameters = {
        "query": expression,
        "start": str(round((end - timedelta(hours=2)).timestamp())),
        "end": str(round(end.timestamp())),
        "step": "60",
    }
    require_same(
        sandbox_answer(world, "query_range", **parameters), real_answer(real, "query_range", **parameters)
    )


def test_range_vectors_agree(world, real):
    """Raw samples with their own times."""
    parameters = {"query": "redis_memory_used_bytes[10m]", "time": str(NOW.timestamp())}
    require_same(sandbox_answer(world, "query", **parameters), real_answer(real, "query", **parameters))


@pytest.mark.parametrize(
    "expression", ["sort(container_cpu_usage_percent)", "topk(3, container_cpu_usage_percent)"]
)
def test_sorted_answers_have_same_order(world, real, expression):
    """What sorts is sorted."""
    parameters = {"query": expression, "time": str(NOW.timestamp())}
    ours, theirs = (
        [row["metric"] for row in content["data"]["result"]]
        for _, content in (
            sandbox_answer(world, "query", **parameters),
            real_answer(real, "query", **parameters),
        )
    )
    assert ours == theirs


@pytest.mark.parametrize("expression", REFUSED)
def test_rejected_queries_agree(world, real, expression):
    """With the same status and kind of error."""
    parameters = {"query": expression, "time": str(NOW.timestamp())}
    (status, ours), (expected, theirs) = (
        sandbox_answer(world, "query", **parameters),
        real_answer(real, "query", **parameters),
    )
    assert (status, ours["errorType"]) == (expected, theirs["errorType"]), (ours, theirs)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("query", {}),
        ("query", {"query": "up", "time": "yesterday"}),
        ("query_range", {"query": "up", "start": "100", "end": "50", "step": "10"}),
        ("query_range", {"query": "up", "start": "0", "end": "50", "step": "0"}),
        ("query_range", {"query": "up", "start": "0", "end": "50", "step": "often"}),
        ("query_range", {"query": "up", "start": "0", "end": "110010", "step": "10"}),
        ("query_range", {"query": "up[5m]", "start": "0", "end": "50", "step": "10"}),
        ("query_range", {"query": "up", "end": "50", "step": "10"}),
        ("series", {}),
    ],
)
def test_parameter_errors_agree(world, real, path, parameters):
    """With status, kind and the beginning of the message."""
    (status, ours), (expected, theirs) = (
        sandbox_answer(world, path, **parameters),
        real_answer(real, path, **parameters),
    )
    assert (status, ours["status"], ours["errorType"]) == (expected, theirs["status"], theirs["errorType"])
    assert ours["error"].partition(":")[0] == theirs["error"].partition(":")[0]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("series", {"match[]": 'up{job="redis"}'}),
        ("labels", {"match[]": "container_cpu_usage_percent"}),
        ("label/status/values", {}),
    ],
)
def test_metadata_agrees(world, real, path, parameters):
    """Series, label names and values."""
    span = {"start": str((NOW - timedelta(hours=20)).timestamp()), "end": str(NOW.timestamp())}
    assert sandbox_answer(world, path, **parameters, **span) == real_answer(real, path, **parameters, **span)


# ------------------------------------------------------------------------------------------------------ our client


@pytest.fixture(scope="module")
def settings(real: Prometheus) -> Settings:
    """The real server as a target; its samples end at a moment of the past."""
    overlay = {"targets": {"sandbox": {"prometheus": {"url": real.http.base_url}}}}
    return load("sandbox", environment={}, overlay=overlay)


def test_client_reads_real_server(real):
    """Samples, a scalar, a series."""
    assert {sample.value for sample in real.query("up", NOW)} == {1.0}
    assert real.scalar("sum(up)", NOW) == 18.0
    series = real.query_range("sum(up)", NOW - timedelta(minutes=10), NOW, 60)
    assert [value for _, value in series[0].points] == [18.0] * 11
    assert real.alerts() == ([], ())
    assert real.rule_groups() == ([], ())


def test_client_reports_real_refusals(real):
    """Prometheus' own message, and the setting that holds the query."""
    with pytest.raises(Malformed, match=r"expected a value for queries\.x, got bad_data: .*parse error") as caught:
        real.scalar("sum(", setting="queries.x")
    assert caught.value.hint == "The query is set by queries.x."
    with pytest.raises(Malformed, match=r"got execution: .*many-to-many matching not allowed"):
        real.scalar("up + on(job) up", NOW)
    with pytest.raises(TooLittleData, match="got NaN"):
        real.scalar("0 / 0", NOW)


def test_server_without_recent_samples_gives_no_verdict(real, settings):
    """At our present, by which nothing has been scraped for long."""
    clock = Clock()
    figures = [measure(real, settings, clock) for measure in (availability, response_time, error_rate)]
    for kpi in (*figures, image_success(settings, clock, Earlier())):
        assert kpi.coverage.got == "samples of 0 h"
        assert math.isnan(kpi.reading.value)
