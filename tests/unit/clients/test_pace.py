"""The turns of one token: within both limits, in order, and told where they were waited for."""

import pytest

from playbook.clients import pace
from playbook.clients.pace import Bucket, NoTurn, Pace
from playbook.core.secret import Secret

FAR = 1e9


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    """At 0."""
    return Time()


@pytest.fixture
def bucket(clock):
    """Of a token that one process uses."""
    return Bucket(now=clock, sleep=clock.sleep)


def most_within(times, window):
    """The most turns in any window of this many seconds."""
    return max(sum(first <= time < first + window for time in times) for first in times)


def test_requests_stay_within_both_limits(bucket, clock):
    """At any moment, however many are asked for."""
    times = []
    for _ in range(6_000):
        bucket.take(FAR)
        times.append(clock.now)
    assert most_within(times[:1_000], 60) == 250
    assert sum(time < 3600 for time in times) == 5_000
    assert times[5_000] >= 3600


def test_first_requests_do_not_wait(bucket):
    """A run of one target asks as it always did."""
    assert sum(bucket.take(FAR) for _ in range(250)) == 0


def test_late_slot_is_refused_at_once(bucket, clock):
    """The caller gets the error at once, and the turn is left to others."""
    for _ in range(250):
        bucket.take(FAR)
    with pytest.raises(NoTurn, match="no turn to ask within 20 s: the token may send 250 requests a minute"):
        bucket.take(20.0)
    assert clock.now == 0
    assert bucket.take(FAR) == pytest.approx(61)


def test_target_starts_when_its_requests_fit(bucket):
    """Those of targets that have begun and not asked yet are kept for them."""
    names = [f"shop-{number}" for number in range(6)]
    for name in names:
        assert bucket.admit() == 0
        bucket.enter(name)
    for name in names:
        for _ in range(pace.FIRST_GUESS):
            assert bucket.take(FAR, name) == 0
    assert bucket.admit() == pytest.approx(61)


def test_expected_requests_are_learned_from_finished_targets(bucket):
    """One that asked 200 times makes the next wait, which forty more would not have done."""
    bucket.enter("shop-a")
    for _ in range(200):
        bucket.take(FAR, "shop-a")
    bucket.leave("shop-a")
    assert bucket.admit() == pytest.approx(61)


def test_processes_share_the_limit():
    """Each takes its part, and at least what one target asks at once."""
    assert (Bucket(2).per_minute, Bucket(2).per_hour) == (125, 2_500)
    assert (Bucket(50).per_minute, Bucket(50).per_hour) == (pace.FIRST_GUESS, 100)


def test_targets_with_same_token_share_a_bucket(monkeypatch):
    """And others have their own; a worker of xdist takes its share."""
    monkeypatch.setattr(pace, "_BUCKETS", {})
    monkeypatch.setenv(pace.WORKERS_VARIABLE, "5")
    first, second, other = (
        pace.pace_of(Secret(token), name)
        for token, name in (("dop_v1_one", "a"), ("dop_v1_one", "b"), ("dop_v1_two", "c"))
    )
    assert first.bucket is second.bucket is not other.bucket
    assert first.bucket.per_minute == 50


def test_wait_is_recorded_for_its_target(bucket, monkeypatch):
    """What is too short to matter is not told."""
    monkeypatch.setattr(pace, "_WAITED", pace.defaultdict(float))
    for _ in range(251):
        Pace(bucket, "shop-b").take(FAR)
    pace.note_wait("shop-c", 0.1)
    assert pace.waited_for("shop-a") == pace.waited_for("shop-c") == 0
    assert pace.waited_for("shop-b") == pytest.approx(61)
