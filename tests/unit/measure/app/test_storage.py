"""A week of storage and of traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from playbook.clients.prometheus import Courses, Series
from playbook.core.clock import FixedClock
from playbook.core.engine import Outcome
from playbook.core.errors import Unreachable
from playbook.core.verdict import Verdict
from playbook.measure.app import sampled
from playbook.measure.app.app import OwnApp
from playbook.measure.app.storage import StorageWeek, storage_week
from playbook.measure.app.traffic import GIB, NetworkWeek, network_week
from playbook.settings.loading import load
from tests import spec_factory
from tests.judged import check, judged
from tests.redis_factory import INFO, stats_of

AWAY = "No StoreAPIs matched for this query"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SETTINGS = load("production", environment={})


class Store:
    """Returns the given series by setting."""

    service = "Prometheus"

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def query_range(self, expression, start, end, step, *, setting):
        self.asked.append((expression, end - start, step))
        found = self.answers.get(setting.removeprefix("queries."), [])
        return found if isinstance(found, Courses) else Courses(found)


def hours(level, growth=0.0, count=169, component="worker", until=0):
    """Hourly percentages, up to ``until`` hours ago."""
    at = NOW.timestamp()
    points = [(at - 3600 * ago, level - growth * ago / 24) for ago in range(until + count - 1, until - 1, -1)]
    return Series({"component": component} if component else {}, tuple(points))


def gappy(value, every, **more):
    """Hours of which every so manieth has this value."""
    series = hours(40.0, **more)
    points = [(at, value if n % every == 0 else known) for n, (at, known) in enumerate(series.points)]
    return Series(series.labels, tuple(points))


def measure(files, redis=(), *, limit=100, policy="noeviction") -> StorageWeek:
    store = Store(component_storage=files, redis_memory=redis)
    stats = stats_of({**INFO, "maxmemory": limit, "maxmemory_policy": policy})
    return storage_week(cast(Any, store), Outcome("redis_stats", stats, None, 0.0), SETTINGS, FixedClock(NOW))


def test_full_files_count_where_redis_is_away():
    """Its memory limit is unread, so nothing is OK; the file systems are judged by the metrics alone."""
    away = Outcome("redis_stats", None, Unreachable("Redis: expected PONG, got none", service="Redis"), 0.0)

    def found(level):
        store = cast(Any, Store(component_storage=[hours(level)]))
        return verdict_of(storage_week(store, away, SETTINGS, FixedClock(NOW)))

    assert found(95.0)[0] == "CRITICAL"
    verdict, message = found(10.0)
    assert verdict == "UNKNOWN"
    assert "expected the memory limit of Redis, got nothing from Redis: no PONG" in message


def test_fullest_and_filling_areas():
    """Level of the last day and the date when full, for files and Redis."""
    found = measure([hours(40.0, component="web"), hours(70.0, 2.0)], [hours(30.0, component="")])
    assert [(one.name, one.reading.value) for one in found.fullest] == [
        ("Files of worker", 70.0),
        ("Files of web", 40.0),
        ("Redis memory", 30.0),
    ]
    (filling,) = found.filling
    assert (filling.name, filling.reading.value) == ("Files of worker", 15)
    assert "full on 2026-12-08" in filling.reading.over
    assert found.coverage.enough


@pytest.mark.parametrize(
    ("policy", "judged"), [("allkeys-lru", False), ("volatile-ttl", False), ("noeviction", True)]
)
def test_area_that_evicts_may_be_full(policy, judged):
    """An evicting cache is full by design, and still shown."""
    found = measure([hours(10.0)], [hours(99.0, 1.0, component="")], policy=policy)
    assert ("Redis memory" in [one.name for one in found.fullest]) is judged
    assert bool(found.filling) is judged
    assert any("Redis memory" in row for row in found.evidence()[0].rows)


def test_redis_without_a_limit_cannot_be_full():
    """Its memory is then not a share of anything."""
    found = measure([hours(10.0)], limit=0)
    assert [area.name for area in found.areas] == ["Files of worker"]


def verdict_of(found):
    return judged(check("test_resources", "test_storage_has_room"), SETTINGS, storage_week=found)


@pytest.mark.parametrize(
    ("files", "redis", "verdict", "message"),
    [
        ([hours(1.0)], [hours(1.0)], Verdict.OK, ""),
        ([], [hours(1.0)], Verdict.UNKNOWN, "expected samples of every file system, got none"),
        ([hours(1.0)], [], Verdict.UNKNOWN, "h of Redis memory, got samples of 0 h of Redis memory"),
        ([hours(1.0, count=134)], [hours(1.0)], Verdict.UNKNOWN, "samples of 134 h of files of worker"),
        ([hours(1.0, count=135)], [hours(1.0)], Verdict.OK, ""),
        ([hours(95.0, count=3)], [], Verdict.CRITICAL, "got 95 %"),
        (
            Courses([hours(1.0)], (AWAY,)),
            [hours(1.0)],
            Verdict.UNKNOWN,
            "expected a whole answer, got one with the",
        ),
        (Courses([hours(95.0)], (AWAY,)), [hours(1.0)], Verdict.CRITICAL, "got 95 %"),
        ([hours(1.0)], Courses([hours(1.0)], ("isPartial: true",)), Verdict.UNKNOWN, "'isPartial: true'"),
        ([gappy(float("nan"), 2)], [hours(1.0)], Verdict.UNKNOWN, "samples of 84 h of files of worker"),
        ([gappy(float("inf"), 50)], [hours(1.0)], Verdict.OK, ""),
        ([gappy(float("inf"), 1)], [hours(1.0)], Verdict.UNKNOWN, "samples of 0 h of files of worker"),
        (
            [hours(1.0)],
            [hours(1.0), hours(99.0)],
            Verdict.CRITICAL,
            "Redis memory: expected at most 80 %, got 99 %",
        ),
        (
            [hours(1.0)],
            [hours(99.0), hours(1.0)],
            Verdict.CRITICAL,
            "Redis memory: expected at most 80 %, got 99 %",
        ),
        ([hours(1.0), hours(95.0)], [hours(1.0)], Verdict.CRITICAL, "got 95 %"),  # two disks of a component
        ([hours(4.2e9)], [hours(1.0)], Verdict.UNKNOWN, "that are not, e.g. '4.2e+09'"),
        ([hours(-8.0)], [hours(1.0)], Verdict.UNKNOWN, "that are not, e.g. '-8'"),
        (
            [hours(1.0, until=5)],
            [hours(1.0)],
            Verdict.UNKNOWN,
            "samples of each in the last 2 h, got none of files of worker for 5 h",
        ),
    ],
)
def test_most_of_the_week_must_be_known_up_to_now(files, redis, verdict, message):
    """For everything that can be full; a full area counts with few samples too."""
    found = measure(files, redis)
    assert verdict_of(found)[0] is verdict, verdict_of(found)
    assert message in verdict_of(found)[1]
    assert found.evidence()


@pytest.mark.parametrize(
    ("files", "spec", "verdict", "message"),
    [
        ([hours(1.0)], ["worker"], Verdict.OK, ""),
        ([hours(1.0)], ["worker", "web"], Verdict.UNKNOWN, "samples of 0 h of files of web"),
        ([], ["web"], Verdict.UNKNOWN, "expected samples of every file system, got none"),
        ([hours(95.0)], ["worker", "web"], Verdict.CRITICAL, "got 95 %"),
        ([hours(1.0)], ["worker", "nap"], Verdict.OK, ""),
        ([hours(1.0, component="")], ["worker", "web"], Verdict.OK, ""),  # a query of one's own, of the whole app
        ([hours(1.0)], spec_factory.AWAY, Verdict.UNKNOWN, "expected the app spec, which names every component"),
        ([hours(95.0)], spec_factory.AWAY, Verdict.CRITICAL, "got 95 %"),
        ([hours(1.0)], spec_factory.NO_PLATFORM, Verdict.OK, ""),
    ],
)
def test_component_of_the_spec_without_a_series_is_missed(files, spec, verdict, message, monkeypatch):
    """Prometheus has never seen it; one that may sleep need not be there."""
    monkeypatch.setattr(sampled, "digitalocean", spec_factory.platform(spec))
    found = measure(files, [hours(1.0, component="")])
    assert verdict_of(found)[0] is verdict, verdict_of(found)
    assert message in verdict_of(found)[1]
    assert found.evidence()


def test_redis_without_a_reported_limit_is_unknown():
    """Its memory may be nearly full."""
    found = measure([hours(1.0)], [hours(1.0)], limit=None)
    assert verdict_of(found)[0] is Verdict.UNKNOWN
    assert "expected maxmemory in INFO, got none" in verdict_of(found)[1]


def network(sizes) -> NetworkWeek:
    """Traffic with these bytes on the last fourteen days, oldest first."""
    today = datetime(2026, 11, 23, tzinfo=UTC)
    by_day = {today - timedelta(days=14 - n): size for n, size in enumerate(sizes)}
    return network_week(
        cast(Any, SimpleNamespace(bandwidth=by_day.__getitem__)), SETTINGS, FixedClock(NOW), OwnApp()
    )


def test_traffic_against_the_week_before():
    """Whole days in UTC, up to yesterday."""
    found = network([GIB] * 7 + [1.5 * GIB] * 7)
    assert found.rise.value == pytest.approx(50)
    assert found.fall.value == pytest.approx(-50)
    assert found.rise.over == "7 days (10.50 GiB after 7.00 GiB)"
    table, chart = found.evidence()
    assert table.rows[0] == ["Monday, 2026-11-16", "1.50 GiB", "1.00 GiB", "+50%"]
    assert [curve.name for curve in chart.curves] == ["this week", "week before"]


@pytest.mark.parametrize("nothing", [0, None])
@pytest.mark.parametrize("place", [0, 9])
def test_unknown_days_make_the_week_unknown(nothing, place):
    """The API reports unknown days as 0. One of seven may be missing, two may not."""
    sizes = [GIB] * 14
    sizes[place] = nothing
    assert network(sizes).rise.value == pytest.approx(0)
    assert network_verdict(sizes) == "OK"
    sizes[place + 1] = nothing
    assert network(sizes).coverage.got.startswith("traffic of 5 days of both weeks (none of ")
    assert network(sizes).evidence()
    assert network_verdict(sizes) == "UNKNOWN"


def test_no_known_day_is_unknown():
    """No figure, and no division by zero."""
    assert network_verdict([None] * 14) == "UNKNOWN"
    assert network_verdict([0] * 14) == "UNKNOWN"


def test_rise_counts_with_few_known_days():
    """Bad evidence counts even when partial."""
    found = network([GIB, GIB, *[None] * 5, 3 * GIB, 3 * GIB, *[None] * 5])
    assert found.rise.value == pytest.approx(200)
    assert found.rise.over == "2 days (6.00 GiB after 2.00 GiB)"


def network_verdict(sizes) -> str:
    """Verdict of the check."""
    return str(
        judged(check("test_resources", "test_traffic_is_similar_to_the_week_before"), network_week=network(sizes))[
            0
        ]
    )


@pytest.mark.parametrize(
    ("unread", "name"), [("component_storage", "Redis memory"), ("redis_memory", "Files of worker")]
)
@pytest.mark.parametrize(("level", "wanted"), [(95.0, "CRITICAL"), (10.0, "UNKNOWN")])
def test_neither_query_hides_what_the_other_shows(level, wanted, unread, name):
    class Half(Store):
        def query_range(self, expression, start, end, step, *, setting):
            if setting == f"queries.{unread}":
                raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
            return super().query_range(expression, start, end, step, setting=setting)

    store = Half(component_storage=[hours(level)], redis_memory=[hours(level, component="")])
    stats = stats_of({**INFO, "maxmemory": 100, "maxmemory_policy": "noeviction"})
    outcome = Outcome("redis_stats", stats, None, 0.0)
    found = storage_week(cast(Any, store), outcome, SETTINGS, FixedClock(NOW))
    verdict, message = verdict_of(found)
    assert verdict == wanted, message
    assert "HTTP 503" in found.coverage.got
    assert name in (message if wanted == "CRITICAL" else name)
