"""What is counted: percentiles, errors, and counts of several processes added up."""

from __future__ import annotations

import random

import pytest

from loadtests import recorder
from loadtests.recorder import MOST_ERRORS, OTHERS, SLICES, Counts, Tally


def _counts(times: list[float], name: str = "homepage") -> Counts:
    counts = Counts()
    for milliseconds in times:
        counts.record(name, milliseconds, 10)
    return counts


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_percentiles_are_accurate_to_one_percent(percent: int) -> None:
    """Against the sorted times themselves, from microseconds to a minute."""
    source = random.Random(7)
    times = sorted(10 ** source.uniform(-1.5, 4.7) for _ in range(5000))
    exact = times[len(times) * percent // 100 - 1] / 1000
    assert _counts(times).all().percentile(percent) == pytest.approx(exact, rel=0.01)


def test_percentile_without_requests_is_none() -> None:
    """Nothing is not zero."""
    assert Tally().percentile(95) is None


def test_percentile_never_exceeds_slowest() -> None:
    """The middle of a bucket may be."""
    assert _counts([100.4, 100.4]).all().percentile(99) == pytest.approx(0.1004, abs=1e-6)


def test_failures_raise_percentiles() -> None:
    """What is refused at once makes no percentile better, and where too much fails there is none."""
    counts = _counts([200.0] * 96)
    for _ in range(4):
        counts.fail("homepage", 0.2, "connection refused", counts.record("homepage", 0.2, 0), unreached=True)
    whole = counts.all()
    assert (whole.requests, whole.failures) == (100, 4)
    assert whole.percentile(50) == whole.percentile(95) == pytest.approx(0.2, rel=0.01)
    assert whole.percentile(99) is None


def test_zero_time_has_a_bucket() -> None:
    """A time of zero has a bucket too."""
    assert _counts([0.0, 0.0]).all().requests == 2


def test_worker_counts_add_up_after_encoding() -> None:
    """Taken, encoded, decoded and added, the same as counted in one place."""
    together = _counts([1, 2, 3, 400, 500])
    one, other = _counts([1, 400, 3]), _counts([2, 500])
    for counts in (one, other):
        tallies = counts.record("health", 7.0, 1)
        counts.fail("health", 7.0, "HTTP 503", tallies, unreached=False)
        counts.refused["somewhere else"] = 2
        counts.throttled = 3
    whole = Counts()
    for counts in (one, other):
        whole.add(recorder.decode(recorder.encode(counts.take())))
    assert whole.endpoints["homepage"].counts == together.endpoints["homepage"].counts
    assert whole.errors == {"health": {"HTTP 503": 2}}
    assert (whole.refused, whole.throttled) == ({"somewhere else": 4}, 6)
    assert one.all().requests == 0


def test_span_excludes_partial_slices() -> None:
    """The quarter seconds at its edges, where they stick out, are left out."""
    counts = Counts()
    for moment in range(100 * SLICES, 103 * SLICES):
        counts.slices[moment] = Tally(requests=1)
    assert counts.between(101.0, 102.0).requests == SLICES
    assert counts.between(101.1, 102.1).requests == SLICES - 1


def test_number_of_error_kinds_is_bounded() -> None:
    """A server that says something new each time fills no memory."""
    counts = Counts()
    for number in range(MOST_ERRORS + 30):
        counts.fail("homepage", 1.0, f"message {number}", (), unreached=False)
    assert len(counts.errors["homepage"]) == MOST_ERRORS + 1
    assert counts.errors["homepage"][OTHERS] == 30
