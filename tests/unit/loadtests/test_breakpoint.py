"""A breakpoint test: when a step holds, when it breaks, and when it is done once more."""

from __future__ import annotations

import pytest

from loadtests.breakpoint import BreakpointTest, judge
from loadtests.recorder import Tally, bucket_of
from playbook.readers.load.outcome import Step
from playbook.readers.load.plan import Break, Stage

BREAKS = Break(p95_seconds=0.5, failed_percent=1.0, least_requests=10, settle_seconds=1.0)
STAGES = [Stage(users=users, seconds=4.0, spawn_rate=10.0) for users in (5, 10, 20)]


def _tally(requests: int = 100, failures: int = 0, milliseconds: float = 100.0) -> Tally:
    counts = {bucket_of(milliseconds): requests}
    return Tally(requests=requests, failures=failures, slowest=milliseconds, counts=counts)


def _climb(answers: list[Tally], breaks: Break = BREAKS, lag: float = 0.0) -> tuple[list[Step], list[int]]:
    """The steps that were judged and the users of each second; the windows must be within their steps."""
    asked: list[tuple[float, float]] = []

    def window(start: float, end: float) -> Tally:
        asked.append((start, end))
        return answers[len(asked) - 1]

    test = BreakpointTest(STAGES, breaks, window, lag=lag)
    users = []
    now = 1000.0
    while stage := test.stage(now):
        users.append(stage.users)
        now += 1
    assert all(end - start == pytest.approx(3.0) for start, end in asked)
    return test.steps, users


def test_test_ends_after_last_holding_step() -> None:
    """Then the test is over after the last, and none of them broke."""
    steps, users = _climb([_tally()] * 3)
    assert [(step.users, step.broke) for step in steps] == [(5, ""), (10, ""), (20, "")]
    assert users == [5] * 4 + [10] * 4 + [20] * 4


def test_step_failing_twice_ends_test() -> None:
    """It is listed once, by what it did the second time."""
    steps, users = _climb([_tally(), _tally(milliseconds=900), _tally(milliseconds=700)])
    assert [step.broke for step in steps] == ["", "P95 0.70 s, at most 0.5 s"]
    assert users == [5] * 4 + [10] * 8


def test_step_that_recovers_has_held() -> None:
    """A step that broke and then held has held."""
    steps, _ = _climb([_tally(failures=50), _tally(), _tally(), _tally()])
    assert [step.broke for step in steps] == ["", "", ""]


def test_first_failure_ends_test_without_confirmation() -> None:
    """As the plan says."""
    steps, users = _climb(
        [_tally(failures=50)], Break(p95_seconds=1, failed_percent=1, least_requests=1, confirm=False)
    )
    assert [step.broke for step in steps] == ["50.0 % of the requests failed, at most 1 % may"]
    assert users == [5] * 4


def test_step_is_judged_after_worker_reports() -> None:
    """A step is judged when all is known of it, by the same window."""
    _, users = _climb([_tally()] * 3, lag=1.5)
    assert users == [5] * 6 + [10] * 6 + [20] * 6


@pytest.mark.parametrize(
    ("tally", "broke"),
    [
        (_tally(milliseconds=499), ""),
        (_tally(failures=1), ""),
        (_tally(requests=9), "9 requests, at least 10 are needed"),
        (Tally(), "0 requests, at least 10 are needed"),
        (_tally(failures=2), "2.0 % of the requests failed, at most 1 % may"),
        (_tally(milliseconds=510), "P95 0.51 s, at most 0.5 s"),
    ],
    ids=["fast", "few failures", "few requests", "none", "failures", "slow"],
)
def test_step_is_judged_by_its_limits(tally: Tally, broke: str) -> None:
    """Too few requests first: little says nothing."""
    assert judge(STAGES[0], tally, BREAKS).broke == broke


def test_step_rate_excludes_settling_time() -> None:
    """Its first second is not."""
    assert judge(STAGES[0], _tally(requests=300), BREAKS).per_second == pytest.approx(100)
