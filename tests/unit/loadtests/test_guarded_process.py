"""The guard inside Locust: every way round it that we know of, tried with a server that must see nothing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playbook.readers.load.outcome import FINISHED, INTERRUPTED, Outcome, read_outcome
from playbook.readers.load.plan import Stage
from tests.unit.loadtests import locusts
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.website import Website, website
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

HOSTILE = Path(__file__).with_name("hostile.py")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Website]:
    """Where no load may go."""
    with website() as site:
        yield site


@pytest.fixture(scope="module")
def tricked(
    elsewhere: Website, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], Outcome, Website, str]:
    """What came of each trick, the outcome, the website that was to be loaded, and what Locust said."""
    folder = tmp_path_factory.mktemp("hostile")
    there = f"localhost:{elsewhere.port}"
    places = {"absolute": f"http://{there}/", "relative": f"//{there}/", "userinfo": f"http://localhost@{there}/"}

    def act(handler: Any) -> bool:
        if not handler.path.startswith("/redirect/"):
            return False
        handler.say(302, "text/html", b"", Location=places[handler.path.rpartition("/")[2]])
        return True

    with website() as site:
        site.act = act
        stages = [Stage(8, 90.0, 50.0)]
        plan = plan_of(site.port, outcome=str(folder / "load.json"), stages=stages, most_seconds=90.0)
        variables = {
            "HOSTILE_PORT": str(elsewhere.port),
            "HOSTILE_SEEN": str(folder / "seen.json"),
            "LOCUST_HOST": f"http://{there}",
            "HTTP_PROXY": f"http://{there}",
            "ALL_PROXY": f"http://{there}",
        }
        process = locusts.begin(plan, folder, files=f"{locusts.LOCUSTFILE},{HOSTILE}", variables=variables)
        try:
            # All were tried, and users of every kind were there for a while.
            wait_for(lambda: process.poll() is not None or _all_is_seen(folder), "an end of the tricks", 90)
            process.send_signal(signal.SIGINT)
            said = locusts.finish(process)
        finally:
            locusts.stop(process)
    seen = json.loads((folder / "seen.json").read_text()) if (folder / "seen.json").exists() else {}
    return seen, read_outcome(folder / "load.json"), site, said


def _all_is_seen(folder: Path) -> bool:
    seen, outcome = folder / "seen.json", folder / "load.json"
    return seen.exists() and seen.read_text() != "{}" and read_outcome(outcome).seconds > 3


def test_no_connection_reaches_another_server(tricked: Any, elsewhere: Website) -> None:
    """Not one connection, of any of the tricks and of users that are not ours."""
    seen, _, _, said = tricked
    assert len(seen) > 40, said
    assert elsewhere.connections == 0, seen


def test_planned_host_is_reached(tricked: Any) -> None:
    """The tricks failed because of the guard, and not because nothing works."""
    seen, outcome, site, said = tricked
    assert seen["the host itself"] == "200", said
    assert outcome.ended == f"{INTERRUPTED}: SIGINT"
    assert site.connections > 0


def test_redirects_are_never_followed(tricked: Any) -> None:
    """Also where the caller asked for it: the answer stays what it is."""
    seen = tricked[0]
    assert {seen[f"'/redirect/{name}'"] for name in ("absolute", "relative", "userinfo")} == {"302"}


def test_outcome_lists_refusals_with_counts(tricked: Any, elsewhere: Website) -> None:
    """In words, with how often."""
    refused = "\n".join(tricked[1].refused)
    assert f"http://localhost:{elsewhere.port} is not allowed" in refused
    assert f"a connection to 127.0.0.1:{elsewhere.port}" in refused
    assert "elsewhere.invalid is not to be looked up" in refused


def test_refused_requests_count_as_failures(tricked: Any) -> None:
    """A test that tries to leave its host is not green."""
    errors = [error.message for error in tricked[1].errors]
    assert any(message.startswith("held back:") for message in errors)


@pytest.mark.parametrize("how", ["argument", "file"])
def test_other_host_option_is_refused_in_one_sentence(how: str, elsewhere: Website, tmp_path: Path) -> None:
    """On the command line or in a locust.conf where it is started; nothing begins."""
    there = f"http://localhost:{elsewhere.port}"
    arguments = ["--host", there] if how == "argument" else []
    if how == "file":
        (tmp_path / "locust.conf").write_text(f"host = {there}\n")
    with website() as site:
        process = locusts.begin(plan_of(site.port), tmp_path, *arguments)
        said = locusts.finish(process)
        assert process.returncode == 4, said
        assert said.splitlines()[-1].startswith(
            f"the load test cannot start: the plan's host is http://localhost:{site.port};"
        )
        assert (site.connections, elsewhere.connections) == (0, 0)


def test_proxy_variables_and_options_have_no_effect(elsewhere: Website, tmp_path: Path) -> None:
    """Neither by the visitors nor by Locust; variables and options of Locust change no user and no second."""
    with website() as site:
        plan = plan_of(site.port, outcome=str(tmp_path / "load.json"), stages=[Stage(2, 3.0, 10.0)])
        there = f"http://localhost:{elsewhere.port}"
        variables = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "LOCUST_HOST"), there)
        variables |= {"LOCUST_USERS": "500", "LOCUST_RUN_TIME": "3600", "LOCUST_WEB_HOST": "0.0.0.0"}
        process = locusts.begin(plan, tmp_path, "-u", "500", "-t", "1h", "--headful", variables=variables)
        said = locusts.finish(process)
        outcome = read_outcome(tmp_path / "load.json")
    assert elsewhere.connections == 0, said
    assert (outcome.ended, outcome.most_users) == (FINISHED, 2)
    assert outcome.seconds >= 2.9


def test_master_without_plan_is_one_sentence(tmp_path: Path) -> None:
    """A master by hand that nobody gave a plan says what it needs, before it wants a port that may be taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = locusts.begin(
            plan_of(80), tmp_path, "--master", "--master-bind-port", port, variables={"PLAYBOOK_LOAD_PLAN": ""}
        )
        said = locusts.finish(process)
    assert process.returncode == 4
    assert "a master and its workers need the file of a plan" in said


_ENDED_MEANWHILE = """
from gevent import GreenletExit
from loadtests.guard import Guard
from loadtests.session import GuardedPool
from tests.unit.loadtests.plans import plan_of

guard = Guard()
guard.open(plan_of(8443))
pool = GuardedPool(guard)
pool.get_client("http://localhost:8443/")
guard.close("the test was interrupted")
for url in ("http://localhost:8443/", "http://localhost:8444/"):
    try:
        pool.get_client(url)
    except GreenletExit:
        print("ended", guard.refused)
"""


def test_request_at_end_of_test_is_not_sent_and_not_failed() -> None:
    """A signal ends the test between the two; its visitor ends."""
    done = subprocess.run(
        [sys.executable, "-c", _ENDED_MEANWHILE],
        cwd=locusts.ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert done.stdout.splitlines() == ["ended {}"] * 2
