"""Shares and percentiles as operators write them, of which a part would be taken for the whole.

Labels in one selector only, counters that are read as they are, ranges of two lengths, patterns that match
nothing, and means of what summaries tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_meaning import without_window
from playbook.clients.prometheus_part import of_the_whole
from playbook.clients.promql_tree import parsed
from playbook.core.clock import FixedClock
from playbook.measure.figures.kpis import availability, error_rate, response_time
from playbook.measure.figures.recent import error_rate_now
from tests.foreign.monitoring import NOW, vector
from tests.foreign.test_own_queries import Store, verdict, with_query
from tests.judged import judged_reading

REQUESTS = "increase(http_requests_total{{job='web'{}}}[{}])"


def share(failed: str, every: str = "", of: str = "$window", by: str = "$window") -> str:
    return f"100 * sum({REQUESTS.format(failed, of)}) / sum({REQUESTS.format(every, by)})"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (share(", code=~'5..', method='GET'"), "got one of different requests, by method in "),
        (share(", code=~'5..', handler!='/upload'"), "got one of different requests, by handler in "),
        (share(", code=~'5..', instance='10.0.0.7:8080'"), "got one of different requests, by instance in "),
        (share(", code='5xx', method=~'GET|HEAD'"), "got one of different requests, by method in "),
        (
            "100 * (sum(increase(r_total{job='wbe',code=~'5..'}[$window])) or vector(0))"
            " / sum(increase(r_total{job='web'}[$window]))",
            "got one of different requests, by job in ",
        ),
        (share(", code=~'5..', code!='503'"), "got only those of status 5.., without 503"),
        (share(", code=~'5..', code!~'50[34]'"), "got only those of status 5.., without 50[34]"),
        (share(", code=~'5..'").replace("increase", "irate"), "got its last two samples, by irate"),
        (
            share(", code=~'5..'").replace("increase", "sum_over_time"),
            "got what http_requests_total has counted since its process was started, by sum_over_time",
        ),
        (share(", code=~'5..'").replace("increase", "max_over_time"), "started, by max_over_time"),
        (share(", code=~'5..'", by="5m").replace("increase", "rate"), "got one of two times, 24 h and 5 min"),
    ],
)
def test_share_of_a_part_says_nothing(query: str, words: str) -> None:
    """A bad one counts: of all of them it would be worse."""
    said, message = verdict(query, 0.02)
    assert (said, words in message) == ("UNKNOWN", True), message
    assert verdict(query, 6.0)[0] == "CRITICAL"


@pytest.mark.parametrize(
    "query",
    [
        share(", code=~'5..', handler!='/health'", ", handler!='/health'"),
        share(", code=~'5..'", ", handler!='/health'"),
        share(", code=~'5..', method=~'GET'", ", method='GET'"),
        share(", code='5xx'"),
        share(", code='500'") + " + " + share(", code=~'50[1-9]|5[1-9].'"),
        "100 * sum(rate(envoy_cluster_upstream_rq_xx{envoy_response_code_class='5',job='w'}[$window]))"
        " / sum(rate(envoy_cluster_upstream_rq_xx{job='w'}[$window]))",
        # Of two metrics, the labels may differ.
        "100 * sum(rate(http_errors_total{job='w',kind='server'}[$window]))"
        " / sum(rate(http_requests_total{job='w'}[$window]))",
        # The growth of a counter without increase(), as in a store that has none.
        "100 * (sum(max_over_time(e_total{job='w'}[$window])) - sum(min_over_time(e_total{job='w'}[$window])))"
        " / sum(increase(r_total{job='w'}[$window]))",
        "100 * avg_over_time((sum(irate(e_total{job='w'}[5m])) / sum(irate(r_total{job='w'}[5m])))[$window:1m])",
    ],
)
def test_share_of_the_whole_is_understood(query: str) -> None:
    assert verdict(query, 0.02) == ("OK", verdict(query, 0.02)[1])


def test_availability_is_one_of_all_failures() -> None:
    query = "100 - " + share(", code='503'")
    said, message = verdict(query, 99.98, availability)
    assert (said, "got only those of status 503" in message) == ("UNKNOWN", True), message


SUMMARY = "avg_over_time(http_request_duration_seconds{job='w', quantile='0.95'}[$window])"


@pytest.mark.parametrize(
    "query",
    [
        SUMMARY,
        f"avg({SUMMARY})",
        "avg(max_over_time(http_request_duration_seconds{job='w', quantile='0.95'}[$window]))",
        "avg(histogram_quantile(0.95, sum by (le, route) (rate(x_seconds_bucket{job='w'}[$window]))))",
        "avg_over_time(histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket{job='w'}[5m])))[$window:5m])",
        "avg_over_time(job:http_latency:p95[$window])",
    ],
)
def test_mean_of_percentiles_hides_no_bad_one(query: str) -> None:
    """Four busy hours with 6 s beside twenty quiet ones with 0.1 s are 1.1 s on average."""
    said, message = verdict(query, 1.1, response_time, highest=6.0)
    assert (said, "got a mean of several ones, of which 6 s is the highest" in message) == ("UNKNOWN", True), (
        message
    )
    assert verdict(query, 0.4, response_time, highest=0.9)[0] == "OK"
    assert verdict(query, 6.0, response_time, highest=9.0)[0] == "CRITICAL"


def test_mean_of_buckets_is_a_percentile() -> None:
    """It is that of their sum."""
    query = "histogram_quantile(0.95, avg by (le) (rate(x_seconds_bucket{job='w'}[$window])))"
    assert verdict(query, 0.4, response_time, highest=6.0)[0] == "OK"


@dataclass
class Labels(Store):
    """Answers also the share of failed requests that no pattern matches; empty for no series."""

    left_out: str = ""

    def _path(self, path, parameters):
        query = str(parameters.get("query", ""))
        if '=~"5.*"' in query:
            self.answers = {"left out": vector(self.left_out)} if self.left_out else {}
            self.asked.append(query)
            return "left out" if self.left_out else "standing"
        return super()._path(path, parameters)


@pytest.mark.parametrize(
    ("failed", "negated"),
    [
        (", code=~'^5'", "code!~'^5'"),
        (", code='5xx'", "code!~'5xx'"),
        (", code=~'5[0-9]{2}'", "code!~'5[0-9]{2}'"),
    ],
)
@pytest.mark.parametrize(("left_out", "expected"), [("", "OK"), ("0", "OK"), ("0.3", "OK"), ("4.2", "UNKNOWN")])
def test_pattern_that_matches_no_failure_is_found(failed: str, negated: str, left_out: str, expected: str) -> None:
    """A pattern has to match the whole of a label: ``^5`` matches no 500, and ``5xx`` no 502."""
    query = share(failed) + " or vector(0)"
    settings = with_query("error_rate", query)
    http = Labels(query=query, value="0", left_out=left_out)
    store = Prometheus(cast(HttpClient, http), fixed=without_window(settings))
    found = error_rate(store, settings, FixedClock(NOW))
    said, message = judged_reading(found.coverage, found.reading, settings.limits.error_rate)
    assert (said, "that does not match those of 4.2 % of the requests" in message) == (
        expected,
        expected == "UNKNOWN",
    ), message
    [asked] = (one for one in http.asked if '=~"5.*"' in one)
    assert f"{{job='web', code=~\"5.*\", {negated}}}[24h]" in asked
    assert parsed(asked) is not None


@dataclass
class LastHour(Store):
    """As ``Store``, for the queries of an investigation, and with counters that fall where ``falls`` says so."""

    left_out: str = "0"
    worst: str = ""
    falls: str = ""

    def _path(self, path, parameters):
        query = str(parameters.get("query", ""))
        told = {
            "> 12)": self.falls,
            '=~"5.*"': self.left_out,
            "100 * max(avg_over_time(job": self.worst,
        }
        found = next((value for words, value in told.items() if words in query and value), "")
        name = super()._path(path, parameters)
        if query == self.query.replace("$window", "1h"):
            name = "own"
        elif found:
            self.answers["told"] = vector(found)
            name = "told"
        elif "count_over_time(count(" in query:
            self.answers["minutes"] = vector("12")
            name = "minutes"
        return name


BEST = "100 * min(avg_over_time(job:errors:ratio{job='web'}[$window]))"


@pytest.mark.parametrize(
    ("query", "told", "words"),
    [
        (share(", code='5xx'"), {"left_out": "4.2"}, "that does not match those of 4.2 % of the requests"),
        (BEST, {"worst": "7.5"}, "got the best one; the worst is 7.5 %"),
        (share(", code=~'5..'"), {"falls": "2"}, "got those of 2 instances falling"),
    ],
)
def test_error_rate_of_an_investigation_is_doubted_as_that_of_the_day(
    query: str, told: dict[str, str], words: str
) -> None:
    """What the daily check finds of a query, the ones of the last hour and minutes do, too."""
    settings = with_query("error_rate", query)

    def asked(value: str, **answers: str) -> tuple[str, str]:
        http = LastHour(query=query, value=value, **answers)
        store = Prometheus(cast(HttpClient, http), fixed=without_window(settings))
        found = error_rate_now(store, settings, FixedClock(NOW))
        return judged_reading(found.by_itself.coverage, found.reading, settings.limits.error_rate)

    assert asked("0.02")[0] == "OK", asked("0.02")
    said, message = asked("0.02", **told)
    assert (said, words in message) == ("UNKNOWN", True), message
    assert asked("9.0", **told)[0] == "CRITICAL"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("max(timestamp(up{job='web'}))", "those that the store makes itself, by up"),
        ("max(timestamp(scrape_samples_scraped{job='web'}))", "by scrape_samples_scraped"),
        ("time()", "a constant"),
        ("max(timestamp(http_requests_total{job='web'}))", ""),
        ("max(timestamp(up{job='web'}) or timestamp(http_requests_total{job='web'}))", ""),
    ],
)
def test_newest_sample_is_one_of_the_website(query: str, words: str) -> None:
    """The samples of a scrape that was not answered are as fresh as any."""
    told = of_the_whole("queries.newest_sample", query)
    assert (told.enough, words in told.got) == (not words, True), told
