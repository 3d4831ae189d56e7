"""Samples of instances: the highest sustained mean, and how much of a window they cover."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.digitalocean_samples import HOUR, usable
from playbook.clients.digitalocean_types import Series
from playbook.measure.app.samples import Window, by_component, sustained
from playbook.settings.sections.coverage import CoverageRules

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = Window.before(NOW, timedelta(hours=24))
RULES = CoverageRules()


def every(seconds: float, count: int, value: float = 1.0, *, ends: float = 0.0) -> list[tuple[float, float]]:
    """Samples with this interval, the newest ``ends`` seconds ago."""
    last = NOW.timestamp() - ends
    return [(last - seconds * (count - 1 - n), value) for n in range(count)]


def test_invalid_values_are_missing_samples():
    samples = [(3.0, 5.0), (1.0, math.nan), (2.0, math.inf), (4.0, -1.0), (3.0, 7.0), (0.0, 0.0)]
    assert usable(Series(component="web", instance="0", samples=samples)) == [(0.0, 0.0), (3.0, 7.0)]


def test_samples_of_one_instance_may_come_in_parts():
    pieces = [Series(component="web", instance="0", samples=[(at, 1.0)]) for at in (2.0, 1.0)]
    job = Series(component="migrate", instance="0", samples=[(1.0, 100.0)])
    assert by_component([*pieces, job], but={"migrate"}) == {"web": [[(1.0, 1.0), (2.0, 1.0)]]}


@pytest.mark.parametrize(
    ("values", "highest"),
    [
        ([1.0] * 20, 1.0),
        ([1.0] * 5 + [9.0] * 10 + [1.0] * 5, 9.0),
        ([1.0] * 5 + [9.0] * 5 + [1.0] * 10, 5.0),
        ([9.0], 9.0),
        ([1.0, 9.0], 9.0),  # too few, so the higher one counts
    ],
)
def test_highest_ten_minute_mean_of_minutely_samples(values, highest):
    samples = [(60.0 * number, value) for number, value in enumerate(values)]
    assert sustained(samples, 600) == pytest.approx(highest)


def test_stretch_with_few_samples_is_ignored():
    """One high sample at the edge of a gap does not count for a quarter of an hour."""
    samples = (
        [(60.0 * n, 1.0) for n in range(60)] + [(60.0 * 90, 99.0)] + [(60.0 * n, 1.0) for n in range(120, 180)]
    )
    assert sustained(samples, 900) == 1.0


@pytest.mark.parametrize(
    ("instances", "wanted", "hours"),
    [
        ([], 1, 0.0),
        ([every(120, 720)], 1, 24.0),
        ([every(120, 360)], 1, 12.0),
        ([every(3600, 24)], 1, 24.0),
        ([every(7200, 12)], 1, 12.0),
        ([every(120, 720)], 2, 0.0),
        ([every(120, 720), every(120, 360)], 2, 12.0),
        (
            [every(120, 720), every(120, 360), every(120, 360, ends=43_200)],
            2,
            24.0,
        ),  # one took over from the other
    ],
)
def test_covered_hours(instances, wanted, hours):
    assert DAY.seen(instances, wanted) == pytest.approx(hours, abs=0.5)


@pytest.mark.parametrize(("deployed", "hours"), [(0.0, 12.0), (43_200.0, 24.0), (21_600.0, 18.0)])
def test_newly_added_instance_has_no_earlier_samples(deployed, hours):
    """Before the deployment that added the second one, one of them is enough."""
    window = replace(DAY, deployed=DAY.begin + deployed)
    both = [every(120, 720), every(120, 360)]
    assert window.seen(both, 2) == pytest.approx(hours, abs=0.5)


def test_newest_sample_must_be_recent():
    found = {"web": [every(120, 680, ends=2 * HOUR)]}
    coverage = Window.before(NOW, timedelta(hours=24)).coverage("CPU samples", found, {"web": 1}, RULES)
    assert coverage.expected == "CPU samples of web no older than 60 min"
    assert coverage.got == "none for 120 min"


@pytest.mark.parametrize(
    ("hours", "found", "least", "enough"),
    [
        (24, {"web": [every(120, 720)]}, {"web": 1, "api": 0}, True),  # one that may sleep, and did
        (1, {}, {"web": 0}, True),
        (24, {}, {"web": 0}, False),  # this suite wakes it every day
        (24, {"web": [every(120, 720)]}, {"web": 1, "api": 1}, False),
        (24, {"web": [every(120, 720)], "api": []}, {"web": 1, "api": 1}, False),
        (24, {"web": [every(120, 720)]}, {}, False),  # an app spec that does not know it
        (24, {"web": [every(120, 720, ends=5 * HOUR)]}, {}, True),  # a former component of an app of static sites
        (24, {"web": [every(120, 720)], "old": [every(120, 9, ends=9 * HOUR)]}, {"web": 1}, True),
    ],
)
def test_component_without_samples(hours, found, least, enough):
    """Of those that run all the time each must have samples; those that may sleep need none beside others."""
    window = Window.before(NOW, timedelta(hours=hours))
    assert window.coverage("CPU samples", found, least, RULES).enough is enough


def test_samples_without_a_component_and_no_samples_are_not_enough():
    assert not DAY.coverage("CPU samples", {"": [every(120, 720)]}, {}, RULES).enough
    assert not DAY.coverage("CPU samples", {}, {}, RULES).enough
