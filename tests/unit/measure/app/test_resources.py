"""A week of CPU and memory: which hours count, what grows, and too few samples."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import Series
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied
from playbook.core.evidence import Chart, Table
from playbook.measure.app.app import AppStatus
from playbook.measure.app.resources import MemoryGrowth, ResourceWeek, cpu_week, memory_growth
from playbook.settings.loading import load
from tests.judged import check, judged

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
APP = AppStatus("a", "portfolio", "", "", "", "ACTIVE", "d", None, "", None, ("web", "worker"), NOW)
SETTINGS = load("production", environment={})


class FakeApi:
    """Returns the same series for every metric, and records the range."""

    def __init__(self, series):
        self.series = series
        self.ranges = []

    def metric(self, _metric, start, end):
        self.ranges.append((start, end))
        return [
            Series(
                component=one.component,
                instance=one.instance,
                samples=[(at, value) for at, value in one.samples if start.timestamp() <= at < end.timestamp()],
            )
            for one in self.series
        ]


def course(component, value, hours=168, instance=""):
    """One value an hour up to now; ``value`` is a function of the days relative to now, which are negative."""
    begin = NOW.timestamp() - 3600 * hours
    samples = [(begin + 3600 * n, value((n - hours) / 24)) for n in range(hours)]
    return Series(component=component, instance=instance, samples=samples)


def cpu(*series) -> ResourceWeek:
    return cpu_week(cast(DigitalOceanApi, FakeApi(list(series))), APP, SETTINGS, FixedClock(NOW))


def memory(*series) -> MemoryGrowth:
    return memory_growth(cast(DigitalOceanApi, FakeApi(list(series))), APP, SETTINGS, FixedClock(NOW))


def verdict(found) -> str:
    return str(judged(check("test_resources", "test_cpu_had_headroom_all_week"), cpu_week=found)[0])


def growth(found) -> str:
    return str(judged(check("test_resources", "test_memory_does_not_grow_into_its_limit"), memory_growth=found)[0])


def flat(level):
    return lambda _: level


def test_busiest_instance_of_each_hour_counts():
    """An idle one does not hide it, and replaced instances belong to the same component."""
    old = course("web", lambda days: 20.0 if days < -3 else math.nan, instance="web-old")
    new = course("web", lambda days: 70.0 if days >= -3 else math.nan, instance="web-new")
    idle = course("web", flat(5.0), instance="web-idle")
    found = cpu(old, new, idle, course("worker", flat(10.0)))
    assert [one.name for one in found.highest] == ["web", "worker"]
    assert found.highest[0].reading.value == 70
    assert found.highest[0].reading.over == "7 days (95th percentile of 168 h, mean 41.4 %)"
    assert found.coverage.enough


def test_short_burst_does_not_count_for_the_week():
    """Five hours at 100 % in a week of 20 %."""
    found = cpu(course("web", lambda days: 100.0 if days > -5 / 24 else 20.0), course("worker", flat(1.0)))
    assert found.highest[0].reading.value == 20


def test_change_against_the_week_before():
    """Two weeks are queried; the mean of each counts."""
    api = FakeApi(
        [course("web", lambda days: 60.0 if days >= -7 else 40.0, hours=336), course("worker", flat(9.0))]
    )
    found = cpu_week(cast(DigitalOceanApi, api), APP, SETTINGS, FixedClock(NOW))
    week = timedelta(days=7)
    assert api.ranges == [(NOW - week, NOW), (NOW - 2 * week, NOW - week)]
    assert [(one.name, one.reading.value) for one in found.changes[:1]] == [("web", 20.0)]
    assert math.isnan(found.changes[1].reading.value)  # the worker is a week old
    assert verdict(found) == "UNKNOWN"  # which precedes the warning for web
    same = cpu(course("web", flat(40.0), hours=336), course("worker", flat(9.0), hours=336))
    assert verdict(same) == "OK"
    young = cpu(course("web", flat(40.0), hours=336), course("worker", flat(9.0)))
    assert verdict(young) == "UNKNOWN"
    assert found.changes[0].reading.over == "7 days (mean from 40.0 % to 60.0 %)"
    table, chart = found.evidence()
    assert isinstance(table, Table)
    assert table.rows[1][3] == "not known"
    assert isinstance(chart, Chart)
    assert chart.limits == {"target": 70.0, "warning": 80.0, "critical": 90.0}


@pytest.mark.parametrize(
    ("series", "short"),
    [
        ([], r"web 0 h, worker 0 h"),
        ([course("web", flat(1.0))], r"worker 0 h"),
        ([course("web", flat(1.0)), course("worker", flat(1.0), hours=83)], r"worker 83 h"),
        ([course("web", flat(1.0)), course("worker", flat(1.0), hours=150)], r"worker 150 h"),
        ([course("web", flat(1.0)), course("worker", flat(math.nan))], r"worker 0 h"),
        ([course("web", flat(1.0)), course("worker", lambda days: math.nan if days > -1 else 1.0)], "worker 145"),
    ],
)
def test_nine_tenths_of_the_week_must_be_known_for_every_component(series, short):
    """What was not seen could be anything."""
    for found in (cpu(*series), memory(*series)):
        assert not found.coverage.enough
        assert "samples of at least 151.2 of 168 h" in found.coverage.expected
        assert short in found.coverage.got
        assert found.evidence()
    assert verdict(cpu(*series)) == "UNKNOWN"
    assert growth(memory(*series)) == "UNKNOWN"


def test_every_instance_must_be_known():
    """One of two wanted instances is not enough."""
    app = replace(APP, least=(("web", 2), ("worker", 1)))
    api = FakeApi([course("web", flat(20.0), hours=336, instance="0"), course("worker", flat(9.0), hours=336)])
    found = cpu_week(cast(DigitalOceanApi, api), app, SETTINGS, FixedClock(NOW))
    assert found.coverage.got == "CPU samples of 0 h (web 0 h of 2 instances)"


def test_memory_growth_reports_exhaustion_date():
    """From 60 % at three points a day, thirteen days are left."""
    found = memory(course("web", flat(50.0)), course("worker", lambda days: 60.0 + 3 * days))
    (filling,) = found.filling
    assert (filling.name, filling.reading.value) == ("worker", 13)
    assert filling.reading.over.startswith(
        "(full on 2026-12-06 by the last 7 days: +3.00 points a day; 100 % of 504"
    )
    assert found.summary == "worker full in 13 days"
    assert found.coverage.enough


def test_memory_growth_across_a_restart_is_detected():
    """Values from before and after the restart are not compared; the restart is shown."""
    found = memory(course("web", flat(50.0)), course("worker", lambda days: 50.0 + 6 * (days % 3.5)))
    (filling,) = found.filling
    assert filling.name == "worker"
    table = found.evidence()[0]
    assert isinstance(table, Table)
    assert table.rows[1][4] == "2026-11-19 19:00"


def test_daily_restarts_make_growth_unknown():
    """Nothing can be compared with another day."""
    found = memory(course("web", flat(50.0)), course("worker", lambda days: 30.0 + 40 * (days % 1)))
    assert found.filling == []
    assert "without a restart between" in found.coverage.expected
    assert found.coverage.got == "fewer comparisons of worker"
    assert growth(found) == "UNKNOWN"


def test_no_growth_is_reported():
    """In the summary."""
    found = memory(course("web", flat(50.0)), course("worker", lambda days: 55 + 4 * math.sin(days * math.tau)))
    assert found.filling == []
    assert found.summary == "none in 2 components over 7 days"
    assert found.coverage.enough


@pytest.mark.parametrize(("level", "wanted"), [(97.0, "CRITICAL"), (30.0, "UNKNOWN")])
def test_week_counts_without_the_week_before(level, wanted):
    class Half(FakeApi):
        def metric(self, metric, start, end):
            if end < NOW:
                raise Denied("DigitalOcean API: expected the metric, got HTTP 403", service="DigitalOcean API")
            return super().metric(metric, start, end)

    api = Half([course("web", flat(level)), course("worker", flat(9.0))])
    found = cpu_week(cast(DigitalOceanApi, api), APP, SETTINGS, FixedClock(NOW))
    assert verdict(found) == wanted
    assert "HTTP 403" in found.seen_before.got


@pytest.mark.parametrize(
    ("deployed", "before", "after", "wanted"),
    [
        (3, flat(40.0), lambda days: 40 + 10 * days, "CRITICAL"),  # full in three days
        (4, flat(52.0), lambda days: 40 + 4 * days, "WARNING"),  # it fell with the deployment
        (3, flat(40.0), flat(45.0), "OK"),  # a release that needs more
        (5, flat(40.0), lambda days: 60 - 20 * math.exp(-2 * days), "OK"),  # caches that fill on the first day
        (1, flat(40.0), lambda days: 40 + 2 * days, "OK"),  # too young to tell
        (None, flat(40.0), flat(40.0), "OK"),
    ],
)
def test_leak_of_the_newest_release_is_not_hidden_by_the_one_before(deployed, before, after, wanted):
    """The trend is that of the running program, where only that one grows."""
    app = APP if deployed is None else replace(APP, deployed_at=NOW - timedelta(days=deployed))
    since = -(deployed or 0)
    web = course(
        "web", lambda days: (before(days) if days < since else after(days - since)) + 0.2 * math.sin(9 * days)
    )
    api = FakeApi([web, course("worker", flat(10.0))])
    found = memory_growth(cast(DigitalOceanApi, api), app, SETTINGS, FixedClock(NOW))
    assert growth(found) == wanted
    if wanted == "CRITICAL":
        assert "by its course since 2026-11-20 07:00" in found.filling[0].reading.over


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (flat(70.0), lambda days: 65 + 5 * days, "WARNING"),  # full in a week, and below the other one until now
        (flat(70.0), flat(20.0), "OK"),
        (flat(70.0), lambda days: 70 + 5 * days if days < -1 else math.nan, "OK"),
    ],
    ids=["leaks", "idle", "replaced"],
)
def test_instance_that_leaks_below_a_fuller_one_is_found(one, other, wanted):
    """The busiest instance of each hour is always the other one."""
    noisy = (
        course("web", lambda days, f=f: f(days) + 0.2 * math.sin(9 * days), instance=str(f)) for f in (one, other)
    )
    found = memory(*noisy, course("worker", flat(10.0)))
    assert growth(found) == wanted
    assert wanted != "WARNING" or "by the last 7 days of one instance" in found.filling[0].reading.over
