"""CPU and memory by component: which instance and which period count, and too few samples."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.digitalocean import DigitalOceanApi, Metric
from playbook.clients.digitalocean_types import Series
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied
from playbook.core.evidence import Table
from playbook.measure.app.app import AppStatus
from playbook.measure.app.utilization import Utilization, utilization, utilization_now
from playbook.settings.loading import load
from tests.judged import check, judged

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
WANTED = (("web", 2), ("worker", 1))
APP = AppStatus("a", "shop", "", "", "", "ACTIVE", "d", None, "", None, ("web", "worker"), NOW, least=WANTED)
SETTINGS = load("production", environment={})
CHECK = check("test_utilization", "test_resource_use_is_below_its_limits")
STEP = 120
COUNT = 720  # in 24 h

Values = list[float]


class FakeApi:
    """Returns the same series for both metrics, and records the range."""

    def __init__(self, series: list[Series]) -> None:
        self.series = series
        self.ranges: list[timedelta] = []

    def metric(self, _metric: Metric, start: datetime, end: datetime) -> list[Series]:
        self.ranges.append(end - start)
        return self.series


def day(component: str, values: Values | float, instance: int = 0) -> Series:
    """A day of samples at two-minute intervals, up to now."""
    every = values if isinstance(values, list) else [values] * COUNT
    begin = NOW.timestamp() - STEP * len(every)
    samples = [(begin + STEP * (number + 1), value) for number, value in enumerate(every)]
    return Series(component=component, instance=f"{component}-{instance}", samples=samples)


GOOD = [day("web", 30.0), day("web", 20.0, 1), day("worker", 40.0)]


def measure(*series: Series) -> Utilization:
    return utilization(cast(DigitalOceanApi, FakeApi(list(series))), APP, SETTINGS, FixedClock(NOW))


def verdict(*series: Series) -> str:
    return str(judged(CHECK, utilization=measure(*series))[0])


def test_busiest_instance_counts_and_highest_component_comes_first():
    found = measure(day("web", 15.0), day("web", 75.0, 1), day("worker", 76.0))
    assert [(use.name, round(use.reading.value, 3)) for use in found.by_cpu] == [("worker", 76), ("web", 75)]
    assert found.by_memory == found.by_cpu
    assert found.by_cpu[1].reading.over == "15 min of 24 h (busiest of 2 instances, mean 75.0 %)"
    assert found.by_cpu[0].reading.over == "15 min of 24 h (mean 76.0 %)"
    assert found.coverage.enough
    assert found.coverage.words == "24 of 24 h"


def test_night_at_99_percent_is_critical():
    """The mean of the day is harmless, and so is the last hour."""
    night = [20.0] * 300 + [99.0] * 180 + [20.0] * 240
    assert verdict(*GOOD[:2], day("worker", night)) == "CRITICAL"


def test_quarter_of_an_hour_counts_but_a_moment_does_not():
    assert verdict(*GOOD[:2], day("worker", [20.0] * 500 + [99.0] * 8 + [20.0] * 212)) == "CRITICAL"
    assert verdict(*GOOD[:2], day("worker", [20.0] * 500 + [99.0] * 3 + [20.0] * 217)) == "OK"


def test_idle_instance_does_not_hide_a_busy_one():
    assert verdict(day("web", 1.0), day("web", 97.0, 1), GOOD[2]) == "CRITICAL"


@pytest.mark.parametrize(
    "series",
    [
        [],
        GOOD[:2],  # no samples of the worker
        [GOOD[0], GOOD[2]],  # one of two instances of web is silent
        [*GOOD[:2], day("worker", 5.0), day("", 5.0)],  # of an unknown component
        [*GOOD[:2], day("worker", [math.nan] * COUNT)],
        [*GOOD[:2], day("worker", [-3.0] * COUNT)],
        [*GOOD[:2], day("worker", [0.0] * COUNT)],  # no program has no memory
        [*GOOD[:2], day("worker", [5.0] * 600)],  # four hours are missing
        [*GOOD[:2], day("worker", [5.0] * 300 + [math.nan] * 120 + [5.0] * 300)],
        [*GOOD[:2], day("worker", [5.0] * 680 + [math.nan] * 40)],  # silent for 80 minutes
        [*GOOD[:2], Series(component="worker", instance="w", samples=[(NOW.timestamp() - 60, 5.0)])],
        [*GOOD[:2], day("worker", [5.0] * 719 + [9e9])],  # not a percentage
    ],
)
def test_unseen_use_is_unknown(series):
    assert verdict(*series) == "UNKNOWN"


@pytest.mark.parametrize("lost", [1, 30, 60])
def test_a_few_lost_samples_change_nothing(lost):
    assert verdict(*GOOD[:2], day("worker", [5.0] * 300 + [math.nan] * lost + [5.0] * (420 - lost))) == "OK"


def test_high_use_counts_with_few_samples():
    assert verdict(day("web", [97.0] * 20)) == "CRITICAL"


def test_message_names_the_missing_samples():
    verdict, message = judged(CHECK, utilization=measure(*GOOD[:1], day("worker", [5.0] * 360)))
    assert str(verdict) == "UNKNOWN"
    assert (
        "expected CPU samples of at least 21.6 of 24 h and memory samples of at least 21.6 of 24 h, "
        "got CPU samples of 0 h (web 0 h of 2 instances, worker 12 h)" in message
    )


def test_component_scaled_to_zero_needs_no_samples():
    asleep = AppStatus(
        "a",
        "shop",
        "",
        "",
        "",
        "ACTIVE",
        "d",
        None,
        "",
        None,
        ("web", "worker"),
        NOW,
        least=(("web", 0), ("worker", 1)),
    )
    found = utilization(cast(DigitalOceanApi, FakeApi([GOOD[2]])), asleep, SETTINGS, FixedClock(NOW))
    assert str(judged(CHECK, utilization=found)[0]) == "OK"


def test_load_of_a_job_does_not_matter():
    app = replace(APP, others=("migrate",))
    api = FakeApi([*GOOD, day("migrate", 100.0)])
    found = utilization(cast(DigitalOceanApi, api), app, SETTINGS, FixedClock(NOW))
    assert str(judged(CHECK, utilization=found)[0]) == "OK"
    assert verdict(*GOOD, day("somebody", 100.0)) == "CRITICAL"  # not declared as a job


def test_windows_are_24_hours_and_for_investigations_one():
    api = FakeApi(GOOD)
    utilization(cast(DigitalOceanApi, api), APP, SETTINGS, FixedClock(NOW))
    found = utilization_now(cast(DigitalOceanApi, api), APP, SETTINGS, FixedClock(NOW))
    assert api.ranges == [timedelta(hours=24)] * 2 + [timedelta(hours=1)] * 2
    assert found.coverage.words == "1 of 1 h"


def test_widely_spaced_samples_count_individually():
    """Hourly samples cover their hours only in part: a peak between them is not seen."""
    at = NOW.timestamp()
    hourly = Series(
        component="worker", instance="w", samples=[(at - 3600 * n, 97.0 if n == 5 else 5.0) for n in range(24)]
    )
    assert verdict(*GOOD[:2], hourly) == "CRITICAL"


def test_evidence_shows_every_instance_and_the_silent_component():
    shown, *charts = measure(day("web", 20.0), day("web", 30.0, 1)).evidence()
    assert isinstance(shown, Table)
    assert [chart.title for chart in charts] == [
        "CPU over the last 24 h, busiest instance",
        "Memory over the last 24 h, busiest instance",
    ]
    assert charts[0].curves[0].values == [pytest.approx(30.0)] * len(charts[0].curves[0].values)
    assert shown.rows == [
        ["web", "web-0", "20.0 %", "20.0 %", "20.0 %", "20.0 %", "720, newest 0 s old"],
        ["web", "web-1", "30.0 %", "30.0 %", "30.0 %", "30.0 %", "720, newest 0 s old"],
        ["worker", "", "no samples", "", "no samples", "", "none"],
    ]


@given(
    component=st.sampled_from([0, 1, 2]),
    first=st.integers(0, COUNT - 90),
    length=st.integers(90, COUNT),
    value=st.sampled_from([math.nan, math.inf, -1.0, 99.0, 85.0]),
)
def test_no_failing_or_missing_stretch_is_ok(component, first, length, value):
    """Of three hours and more, in any instance, at any time of the day."""
    series = list(GOOD)
    old = series[component]
    samples = [
        (at, value if first <= number < first + length else sample)
        for number, (at, sample) in enumerate(old.samples)
    ]
    series[component] = Series(component=old.component, instance=old.instance, samples=samples)
    assert verdict(*series) != "OK"


@pytest.mark.parametrize("unread", ["cpu_percentage", "memory_percentage"])
@pytest.mark.parametrize(("level", "wanted"), [(97.0, "CRITICAL"), (30.0, "UNKNOWN")])
def test_neither_metric_hides_what_the_other_shows(level, wanted, unread):
    class Half(FakeApi):
        def metric(self, metric: Metric, start: datetime, end: datetime) -> list[Series]:
            if metric == unread:
                raise Denied("DigitalOcean API: expected the metric, got HTTP 403", service="DigitalOcean API")
            return super().metric(metric, start, end)

    api = cast(DigitalOceanApi, Half([day("web", level), day("web", level, 1), day("worker", level)]))
    found = utilization(api, APP, SETTINGS, FixedClock(NOW))
    assert str(judged(CHECK, utilization=found)[0]) == wanted
    assert "HTTP 403" in found.coverage.got
    assert found.evidence()
