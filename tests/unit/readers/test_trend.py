"""When growth counts as a trend, how fast it is, and how far it is extrapolated."""

import math
import random

import pytest

from playbook.readers.trend import DAY, by_grid, fit, split_at_falls
from playbook.settings.sections.trends import Trends

RULE = Trends()
HOUR = 3600.0
BEGIN = 1_795_392_000.0


def week(value, hours=168, noise=0.0):
    """One value per hour: ``value(days)`` and reproducible noise."""
    chance = random.Random(7)
    return [(BEGIN + HOUR * n, value(n / 24) + chance.gauss(0, noise)) for n in range(hours)]


def daily(days):
    """A swing of six points between night and afternoon."""
    return 50 + 3 * math.sin(days * math.tau)


def trend(*parts):
    """Of hours."""
    return fit(parts, DAY, RULE)


def test_leak_under_noise_and_daily_swing_is_found():
    """The slope is within a few percent, and so is the date of exhaustion."""
    found = trend(week(lambda days: daily(days) + 2.4 * days, noise=1.0))
    assert found.steady
    assert found.slope == pytest.approx(2.4, rel=0.05)
    assert found.days_until(100) == pytest.approx((100 - found.level) / 2.4, rel=0.05)


@pytest.mark.parametrize("noise", [0.0, 0.3, 2.0])
def test_daily_swing_is_no_growth(noise):
    """Not even where the week ends in the afternoon."""
    found = trend(week(daily, hours=158, noise=noise))
    assert not found.steady
    assert found.days_until(100) is None
    assert found.describe("points").startswith("none that is steady")


def test_pure_noise_is_no_growth():
    """For a hundred seeds."""
    for seed in range(100):
        chance = random.Random(seed)
        points = [(BEGIN + HOUR * n, 50 + chance.gauss(0, 2)) for n in range(168)]
        assert not trend(points).steady, seed


@pytest.mark.parametrize("day", [1, 2, 3, 3.5, 4, 5, 6])
def test_single_step_is_no_growth(day):
    """A release that needs more memory than the one before does not fill it."""
    found = trend(week(lambda days: 50 if days < day else 65, noise=0.3))
    assert found.days_until(100) is None


def test_outliers_up_to_a_third_change_nothing():
    """The median of the slopes is robust against them."""
    points = week(lambda days: 50 + 2 * days, noise=0.2)
    chance = random.Random(1)
    wild = [(at, chance.uniform(0, 100)) if chance.random() < 0.15 else (at, value) for at, value in points]
    assert trend(wild).slope == pytest.approx(2, rel=0.1)


def test_restarts_do_not_hide_a_leak():
    """A sawtooth: values from before a restart are not compared with values from after it."""
    points = week(lambda days: 50 + 10 * (days % 3.5), noise=0.2)
    parts = split_at_falls(points, 8.0)
    assert len(parts) == 2
    found = trend(*parts)
    assert found.steady
    assert found.slope == pytest.approx(10, rel=0.05)
    assert trend(points).slope < 5


@pytest.mark.parametrize(("hours", "days"), [(24, 3), (24, 4), (36, 6), (48, 7)])
def test_growth_that_fades_below_the_limit_does_not_meet_it(hours, days):
    """A new process whose caches and heap fill: by this number of hours it lacks a third of what it lacked."""

    def filling(day):
        return 70 - 30 * math.exp(-24 * day / hours)

    found = trend(week(filling, hours=24 * days, noise=0.3))
    assert found.days_until(100) is None
    assert trend(week(lambda day: 40 + filling(day), hours=24 * days, noise=0.3)).days_until(100) is not None


@pytest.mark.parametrize("days", [3, 4, 5, 7])
def test_leak_that_halves_on_a_weekend_still_meets_the_limit(days):
    """As one with each request does."""
    weekend = days - 1.5

    def leaking(day):
        return 50 + 4 * (min(day, weekend) + 0.7 * max(day - weekend, 0))

    assert trend(week(leaking, hours=24 * days, noise=0.3)).days_until(100) < 14


def test_daily_restarts_leave_nothing_to_compare():
    """The result says so."""
    parts = split_at_falls(week(lambda days: 50 + 20 * (days % 1)), 8.0)
    found = trend(*parts)
    assert not found.known
    assert found.describe("points") == "unknown: 0 comparisons, 40 are needed"
    assert found.days_until(100) is None


def test_too_few_values_are_unknown():
    """A day and a half has twelve pairs."""
    found = trend(week(lambda days: 50 + 5 * days, hours=36))
    assert (found.pairs, found.known, found.steady) == (12, False, False)


def test_shrinking_values_meet_no_limit():
    """They are steady all the same."""
    found = trend(week(lambda days: 80 - 3 * days, noise=0.1))
    assert found.steady
    assert found.slope < 0
    assert found.days_until(100) is None
    assert found.describe("points").startswith("-3.0")


def test_limit_already_reached_has_no_days_left():
    """Whatever the growth is."""
    assert trend(week(lambda _: 100.0)).days_until(100) == 0.0


def test_extrapolation_ends_at_the_reach():
    """A week says nothing about next year."""
    found = trend(week(lambda days: 50 + 0.5 * days, noise=0.05))
    assert found.steady
    assert found.span == pytest.approx(6, abs=0.1)
    assert found.days_until(100) is None
    assert found.days_until(60) == pytest.approx(13, abs=0.5)


def test_no_values_give_no_trend():
    """No parts, an empty part."""
    for parts in ((), ([],)):
        assert math.isnan(fit(parts, DAY, RULE).level)
        assert not fit(parts, DAY, RULE).known


def test_grid_contains_medians():
    """Hours without samples stay empty."""
    points = [(BEGIN + offset, value) for offset, value in ((0, 1.0), (60, 9.0), (120, 2.0), (7200, 5.0))]
    assert by_grid(points, HOUR) == [(BEGIN, 2.0), (BEGIN + 7200, 5.0)]
