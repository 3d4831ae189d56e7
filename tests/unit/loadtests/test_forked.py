"""A forked Locust does what one does that loads everything itself."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadtests.launch import OUTCOME
from playbook.readers.load.outcome import read_outcome
from playbook.readers.load.plan import Stage
from tests.unit.loadtests import locusts
from tests.unit.loadtests.forked import CAN_FORK
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.website import website

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CAN_FORK, reason="only Linux forks safely")]

ASKS = """
import os, signal, sys
from locust import events, task
from loadtests import users

print("begins", os.getcwd(), sorted(os.environ), sys.path, sys.argv, signal.getsignal(signal.SIGINT))


class Asking(users.Visitor):
    @task
    def visit(self):
        self.client.get("http://elsewhere.example/")
"""


def _both(folder: Path, request: pytest.FixtureRequest, outcome: str) -> list[tuple[Any, ...]]:
    """What is seen of a load by each of the two; the folder is the same."""
    file = folder / "asks.py"
    file.write_text(ASKS)
    seen = []
    for kind in ("plain", "forked"):
        if kind == "forked":
            request.getfixturevalue("forked")
        with website() as site:
            plan = plan_of(site.port, stages=[Stage(2, 1.0, 50.0)], outcome=outcome)
            process = locusts.begin(plan, folder, files=f"{locusts.LOCUSTFILE},{file}")
            said = locusts.finish(process)
            heads = {re.sub(r"\d{4,5}", "PORT", head) for head in site.heads}
        # Its time, its machine and its number in front, as Locust has them.
        last = re.sub(r"^\[.*?\] \S+?/|[\d.]+ s\b", "", said.splitlines()[-1])
        (begins,) = [line for line in said.splitlines() if line.startswith("begins")]
        seen.append((process.returncode, begins, last, heads))
    return seen


def test_forked_load_is_as_a_plain_one(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Folder, environment, path, arguments and signals; what the website sees, what is refused, and the end."""
    plain, forked = _both(tmp_path, request, str(tmp_path / OUTCOME))
    assert plain == forked
    assert plain[0] == 1
    assert len(plain[3]) > 0
    outcome = read_outcome(tmp_path / OUTCOME)
    assert (outcome.ended, outcome.most_users) == ("finished", 2)
    (refused,) = outcome.refused
    assert refused.startswith("http://elsewhere.example:80 is not allowed (")


def test_forked_refusal_is_as_a_plain_one(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Its exit code and its sentence."""
    plain, forked = _both(tmp_path, request, "none/load.json")
    assert plain == forked
    assert plain[0] == 4


def test_killed_fork_has_its_signal_as_code(tmp_path: Path, forked: None) -> None:
    """As a process has it; until then it goes on, and can be waited for again."""
    with website() as site:
        process = locusts.begin(plan_of(site.port, stages=[Stage(2, 90.0, 50.0)]), tmp_path)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None
        process.kill()
        assert process.wait(locusts.LIMIT) == process.poll() == -signal.SIGKILL
        process.send_signal(signal.SIGINT)  # too late, and nobody else's
