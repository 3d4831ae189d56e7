"""Key figures: when they count, and the coverage they report."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from playbook.clients.prometheus import Answered, Courses, Sample, Series
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import whole
from playbook.core.errors import NotConfigured, Unreachable, UsageError
from playbook.core.limits import Reading
from playbook.core.secret import Secret
from playbook.measure.figures import kpis
from playbook.measure.figures.figure_names import ERROR_RATE, IMAGE_SUCCESS
from playbook.measure.figures.kpis import availability, error_rate, image_success, response_time
from playbook.measure.figures.performance import WEEK
from playbook.settings.loading import load
from tests.judged import judged_reading

NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
CLOCK = FixedClock(NOW)


class Store:
    """Answers by setting; empty for others.

    The series are those of one instance, unless ``series`` says otherwise.
    """

    def __init__(self, series=(("portfolio", "web-0", 1.0),), **answers):
        self._answers = answers
        self._series = series
        self.courses = {}  # by key, the points of a range
        self.ranges = []
        self.asked = {}

    def ask(self, expression, at=None, *, setting):
        self.asked[setting] = expression
        if not setting:
            samples = [Sample({"job": j, "instance": i}, 0.0, count) for j, i, count in self._series]
            return Answered("Prometheus", expression, setting, samples, ())
        value = self._answers.get(setting.removeprefix("queries."))
        if isinstance(value, dict):
            samples = [Sample({"le": bound}, 0.0, count) for bound, count in value.items()]
        else:
            samples = [] if value is None else [Sample({}, 0.0, value)]
        return Answered("Prometheus", expression, setting, samples, ())

    def query_range(self, expression, start, end, step, *, setting):
        self.ranges.append((setting, expression, start, end, step))
        course = self.courses.get(setting.removeprefix("queries."))
        if isinstance(course, Exception):
            raise course
        return Courses([Series({}, tuple(course))] if course else [])


BUCKETS = {"0.5": 40.0, "2": 97.0, "10": 99.0, "+Inf": 100.0}


def good(key, value, **more):
    answers = {f"{key}_count": 46_341.2, f"{key}_looks": 288.0, f"{key}_buckets": BUCKETS}
    return Store(**{key: value} | answers | more)


@pytest.fixture
def settings(tmp_path):
    """The default queries."""
    return load("production", root=tmp_path, environment={})


def verdict_of(kpi):
    return judged_reading(kpi.coverage, kpi.reading, kpi.limit)


@pytest.mark.parametrize(
    ("measure", "key", "counted"),
    [
        (availability, "availability", "probes"),
        (response_time, "response_time", "requests"),
        (error_rate, "error_rate", "requests"),
    ],
)
def test_figure_reports_its_basis(settings, measure, key, counted):
    """Its queries over 24 hours; count and window in the reading."""
    store = good(key, 1.25)
    kpi = measure(store, settings, CLOCK)
    assert (kpi.reading.value, kpi.reading.over) == (1.25, f"24 h (46,341 {counted})")
    asked = ["", "_count", "_looks"] + ["_buckets"] * (key == "response_time")
    asked += ["_unknown"] * (key in ("error_rate", "image_success"))
    rising = {"queries.standing", "queries.falling", "queries.untold"} if counted == "requests" else set()
    rising |= {"queries.untimed"} if key == "response_time" else set()
    assert set(store.asked) == {"", *rising, *(f"queries.{key}{suffix}" for suffix in asked)}
    assert not any("$" in query for query in store.asked.values())
    # Whether there are samples is asked once more, of the last hour.
    assert all(
        "[24h" in query or "[1h:5m]" in query or setting in rising for setting, query in store.asked.items()
    )
    assert kpi.coverage.words == "24 of 24 h · 1 answer · 1 series of this target"
    facts = kpi.facts.facts
    assert facts["Samples for"] == "24.0 of 24 h"
    assert facts["Setting"] == f"queries.{key}"


@pytest.mark.parametrize(
    ("looks", "value", "verdict"),
    [
        (288.0, 100.0, "OK"),
        (274.0, 100.0, "OK"),
        (273.0, 100.0, "UNKNOWN"),
        (156.0, 100.0, "UNKNOWN"),
        (156.0, 99.3, "WARNING"),
        (12.0, 97.0, "CRITICAL"),
        (None, 100.0, "UNKNOWN"),
    ],
)
def test_healthy_value_needs_its_window_but_failing_one_does_not(settings, looks, value, verdict):
    """95 % of the window for availability: times without probes may have been outages."""
    store = Store(availability=value, availability_count=2880.0, availability_looks=looks)
    kpi = availability(store, settings, CLOCK)
    assert verdict_of(kpi)[0] == verdict
    assert kpi.facts.facts["Value"] == f"{value:g} %"


def test_eleven_hours_without_samples_are_reported(settings):
    """With the value that was seen."""
    store = Store(availability=99.7, availability_count=1560.0, availability_looks=156.0)
    assert verdict_of(availability(store, settings, CLOCK)) == (
        "UNKNOWN",
        "Availability: expected samples of at least 22.8 of 24 h, got samples of 13 h; "
        "partial result: 99.7 % over 24 h (1,560 probes)",
    )


@pytest.mark.parametrize(
    ("count", "value", "verdict"),
    [(100.0, 0.0, "OK"), (99.4, 0.0, "UNKNOWN"), (None, 0.0, "UNKNOWN"), (20.0, 50.0, "CRITICAL")],
)
def test_low_error_rate_needs_a_hundred_requests(settings, count, value, verdict):
    """Half of twenty requests failing does not."""
    store = Store(error_rate=value, error_rate_count=count, error_rate_looks=288.0)
    found, message = verdict_of(error_rate(store, settings, CLOCK))
    assert found == verdict
    if verdict == "UNKNOWN":
        assert "expected at least 100 requests in 24 h, got " in message


@pytest.mark.parametrize(
    ("value", "got"),
    [(math.nan, "NaN"), (math.inf, "+inf"), (None, "no samples")],
)
def test_value_that_is_not_a_number_is_unknown_and_shown(settings, value, got):
    """A share of nothing, a division by zero, and no value."""
    kpi = response_time(good("response_time", value), settings, CLOCK)
    verdict, message = verdict_of(kpi)
    assert verdict == "UNKNOWN"
    assert message.endswith(f"got {got}")
    assert kpi.facts.facts["Value"] == ("none" if value is None else f"{value} s")


@pytest.mark.parametrize(
    ("key", "value"),
    [("availability", 10_000.0), ("availability", -1.0), ("error_rate", 140.0), ("response_time", -0.2)],
)
def test_impossible_value_is_unknown(settings, key, value):
    """Neither healthy nor failing."""
    measure = {"availability": availability, "error_rate": error_rate, "response_time": response_time}[key]
    verdict, message = verdict_of(measure(good(key, value), settings, CLOCK))
    assert verdict == "UNKNOWN"
    assert "which is impossible" in message


@pytest.mark.parametrize(
    ("value", "buckets", "got"),
    [
        (1.0, {"0.5": 40.0, "1.0": 60.0, "+Inf": 100.0}, "one beyond the largest bucket (1 s), as were 40.0 %"),
        (2.0, {"2": 80.0, "+Inf": 100.0}, "one beyond the largest bucket (2 s), as were 20.0 %"),
    ],
)
def test_quantile_beyond_the_buckets_is_not_known_to_be_healthy(settings, value, buckets, got):
    """The store returns the largest bound, however slow the rest is."""
    kpi = response_time(good("response_time", value, response_time_buckets=buckets), settings, CLOCK)
    verdict, message = verdict_of(kpi)
    assert verdict == "UNKNOWN"
    assert f"expected a value within its buckets, got {got} of 46,341" in message


@pytest.mark.parametrize(("largest", "verdict"), [("3", "WARNING"), ("10", "CRITICAL")])
def test_quantile_beyond_the_buckets_may_fail(settings, largest, verdict):
    """It is at least the largest bound, as the message says."""
    slow = {"1": 40.0, largest: 80.0, "+Inf": 100.0}
    kpi = response_time(good("response_time", float(largest), response_time_buckets=slow), settings, CLOCK)
    assert verdict_of(kpi)[0] == verdict
    assert kpi.reading.over == f"24 h (46,341 requests, beyond the largest bucket ({largest} s))"
    assert kpi.facts.facts["Largest bucket"] == f"{largest} s; 20.00 % of requests lie beyond it"


@pytest.mark.parametrize("buckets", [None, {}, {"+Inf": 100.0}, {"1": 0.0, "+Inf": 0.0}, {"1": 40.0, "5": 90.0}])
def test_quantile_without_buckets_is_unknown(settings, buckets):
    """Also without the bucket ``+Inf``. The setting is named."""
    kpi = response_time(good("response_time", 0.4, response_time_buckets=buckets), settings, CLOCK)
    assert verdict_of(kpi)[0] == "UNKNOWN"
    assert "expected the buckets that it was counted in, got none" in verdict_of(kpi)[1]
    assert kpi.reading.coverage.hint == "Adapt queries.response_time_buckets."
    assert kpi.facts.facts["Largest bucket"] == "not known"


@pytest.mark.parametrize(
    ("buckets", "got"),
    [
        ({"0.5": 90.0, "1": 40.0, "+Inf": 100.0}, "a lower count up to 1 than up to 0.5"),
        ({"much": 90.0, "+Inf": 100.0}, "one with the bound 'much'"),
        ({"0.5": math.nan, "+Inf": 100.0}, "a lower count up to inf than up to 0.5"),
    ],
)
def test_buckets_that_do_not_increase_are_unknown(settings, buckets, got):
    """A quantile of them is a guess."""
    verdict, message = verdict_of(
        response_time(good("response_time", 0.4, response_time_buckets=buckets), settings, CLOCK)
    )
    assert verdict == "UNKNOWN"
    assert f"expected bucket counts that grow with their bound, got {got}" in message


def test_equal_bounds_in_two_spellings_are_merged(settings):
    """Clients write ``1`` and ``1.0``."""
    buckets = {"1": 40.0, "1.0": 50.0, "10": 99.0, "+Inf": 100.0}
    kpi = response_time(good("response_time", 0.4, response_time_buckets=buckets), settings, CLOCK)
    assert verdict_of(kpi)[0] == "OK"


def test_empty_bucket_query_disables_the_bucket_check(tmp_path):
    """For times that are not in a histogram."""
    (tmp_path / "playbook.toml").write_text('[queries]\nresponse_time_buckets = ""\n')
    store = good("response_time", 0.4)
    kpi = response_time(store, load("production", root=tmp_path, environment={}), CLOCK)
    assert kpi.reading.value == 0.4
    assert "queries.response_time_buckets" not in store.asked
    assert "Largest bucket" not in kpi.facts.facts


@pytest.mark.parametrize(("unknown", "verdict"), [(463.0, "OK"), (480.0, "UNKNOWN"), (46_341.0, "UNKNOWN")])
def test_requests_of_unknown_status_do_not_count_as_good(settings, unknown, verdict):
    """E.g. where the label is called ``code``: then no series matches 5xx."""
    kpi = error_rate(good("error_rate", 0.0, error_rate_unknown=unknown), settings, CLOCK)
    assert verdict_of(kpi)[0] == verdict


@pytest.mark.parametrize(("looks", "leads_on"), [(0.0, True), (12.0, False)])
def test_metrics_of_other_names_lead_to_the_settings(settings, looks, leads_on):
    """As of Micrometer, Yabeda, PromEx and prometheus_exporter, whose times are a summary."""
    kpi = response_time(good("response_time", 0.4, response_time_looks=looks), settings, CLOCK)
    hints = " ".join(part.hint for part in kpi.covers(90).parts)
    assert ("[metrics], or write queries.response_time yourself" in hints) is leads_on


@pytest.mark.parametrize(("unknown", "verdict"), [(463.0, "OK"), (1e-9, "OK"), (46_341.0, "UNKNOWN")])
def test_images_of_unknown_result_do_not_count_as_good(settings, unknown, verdict):
    """E.g. of imgproxy's ``requests_total``, which has no label for it."""
    store = good("image_success", 100.0, image_success_unknown=unknown)
    assert verdict_of(kpis.kpi(store, settings, IMAGE_SUCCESS, kpis.TODAY, CLOCK.now()))[0] == verdict


def test_images_of_unknown_result_are_not_asked_for_beside_another_query(tmp_path):
    """Which finds them by something else, such as a counter of errors."""
    own = "100 - 100 * sum(increase(errors_total[$window])) / sum(increase(requests_total[$window]))"
    (tmp_path / "playbook.toml").write_text(f"[queries]\nimage_success = '{own}'\n")
    store = good("image_success", 100.0, image_success_unknown=46_341.0)
    settings = load("production", root=tmp_path, environment={})
    kpis.kpi(store, settings, IMAGE_SUCCESS, kpis.TODAY, CLOCK.now())
    assert "queries.image_success_unknown" not in store.asked


FOREIGN = [("blackbox", f"https://customer-{n}.example", 1.0) for n in range(10)]
OWN = ("blackbox", "https://portfolio.example", 2.0)


def test_series_of_several_sites_are_unknown(settings):
    """Without a selector, and without a website to derive one from."""
    store = good("availability", 99.701)
    store._series = [OWN, *FOREIGN]
    kpi = availability(store, settings, CLOCK)
    verdict, message = verdict_of(kpi)
    assert verdict == "UNKNOWN"
    assert message.startswith(
        "Availability: expected only the target's own series of probe_success{}, got 12 series of 11 instances "
        "and 1 job (https://customer-0.example, https://customer-1.example, https://customer-2.example and 8 more)"
    )
    assert "[targets.production.prometheus]\nprobe_selector = " in kpi.coverage.hint


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ("avg(avg_over_time(probe_success[$window]))", "UNKNOWN"),
        ("avg(avg_over_time(probe_success{env='live'}[$window]))", "UNKNOWN"),
        ("avg(avg_over_time(probe_success{job=~'.*'}[$window]))", "UNKNOWN"),
        ("avg(avg_over_time(probe_success{instance='https://portfolio.example'}[$window]))", "OK"),
        ("avg(avg_over_time(probe_success{job=~'portfolio-.*'}[$window]))", "OK"),
        ("avg(avg_over_time(probe_success{$selector}[$window]))", "OK"),
    ],
)
def test_custom_query_must_select_its_own_series(tmp_path, query, verdict):
    """By the placeholder, by job or by instance."""
    (tmp_path / "playbook.toml").write_text(
        f'[queries]\navailability = """{query}"""\n[targets.production.prometheus]\nselector = \'env="live"\'\n'
    )
    store = good("availability", 100.0)
    store._series = [OWN, *FOREIGN]
    assert verdict_of(availability(store, load("production", root=tmp_path, environment={}), CLOCK))[0] == verdict


def test_probes_of_the_website_url_are_its_own(tmp_path):
    """Whatever scheme, port or path the exporter's configuration uses."""
    settings = load("production", root=tmp_path, environment={"PRODUCTION_URL": "https://portfolio.example"})
    store = good("availability", 100.0)
    store._series = [OWN]
    availability(store, settings, CLOCK)
    (pattern,) = re.findall(r'instance=~"([^"]+)"', store.asked["queries.availability_count"])
    own = re.compile(pattern.replace("\\\\", "\\"))
    for instance in ("https://portfolio.example", "http://portfolio.example/", "portfolio.example:443"):
        assert own.fullmatch(instance)
    for instance in ("https://portfolio.example.org", "https://my-portfolio.example", "https://portfolioXexample"):
        assert not own.fullmatch(instance)


def test_duplicate_series_of_two_servers_are_detected(settings):
    """Two Prometheus servers behind a store that does not deduplicate: a sum counts each request twice."""

    class Pair(Store):
        def ask(self, expression, at=None, *, setting):
            answered = super().ask(expression, at, setting=setting)
            if setting:
                return answered
            samples = [
                Sample({"job": "web", "instance": "a", "prometheus_replica": name}, 0.0, 8.0)
                for name in ("x", "y")
            ]
            return Answered("Prometheus", expression, setting, samples, ())

    answers = {"error_rate": 0.0, "error_rate_count": 400.0, "error_rate_looks": 288.0}
    verdict, message = verdict_of(error_rate(Pair(**answers), settings, CLOCK))
    assert verdict == "UNKNOWN"
    assert "expected each series once, got each from 2 servers that scrape the same" in message


@pytest.mark.parametrize(("scraped", "verdict"), [(100.0, "OK"), (91.0, "OK"), (58.0, "UNKNOWN"), (None, "OK")])
def test_failed_scrapes_mean_uncounted_requests(tmp_path, scraped, verdict):
    """One of two instances failed for a day; a store with remote writes does not know."""
    (tmp_path / "playbook.toml").write_text("[targets.production.prometheus]\nselector = 'job=\"web\"'\n")
    settings = load("production", root=tmp_path, environment={})
    kpi = error_rate(good("error_rate", 0.0, scraped=scraped), settings, CLOCK)
    assert verdict_of(kpi)[0] == verdict


@pytest.mark.parametrize(("percent", "verdict"), [(95.0, "OK"), (66.7, "UNKNOWN"), (0.0, "UNKNOWN")])
def test_instances_that_service_discovery_has_lost_are_missed(tmp_path, percent, verdict):
    """With their `up`, so that all scrapes that are left are answered; a bad day is bad all the same."""
    (tmp_path / "playbook.toml").write_text("[targets.production.prometheus]\nselector = 'job=\"web\"'\n")
    settings = load("production", root=tmp_path, environment={})

    class Fewer(Store):
        def ask(self, expression, at=None, *, setting):
            answered = super().ask(expression, at, setting=setting)
            if setting != "queries.scraped":
                return answered
            labels = {"job": "web", "component": "image-worker", "of": "the usual instances"}
            return replace(answered, samples=[Sample(labels, 0.0, percent), *answered.samples])

    found = {}
    for rate in (0.05, 9.0):
        answers = {"error_rate": rate, "error_rate_count": 46_341.0, "error_rate_looks": 288.0, "scraped": 100.0}
        found[rate] = verdict_of(error_rate(Fewer(**answers), settings, CLOCK))
    assert (found[0.05][0], found[9.0][0]) == (verdict, "CRITICAL")
    if verdict == "UNKNOWN":
        usual = "of 100 % of the usual instances of web/image-worker"
        assert f"expected scrapes of at least 90 {usual}, got scrapes of {percent:g} % of the" in found[0.05][1]


@pytest.mark.parametrize(("found", "verdict"), [(None, "OK"), (0.0, "OK"), (1.0, "UNKNOWN"), (2.0, "UNKNOWN")])
@pytest.mark.parametrize(
    ("how", "measure"),
    [
        *((how, measure) for how in ("standing", "falling", "untold") for measure in (error_rate, response_time)),
        ("untimed", response_time),
    ],
)
def test_counters_that_do_not_rise_are_no_good_day(settings, found, how, verdict, measure):
    """A Pushgateway and a cache go on to expose old requests, and the processes of a cluster answer in turn."""
    key = "error_rate" if measure is error_rate else "response_time"
    good_day = good(key, 0.05, **{how: found})
    assert verdict_of(measure(good_day, settings, CLOCK))[0] == verdict
    bad_day = good(key, 9.0, **{how: found})
    assert verdict_of(measure(bad_day, settings, CLOCK))[0] == "CRITICAL"


@pytest.mark.parametrize(("found", "verdict"), [(None, "OK"), (0.0, "OK"), (1.0, "UNKNOWN")])
def test_images_that_are_counted_no_more_are_no_good_day(settings, monkeypatch, found, verdict):
    """imgproxy, of which nothing is asked since four hours: the images of the morning were good."""
    target = msgspec.structs.replace(
        settings.target, prometheus=msgspec.structs.replace(settings.target.prometheus, url="http://prometheus")
    )
    settings = msgspec.structs.replace(settings, target=target)
    for share, wanted in ((99.9, verdict), (80.0, "CRITICAL")):
        store = good("image_success", share, standing_images=found)
        monkeypatch.setattr(kpis, "prometheus", lambda _, store=store: store)
        assert verdict_of(image_success(settings, CLOCK, EARLIER))[0] == wanted


def test_minimum_counts_are_a_setting(tmp_path):
    """The number, and how much of the window."""
    (tmp_path / "playbook.toml").write_text(
        "[kpis]\nleast_requests = 10\nlook_minutes = 10\n[coverage]\nwindow_percent = 25\n"
    )
    settings = load("production", root=tmp_path, environment={})
    enough = {"error_rate": 0.0, "error_rate_count": 10.0, "error_rate_looks": 36.0}
    assert verdict_of(error_rate(Store(**enough), settings, CLOCK))[0] == "OK"
    for less, got in (("count", 9.0), ("looks", 35.0)):
        store = Store(**enough | {f"error_rate_{less}": got})
        assert verdict_of(error_rate(store, settings, CLOCK))[0] == "UNKNOWN"


def test_minimum_count_of_zero_is_refused(tmp_path):
    """A share of nothing is not a number."""
    (tmp_path / "playbook.toml").write_text("[kpis]\nleast_requests = 0\n")
    with pytest.raises(UsageError, match=r"kpis\.least_requests"):
        load("production", root=tmp_path, environment={})


def test_response_with_warnings_is_incomplete(settings):
    """The warning is reported and shown."""

    class Partial(Store):
        def ask(self, expression, at=None, *, setting):
            answered = super().ask(expression, at, setting=setting)
            return replace(answered, warnings=("remote is away",))

    store = Partial(availability=100.0, availability_count=2880.0, availability_looks=288.0)
    kpi = availability(store, settings, CLOCK)
    assert kpi.facts.facts["Warnings"] == "remote is away"
    assert verdict_of(kpi)[0] == "UNKNOWN"


def test_images_come_from_prometheus_where_it_is_configured(monkeypatch, settings):
    """Even if Redis is configured too."""
    monkeypatch.setattr(kpis, "prometheus", lambda _: good("image_success", 99.6))
    assert image_success(settings, CLOCK, EARLIER).reading.value == 99.6


BEFORE = Counted(
    at=NOW - timedelta(hours=24), origin="image-processing-stats", counts={"webp:success": 900, "webp:failure": 2}
)
EARLIER = Earlier(lambda: [{"images": BEFORE}])


class Reader:
    """A Redis with a hundred images counted since yesterday."""

    closed = False

    def hgetall(self, key):
        return {"webp:success": "992", "webp:failure": "10"}

    def close(self):
        self.closed = True


def test_images_come_from_redis_without_prometheus(monkeypatch, tmp_path):
    """Source and window are reported, and the connection is closed."""
    reader = Reader()
    monkeypatch.setattr(kpis, "redis", lambda _: reader)
    settings = load("production", root=tmp_path, environment={"REDIS_URL": "redis://localhost"})
    assert settings.target.redis.url == Secret("redis://localhost")
    counted = image_success(settings, CLOCK, EARLIER)
    assert (counted.reading.value, counted.reading.over) == (92.0, "24 h (100 images)")
    facts, table, _ = counted.evidence()
    assert facts.facts["Source"] == "Redis hash image-processing-stats, as no Prometheus is configured"
    assert table.rows[-1][:3] == ["all", "100", "8"]
    assert reader.closed


def both(tmp_path):
    """Settings with Prometheus and Redis."""
    return load(
        "production",
        root=tmp_path,
        environment={"REDIS_URL": "redis://localhost", "PROMETHEUS_URL": "http://localhost"},
    )


def test_images_come_from_redis_where_prometheus_has_no_samples(monkeypatch, tmp_path):
    """The evidence says so, with the query to Prometheus."""
    monkeypatch.setattr(kpis, "redis", lambda _: Reader())
    monkeypatch.setattr(kpis, "prometheus", lambda _: Store())
    counted = image_success(both(tmp_path), CLOCK, EARLIER)
    assert counted.reading.value == 92.0
    facts, _, _, asked = counted.evidence()
    assert facts.facts == {
        "Source": "Redis hash image-processing-stats, as Prometheus has no samples of it",
        "Window": "24 h",
    }
    assert asked.facts["Setting"] == "queries.image_success"


def test_redis_does_not_replace_a_quiet_day_in_prometheus(monkeypatch, tmp_path):
    """Few samples are those of the day; earlier counts say nothing about it."""
    store = Store(image_success=99.0, image_success_count=2.0, image_success_looks=288.0)
    monkeypatch.setattr(kpis, "prometheus", lambda _: store)
    verdict, message = verdict_of(image_success(both(tmp_path), CLOCK, EARLIER))
    assert verdict == "UNKNOWN"
    assert "expected at least 20 images in 24 h, got 2" in message


def test_unreachable_prometheus_is_not_replaced_by_redis(monkeypatch, tmp_path):
    """The counts of a longer time would hide a bad day."""

    class Away:
        def ask(self, expression, at=None, *, setting):
            raise Unreachable("away", service="Prometheus")

    monkeypatch.setattr(kpis, "prometheus", lambda _: Away())
    with pytest.raises(Unreachable):
        image_success(both(tmp_path), CLOCK, EARLIER)


def test_without_either_source_prometheus_is_not_configured(settings):
    """The better source."""
    with pytest.raises(NotConfigured) as caught:
        image_success(settings, CLOCK, EARLIER)
    assert caught.value.setting == "targets.production.prometheus.url"


def test_failing_figure_shows_its_chart_and_when_it_began(settings):
    """One more query, for the half hours of the day; a healthy one makes none."""
    end = NOW.timestamp()
    store = good("error_rate", 3.0)
    store.courses["error_rate"] = [(end - 1800 * n, 4.0 if n < 5 else 0.02) for n in range(47, -1, -1)]
    found = error_rate(store, settings, CLOCK)
    ((_, expression, start, asked_end, step),) = store.ranges
    assert (asked_end, step, NOW - start) == (NOW, 1800.0, timedelta(hours=23.5))
    assert "[3600s]" in expression.replace("1h", "3600s")
    _, chart = found.evidence()
    assert chart.limits == {"target": 0.1, "warning": 1.0, "critical": 5.0}
    assert chart.marks == {"since Mon 06:00 UTC": end - 4 * 1800}
    healthy = good("error_rate", 0.02)
    assert len(error_rate(healthy, settings, CLOCK).evidence()) == 1
    assert healthy.ranges == []


def test_figure_whose_chart_nobody_shows_makes_no_query_for_it(settings):
    """Of a week and a month only the days are shown."""
    store = good("error_rate", 8.0)
    found = kpis.kpi(store, settings, ERROR_RATE, WEEK, NOW)
    assert (found.reading.value, store.ranges) == (8.0, [])


def test_unreadable_chart_does_not_change_the_verdict(settings):
    """It is only a picture; the value was measured."""
    store = good("error_rate", 8.0)
    store.courses["error_rate"] = Unreachable("Prometheus: expected an answer, got none", service="Prometheus")
    found = error_rate(store, settings, CLOCK)
    assert str(verdict_of(found)[0]) == "CRITICAL"
    assert len(found.evidence()) == 1


ASIDE = ("_count", "_looks", "own series", "scraped", "standing", "falling", "untold")


def without(store, key, unread):
    """The store, which answers everything but one of the questions beside the figure."""
    answer, of_own = store.ask, f"queries.{key}{unread}" if unread.startswith("_") else f"queries.{unread}"

    def ask(expression, at=None, *, setting):
        if setting == ("" if unread == "own series" else of_own):
            raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
        return answer(expression, at, setting=setting)

    store.ask = ask
    return store


@pytest.mark.parametrize("unread", ASIDE)
@pytest.mark.parametrize(("value", "wanted"), [(12.5, "CRITICAL"), (0.1, "UNKNOWN")])
def test_question_beside_a_figure_hides_nothing(settings, value, wanted, unread):
    """An error rate of 12.5 % is bad whatever cannot be read beside it; a good one needs all of it."""
    own = msgspec.structs.replace(settings.target.prometheus, selector='job="portfolio"')
    target = msgspec.structs.replace(settings.target, prometheus=own)
    settings = msgspec.structs.replace(settings, target=target)
    store = without(good("error_rate", value, scraped=100.0), "error_rate", unread)
    found = error_rate(store, settings, CLOCK)
    assert verdict_of(found)[0] == wanted
    assert "HTTP 503" in (found.coverage + found.reading.coverage).got
    assert found.evidence()


def test_quantile_without_its_buckets_is_unknown(settings):
    """They tell in what unit it is: 8 may be milliseconds."""
    store = without(good("response_time", 8.0), "response_time", "_buckets")
    verdict, message = verdict_of(response_time(store, settings, CLOCK))
    assert verdict == "UNKNOWN"
    assert "HTTP 503" in message


def test_images_are_not_counted_in_redis_where_prometheus_was_not_read(settings, monkeypatch):
    """Whether it has samples is unknown then, and its value was bad."""
    redis = msgspec.structs.replace(settings.target.redis, url=Secret("redis://localhost"))
    store = msgspec.structs.replace(settings.target.prometheus, url="http://p")
    settings = msgspec.structs.replace(
        settings, target=msgspec.structs.replace(settings.target, redis=redis, prometheus=store)
    )
    answers = without(good("image_success", 10.0), "image_success", "_looks")
    monkeypatch.setattr(kpis, "prometheus", lambda _: answers)
    assert verdict_of(image_success(settings, CLOCK, Earlier()))[0] == "CRITICAL"


@pytest.mark.parametrize(("failed", "wanted"), [(900, "CRITICAL"), (0, None)])
def test_images_that_fail_by_redis_count_where_prometheus_is_away(settings, monkeypatch, failed, wanted):
    """Where those counts are good, Prometheus might have shown a bad day."""
    own = msgspec.structs.replace(settings.target.redis, url=Secret("redis://localhost"))
    store = msgspec.structs.replace(settings.target.prometheus, url="http://p")
    target = msgspec.structs.replace(settings.target, redis=own, prometheus=store)
    settings = msgspec.structs.replace(settings, target=target)
    away = Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")

    def refuse(*_):
        raise away

    stats = SimpleNamespace(
        success_rate=lambda _: Reading(100.0 - failed / 10, "24 h (1,000 images)"),
        coverage=whole("1 hash"),
        readings={},
        key="k",
        growth=SimpleNamespace(hours=24.0, over="24 h"),
        evidence=list,
    )
    monkeypatch.setattr(kpis, "prometheus", refuse)
    monkeypatch.setattr(kpis, "redis", lambda _: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(kpis, "read_image_stats", lambda *_: stats)
    if wanted is None:
        with pytest.raises(Unreachable):
            image_success(settings, CLOCK, Earlier())
        return
    found = image_success(settings, CLOCK, Earlier())
    assert judged_reading(found.coverage, found.reading, settings.limits.image_success)[0] == wanted
    assert "HTTP 503" in found.coverage.got
    assert "as Prometheus could not be read" in found.evidence()[0].facts["Source"]
