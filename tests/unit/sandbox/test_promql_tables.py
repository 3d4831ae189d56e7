"""PromQL at all steps at once gives what each step by itself gives, whatever the samples are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sandbox.metrics.promql import tables
from sandbox.metrics.promql.aggregate import aggregate
from sandbox.metrics.promql.values import nameless
from sandbox.metrics.promql.windows import WINDOW_FUNCTIONS, RangeVector

SPAN = 3_600_000  # milliseconds
STEPS = np.arange(-600_000, SPAN + 600_000, 7_000, dtype=np.int64)


def moments(random):
    """Of samples: at odd milliseconds, with a gap."""
    times = np.unique(random.integers(0, SPAN, 200))
    return times[(times < SPAN // 3) | (times > SPAN // 2)]


def counter(random, count):
    """Begins anew now and then."""
    return np.cumsum(random.integers(0, 9, count)) % 90 * 1.0


def level(random, count):
    """Also below zero, with steps in between that are no number."""
    return np.where(random.random(count) < 0.1, math.nan, random.standard_normal(count))


def endless(random, count):
    """Grows beyond all numbers, and begins anew."""
    return np.where(random.random(count) < 0.1, math.inf, random.standard_normal(count))


def vector(make, width=300_000):
    """A range vector of three series."""
    rows = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        times = moments(random)
        rows.append(((("__name__", "m"), ("i", str(seed))), times, make(random, len(times))))
    return RangeVector(rows, STEPS, STEPS, width)


@pytest.mark.parametrize("make", [counter, level])
@pytest.mark.parametrize("name", sorted(tables.EXTRAPOLATED))
@pytest.mark.parametrize("width", [20_000, 300_000, 2 * SPAN])
def test_rates_agree_at_every_step(make, name, width):
    """Where there is a value, and what it is."""
    windows = vector(make, width)
    node = tables.node_of(tables.extrapolated(name, windows))
    seen = 0
    for step in range(len(STEPS)):
        single = [(nameless(labels), WINDOW_FUNCTIONS[name](window, 0.0)) for labels, window in windows.at(step)]
        expected = {labels: value for labels, value in single if value is not None}
        found = dict(node(step))
        assert found.keys() == expected.keys()
        for labels, value in expected.items():
            assert found[labels] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True)
        seen += len(found)
    assert seen > len(STEPS) // 10


def test_what_has_no_differences_is_looked_at_step_by_step():
    """Infinite values that a counter has lost."""
    assert tables.extrapolated("rate", vector(endless)) is None


def test_names_that_were_all_that_differed_are_looked_at_step_by_step():
    """It is an error only where both have a value."""
    times = np.array([0, 60_000], dtype=np.int64)
    rows = [((("__name__", name),), times, np.array([1.0, 2.0])) for name in "ab"]
    assert tables.extrapolated("rate", RangeVector(rows, STEPS, STEPS, 300_000)) is None


@pytest.mark.parametrize("op", sorted(tables.COMBINED))
def test_aggregations_agree_at_every_step(op):
    """By a label that two of three share."""
    random = np.random.default_rng(7)
    rows = [
        tables.Row((("i", str(i)), ("j", "x" if i < 2 else "y")), level(random, 50), random.random(50) < 0.6)
        for i in range(3)
    ]

    def group_of(labels):
        return tuple(pair for pair in labels if pair[0] == "j")

    single, whole = tables.node_of(rows), tables.node_of(tables.aggregated(op, rows, group_of))
    for step in range(50):
        expected = dict(aggregate(op, single(step), group_of, 0.0))
        found = dict(whole(step))
        assert found.keys() == expected.keys()
        for labels, value in expected.items():
            assert found[labels] == pytest.approx(value, nan_ok=True)
