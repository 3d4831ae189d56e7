"""PromQL at all steps at once gives what each step by itself gives, whatever the samples are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sandbox.figures.promql import rates, tables
from sandbox.figures.promql.aggregate import aggregate
from sandbox.figures.promql.binary import SETS, Operation
from sandbox.figures.promql.functions import replacing
from sandbox.figures.promql.values import nameless
from sandbox.figures.promql.windows import KEEPS_NAME, WINDOW_FUNCTIONS, RangeVector
from sandbox.figures.series import Series

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


def chance(random, labels, steps, share=0.5):
    """A table of these series, each there at that share of the steps."""
    values, there = zip(*[(level(random, steps), random.random(steps) < share) for _ in labels], strict=True)
    return tables.made(labels, np.array(values), np.array(there))


def vector(make, width=300_000):
    """A range vector of three series."""
    rows = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        times = moments(random)
        rows.append(Series((("__name__", "m"), ("i", str(seed))), times, make(random, len(times))))
    return RangeVector(rows, STEPS, STEPS, width)


@pytest.mark.parametrize("make", [counter, level])
@pytest.mark.parametrize("name", sorted(rates.EXTRAPOLATED))
@pytest.mark.parametrize("width", [20_000, 300_000, 2 * SPAN])
def test_rates_agree_at_every_step(make, name, width):
    """Where there is a value, and what it is."""
    windows = vector(make, width)
    node = tables.node_of(rates.extrapolated(name, windows))
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


@pytest.mark.parametrize("make", [counter, level, endless])
@pytest.mark.parametrize("name", sorted(rates.WINDOWED))
@pytest.mark.parametrize("width", [20_000, 300_000, 2 * SPAN])
def test_windows_agree_at_every_step(make, name, width):
    """The same series have the same value, and keep their name or lose it."""
    windows = vector(make, width)
    node = tables.node_of(rates.over_windows(name, windows))
    seen = 0
    for step in range(len(STEPS)):
        single = [(labels, WINDOW_FUNCTIONS[name](window, 0.0)) for labels, window in windows.at(step)]
        expected = [(labels if name in KEEPS_NAME else nameless(labels), value) for labels, value in single]
        found = node(step)
        assert [labels for labels, _ in found] == [labels for labels, _ in expected]
        assert np.array_equal([v for _, v in found], [v for _, v in expected], equal_nan=True)
        seen += len(found)
    assert seen > len(STEPS) // 10


def test_windows_without_samples_are_empty():
    """At every step."""
    rows = [Series((("__name__", "m"),), np.array([], dtype=np.int64), np.array([]))]
    for name in rates.WINDOWED:
        assert not rates.over_windows(name, RangeVector(rows, STEPS, STEPS, 300_000)).there.any()


OPERATIONS = [
    *(Operation(op) for op in sorted(SETS)),
    *(Operation(op, names=frozenset("j"), on=True) for op in sorted(SETS)),
    *(Operation(op, names=frozenset("i")) for op in sorted(SETS)),
    *(Operation(op, on=True) for op in sorted(SETS)),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
def test_sets_agree_at_every_step(operation):
    """Series of both sides, some with the same labels, some of one side alone."""
    random = np.random.default_rng(11)

    def side(first):
        labels = [(("i", str(i)), ("j", "x" if i < 3 else "y")) for i in range(first, first + 3)]
        return chance(random, labels, 60)

    left, right = side(0), side(2)
    joined = tables.joined(operation.op, left, right, operation.signature)
    assert joined.called(joined.labels) is not None
    whole, one, other = map(tables.node_of, (joined, left, right))
    seen = 0
    for step in range(60):
        expected, found = dict(operation(one(step), other(step))), dict(whole(step))
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[labels], expected[labels], equal_nan=True) for labels in found)
        seen += len(found)
    assert seen > 10


def test_colliding_labels_fall_back_to_single_steps():
    """It is an error only where both have a value; else the rows are as they were, with other labels."""
    there = np.array([[True, False], [True, False]])
    table = tables.made([(("i", i),) for i in "ab"], np.array([[1.0, 2.0], [3.0, 4.0]]), there)
    changed = replacing("k", "$1", "i", "(.)")
    found = table.called([changed(labels) for labels in table.labels])
    assert found.labels == [(("i", "a"), ("k", "a")), (("i", "b"), ("k", "b"))]
    assert np.array_equal(found.values, table.values)
    assert np.array_equal(found.there, there)
    changed = replacing("i", "c", "i", ".")
    assert table.called([changed(labels) for labels in table.labels]) is None


def test_infinite_counter_values_fall_back_to_single_steps():
    """Infinite values that a counter has lost."""
    assert rates.extrapolated("rate", vector(endless)) is None


def test_colliding_names_fall_back_to_single_steps():
    """It is an error only where both have a value."""
    times = np.array([0, 60_000], dtype=np.int64)
    rows = [Series((("__name__", name),), times, np.array([1.0, 2.0])) for name in "ab"]
    assert rates.extrapolated("rate", RangeVector(rows, STEPS, STEPS, 300_000)) is None


@pytest.mark.parametrize("op", sorted(tables.COMBINED))
@pytest.mark.parametrize("steps", [50, 100])
def test_aggregations_agree_at_every_step(op, steps):
    """By a label that two of three share."""
    random = np.random.default_rng(7)
    table = chance(random, [(("i", str(i)), ("j", "x" if i < 2 else "y")) for i in range(3)], steps, 0.6)

    def group_of(labels):
        return tuple(pair for pair in labels if pair[0] == "j")

    single, whole = tables.node_of(table), tables.node_of(tables.aggregated(op, table, group_of))
    for step in range(steps):
        expected = dict(aggregate(op, single(step), group_of, 0.0))
        found = dict(whole(step))
        assert found.keys() == expected.keys()
        for labels, value in expected.items():
            assert np.array_equal(found[labels], value, equal_nan=True)


@pytest.mark.parametrize("make", [counter, level])
@pytest.mark.parametrize("q", [-1.0, 0.0, 0.25, 0.95, 1.0, 2.0, math.nan])
def test_quantiles_agree_at_every_step(make, q):
    """The same number, also where a sample is none."""
    windows = vector(make)
    node = tables.node_of(rates.quantiles(q, windows))
    for step in range(len(STEPS)):
        expected = [
            (nameless(labels), WINDOW_FUNCTIONS["quantile_over_time"](window, q))
            for labels, window in windows.at(step)
        ]
        found = node(step)
        assert [labels for labels, _ in found] == [labels for labels, _ in expected]
        assert np.array_equal([v for _, v in found], [v for _, v in expected], equal_nan=True)


def test_values_are_computed_for_series_that_are_somewhere():
    """Only for them, and only when they are asked for."""
    asked = []

    def make(rows):
        asked.append(rows.tolist())
        return rows[:, None] * np.ones((1, 2))

    there = np.array([[True, True], [True, False], [False, True]])
    table = tables.Table([(("i", i),) for i in "abc"], there, make)
    other = tables.made([(("i", "b"),)], np.ones((1, 2)), np.array([[True, True]]))
    kept = tables.joined("unless", table, other, Operation("unless").signature)
    kept = kept.at(kept.there & [[True, False], [True, False]])
    assert (kept.labels, asked) == ([(("i", "a"),)], [])
    assert kept.values.tolist() == [[0.0, 0.0]]
    assert asked == [[0]]
