"""Percentiles of visitors and of a constant rate, on a server that stalls and on one that does not."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from playbook.readers.load.omission import kind_of_percentiles
from playbook.readers.load.outcome import Endpoint, Outcome

USERS, SECONDS, EVERY, SERVICE, PAUSE = 10, 100.0, 10.0, 0.01, 0.09


def ready(at: float, stall: float) -> float:
    """When the server responds to a request at a moment; it stalls at the end of each ten seconds."""
    into = at % EVERY
    return at - into + EVERY + SERVICE if into > EVERY - stall else at + SERVICE


def of_visitors(stall: float) -> Iterator[float]:
    """Closed loop: each user sends a request, waits for the response, pauses, and repeats."""
    for user in range(USERS):
        at = PAUSE * user / USERS
        while at < SECONDS:
            answered = ready(at, stall)
            yield answered - at
            at = answered + PAUSE


def of_constant_rate(stall: float) -> Iterator[float]:
    """Open loop: the rate of these visitors on a server without stalls, whatever was answered."""
    between = (SERVICE + PAUSE) / USERS
    for number in range(int(SECONDS / between)):
        at = number * between
        yield ready(at, stall) - at


def percentile(percent: float, times: list[float]) -> float:
    return sorted(times)[math.ceil(percent / 100 * len(times)) - 1]


def outcome(times: list[float], users: int = USERS) -> Outcome:
    everything = Endpoint(
        name="all",
        requests=len(times),
        failures=0,
        p50=None,
        p95=None,
        p99=None,
        slowest=max(times, default=None),
        per_second=len(times) / SECONDS,
    )
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return Outcome(
        target="shop",
        shape="smoke",
        host="shop.example",
        started=at,
        updated=at,
        ended="finished",
        planned_seconds=SECONDS,
        seconds=SECONDS,
        most_users=users,
        all=everything,
    )


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_percentiles_of_a_steady_server_equal_those_of_a_constant_rate(percent: float) -> None:
    closed, open_ = list(of_visitors(0.0)), list(of_constant_rate(0.0))
    assert percentile(percent, closed) == pytest.approx(percentile(percent, open_), rel=0.1)
    assert "coordinated omission" not in kind_of_percentiles(outcome(closed))
    assert "each of whom waits for its answer" in kind_of_percentiles(outcome(closed))


@pytest.mark.parametrize("stall", [0.5, 1.0, 3.0])
def test_stall_that_visitors_understate_is_named(stall: float) -> None:
    closed, open_ = list(of_visitors(stall)), list(of_constant_rate(stall))
    least = 100 - 100 * stall / EVERY  # percentage of a constant rate that meets no stall
    percent = least + (100 - least) / 2
    assert percentile(percent, closed) < 0.9 * percentile(percent, open_)
    text = kind_of_percentiles(outcome(closed))
    assert "more requests would have waited (coordinated omission)" in text
    assert f"the slowest took {max(closed):.1f} s" in text


@pytest.mark.parametrize("nothing", [outcome([]), outcome([0.1], users=0)])
def test_without_requests_or_visitors_only_the_kind_is_named(nothing: Outcome) -> None:
    assert "coordinated omission" not in kind_of_percentiles(nothing)
