"""How a load test ends before its time: by Ctrl-C, SIGTERM, its parent, or its parent's death."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import msgspec
import psutil
import pytest

from loadtests.launch import HTML, OUTCOME, run
from playbook.readers.load.outcome import INTERRUPTED, NO_WORKERS, Outcome, read_outcome
from playbook.readers.load.plan import Plan, Stage
from tests.unit.loadtests import locusts
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.website import Website, website
from tests.unit.loopback import free_port
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

LONG = [Stage(4, 60.0, 50.0)]
# Seconds within which a process hears that it is over, on whatever machine. What it does from then on is counted.
AT_ONCE = 5.0


def _asked_after(site: Website, moment: float) -> int:
    return sum(1 for asked in site.times if asked > moment)


def _begun_after(site: Website, outcome: Outcome) -> int:
    """Requests after the load heard that it is over, but for four that its users may have begun just before."""
    return max(_asked_after(site, outcome.updated.timestamp()) - 4, 0)


def _read(plan: Plan) -> Outcome:
    return read_outcome(Path(plan.outcome))


def test_stop_ends_load_at_once_with_outcome(tmp_path: Path) -> None:
    """What was measured until then is returned, and Locust's page is there."""
    stop = threading.Event()
    stopped = []

    def stop_when_busy() -> None:
        wait_for(lambda: len(site.times) > 100, "load")
        stopped.append(time.time())
        stop.set()

    with website() as site:
        thread = threading.Thread(target=stop_when_busy)
        thread.start()
        outcome = run(plan_of(site.port, stages=LONG, most_seconds=90.0), tmp_path, stop=stop)
        thread.join()
        assert _begun_after(site, outcome) == 0
        assert _asked_after(site, stopped[0] + AT_ONCE) == 0
    assert outcome.seconds < 30  # of the 60 that were planned
    assert outcome.ended == f"{INTERRUPTED}: SIGINT"
    assert (outcome.errors, outcome.refused) == ([], [])  # what was not begun did not fail
    assert outcome.all.requests > 90
    assert (tmp_path / HTML).stat().st_size > 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_load_at_once_with_outcome(number: signal.Signals, tmp_path: Path) -> None:
    """To Locust that was started by hand."""
    with website() as site:
        plan = plan_of(site.port, stages=LONG, most_seconds=90.0, outcome=str(tmp_path / OUTCOME))
        process = locusts.begin(plan, tmp_path)
        try:
            wait_for(lambda: len(site.times) > 50, "load")
            process.send_signal(number)
            told = time.time()
            said = locusts.finish(process)
        finally:
            locusts.stop(process)
        assert _begun_after(site, _read(plan)) == 0, said
        assert _asked_after(site, told + AT_ONCE) == 0, said
    assert "Traceback" not in said
    assert f"loadtests: {INTERRUPTED}: {number.name} after " in said
    outcome = _read(plan)
    assert outcome.ended == f"{INTERRUPTED}: {number.name}"
    assert outcome.all.requests > 40


@pytest.mark.usefixtures("forked")
def test_pending_answer_does_not_delay_end(tmp_path: Path) -> None:
    """A request in work is cut off, whatever time it may still take."""

    answering = threading.Event()

    def act(_: object) -> bool:
        answering.wait(100)
        return False

    with website() as site:
        site.act = act
        plan = plan_of(
            site.port, stages=LONG, most_seconds=90.0, read_seconds=90.0, outcome=str(tmp_path / OUTCOME)
        )
        process = locusts.begin(plan, tmp_path)
        try:
            wait_for(lambda: site.at_once == 4, "load")
            process.send_signal(signal.SIGINT)
            locusts.finish(process, 40)  # of the 90 that an answer may take
        finally:
            answering.set()
            locusts.stop(process)
    # Who had waited for a second by then is counted as one who still waits.
    assert _read(plan).all.requests == _read(plan).all.cut


@pytest.mark.parametrize("workers", [0, 1])
def test_load_ends_with_killed_parent(workers: int, tmp_path: Path) -> None:
    """Killed, so that nobody could say a word."""
    with website() as site:
        plan = plan_of(site.port, stages=LONG, most_seconds=90.0)
        (tmp_path / "given.json").write_bytes(msgspec.json.encode(plan))
        code = (
            "from pathlib import Path\n"
            "from loadtests.launch import run\n"
            "from playbook.readers.load.plan import read_plan\n"
            f"run(read_plan(Path('given.json')), Path('out'), workers={workers})"
        )
        starter = subprocess.Popen(
            [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(locusts.ROOT)}
        )
        try:
            wait_for(lambda: len(site.times) > 50, "load")
            team = psutil.Process(starter.pid).children(recursive=True)
            assert len(team) == 1 + workers
        finally:
            starter.kill()
            starter.wait()
        killed = time.time()
        wait_for(lambda: not any(map(_lives, team)), "an end")
        assert _asked_after(site, killed + AT_ONCE) == 0
    # Where the worker is quicker to go, its master notices that first.
    expected = {f"{INTERRUPTED}: SIGTERM", *([f"{NO_WORKERS}: none is left"] if workers else [])}
    assert read_outcome(tmp_path / "out" / OUTCOME).ended in expected


@pytest.mark.usefixtures("forked")
def test_killed_locust_leaves_partial_outcome(tmp_path: Path) -> None:
    """Written once a second, and saying that it runs: nobody could end it in order."""
    with website() as site:
        plan = plan_of(site.port, stages=LONG, most_seconds=90.0, outcome=str(tmp_path / OUTCOME))
        process = locusts.begin(plan, tmp_path)
        try:
            wait_for(lambda: (tmp_path / OUTCOME).exists() and _read(plan).all.requests > 50, "an outcome")
            process.kill()
            locusts.finish(process)
        finally:
            locusts.stop(process)
    assert _read(plan).ended == "running"


def test_web_interface_is_limited_to_sandbox(tmp_path: Path) -> None:
    """Plain Locust without a plan: who asks for another host and a thousand users gets the sandbox and ten."""
    port = free_port()
    with website() as elsewhere:
        process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(locusts.LOCUSTFILE), "--web-port", str(port)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            here = f"http://127.0.0.1:{port}"
            wait_for(lambda: _listening(port), "a web interface")
            assert _listeners(port) == {"127.0.0.1"}
            form = {"user_count": 1000, "spawn_rate": 1000, "host": f"http://localhost:{elsewhere.port}"}
            urlopen(f"{here}/swarm", urlencode(form).encode(), timeout=30).read()

            def counted() -> bool:
                stats = msgspec.json.decode(urlopen(f"{here}/stats/requests", timeout=30).read())
                assert stats["user_count"] <= 10
                return bool(stats["stats"][-1]["num_requests"] > 20)

            wait_for(counted, "load")
            process.send_signal(signal.SIGINT)
            said = locusts.finish(process)
        finally:
            locusts.stop(process)
        assert elsewhere.connections == 0
    assert "held back" not in said


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _listeners(port: int) -> set[str]:
    """Addresses that somebody listens on at a port."""
    return {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    }
