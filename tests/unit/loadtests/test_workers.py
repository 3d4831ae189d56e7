"""A master and its workers as processes of their own on loopback, started by hand and by the suite."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.launch import LOG, OUTCOME, run
from playbook.load.outcome import FINISHED, INTERRUPTED, NO_WORKERS, read_outcome
from playbook.load.plan import Plan, Stage
from tests.unit.loadtests import locusts
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.test_endings import free_port, wait_for
from tests.unit.loadtests.website import Website, website


class Team:
    """A master and its workers, by hand; none of them outlives the test."""

    def __init__(self, plan: Plan, folder: Path, expected: int = 2) -> None:
        self.port = free_port()
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
        self.members.append(locusts.begin(self.plan, self.folder, *arguments))
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


def test_workers_share_the_load_and_the_outcome_is_of_all(site: Website, tmp_path: Path) -> None:
    """Every request that the website saw is in it, and the cap on requests holds for them together."""
    plan = _plan(site, tmp_path, 3.0, wait_seconds=(0.0, 0.0), most_requests_per_second=60.0)
    outcome = run(plan, tmp_path, workers=2)
    assert outcome.ended == FINISHED, (tmp_path / LOG).read_text()
    assert 0 <= len(site.times) - outcome.all.requests <= 6
    assert sum(moment.requests for moment in outcome.moments) == outcome.all.requests
    assert 100 <= len(site.times) <= 60 * (outcome.seconds + 0.4)
    assert outcome.throttled > 50
    assert (outcome.workers, outcome.lost, outcome.most_users) == (2, [], 6)


def test_a_killed_worker_is_noticed_and_said(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The other goes on to the end."""
    team = Team(_plan(site, tmp_path, 7.5), tmp_path)
    started.append(team)
    first, _ = team.worker(), team.worker()
    wait_for(lambda: len(site.times) > 40, "load")
    first.kill()
    said = locusts.finish(team.master)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == FINISHED, said
    [lost] = outcome.lost
    assert lost.endswith(" s")
    assert outcome.moments[-1].requests + outcome.moments[-2].requests > 0
    for member in team.members:
        member.wait(10)


def test_a_worker_that_nobody_planned_takes_no_part(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The caps were shared by two: the third's users do nothing, and it is said."""
    plan = _plan(site, tmp_path, 3.0, most_requests_per_second=40.0, wait_seconds=(0.0, 0.0))
    team = Team(plan, tmp_path, expected=3)
    started.append(team)
    for _ in range(3):
        team.worker()
    said = locusts.finish(team.master)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == FINISHED, said
    assert 60 < len(site.times) <= 40 * (outcome.seconds + 0.4)
    assert outcome.refused == ["users of a worker more than planned (2 ×)"]


def test_workers_end_with_their_master(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """Killed, so that it said nothing: they notice its silence and stop within seconds."""
    team = Team(_plan(site, tmp_path, 60.0, most_seconds=90.0), tmp_path)
    started.append(team)
    workers = [team.worker(), team.worker()]
    wait_for(lambda: len(site.times) > 40, "load")
    team.master.kill()
    killed = time.monotonic()
    for worker in workers:
        locusts.finish(worker, 15)
    assert time.monotonic() - killed < 10
    seen = len(site.times)
    time.sleep(0.3)
    assert len(site.times) == seen


def test_ctrl_c_at_the_master_ends_all(site: Website, tmp_path: Path, started: list[Team]) -> None:
    """The load stops within a second or so, and what all did is reported."""
    team = Team(_plan(site, tmp_path, 60.0, most_seconds=90.0), tmp_path)
    started.append(team)
    workers = [team.worker(), team.worker()]
    wait_for(lambda: len(site.times) > 60, "load")
    team.master.send_signal(signal.SIGINT)
    told = time.time()
    said = locusts.finish(team.master, 10)
    for worker in workers:
        locusts.finish(worker, 10)
    outcome = read_outcome(tmp_path / OUTCOME)
    assert outcome.ended == f"{INTERRUPTED}: SIGINT", said
    assert sum(1 for asked in site.times if asked > told + 1.0) == 0
    assert 0 <= len(site.times) - outcome.all.requests <= 6


def test_workers_that_do_not_come_are_waited_for_only_so_long(site: Website, tmp_path: Path) -> None:
    """Then the outcome says how many came."""
    plan = _plan(site, tmp_path, 5.0)
    arguments = ["--master", "--master-bind-port", str(free_port()), "--expect-workers", "2"]
    process = locusts.begin(plan, tmp_path, *arguments, "--expect-workers-max-wait", "1")
    locusts.finish(process, 15)
    assert read_outcome(tmp_path / OUTCOME).ended == f"{NO_WORKERS}: 0 of 2 came"
    assert site.connections == 0
