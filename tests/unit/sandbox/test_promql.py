"""PromQL on a handful of samples that can be checked by hand; the whole of it is held to a real Prometheus."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sandbox.figures import promql
from sandbox.figures.numbers import number
from sandbox.figures.series import Memory, Series

SECOND = 1000
# metric, labels → seconds and values
SAMPLES = {
    ("c", (("i", "1"),)): [(10, 1), (70, 5), (130, 2), (190, 4)],  # a counter that begins anew at 130
    ("c", (("i", "2"),)): [(10, 0), (70, 10), (130, 20), (190, 30)],
    ("g", (("i", "1"), ("z", "a"))): [(10, 1), (70, math.nan), (130, 3)],
    ("b", (("le", "1"),)): [(190, 0)],
    ("b", (("le", "2"),)): [(190, 6)],
    ("b", (("le", "+Inf"),)): [(190, 10)],
}


class View:
    """The samples above, as the store gives them."""

    def __init__(self) -> None:
        self.memory = Memory()

    def names(self) -> list[str]:
        return sorted({name for name, _ in SAMPLES})

    def labels(self, name: str) -> list[Any]:
        return [tuple(sorted((("__name__", metric), *labels))) for metric, labels in SAMPLES if metric == name]

    def series(self, labels: Any) -> Series:
        known = dict(labels)
        points = SAMPLES[known.pop("__name__"), tuple(sorted(known.items()))]
        times, values = zip(*points, strict=True)
        return Series(labels, np.array(times, dtype=np.int64) * SECOND, np.array(values, dtype=np.float64))


def ask(text: str, at: float = 200.0) -> Any:
    """A float, or values by labels without the name."""
    value = promql.instant(View(), promql.parse(text), at)  # type: ignore[arg-type]
    if not isinstance(value, promql.Rows):
        return value
    return {",".join(f"{k}={v}" for k, v in labels if k != "__name__"): p[0][1] for labels, p in value.rows}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("c", {"i=1": 4, "i=2": 30}),
        ("c offset 130s", {"i=1": 5, "i=2": 10}),
        ("c @ 71", {"i=1": 5, "i=2": 10}),
        # From 10 to 190 it grew by 4, 2 (anew) and 2; ranges reach 10 s further on both sides, but not below zero.
        ("increase(c[200s])", {"i=1": 8 * (180 + 10 + 10) / 180, "i=2": 30 * 190 / 180}),
        ("resets(c[200s])", {"i=1": 1, "i=2": 0}),
        ("irate(c[200s])", {"i=1": 2 / 60, "i=2": 10 / 60}),
        ("sum(c)", {"": 34}),
        ("topk(1, c)", {"i=2": 30}),
        ("c / on(i) g", {"i=1": 4 / 3}),
        ("c and on(i) c{i='2'}", {"i=2": 30}),
        ("count_over_time(c[60s:20s])", {"i=1": 3, "i=2": 3}),
        # Six of ten lie between 1 and 2: the median is five sixths of the way.
        ("histogram_quantile(0.5, b)", {"": 1 + 5 / 6}),
        ("histogram_quantile(0.9, b)", {"": 2}),
        ("1 + 2 * 3 ^ 2", 19.0),
        ("-2 ^ 2", -4.0),
        ("-7 % 4", -3.0),
        ("1 / 0", math.inf),
    ],
)
def test_values_match_manual_results(text, expected):
    """By hand."""
    assert ask(text) == (pytest.approx(expected) if isinstance(expected, dict) else expected)


def test_samples_older_than_five_minutes_are_ignored():
    """Not even by a second."""
    assert set(ask("g", 429.9)) == {"i=1,z=a"}
    assert ask("g", 430.0) == {}


def test_nan_is_a_sample():
    """It is there, and equal to nothing."""
    assert math.isnan(ask("g", 100)["i=1,z=a"])
    assert ask("g == g", 100) == {}
    assert ask("max(g)", 140) == {"": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c + on() c", "found duplicate series for the match group {}"),
        ("c * on() group_left c", "found duplicate series for the match group {} on the right hand-side"),
        ("label_replace(c, 'i', 'x', 'i', '.*')", "vector cannot contain metrics with the same labelset"),
        ("label_replace(c, '0', 'x', 'i', '.*')", "invalid destination label name in label_replace(): 0"),
        ("histogram_sum(c)", "the function histogram_sum() is not supported by the sandbox"),
        ("topk(NaN, c)", "Scalar value nan overflows int64"),
    ],
)
def test_unsupported_expression_is_an_error(text, message):
    """Never a wrong number."""
    with pytest.raises(promql.ExecutionError) as caught:
        ask(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "sum(", "c[5m", "rate(c)", "nothing_like_it(c)", '{a="b" or c="d"}'])
def test_invalid_promql_is_a_parse_error(text):
    """By the parser."""
    with pytest.raises(promql.ParseError, match="parse error: "):
        ask(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
        (5e-324, "0." + "0" * 323 + "5"),
        (1.5e300, "15" + "0" * 299),
        (-0.0, "-0"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers_have_prometheus_format(value, text):
    """Shortest digits, no exponent."""
    assert number(value) == text
