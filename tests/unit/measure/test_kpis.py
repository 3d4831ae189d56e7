"""Key figures: when they count, and what they say they stand on."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.prometheus import Answered, Sample
from playbook.clock import FixedClock
from playbook.counters import Counted, Earlier
from playbook.errors import NotConfigured, TooLittleData, Unreachable, UsageError
from playbook.measure import kpis
from playbook.measure.kpis import availability, error_rate, image_success, response_time
from playbook.secret import Secret
from playbook.sections.metrics import Kpis
from playbook.settings import load


class Store:
    """Answers by the setting that is asked for; nothing where it was told nothing."""

    def __init__(self, **answers):
        self._answers = answers
        self.asked = {}

    def ask(self, expression, at=None, *, setting):
        self.asked[setting] = expression
        value = self._answers.get(setting.removeprefix("queries."))
        if isinstance(value, dict):
            samples = [Sample({"le": bound}, 0.0, count) for bound, count in value.items()]
        else:
            samples = [] if value is None else [Sample({}, 0.0, value)]
        return Answered("Prometheus", expression, setting, samples, ())


BUCKETS = {"0.5": 40.0, "10": 99.0, "+Inf": 100.0}


def good(key, value, **more):
    answers = {f"{key}_count": 46_341.2, f"{key}_looks": 288.0, f"{key}_buckets": BUCKETS}
    return Store(**{key: value} | answers | more)


@pytest.fixture
def settings(tmp_path):
    """The queries that are shipped."""
    return load("production", root=tmp_path, environment={})


@pytest.mark.parametrize(
    ("measure", "key", "counted"),
    [
        (availability, "availability", "probes"),
        (response_time, "response_time", "requests"),
        (error_rate, "error_rate", "requests"),
    ],
)
def test_a_figure_says_what_it_stands_on(settings, measure, key, counted):
    """Three queries over 24 hours; count and window in the reading."""
    store = good(key, 1.25)
    kpi = measure(store, settings)
    assert (kpi.reading.value, kpi.reading.over) == (1.25, f"24 h (46,341 {counted})")
    asked = ["", "_count", "_looks"] + ["_buckets"] * (key == "response_time")
    assert set(store.asked) == {f"queries.{key}{suffix}" for suffix in asked}
    assert all("[24h" in query and "$" not in query for query in store.asked.values())
    facts = kpi.evidence().facts
    assert facts["Samples for"] == "24.0 of 24 h"
    assert facts["Setting"] == f"queries.{key}"


@pytest.mark.parametrize(("looks", "fine"), [(144.0, True), (143.0, False), (None, False)])
def test_half_of_the_window_is_enough(settings, looks, fine):
    """Less is no judgement on the day, however good the number."""
    kpi = availability(Store(availability=100.0, availability_count=2880.0, availability_looks=looks), settings)
    if fine:
        assert kpi.reading.value == 100.0
    else:
        with pytest.raises(
            TooLittleData, match="Availability: expected samples of at least 12 of the last 24 h, got"
        ):
            _ = kpi.reading
    assert kpi.evidence().facts["Value"] == "100 %"


@pytest.mark.parametrize(("count", "fine"), [(100.0, True), (99.4, False), (None, False)])
def test_a_hundred_requests_are_enough(settings, count, fine):
    """One failure of fewer would be critical by itself."""
    kpi = error_rate(Store(error_rate=0.0, error_rate_count=count, error_rate_looks=288.0), settings)
    if fine:
        assert kpi.reading.value == 0.0
    else:
        with pytest.raises(TooLittleData, match=r"Error rate: expected at least 100 requests in 24 h, got (99|0)"):
            _ = kpi.reading


def test_nan_is_too_little_and_still_shown(settings):
    """The evidence is there without a value."""
    kpi = response_time(good("response_time", float("nan")), settings)
    assert kpi.evidence().facts["Value"] == "nan s"
    with pytest.raises(TooLittleData, match="got NaN"):
        _ = kpi.reading


@pytest.mark.parametrize(
    ("value", "buckets", "got"),
    [
        (1.0, {"0.5": 40.0, "1.0": 60.0, "+Inf": 100.0}, "one beyond the largest bucket (1 s), as were 40.0 %"),
        (3.0, {"1": 40.0, "3": 80.0, "+Inf": 100.0}, "one beyond the largest bucket (3 s), as were 20.0 %"),
        (5.0, {"5": 80.0, "+Inf": 100.0}, "one beyond the largest bucket (5 s), as were 20.0 %"),
    ],
)
def test_a_quantile_beyond_the_buckets_is_not_known(settings, value, buckets, got):
    """The store gives the largest bound, however slow the rest is: neither OK nor a warning, up to critical."""
    kpi = response_time(good("response_time", value, response_time_buckets=buckets), settings)
    message = f"expected a value within its buckets, got {got} of 46,341"
    with pytest.raises(TooLittleData, match=re.escape(message)):
        _ = kpi.reading


def test_a_quantile_beyond_the_buckets_may_be_critical_all_the_same(settings):
    """It is at least the largest bound, which is said."""
    slow = {"1": 40.0, "10": 80.0, "+Inf": 100.0}
    kpi = response_time(good("response_time", 10.0, response_time_buckets=slow), settings)
    assert kpi.reading.value == 10.0
    assert kpi.reading.over == "24 h (46,341 requests, beyond the largest bucket (10 s))"
    assert kpi.evidence().facts["Largest bucket"] == "10 s; 20.00 % of requests lie beyond it"


@pytest.mark.parametrize("buckets", [None, {}, {"+Inf": 100.0}, {"1": 0.0, "+Inf": 0.0}])
def test_without_buckets_nobody_knows_where_a_quantile_ends(settings, buckets):
    """The setting is named."""
    kpi = response_time(good("response_time", 0.4, response_time_buckets=buckets), settings)
    with pytest.raises(TooLittleData, match="expected the buckets that it was counted in, got none") as caught:
        _ = kpi.reading
    assert caught.value.hint == "Adapt queries.response_time_buckets."
    assert kpi.evidence().facts["Largest bucket"] == "not known"


def test_times_that_are_not_counted_in_buckets_need_none(tmp_path):
    """An empty query says so."""
    (tmp_path / "playbook.toml").write_text('[queries]\nresponse_time_buckets = ""\n')
    store = good("response_time", 0.4)
    kpi = response_time(store, load("production", root=tmp_path, environment={}))
    assert kpi.reading.value == 0.4
    assert "queries.response_time_buckets" not in store.asked
    assert "Largest bucket" not in kpi.evidence().facts


def test_what_is_enough_is_a_setting(tmp_path):
    """How many, and how much of the window."""
    (tmp_path / "playbook.toml").write_text(
        "[kpis]\nleast_requests = 10\nleast_coverage_percent = 25\nlook_minutes = 10\n"
    )
    settings = load("production", root=tmp_path, environment={})
    enough = {"error_rate": 0.0, "error_rate_count": 10.0, "error_rate_looks": 36.0}
    assert error_rate(Store(**enough), settings).reading.value == 0.0
    with pytest.raises(TooLittleData, match="at least 10 requests in 24 h, got 9"):
        _ = error_rate(Store(**enough | {"error_rate_count": 9.0}), settings).reading
    with pytest.raises(TooLittleData, match=r"at least 6 of the last 24 h, got samples of 5\.8 h"):
        _ = error_rate(Store(**enough | {"error_rate_looks": 35.0}), settings).reading


def test_what_cannot_be_enough_is_refused(tmp_path):
    """With none at all a share is no number."""
    (tmp_path / "playbook.toml").write_text("[kpis]\nleast_requests = 0\n")
    with pytest.raises(UsageError, match=r"kpis\.least_requests"):
        load("production", root=tmp_path, environment={})


def test_warnings_of_the_store_are_shown():
    """What is incomplete is said."""
    answered = Answered("Prometheus", "q", "queries.q", [Sample({}, 0, 1.0)], ("remote is away",))
    kpi = kpis.Kpi(kpis.IMAGE_SUCCESS, kpis.TODAY, answered, 50, 288, Kpis())
    assert kpi.evidence().facts["Warnings"] == "remote is away"


def test_images_come_from_prometheus_where_it_is_configured(monkeypatch, settings):
    """Also where Redis is."""
    monkeypatch.setattr(kpis, "prometheus", lambda _: good("image_success", 99.6))
    assert image_success(settings, CLOCK, EARLIER).reading.value == 99.6


NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
CLOCK = FixedClock(NOW)
BEFORE = Counted(
    at=NOW - timedelta(hours=24), origin="image-processing-stats", counts={"webp:success": 900, "webp:failure": 2}
)
EARLIER = Earlier(lambda: [{"images": BEFORE}])


class Reader:
    """A Redis in which a hundred images were counted since yesterday."""

    closed = False

    def hgetall(self, key):
        return {"webp:success": "992", "webp:failure": "10"}

    def close(self):
        self.closed = True


def test_images_are_counted_by_redis_where_there_is_no_prometheus(monkeypatch, tmp_path):
    """The source and the window are said, and the connection is closed."""
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


def test_images_are_counted_by_redis_where_prometheus_has_none(monkeypatch, tmp_path):
    """Which is said, with what Prometheus was asked."""
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


def test_a_quiet_day_is_not_made_up_for_by_redis(monkeypatch, tmp_path):
    """Samples of few images are the day's; what was counted before says nothing of it."""
    store = Store(image_success=50.0, image_success_count=2.0, image_success_looks=288.0)
    monkeypatch.setattr(kpis, "prometheus", lambda _: store)
    with pytest.raises(TooLittleData, match="at least 20 images in 24 h, got 2"):
        _ = image_success(both(tmp_path), CLOCK, EARLIER).reading


def test_a_prometheus_that_is_away_is_not_one_without_samples(monkeypatch, tmp_path):
    """The counts since long ago would hide a bad day."""

    class Away:
        def ask(self, expression, at=None, *, setting):
            raise Unreachable("away", service="Prometheus")

    monkeypatch.setattr(kpis, "prometheus", lambda _: Away())
    with pytest.raises(Unreachable):
        image_success(both(tmp_path), CLOCK, EARLIER)


def test_with_neither_prometheus_is_asked_for(settings):
    """The better source."""
    with pytest.raises(NotConfigured) as caught:
        image_success(settings, CLOCK, EARLIER)
    assert caught.value.setting == "targets.production.prometheus.url"
