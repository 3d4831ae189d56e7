"""Bottlenecks of a load test, in order of time."""

from __future__ import annotations

from playbook.readers.load.bottleneck import Watched, find_bottlenecks, watched_of
from playbook.readers.load.outcome import Moments
from playbook.readers.load.samples import QUEUE, REDIS_LATENCY, Sample
from playbook.settings.loading import load

SETTINGS = load("production", environment={})
BEGAN = 1_795_392_000.0


def moments(*seconds):
    """One a second, with this P95."""
    return [
        Moments(at=BEGAN + number, users=5, requests=10, failures=0, p95=p95) for number, p95 in enumerate(seconds)
    ]


def test_bottlenecks_are_in_order_of_time_with_their_limit():
    """The queue filled up before visitors noticed."""
    samples = [Sample(BEGAN + n, {QUEUE: 20.0 * n, REDIS_LATENCY: 1.0}) for n in range(8)]
    found = find_bottlenecks(watched_of(SETTINGS, BEGAN, moments(0.1, 0.2, 0.3, 0.5, 1.0, 2.1, 2.5, 3.0), samples))
    assert [one.text for one in found] == [
        "Image queue rose above 50 images, 3 s into the test",
        "P95 rose above 2 s, 5 s into the test",
    ]


def test_single_value_beyond_the_limit_is_chance():
    """Including the last second, which nothing follows."""
    assert find_bottlenecks([Watched("P95", "s", 2.0, [(0, 3.0), (1, 1.0), (2, 5.0), (3, 2.0), (4, 9.0)])]) == []


def test_figure_over_its_limit_before_the_load_is_worded_differently():
    """The load did not cause it."""
    samples = [Sample(BEGAN + n, {QUEUE: 120.0}) for n in (-2, -1, 0)]
    (found,) = find_bottlenecks(watched_of(SETTINGS, BEGAN, [], samples))
    assert found.text == "Image queue was above 50 images from the beginning"


def test_failures_count_by_share_and_unread_figures_do_not_count():
    """Seconds without requests say nothing."""
    failing = [Moments(at=BEGAN + n, users=5, requests=n % 2, failures=n % 2, p95=None) for n in range(6)]
    (found,) = find_bottlenecks(watched_of(SETTINGS, BEGAN, failing, [Sample(BEGAN, {})]))
    assert found.text == "Failed requests rose above 5 %, 1 s into the test"


def test_no_bottleneck():
    """An empty list, also for an empty test."""
    assert find_bottlenecks(watched_of(SETTINGS, BEGAN, moments(0.1, 0.1), [])) == []
    assert find_bottlenecks([]) == []
