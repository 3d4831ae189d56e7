"""Key figures: when they count, and what they say they stand on."""

import pytest

from playbook.clients.prometheus import Answered, Sample
from playbook.errors import NotConfigured, TooLittleData
from playbook.measure import kpis
from playbook.measure.kpis import CountedImages, availability, error_rate, image_success, response_time
from playbook.measure.redis import FormatStats, ImageStats
from playbook.settings import Secret, load


class Store:
    """Answers by the setting that is asked for; nothing where it was told nothing."""

    def __init__(self, **answers):
        self._answers = answers
        self.asked = {}

    def ask(self, expression, at=None, *, setting):
        self.asked[setting] = expression
        value = self._answers.get(setting.removeprefix("queries."))
        samples = [] if value is None else [Sample({}, 0.0, value)]
        return Answered("Prometheus", expression, setting, samples, ())


def good(key, value):
    return Store(**{key: value, f"{key}_count": 46_341.2, f"{key}_looks": 288.0})


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
    assert set(store.asked) == {f"queries.{key}{suffix}" for suffix in ("", "_count", "_looks")}
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


def test_warnings_of_the_store_are_shown():
    """What is incomplete is said."""
    answered = Answered("Prometheus", "q", "queries.q", [Sample({}, 0, 1.0)], ("remote is away",))
    kpi = kpis.Kpi(kpis.IMAGE_SUCCESS, kpis.TODAY, answered, 50, 288)
    assert kpi.evidence().facts["Warnings"] == "remote is away"


def test_images_come_from_prometheus_where_it_is_configured(monkeypatch, settings):
    """Also where Redis is."""
    monkeypatch.setattr(kpis, "prometheus", lambda _: good("image_success", 99.6))
    assert image_success(settings).reading.value == 99.6


def test_images_are_counted_by_redis_where_there_is_no_prometheus(monkeypatch, tmp_path):
    """The source and the other window are said, and the connection is closed."""

    class Reader:
        closed = False

        def hgetall(self, key):
            return {"webp:success": "92", "webp:failure": "8"}

        def close(self):
            self.closed = True

    reader = Reader()
    monkeypatch.setattr(kpis, "redis", lambda _: reader)
    settings = load("production", root=tmp_path, environment={"REDIS_URL": "redis://localhost"})
    assert settings.target.redis.url == Secret("redis://localhost")
    counted = image_success(settings)
    assert (counted.reading.value, counted.reading.over) == (92.0, "100 images since counting began")
    facts, table = counted.evidence()
    assert facts.facts["Source"] == "Redis hash image-processing-stats, as no Prometheus is configured"
    assert table.rows[-1][:3] == ["all", "100", "8"]
    assert reader.closed


def test_nothing_counted_is_too_little():
    """An empty hash."""
    with pytest.raises(TooLittleData):
        _ = CountedImages(ImageStats("k", FormatStats(0, 0, 0), {})).reading


def test_with_neither_prometheus_is_asked_for(settings):
    """The better source."""
    with pytest.raises(NotConfigured) as caught:
        image_success(settings)
    assert caught.value.setting == "targets.production.prometheus.url"
