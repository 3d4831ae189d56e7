"""A master and its workers as processes of their own on loopback, started by hand and by the suite."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.launch import LOG, OUTCOME, run
from playbook.readers.load.outcome import FINISHED, INTERRUPTED, NO_WORKERS, Outcome, read_outcome
from playbook.readers.load.plan import Plan, Stage
from tests.unit.loadtests import locusts
from tests.unit.loadtests.locusts import LOCUSTFILE
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.test_endings import AT_ONCE
from tests.unit.loadtests.website import Website, website
from tests.unit.loopback import free_port
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked")]


class Team:
    """A master and its workers, by hand; none of them outlives the test."""

    def __init__(self, plan: Plan, folder: Path, expected: int = 2, files: str = str(LOCUSTFILE)) -> None:
        self.port = free_port()
        self.files = files
        self.plan = plan
        self.folder = folder
        self.members: list[subprocess.Popen[str]] = []
        self.master = self._begin(
            "--master", "--master-bind-port", str(self.port), "--expect-workers", str(expected)
        )

    def worker(self) -> subprocess.Popen[str]:
        """One more."""
        return self._begin("--worker", "--master-host", "127.0.0.1", "--master-port", str(self.port))

    def _begin(self, *arguments: str) -> subprocess.Popen[str]:
        self.members.append(locusts.begin(self.plan, self.folder, *arguments, files=self.files))
        return self.members[-1]


@pytest.fixture
def site() -> Iterator[Website]:
    """A website that is well."""
    with website() as found:
        yield found


@pytest.fixture
def started() -> Iterator[list[Team]]:
    """Teams to end with the test."""
    teams: list[Team] = []
    yield teams
    for team in teams:
        locusts.stop(*team.members)


def _plan(site: Website, folder: Path, seconds: float, **other: object) -> Plan:
    stages = [Stage(6, seconds, 50.0)]
    return plan_of(site.port, stages=stages, workers=2, outcome=str(folder / OUTCOME), **other)


def _most(cap: int, site: Website, outcome: Outcome) -> float:
    """Requests that two workers may have made under a cap until the last one came, their bursts included."""
    return cap * (max(site.times) - outcome.started.timestamp() + 0.4)


def test_workers_share_load_and_outcome_includes_all(site: Website, tmp_path: Path) -> None:
    """Every request that the website saw is in it, and the cap on requests holds for them together."""
    plan = _plan(site, tmp_path, 3.0, wait_seconds=(0.0, 0.0), most_requests_per_second=24.0)
    outcome = run(plan, tmp_path, workers=2)
    assert outcome.ended == FINISHED, (tmp_path / LOG).read_text()
    assert 0 <= len(site.times) - outcome.all.requests <= 6
    assert sum(moment.requests for moment in outcome.moments) == outcome.all.requests
    assert 24 <= len(site.times) <= _most(24, site, outcome)
    assert site.connections >= 6  # each user has its own
    assert outcome.throttled > 20
    assert (outcome.workers, outcome.lost, outcome.most_users) == (2, [], 6)


def test_killed_worker_is_reported(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The other goes on."""
    team = Team(_plan(site, tmp_path, 90.0, most_seconds=90.0), tmp_path)
    started.append(team)
    first, _ = team.worker(), team.worker()
    wait_for(lambda: len(site.times) > 40, "load")
    first.kill()
    wait_for(lambda: read_outcome(tmp_path / OUTCOME).lost, "a loss")
    seen, known = len(site.times), read_outcome(tmp_path / OUTCOME).all.requests
    wait_for(lambda: len(site.times) > seen + 20, "load of the other")
    wait_for(lambda: read_outcome(tmp_path / OUTCOME).all.requests > known, "a report of the other")
    team.master.send_signal(signal.SIGINT)
    said = locusts.finish(team.master)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == f"{INTERRUPTED}: SIGINT", said
    [lost] = outcome.lost
    assert lost.endswith(" s")
    for member in team.members:
        member.wait(locusts.LIMIT)


def test_unplanned_worker_takes_no_part(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The caps were shared by two: the third's users do nothing, and it is said."""
    plan = _plan(site, tmp_path, 90.0, most_seconds=90.0, most_requests_per_second=40.0, wait_seconds=(0.0, 0.0))
    team = Team(plan, tmp_path, expected=3)
    started.append(team)
    for _ in range(3):
        team.worker()
    wait_for(lambda: len(site.times) > 100, "load")
    wait_for(lambda: read_outcome(tmp_path / OUTCOME).refused, "a report of the third")
    team.master.send_signal(signal.SIGINT)
    said = locusts.finish(team.master)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == f"{INTERRUPTED}: SIGINT", said
    assert len(site.times) <= _most(40, site, outcome)
    assert outcome.refused == ["users of a worker more than planned (2 ×)"]


def test_workers_end_with_killed_master(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """Killed, so that it said nothing: they notice its silence and stop within seconds."""
    team = Team(_plan(site, tmp_path, 60.0, most_seconds=90.0), tmp_path)
    started.append(team)
    workers = [team.worker(), team.worker()]
    wait_for(lambda: len(site.times) > 40, "load")
    team.master.kill()
    for worker in workers:
        locusts.finish(worker, 30)  # of the 60 that were planned


def test_ctrl_c_at_master_ends_all_with_outcome(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The load stops at once, and what all did is reported."""
    team = Team(_plan(site, tmp_path, 60.0, most_seconds=90.0), tmp_path)
    started.append(team)
    workers = [team.worker(), team.worker()]
    wait_for(lambda: len(site.times) > 60, "load")
    team.master.send_signal(signal.SIGINT)
    told = time.time()
    said = locusts.finish(team.master)
    for worker in workers:
        locusts.finish(worker)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == f"{INTERRUPTED}: SIGINT", said
    assert sum(1 for asked in site.times if asked > told + AT_ONCE) == 0
    assert 0 <= len(site.times) - outcome.all.requests <= 6


SLOW = """
import gevent
from locust import events
from locust.runners import WorkerRunner

@events.test_stop.add_listener
def slowly(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        gevent.sleep(1.5)
"""


def test_slow_workers_are_waited_for(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """A busy machine takes longer than the half second that Locust waits for their last reports."""
    (tmp_path / "slow.py").write_text(SLOW)
    team = Team(_plan(site, tmp_path, 3.0), tmp_path, files=f"{LOCUSTFILE},{tmp_path / 'slow.py'}")
    started.append(team)
    for _ in range(2):
        team.worker()
    said = locusts.finish(team.master)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert (outcome.ended, outcome.lost) == (FINISHED, []), said
    assert 0 <= len(site.times) - outcome.all.requests <= 6
    assert sum(moment.requests for moment in outcome.moments) == outcome.all.requests


def test_worker_that_stalls_before_the_end_is_lost(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The requests since its last report are not counted, failures among them."""
    team = Team(_plan(site, tmp_path, 3.0), tmp_path)
    started.append(team)
    stalled, _ = team.worker(), team.worker()
    wait_for(lambda: len(site.times) > 6, "load")
    stalled.send_signal(signal.SIGSTOP)
    said = locusts.finish(team.master)
    stalled.kill()
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == FINISHED, said
    [lost] = outcome.lost
    assert lost.endswith("without its last report")


def test_missing_workers_are_waited_for_limited_time(site: Website, tmp_path: Path) -> None:
    """Then the outcome says how many came."""
    plan = _plan(site, tmp_path, 5.0)
    arguments = ["--master", "--master-bind-port", str(free_port()), "--expect-workers", "2"]
    process = locusts.begin(plan, tmp_path, *arguments, "--expect-workers-max-wait", "1")
    locusts.finish(process)
    assert read_outcome(tmp_path / OUTCOME).ended == f"{NO_WORKERS}: 0 of 2 came"
    assert site.connections == 0
