"""The limits of key figures, at, just under and just over each boundary."""

import math

import pytest

from playbook.core.limits import Bound, Limit, parse_limit
from playbook.core.verdict import Verdict
from playbook.settings.loading import load

GOOD, W, C = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL

# The table of the playbook: value → verdict, and whether the target is met.
VERDICTS = [
    (
        "availability",
        [(100, GOOD, True), (99.9, GOOD, True), (99.899, GOOD, False), (99.5, GOOD, False), (99.499, W, False)],
    ),
    ("availability", [(99.0, W, False), (98.999, C, False), (0, C, False)]),
    (
        "response_time",
        [(0, GOOD, True), (0.999, GOOD, True), (1.0, GOOD, False), (2.0, GOOD, False), (2.001, W, False)],
    ),
    ("response_time", [(5.0, W, False), (5.001, C, False)]),
    (
        "error_rate",
        [(0, GOOD, True), (0.099, GOOD, True), (0.1, GOOD, False), (1.0, GOOD, False), (1.001, W, False)],
    ),
    ("error_rate", [(5.0, W, False), (5.001, C, False), (100, C, False)]),
    (
        "image_success",
        [(100, GOOD, True), (99.001, GOOD, True), (99.0, GOOD, False), (98.0, GOOD, False), (97.999, W, False)],
    ),
    ("image_success", [(95.0, W, False), (94.999, C, False)]),
    ("cache_hit_rate", [(90.001, GOOD, True), (90.0, GOOD, False), (80.0, GOOD, False), (79.999, W, False)]),
    ("cache_hit_rate", [(70.0, W, False), (69.999, C, False), (0, C, False)]),
    ("cpu", [(79.999, GOOD, False), (80.0, W, False), (89.999, W, False), (90.0, C, False)]),
    ("memory", [(79.999, GOOD, False), (80.0, W, False), (89.999, W, False), (90.0, C, False)]),
]
CASES = [(name, value, verdict, met) for name, steps in VERDICTS for value, verdict, met in steps]


@pytest.mark.parametrize(("name", "value", "verdict", "met"), CASES, ids=[f"{n}-{v}" for n, v, _, _ in CASES])
def test_shipped_limits_match_the_playbook(name, value, verdict, met):
    """Each key figure is judged as in the playbook's table, on both sides of each boundary."""
    limit: Limit = getattr(load("sandbox", environment={}).limits, name)
    assert limit.verdict(value) is verdict
    assert limit.meets_target(value) is met


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_is_not_judged(value):
    """NaN compares as false with everything, so it must never reach a comparison."""
    with pytest.raises(ValueError, match="cannot be judged"):
        parse_limit("CPU", {"warning": "> 80 %"}).verdict(value)


@pytest.mark.parametrize(
    ("text", "comparison", "number", "unit"),
    [
        ("< 80 %", "<", 80, "%"),
        (">=99.9%", ">=", 99.9, "%"),
        ("> 1,000 ms", ">", 1000, "ms"),
        ("<= 3", "<=", 3, ""),
        ("> -5 days", ">", -5, "days"),
    ],
)
def test_bound_is_parsed_in_the_playbooks_notation(text, comparison, number, unit):
    """Spaces and thousands separators are optional; the unit follows the number."""
    assert Bound.parse(text) == Bound(comparison, number, unit)


@pytest.mark.parametrize("text", ["80 %", "= 80", "<", "", "< eighty", "<> 3", "< 1.2.3"])
def test_invalid_bound_states_what_was_expected(text):
    """The message shows an example."""
    with pytest.raises(ValueError, match="expected a comparison and a number such as '< 80 %'"):
        Bound.parse(text)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"target": "> 90 %"}, "can never fail"),
        ({"warning": "< 80 %", "critical": "< 70 s"}, "expected one unit"),
        ({"warning": "< 80 %", "critical": "> 70 %"}, "same side"),
        ({"target": "< 90 %", "warning": "< 80 %"}, "same side"),
        ({"warning": "< 80 %", "critical": "< 90 %"}, "to be worse than warning"),
        ({"warning": "> 2 s", "critical": "> 1 s"}, "to be worse than warning"),
        ({"target": "> 70 %", "warning": "< 80 %"}, "stricter than warning"),
        # What no value can be beyond would be a check that cannot fail.
        ({"critical": "> 100 %", "possible": "0 .. 100"}, "can be beyond, got > 100 % where 100 % is the most"),
        ({"warning": "> 500 %", "possible": "0 .. 100"}, "can be beyond, got > 500 %"),
        ({"critical": "< 0 s", "possible": "0 .."}, "can be beyond, got < 0 s where 0 s is the least"),
    ],
)
def test_contradictory_limits_are_refused(spec, reason):
    """A limit without a consistent meaning is a mistake in the settings, not a verdict."""
    with pytest.raises(ValueError, match=reason):
        parse_limit("x", spec)


def test_expected_names_the_bound_that_would_have_been_good_enough():
    """That is the warning limit, where there is one."""
    limit = parse_limit("Hit rate", {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"})
    assert limit.expected(C) == limit.expected(W) == "at least 80 %"
    assert limit.expected(GOOD) == "over 90 %"
    assert parse_limit("x", {"critical": "> 5 s"}).expected(C) == "at most 5 s"


def test_share_just_over_100_percent_is_possible():
    """Floating-point sums can be; anything larger is a measurement error."""
    limit = parse_limit("Image processing success", {"warning": "< 98 %", "possible": "0 .. 100"})
    assert limit.possible(100.00000000000001)
    assert limit.possible(-1e-12)
    assert not limit.possible(100.001)
    assert not limit.possible(-0.001)


@pytest.mark.parametrize(
    "spec",
    [
        {"critical": ">= 100 %", "possible": "0 .. 100"},
        {"critical": "<= 0 jobs", "possible": "0 .."},
        {"critical": "> 100 %", "possible": "0 .."},
        {"warning": "< 0 points"},
    ],
)
def test_limit_at_the_end_of_what_is_possible_can_be_reached(spec):
    assert parse_limit("x", spec)
