"""Peak and off-peak hours, and when fewer instances would be enough off-peak."""

from dataclasses import replace

import pytest

from checks.figures import test_optimization as checks
from playbook.clients.digitalocean_account import InstanceSize
from playbook.core.coverage import whole
from playbook.core.verdict import Verdict
from playbook.measure.app.resources import ComponentWeek, ResourceWeek
from playbook.measure.app.scaling import Fit, Plan, ScalingReview, Use
from playbook.measure.figures.peaks import _hour_ranges, peaks
from playbook.settings.loading import load
from tests.judged import judged

SETTINGS = load("sandbox", environment={})
SIZE = InstanceSize(slug="apps-s-1vcpu-1gb", usd_per_month=12.0)


def fit(count, most=None):
    use = Use(cpu=50.0, memory=50.0, highest_memory=50.0, together=100.0, hours=168)
    return Fit("web", SIZE.slug, count, most, use, Plan(count, SIZE), None, 5.0)


def week(by_hour, days=7):
    """The same day repeated, from the hour of the day in UTC to percent."""
    hours = [((day * 24 + hour) * 3600.0, value) for day in range(days) for hour, value in by_hour.items()]
    return ComponentWeek("web", tuple(hours))


def measured(one, has):
    resources = ResourceWeek("CPU", (one,), SETTINGS.limits.cpu)
    return peaks(resources, ScalingReview((has,), (), whole("a week")), SETTINGS)


def verdict(found, has):
    return judged(
        checks.test_no_instance_runs_idle, peaks=found, scaling=ScalingReview((has,), (), whole("a week"))
    )


def day(quiet, busy):
    """Busy from eight to twenty."""
    return {hour: busy if 8 <= hour < 20 else quiet for hour in range(24)}


@pytest.mark.parametrize(
    ("quiet", "count", "most", "enough", "idle"),
    [
        (20.0, 6, None, 2, True),
        (30.0, 6, None, 3, True),
        (59.0, 6, None, 6, False),
        (20.0, 2, None, 2, False),  # never below the minimum number
        (20.0, 3, None, 2, True),
        (20.0, 1, None, 1, False),
        (20.0, 6, 9, 2, False),  # it scales by itself
    ],
)
def test_unneeded_instances_off_peak(quiet, count, most, enough, idle):
    """By the smallest number of instances that leaves the configured headroom."""
    found = measured(week(day(quiet, 59.5)), fit(count, most))
    (only,) = found.days
    assert (only.peak, only.off_peak, only.enough, only.idle) == (59.5, quiet, enough, idle)
    found_verdict, message = verdict(found, fit(count, most))
    assert found_verdict is (Verdict.WARNING if idle else Verdict.OK)
    if idle:
        assert f"autoscaling from {enough} would save about ${(count - enough) * 6:.2f} a month" in message
        assert "(20–08 UTC)" in message


def test_one_busy_night_is_not_usual():
    """The median of the week's days counts."""
    usual = week(day(20.0, 58.0))
    odd = replace(usual, hours=tuple((at, 90.0 if at < 24 * 3600 else value) for at, value in usual.hours))
    assert measured(odd, fit(6)).days[0].off_peak == 20.0


def test_hour_without_samples_is_unknown():
    """It may be the busiest of all."""
    seen = day(20.0, 58.0)
    del seen[3]
    found = measured(week(seen), fit(6))
    assert (found.days, found.unknown, found.coverage.enough) == ((), ("web",), False)
    found_verdict, _ = verdict(found, fit(6))
    assert found_verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ((9, 10, 11), "09–12"),
        ((22, 23, 0, 1), "22–02"),
        ((3, 9), "03–04, 09–10"),
        (tuple(range(24)), "all day"),
    ],
)
def test_hours_are_shown_as_ranges(hours, words):
    """Also over midnight."""
    assert _hour_ranges(hours) == words
