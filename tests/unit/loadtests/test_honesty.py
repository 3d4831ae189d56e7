"""What a load test must not hide: those who still wait, its own caps, its own processor."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import msgspec
import psutil
import pytest

from loadtests.launch import OUTCOME, run
from loadtests.recorder import Counts, Tally, bucket_of
from playbook.readers.load.outcome import read_outcome
from playbook.readers.load.plan import Break, Stage
from tests.unit.loadtests.locusts import run_until
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.website import website

pytestmark = pytest.mark.slow

LONG = {"stages": [Stage(4, 90.0, 50.0)], "most_seconds": 90.0}
PATIENT = 30.0  # seconds that a request may take: longer than the tests here


@contextmanager
def hanging(site, hangs):
    """Those requests whose number hangs, counted from 1, get no answer until this is over."""
    numbers, over = count(1), threading.Event()

    def act(handler):
        if hangs(next(numbers)):
            over.wait(60)
            return handler.hang_up()
        return False

    site.act = act
    yield
    over.set()


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("workers", [0, 2])
def test_requests_waiting_at_end_are_counted(tmp_path: Path, workers: int) -> None:
    """A website that hangs half-way through is not as quick as what it answered before."""
    quick = 12
    with website() as site, hanging(site, lambda number: number > quick):
        plan = plan_of(site.port, stages=[Stage(4, 5.0, 50.0)], read_seconds=PATIENT, wait_seconds=(0.05, 0.1))
        seen = run(plan, tmp_path, workers=workers)
    assert seen.ended == "finished"
    assert seen.all.cut == 4
    assert seen.all.failures == 0
    assert seen.all.requests == quick + 4
    assert seen.all.p95 is not None
    assert seen.all.p95 > 1.0


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("workers", [0, 2])
def test_step_with_hanging_visitors_does_not_hold(tmp_path: Path, workers: int) -> None:
    """However quick the answers were that came, of those who got any."""
    # Five of the six wait from their first request on.
    with website() as site, hanging(site, lambda number: number <= 5):
        breaks = Break(p95_seconds=1.0, failed_percent=5.0, least_requests=1, settle_seconds=0.5, confirm=False)
        plan = plan_of(
            site.port,
            shape="breakpoint",
            stages=[Stage(6, 4.0, 50.0), Stage(8, 4.0, 50.0)],
            breaks=breaks,
            read_seconds=PATIENT,
            wait_seconds=(0.2, 0.4),
        )
        seen = run(plan, tmp_path, workers=workers)
    assert len(seen.steps) == 1
    assert "waited for over 1 s and had no answer yet" in seen.steps[0].broke


@pytest.mark.usefixtures("forked")
def test_delay_by_request_cap_is_reported(tmp_path: Path) -> None:
    """Four who want 100 requests a second between them wait most of their time for a cap of 4: a second each."""
    with website() as site:
        plan = plan_of(site.port, most_requests_per_second=4.0, **LONG)
        seen = run_until(plan, tmp_path, lambda: len(site.times) > 15)
    assert seen.throttled > 10
    assert seen.throttled_seconds / seen.throttled > 0.5


def test_saturated_load_process_is_reported(tmp_path: Path) -> None:
    """Visitors who never pause take all that a core has; what is measured then is the load itself."""
    spent = []

    def enough():
        """Its own figure is there. How much of a core it gets is up to the machine, and noted beside it."""
        if site.times:
            spent.append((time.monotonic(), sum(processor_seconds())))
        return read_outcome(tmp_path / OUTCOME).busy_percent > 0 if spent else False

    with website() as site:
        site.act = lambda handler: bool(handler.say(200, "text/html", b"<html>")) or True
        plan = plan_of(site.port, wait_seconds=(0.0, 0.0), most_requests_per_second=1e6, **LONG)
        seen = run_until(plan, tmp_path, enough)
    (began, before), (ended, after) = spent[0], spent[-1]
    share = 100 * (after - before) / (ended - began)
    assert seen.busy_percent > share / 2 > 0


def processor_seconds():
    """What the load's process took so far."""
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "locust" in process.cmdline():
                yield sum(process.cpu_times()[:2])


def test_worker_reports_lose_nothing() -> None:
    """All of it goes to the master, and what comes next begins with nothing."""
    counts = Counts()
    counts.cut("homepage", 1500.0)
    counts.throttled_seconds, counts.busy_percent, counts.late_seconds = 2.0, 80.0, 0.5
    counts.overdue[7] = 3
    total = Counts(overdue={7: 1}, busy_percent=90.0)
    total.add(counts.take())
    total.add(counts.take())
    assert (total.overdue, total.busy_percent, total.late_seconds) == ({7: 4}, 90.0, 0.5)
    assert (total.all().cut, total.all().requests, total.throttled_seconds) == (1, 1, 2.0)
    assert msgspec.structs.asdict(counts) == msgspec.structs.asdict(Counts())


def test_overdue_requests_count_in_percentiles() -> None:
    """The last look within it counts, and a percentile is of all that were asked for."""
    quick = Tally(requests=90, slowest=10.0, counts={bucket_of(10.0): 90})
    counts = Counts(slices={40: quick}, overdue={9: 50, 10: 9, 11: 10, 13: 50})
    found = counts.between(10.0, 12.0)
    assert found.overdue == 10
    assert found.percentile(90) == pytest.approx(0.01, rel=0.02)
    assert found.percentile(95) is None
