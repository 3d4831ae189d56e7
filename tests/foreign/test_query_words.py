"""Queries in the words of Prometheus 3, VictoriaMetrics, Sloth, Pyrra, usual proxies and OpenTelemetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_meaning import without_window
from playbook.clients.promql_tree import parsed
from playbook.core.clock import FixedClock
from playbook.measure.figures.kpis import availability, error_rate, response_time
from playbook.settings.model import Settings
from tests.foreign.monitoring import NOW, groups, of_rules, rule, vector, verdict_on_alerts
from tests.foreign.test_own_queries import Several, Store, verdict, with_query
from tests.judged import judged_reading

UP = "avg_over_time(probe_success{job='a'}[$window])"
BAD = "avg_over_time(job:errors:ratio{job='a'}[$window])"
SHARE = "sum(rate({}[$window])) / sum(rate({}[$window]))"


@pytest.mark.parametrize(
    ("query", "measure", "name"),
    [
        (f"100 * group({UP})", availability, "group"),
        (f"100 * sgn(sum({UP}))", availability, "sgn"),
        (f"100 * ceil(avg({UP}))", availability, "ceil"),
        (f"round(100 * avg({UP}))", availability, "round"),
        (f"clamp_min(100 * avg({UP}), 99.9)", availability, "clamp_min"),
        (f"100 * clamp(avg({UP}), 0.999, 1)", availability, "clamp"),
        (f"100 * (avg({UP}) > bool 0.5)", availability, "bool"),
        (f"floor(100 * avg({BAD}))", error_rate, "floor"),
        (f"clamp_max(100 * avg({BAD}), 0.05)", error_rate, "clamp_max"),
        (
            "100 * sum(rate(e{job='a'}[$window])) / clamp_min(sum(rate(r{job='a'}[$window])), 1)",
            error_rate,
            "clamp_min",
        ),
    ],
)
def test_what_makes_a_good_figure_of_a_bad_one_says_nothing(query, measure, name):
    """A good one is not known to be good, while a bad one is bad."""
    told = verdict(query, 99.98 if measure is availability else 0.02, measure)
    assert (told[0], f"got what {name} makes of it" in told[1]) == ("UNKNOWN", True), told
    assert verdict(query, 90.0 if measure is availability else 6.0, measure)[0] == "CRITICAL"


@pytest.mark.parametrize(
    ("query", "measure"),
    [
        (f"clamp_max(100 * avg({UP}), 100)", availability),
        (f"100 * clamp(avg({UP}), 0, 1)", availability),
        (f"round(100 * avg({UP}), 0.01)", availability),
        ("100 * avg_over_time((avg(probe_success{job='a'}) > bool 0.5)[$window:1m])", availability),
        (f"100 * clamp_max(avg({BAD}), 1)", error_rate),
        (
            "100 * sum(increase(e{job='a'}[$window])) / clamp_min(sum(increase(r{job='a'}[$window])), 1)",
            error_rate,
        ),
        ("100 * sum(rate(e{job='a'}[$window])) / clamp_min(sum(rate(r{job='a'}[$window])), 1e-9)", error_rate),
    ],
)
def test_what_leaves_a_bad_figure_bad_is_understood(query, measure):
    """Limits that no figure goes beyond, and a divisor that must not be 0."""
    assert verdict(query, 99.98 if measure is availability else 0.02, measure)[0] == "OK"


@pytest.mark.parametrize("best", ["topk(1, {})", "limitk(1, {})", "quantile(0.9, {})", "any({})"])
@pytest.mark.parametrize(("worst", "expected"), [("93.1", "UNKNOWN"), ("99.98", "OK")])
def test_some_of_several_series_say_nothing(best, worst, expected):
    """The worst of them is asked for."""
    query = f"100 * {best.format(UP)}"
    settings = with_query("availability", query)
    http = cast(HttpClient, Several(query=query, value="99.98", worst=worst))
    found = availability(Prometheus(http, fixed=without_window(settings)), settings, FixedClock(NOW))
    told = judged_reading(found.coverage, found.reading, settings.limits.availability)
    assert told[0] == expected, told


@pytest.mark.parametrize(
    ("query", "is_known"),
    [
        ("100 * sum(rate(e{job='a'}[$window])) keep_metric_names / sum(rate(r{job='a'}[$window]))", True),
        (f"100 * avg({BAD}) default 0", True),
        (f"100 * avg({BAD}) if sum(up{{job='a'}})", True),
        ("100 * sum(increase_pure(e{job='a'}[$window])) / sum(increase_pure(r{job='a'}[$window]))", False),
        ("WITH (s = {job='a'}) 100 * sum(rate(e{s}[$window])) / sum(rate(r{s}[$window]))", False),
        (
            "# whole\n100 * sum(increase_pure(e{job='a'}[$window])) / sum(increase_pure(r{job='a'}[$window]))",
            True,
        ),
    ],
)
def test_query_in_metricsql_is_understood_or_named(query, is_known):
    """What it leaves out is not known of functions that PromQL has not."""
    told = verdict(query, 0.02)
    assert (told[0], "cannot be parsed here" in told[1]) == ("OK" if is_known else "UNKNOWN", not is_known), told


@pytest.mark.parametrize(
    ("query", "value", "expected"),
    [
        ("100 * avg_over_time(slo:current_burn_rate:ratio{sloth_service='web'}[$window])", 30, "UNKNOWN"),
        (
            "100 * (1 - avg_over_time(slo:period_error_budget_remaining:ratio{sloth_slo='a'}[$window]))",
            40,
            "UNKNOWN",
        ),
        ("100 * avg_over_time(slo:objective:ratio{sloth_slo='a'}[$window])", 99.9, "UNKNOWN"),
        ("100 * avg_over_time(slo:sli_error:ratio_rate5m{sloth_slo='a'}[$window])", 0.02, "OK"),
        ("100 * avg_over_time(http_requests:burnrate5m{slo='a'}[$window])", 0.02, "OK"),
    ],
)
def test_error_budget_is_no_error_rate(query, value, expected):
    """A third of the budget spent is no outage."""
    assert verdict(query, value)[0] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("histogram_fraction(0, 1, sum(rate(http_server_request_duration_seconds{job='a'}[$window])))", "UNKNOWN"),
        ("histogram_avg(sum(rate(http_server_request_duration_seconds{job='a'}[$window])))", "UNKNOWN"),
        ("histogram_quantile(0.95, sum(rate(http_server_request_duration_seconds{job='a'}[$window])))", "OK"),
        ("histogram_quantile(0.95, sum(rate({\"http.server.request.duration\", job='a'}[$window])))", "OK"),
    ],
)
def test_figures_of_native_histograms_are_told_apart(query, expected):
    """0.97 is a share here, and not a time."""
    assert verdict(query, 0.97, response_time)[0] == expected


@dataclass
class Statuses(Store):
    """Answers also the share of requests whose status is none."""

    none: Any = "0"

    def _path(self, path, parameters):
        if '!~"[1-5](' in str(parameters.get("query", "")):
            self.answers = {"none": vector(self.none)}
            self.asked.append(str(parameters["query"]))
            return "none"
        return super()._path(path, parameters)


PROXIES = {
    "haproxy": ("haproxy_backend_http_responses_total{code=\"5xx\",proxy='a'}", "code", "{proxy='a'"),
    "traefik": ("traefik_service_requests_total{code=~\"5..\",service='a'}", "code", "{service='a'"),
    "envoy": ("envoy_cluster_upstream_rq_xx{envoy_response_code_class='5'}", "envoy_response_code_class", "{"),
    "nginx-vts": ("nginx_server_requests{host='a',code='5xx'}", "code", "{host='a'"),
    "opentelemetry": (
        '{"http.server.request.duration_count", "http.response.status_code"=~"5.."}',
        '"http.response.status_code"',
        '{"http.server.request.duration_count"',
    ),
}


def own_statuses(failed: str, every: str, none: str) -> tuple[str, str, list[str]]:
    query = f"100 * {SHARE.format(failed, every)}"
    settings: Settings = with_query("error_rate", query)
    http = Statuses(query=query, value="0.02", none=none)
    found = error_rate(
        Prometheus(cast(HttpClient, http), fixed=without_window(settings)), settings, FixedClock(NOW)
    )
    return (*judged_reading(found.coverage, found.reading, settings.limits.error_rate), http.asked)


@pytest.mark.parametrize(("failed", "label", "rest"), PROXIES.values(), ids=PROXIES)
@pytest.mark.parametrize(("none", "expected"), [("0", "OK"), ("0.4", "OK"), ("50", "UNKNOWN")])
def test_requests_without_a_status_are_looked_for_in_own_queries(failed, label, rest, none, expected):
    """HAProxy's "other", a total beside the classes, or nothing where a connection broke off."""
    every = failed.partition("{")[0] + rest + "}"
    said, message, asked = own_statuses(failed, every, none)
    assert (said, "% of requests not understood" in message) == (expected, expected == "UNKNOWN"), message
    [query] = (one for one in asked if '!~"[1-5](' in one)
    assert f'{label}!~"[1-5]([0-9][0-9]|xx)?"}}[24h]' in query
    assert parsed(query) is not None


RECORDED = {"type": "recording", "health": "err", "lastError": "many-to-many matching", "query": "up"}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ('{"slo.errors:ratio"} > 0.05', "slo.errors:ratio"),
        ("{'slo.errors:ratio', job=\"web\"} > 0.05", "slo.errors:ratio"),
        ('{__name__=~"job:errors:.+"} > 0.05', "job:errors:ratio"),
        ('{__name__="job:errors:ratio"} > 0.05', "job:errors:ratio"),
    ],
)
def test_recording_rule_is_known_however_an_alert_names_it(query, name):
    """Names with other characters are in quotes, since Prometheus 3."""
    recorded = RECORDED | {"name": name, "lastEvaluation": "2026-06-15T07:59:41Z"}
    for rules, expected in ((groups(rule(query=query), recorded), "UNKNOWN"), (groups(rule(), recorded), "OK")):
        told = verdict_on_alerts(prometheus=of_rules() | {"api/v1/rules": rules})
        assert told[0] == expected, told


def test_rule_with_an_error_beside_its_good_health_is_not_well():
    """The two contradict each other."""
    rules = groups(rule(health="ok", lastError="store 10.0.0.7 is not available"))
    told = verdict_on_alerts(prometheus=of_rules() | {"api/v1/rules": rules})
    assert (told[0], "store 10.0.0.7" in told[1]) == ("UNKNOWN", True), told
