"""The outcome: what is written of a test that runs, and of one that has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.recorder import SLICES, Tally, bucket_of
from loadtests.report import Report
from playbook.readers.load.outcome import FINISHED, RUNNING, STOPPED, read_outcome
from playbook.readers.load.plan import Break, Stage
from tests.unit.loadtests.plans import plan_of

START = 1_800_000_000.3


class Clock:
    """Unix time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def _report(clock: Clock, **other: object) -> Report:
    return Report(plan_of(80, **other), clock)


def _busy(report: Report, start: float, seconds: float, *, unreached: int = 0) -> None:
    """Ten requests of 100 ms in each quarter second."""
    first = int(start * SLICES)
    for moment in range(first, first + int(seconds * SLICES)):
        report.counts.slices[moment] = Tally(
            requests=10, failures=unreached, unreached=unreached, slowest=100.0, counts={bucket_of(100.0): 10}
        )


def test_running_outcome_is_written_atomically(tmp_path: Path) -> None:
    """And is read back whole from its file, beside which nothing is left."""
    clock = Clock()
    report = _report(clock, outcome=str(tmp_path / "load.json"))
    report.write()
    seen = read_outcome(tmp_path / "load.json")
    assert (seen.ended, seen.all.requests, seen.all.p95, seen.moments) == (RUNNING, 0, None, [])
    assert [file.name for file in tmp_path.iterdir()] == ["load.json"]


def test_first_end_reason_stops_the_clock() -> None:
    """Locust takes a moment to end, which is no part of the test."""
    clock = Clock()
    report = _report(clock)
    clock.now += 10
    report.end(FINISHED)
    clock.now += 5
    report.end(STOPPED)
    seen = report.outcome()
    assert (seen.ended, seen.seconds) == (FINISHED, pytest.approx(10))


@pytest.mark.parametrize("seconds", [3, 40])
def test_every_request_is_in_exactly_one_second(seconds: int) -> None:
    """Whether its second has been settled long ago or not; none is counted twice or lost."""
    clock = Clock()
    report = _report(clock)
    _busy(report, START, seconds)
    for _ in range(seconds):
        clock.now += 1
        report.note_users(4)
        report.write()
    report.end(FINISHED)
    seen = report.outcome()
    assert sum(moment.requests for moment in seen.moments) == 10 * SLICES * seconds
    assert len(seen.moments) == seconds
    assert {moment.users for moment in seen.moments} == {4}
    assert seen.moments[0].at == START
    assert seen.moments[-1].p95 == pytest.approx(0.1, rel=0.01)


def test_requests_ending_after_test_are_in_last_moment() -> None:
    """Counted after the test had ended: by a slow machine, or by workers who hear of it later."""
    clock = Clock()
    report = _report(clock)
    _busy(report, START, 1.5)
    clock.now += 1.9
    report.end(FINISHED)
    _busy(report, START + 2.5, 1.0)
    seen = report.outcome()
    assert sum(moment.requests for moment in seen.moments) == 10 * SLICES * 2.5
    assert seen.seconds == pytest.approx(1.9)


def test_old_slices_are_settled_and_dropped() -> None:
    """A soak of hours keeps seconds, not quarter seconds; a breakpoint test as many as a step has."""
    for breaks, least in ((None, 9), (Break(p95_seconds=1, failed_percent=1, least_requests=1), 69)):
        clock = Clock()
        report = _report(clock, stages=[Stage(1, 60.0, 1.0)], breaks=breaks)
        _busy(report, START, 200)
        clock.now += 200
        report.write()
        assert least * SLICES <= len(report.counts.slices) <= (least + 4) * SLICES


@pytest.mark.parametrize(
    ("unreached", "after", "expected"), [(10, 10.1, True), (10, 9.0, False), (9, 10.1, False)]
)
def test_unresponsive_host_is_detected(unreached: int, after: float, expected: bool) -> None:
    """Not before its time, and not where one answer came."""
    clock = Clock()
    report = _report(clock, unreachable_seconds=10.0)
    _busy(report, START, after, unreached=unreached)
    clock.now += after
    assert report.unanswered() is expected


def test_errors_are_sorted_by_count() -> None:
    """The most frequent of an endpoint first."""
    report = _report(Clock())
    for message, times in (("HTTP 503", 2), ("connection reset", 5)):
        for _ in range(times):
            report.counts.fail("homepage", 1.0, message, (), unreached=False)
    assert [(error.message, error.times) for error in report.outcome().errors] == [
        ("connection reset", 5),
        ("HTTP 503", 2),
    ]


def test_planned_duration_is_capped() -> None:
    """The cap holds whatever the stages say."""
    report = _report(Clock(), stages=[Stage(1, 20.0, 1.0)] * 3, most_seconds=45.0)
    assert report.planned_seconds == 45
