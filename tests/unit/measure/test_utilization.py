"""CPU and memory by component: which instance counts, and what too few samples are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from playbook.clients.digitalocean import DigitalOceanApi, Metric
from playbook.clients.digitalocean_types import Series
from playbook.clock import FixedClock
from playbook.errors import TooLittleData
from playbook.evidence import Table
from playbook.measure.app import AppStatus
from playbook.measure.utilization import Utilization, utilization

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
APP = AppStatus("a", "portfolio", "", "", "", "ACTIVE", "d", None, "", None, ("web", "worker"), NOW)


class FakeApi:
    """Gives the same series for both metrics, and notes the range."""

    def __init__(self, **series: list[float]) -> None:
        self.series = [
            Series(
                component=name.rsplit("_", 1)[0],
                instance=name,
                samples=[(NOW.timestamp() - 60 * (len(values) - i), value) for i, value in enumerate(values)],
            )
            for name, values in series.items()
        ]
        self.ranges: list[timedelta] = []

    def metric(self, _metric: Metric, start: datetime, end: datetime) -> list[Series]:
        self.ranges.append(end - start)
        return self.series


def measure(**series: list[float]) -> Utilization:
    return utilization(cast(DigitalOceanApi, FakeApi(**series)), APP, FixedClock(NOW))


def test_busiest_instance_counts_and_highest_component_comes_first():
    found = measure(web_0=[10, 20], web_1=[80, 90], worker_0=[86, 86])
    assert [(use.name, use.reading.value) for use in found.by_cpu] == [("worker", 86), ("web", 85)]
    assert found.by_memory == found.by_cpu
    assert found.by_cpu[1].reading.over == "1 h (busiest of 2 instances, highest 90.0 %, 2 samples)"
    assert found.by_cpu[0].reading.over == "1 h (highest 86.0 %, 2 samples)"
    found.expect_all()


def test_the_value_is_not_rounded_over_a_limit():
    assert measure(web_0=[79.96, 79.98], worker_0=[1]).by_cpu[0].reading.value < 80


def test_one_hour():
    api = FakeApi(web_0=[1], worker_0=[1])
    utilization(cast(DigitalOceanApi, api), APP, FixedClock(NOW))
    assert api.ranges == [timedelta(hours=1)] * 2


@pytest.mark.parametrize(
    ("series", "missing"),
    [
        ({}, "web, worker"),
        ({"web_0": [5.0]}, "worker"),
        ({"web_0": [5.0], "worker_0": [float("nan"), float("inf")]}, "worker"),
        ({"web_0": [5.0], "worker_0": []}, "worker"),
    ],
)
def test_missing_samples(series, missing):
    found = measure(**series)
    assert [use.name for use in found.by_cpu] == (["web"] if series else [])
    with pytest.raises(TooLittleData, match=rf"in the last hour, got none of {missing}$"):
        found.expect_all()


def test_nan_among_numbers_is_left_out():
    assert measure(web_0=[float("nan"), 30, 50], worker_0=[1]).by_cpu[0].reading.value == 40


def test_evidence_has_every_instance_and_the_silent_component():
    shown = measure(web_0=[10.0, 20.0], web_1=[30.0]).evidence()
    assert isinstance(shown, Table)
    assert shown.rows == [
        ["web", "web_0", "15.0 %", "20.0 %", "15.0 %", "20.0 %", "2, newest 60 s old"],
        ["web", "web_1", "30.0 %", "30.0 %", "30.0 %", "30.0 %", "1, newest 60 s old"],
        ["worker", "", "no samples", "", "no samples", "", "none"],
    ]
