"""The sandbox's Prometheus, Grafana and Alertmanager: samples, levers, credentials, answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest

from playbook.core.clock import Clock
from sandbox.alerts.service import AlertmanagerService
from sandbox.figures import history
from sandbox.figures.series import store_of
from sandbox.figures.service import GrafanaService, PrometheusService
from sandbox.serving.basic_auth import USERNAME
from sandbox.serving.service import Context
from sandbox.world import World
from sandbox.world.alerts import AlertsState
from sandbox.world.figures import MetricsState

NOW = datetime(2026, 6, 15, 14, 33, 37, tzinfo=UTC)
PROXY = "/api/datasources/proxy/uid/prometheus"


class FixedClock(Clock):
    """Always the same moment."""

    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="module")
def healthy() -> MetricsState:
    """Samples that several tests look at, computed once."""
    return MetricsState.healthy(NOW)


def one(state: MetricsState, name: str, moment: datetime = NOW, **labels: str) -> Any:
    """The first series with these labels."""
    view = store_of(state).until(moment.timestamp())
    return view.series(next(key for key in view.labels(name) if labels.items() <= dict(key).items()))


# --------------------------------------------------------------------------------------------------------- samples


def test_samples_cover_sixty_days(healthy):
    """Each minute a sample, at a time of its own, none in the future."""
    series = one(healthy, "http_requests_total", status="200")
    newest = series.times[-1] / 1000
    assert 0 <= NOW.timestamp() - newest <= 60
    assert newest - series.times[0] / 1000 > 59.9 * 86_400
    assert series.times[0] % 1000 != 0
    assert set(np.diff(series.times)) == {60_000, 120_000, 41 * 60_000}


def test_counters_reset_once(healthy):
    """At the deployment nine days ago, and are whole numbers."""
    for name in ("http_requests_total", "http_request_duration_seconds_bucket", "redis_keyspace_hits_total"):
        series = one(healthy, name)
        falls = np.flatnonzero(np.diff(series.values) < 0)
        assert len(falls) == 1, name
        assert (NOW.timestamp() - series.times[falls[0]] / 1000) / 86_400 == pytest.approx(9, abs=0.01)
        assert (series.values == np.floor(series.values)).all()


def test_history_continues_deterministically():
    """Two days later the same samples, and more of them."""
    state = MetricsState.healthy(NOW)
    for name in ("http_request_duration_seconds_sum", "image_queue_length", "redis_memory_used_bytes"):
        before = one(state, name)
        after = one(state, name, NOW + timedelta(days=2))
        assert len(after.times) == len(before.times) + 2 * 1440
        assert (after.values[: len(before.values)] == before.values).all()


def test_worlds_with_equal_levers_share_samples():
    """Another lever, and another minute, has samples of its own."""
    first = store_of(MetricsState.healthy(NOW))
    assert store_of(MetricsState.healthy(NOW + timedelta(seconds=20))) is first
    assert store_of(MetricsState.healthy(NOW + timedelta(seconds=60))) is not first
    high = replace(MetricsState.healthy(NOW), cpu={"portfolio-web": 95.0})
    assert store_of(high) is not store_of(MetricsState.healthy(NOW))


@pytest.mark.parametrize(
    "changed", [{"odd_day": 3.0}, {"now": NOW + timedelta(minutes=1)}, {"latency_factor": 2.0}]
)
def test_samples_do_not_depend_on_earlier_worlds(healthy, changed):
    """What worlds share is the same in each of them: samples are those of a sandbox that has just started."""
    state = replace(healthy, **changed)
    names = ("http_requests_total", "http_request_duration_seconds_sum", "redis_keyspace_hits_total")

    def samples():
        return [one(state, name, state.now).values for name in names]

    for name in names:
        one(healthy, name)
    after = samples()
    one(healthy, names[0])  # makes the store forget the other world
    for kept in (history._noise, history._busy, history._events):
        kept.cache_clear()
    assert all(map(np.array_equal, after, samples()))


def test_views_share_their_memory_until_the_next_scrape(healthy):
    """At any moment of a minute they hold what has been scraped by then, of every series."""
    store = store_of(healthy)
    moments = [NOW.timestamp() + passed / 10 for passed in range(600)]
    views = [(moment, store.until(moment)) for moment in moments]
    changes = [pair for pair in pairwise(views) if pair[0][1].memory is not pair[1][1].memory]
    assert 10 < len(changes) < 30
    whole = store.until(moments[-1] + 60)
    for moment, view in (each for pair in changes for each in pair):
        for labels in view.labels("up"):
            scraped = whole.series(labels).times
            assert view.series(labels).times[-1] == scraped[scraped <= round(moment * 1000)][-1]


def test_traffic_varies_by_day_and_grows(healthy):
    """Afternoons are busier than nights, weekends quieter, the last weeks busier than the first."""
    values = one(healthy, "redis_keyspace_hits_total")
    rate = np.diff(values.values).clip(0)
    hours = values.times[1:] / 3_600_000 % 24
    assert rate[(hours > 13) & (hours < 16)].mean() > 1.8 * rate[(hours > 1) & (hours < 4)].mean()
    assert rate[-14 * 1440 :].mean() > 1.05 * rate[: 14 * 1440].mean()
    sunday = np.floor(values.times[1:] / 86_400_000 + 4) % 7 == 0
    assert rate[sunday].mean() < 0.9 * rate[~sunday].mean()


def test_buckets_are_cumulative(healthy):
    """Each holds those before it, and the last is the count."""
    view = store_of(healthy).until(NOW.timestamp())
    for route in ("/", "/gallery"):
        instance = {"route": route, "instance": "portfolio-web-0:3000"}.items()
        keys = [k for k in view.labels("http_request_duration_seconds_bucket") if instance <= dict(k).items()]
        keys.sort(key=lambda key: float(dict(key)["le"]))
        columns = np.array([view.series(key).values for key in keys])
        assert (np.diff(columns, axis=0) >= 0).all()
        count = one(healthy, "http_request_duration_seconds_count", **dict(instance))
        assert (columns[-1] == count.values).all()


@pytest.mark.parametrize(
    ("lever", "value", "query", "least", "most"),
    [
        (
            "availability",
            97.0,
            "100 * avg(avg_over_time(probe_success{instance='https://portfolio.example'}[1d]))",
            96.8,
            97.2,
        ),
        (
            "error_percent",
            8.3,
            "100 * sum(increase(http_requests_total{status=~'5..'}[1d])) / sum(increase(http_requests_total[1d]))",
            8.2,
            8.4,
        ),
        (
            "image_success",
            92.8,
            "100 * sum(increase(image_optimizations_total{result='success'}[1d]))"
            " / sum(increase(image_optimizations_total[1d]))",
            92.7,
            92.9,
        ),
        (
            "latency_factor",
            8.0,
            "histogram_quantile(0.95, sum by (le) (increase(http_request_duration_seconds_bucket[1d])))",
            3.0,
            4.0,
        ),
        ("stale_minutes", 45.0, "max(max_over_time(timestamp(up)[1d:1m])) - time()", -2820, -2640),
    ],
)
def test_lever_affects_only_its_metric(lever, value, query, least, most):
    """Over the last day; the days before are as they were."""
    from sandbox.figures import promql

    state = MetricsState.healthy(NOW)
    setattr(state, lever, value)
    view = store_of(state).until(NOW.timestamp())
    ((_, points),) = promql.instant(view, promql.parse(query), NOW.timestamp()).rows
    assert least < points[0][1] < most
    if lever != "stale_minutes":
        ((_, before),) = promql.instant(view, promql.parse(query), NOW.timestamp() - 4 * 86_400).rows
        assert not least < before[0][1] < most


def test_portfolio_targets_can_be_down_alone():
    """``up`` goes on, as 0, and other jobs do."""
    state = MetricsState(NOW, silent_minutes=45)
    age = {
        name: NOW.timestamp() - one(state, name, **labels).times[-1] / 1000
        for name, labels in {
            "http_requests_total": {},
            "probe_success": {},
            "up": {"job": "portfolio"},
        }.items()
    }
    assert age["http_requests_total"] > 44 * 60
    assert max(age["probe_success"], age["up"]) < 61
    ups = one(state, "up", job="portfolio").values
    assert (ups[-44:] == 0).all()
    assert ups[-47] == 1


def test_buckets_and_metrics_can_be_missing():
    """The largest bucket is all of them."""
    state = MetricsState(NOW, largest_bucket=1.0, missing={"image_queue_length"})
    view = store_of(state).until(NOW.timestamp())
    bounds = {float(dict(key)["le"]) for key in view.labels("http_request_duration_seconds_bucket")}
    assert sorted(bounds)[-2:] == [1.0, float("inf")]
    assert "image_queue_length" not in view.names()


# -------------------------------------------------------------------------------------------------------- services


@pytest.fixture
def world(healthy) -> World:
    made = World.healthy(NOW)
    made.metrics, made.alerts = healthy, AlertsState.healthy(NOW)
    return made


class Client:
    """Requests to the app itself, without a network."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)
        self.headers: dict[str, str] = {}
        self.auth: tuple[str, str] | None = None

    def get(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._send("GET", path, **more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._send("POST", path, **more))

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://app", auth=self.auth) as client:
            return await client.request(method, path, headers=self.headers, **more)


def client_of(service: Any, world: World) -> Client:
    """A client for the service, which shows ``world``."""
    service.context = Context(folder=None, ca=None, clock=FixedClock(), world=world)  # type: ignore[arg-type]
    return Client(service.app())


@pytest.fixture
def prometheus(world) -> Client:
    service = PrometheusService()
    client = client_of(service, world)
    client.auth = (USERNAME, service.password)
    return client


@pytest.fixture
def grafana(world) -> Client:
    service = GrafanaService()
    client = client_of(service, world)
    client.headers["Authorization"] = f"Bearer {service.token}"
    return client


@pytest.fixture
def alertmanager(world) -> Client:
    service = AlertmanagerService(webhook=lambda: "http://localhost:1")
    client = client_of(service, world)
    client.auth = (USERNAME, service.password)
    return client


def test_unauthenticated_requests_are_refused(prometheus, grafana, alertmanager):
    """Except from Grafana's health."""
    for client, path in (
        (prometheus, "/api/v1/query"),
        (prometheus, "/-/ready"),
        (alertmanager, "/api/v2/alerts"),
    ):
        client.auth = ("playbook", "wrong")
        assert client.get(path).status_code == 401
    grafana.headers["Authorization"] = "Bearer wrong"
    for path in ("/api/search", f"{PROXY}/api/v1/query?query=up", "/api/dashboards/uid/portfolio-overview"):
        assert grafana.get(path).status_code == 401
    assert grafana.get("/api/health").json()["database"] == "ok"


def test_queries_are_accepted_by_get_and_form(prometheus):
    """As Grafana's data source sends them."""
    got = prometheus.get("/api/v1/query", params={"query": "sum(up)"}).json()
    assert got["data"]["result"][0]["value"] == [NOW.timestamp(), "18"]
    assert prometheus.post("/api/v1/query", data={"query": "sum(up)"}).json() == got
    parameters = {"query": "up", "start": NOW.timestamp() - 60, "end": NOW.isoformat(), "step": "30s"}
    rows = prometheus.post("/api/v1/query_range", data=parameters).json()["data"]["result"]
    assert [len(row["values"]) for row in rows] == [3] * 18
    assert prometheus.get("/api/v1/nothing").status_code == 404


def test_unsupported_query_is_an_error(prometheus):
    """422 that names it, never a number."""
    answer = prometheus.get("/api/v1/query", params={"query": "histogram_count(up)"})
    assert answer.status_code == 422
    assert answer.json() == {
        "status": "error",
        "errorType": "execution",
        "error": "the function histogram_count() is not supported by the sandbox",
    }


def test_targets_rules_and_versions_are_served(prometheus, world):
    """What people look at next."""
    world.alerts.raise_alert("QueueGrowing", "It grows", minutes=3, state="pending")
    assert {t["health"] for t in prometheus.get("/api/v1/targets").json()["data"]["activeTargets"]} == {"up"}
    _, alert = prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
    assert (alert["state"], alert["labels"]["alertname"]) == ("pending", "QueueGrowing")
    (group,) = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    (rule,) = [one for one in group["rules"] if one["name"] == "QueueGrowing"]
    assert rule["alerts"] == [alert]
    assert {one["state"] for one in group["rules"]} == {"firing", "pending", "inactive"}
    assert prometheus.get("/api/v1/status/buildinfo").json()["data"]["version"].endswith("-sandbox")
    assert prometheus.get("/-/ready").text == "Prometheus Server is Ready.\n"


def test_grafana_proxies_queries(grafana, world):
    """To its one data source, while that is there."""
    parameters = {"query": "sum(up)"}
    assert grafana.get(f"{PROXY}/api/v1/query", params=parameters).json()["data"]["result"][0]["value"][1] == "18"
    assert grafana.get("/api/datasources/proxy/uid/other/api/v1/query", params=parameters).status_code == 404
    world.metrics = MetricsState(NOW, datasource=False)
    missing = grafana.get(f"{PROXY}/api/v1/query", params=parameters)
    assert (missing.status_code, missing.json()["message"]) == (404, "Unable to find datasource")
    world.metrics = MetricsState(NOW)
    world.gone.add("prometheus")
    assert grafana.get(f"{PROXY}/api/v1/query", params=parameters).status_code == 502


def test_grafana_dashboard_can_be_removed(grafana, world):
    """Which a fault can take away."""
    (found,) = grafana.get("/api/search", params={"query": "portfolio", "type": "dash-db"}).json()
    stored = grafana.get(f"/api/dashboards/uid/{found['uid']}").json()["dashboard"]
    assert stored["title"] == found["title"] == "Portfolio Overview"
    assert grafana.get("/api/datasources/uid/prometheus").json()["type"] == "prometheus"
    world.metrics = MetricsState(NOW, dashboard=None)
    assert grafana.get("/api/search", params={"query": "portfolio"}).json() == []
    assert grafana.get(f"/api/dashboards/uid/{found['uid']}").status_code == 404


def test_grafana_lists_normal_instances(grafana, world):
    """With words of its own."""
    world.alerts.raise_alert("HighErrorRate", "Many", minutes=3)
    alerts = grafana.get("/api/prometheus/grafana/api/v1/alerts").json()["data"]["alerts"]
    assert [alert["state"] for alert in alerts] == ["Alerting", "Alerting", "Normal"]
    assert not any(name.startswith("__") for name in alerts[1]["labels"])
    path = "/api/prometheus/grafana/api/v1/alerts?includeInternalLabels=true"
    assert grafana.get(path).json()["data"]["alerts"][1]["labels"]["__alert_rule_uid__"] == "higherrorrate"
    (group,) = grafana.get("/api/prometheus/grafana/api/v1/rules").json()["data"]["groups"]
    assert {one["health"] for one in group["rules"]} == {"ok"}


def test_grafana_silences_have_alertmanager_format(grafana, alertmanager):
    """In Alertmanager's form."""
    silences = grafana.get("/api/alertmanager/grafana/api/v2/silences").json()
    assert silences == alertmanager.get("/api/v2/silences").json()
    assert silences


def test_alertmanager_filters_firing_and_silenced(alertmanager, world):
    """Pending alerts never reach it; flags filter."""
    world.alerts.raise_alert("QueueGrowing", "It grows", minutes=3, state="pending")
    world.alerts.raise_alert("HighErrorRate", "Many", minutes=3)
    world.alerts.raise_alert("BackupJobSlow", "Slow", minutes=3)
    states = {a["labels"]["alertname"]: a["status"]["state"] for a in alertmanager.get("/api/v2/alerts").json()}
    assert states == {"Watchdog": "active", "HighErrorRate": "active", "BackupJobSlow": "suppressed"}
    shown = alertmanager.get("/api/v2/alerts", params={"silenced": "false"}).json()
    assert {alert["labels"]["alertname"] for alert in shown} == {"Watchdog", "HighErrorRate"}
    assert alertmanager.get("/api/v2/alerts", params={"active": "perhaps"}).status_code == 422
    assert alertmanager.get("/api/v2/silences").json()[0]["status"] == {"state": "active"}


def test_alert_can_be_undelivered(prometheus, alertmanager, world):
    """Prometheus knows it, Alertmanager does not."""
    world.alerts.raise_alert("HighErrorRate", "Many", minutes=3, delivered=False)
    assert prometheus.get("/api/v1/alerts").json()["data"]["alerts"][1]["state"] == "firing"
    assert [a["labels"]["alertname"] for a in alertmanager.get("/api/v2/alerts").json()] == ["Watchdog"]


def test_alert_can_be_posted(alertmanager):
    """And is listed until it ends; what is none is refused with a JSON string."""
    alert = {"labels": {"alertname": "Drill"}, "startsAt": NOW.isoformat()}
    assert alertmanager.post("/api/v2/alerts", json=[alert]).status_code == 200
    assert {"alertname": "Drill"} in [a["labels"] for a in alertmanager.get("/api/v2/alerts").json()]
    alertmanager.post("/api/v2/alerts", json=[alert | {"endsAt": (NOW - timedelta(seconds=1)).isoformat()}])
    assert [a["labels"]["alertname"] for a in alertmanager.get("/api/v2/alerts").json()] == ["Watchdog"]
    for wrong in (
        {},
        [{}],
        [{"labels": {}}],
        [alert | {"startsAt": "soon"}],
        [alert | {"endsAt": "2026-06-15T10:00"}],
    ):
        refused = alertmanager.post("/api/v2/alerts", json=wrong)
        assert refused.status_code == 400
        assert isinstance(refused.json(), str)


def test_other_sites_are_probed_too(prometheus):
    """All of them up; the instance distinguishes the website's own probes."""
    answer = prometheus.get("/api/v1/query", params={"query": "count by (instance) (probe_success)"}).json()
    counts = {row["metric"]["instance"]: row["value"][1] for row in answer["data"]["result"]}
    assert counts.pop("https://portfolio.example") == "2"
    assert list(counts.values()) == ["1"] * 10


def test_series_can_start_with_high_value(world, prometheus):
    """Four hours before now, at once with its whole number."""
    world.metrics = MetricsState(NOW, errors_born=5000)
    query = "http_requests_total{status='504'}"
    (row,) = prometheus.get("/api/v1/query", params={"query": f"{query}[1d]"}).json()["data"]["result"]
    assert {value for _, value in row["values"]} == {"5000"}
    assert 235 <= len(row["values"]) <= 241


def test_partial_store_returns_warning(world, prometheus):
    """With what it could gather."""
    world.metrics = MetricsState(NOW, partial=True)
    content = prometheus.get("/api/v1/query", params={"query": "up"}).json()
    assert content["status"] == "success"
    assert len(content["data"]["result"]) == 18
    assert "connection refused" in content["warnings"][0]
