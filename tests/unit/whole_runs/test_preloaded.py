"""Runs of pytest that are forked from a loaded process are what a process of their own would be."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests import preloaded
from tests.preloaded import Begin, run_plain, run_pytest, start_pytest
from tests.project import BAD, CRASH, GOOD, WARNED, Project
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

TEST = """
import json, os, random, sys, threading, time, warnings

def test_what_it_is():
    "Written down as the process ends, when all that is registered for it has run."
    own = {
        "cwd": os.getcwd(),
        "environment": dict(os.environ),
        "path": sys.path,
        "arguments": sys.argv[1:],
        "writes bytecode": not sys.dont_write_bytecode,
        "leads a session": os.getsid(0) == os.getpid() if FORKED else True,
        "threads": threading.active_count(),
        "checks": sorted(name for name in sys.modules if name.startswith(("checks", "conftest"))),
        "streams": [sys.stdin.isatty(), sys.__stdout__.encoding, sys.__stderr__.encoding],
    }
    import atexit
    atexit.register(lambda: open("told.json", "w").write(json.dumps(own)))
    print("said to nobody")

def test_bad():
    print("on standard output")
    print("on standard error", file=sys.stderr)
    warnings.warn("a warning")
    assert [1, 2] == [1, 3]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that has nothing to do with the playbook."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:locust -p no:valkey -p no:anyio\n")
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    """Another than ours."""
    return {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "ONLY_HERE": "ä", **more}


def test_fork_behaves_like_own_process(folder):
    """Folder, environment, path, output, exit code; and nothing of the server's own run is left in it."""
    told, ended = [], []
    for by, forked in ((run_pytest, preloaded.CAN_FORK), (run_plain, False)):
        (folder / "test_it.py").write_text(TEST.replace("FORKED", str(forked)))
        ended.append(
            by("-q", "-p", "no:cacheprovider", cwd=folder, env=environment(PYTHONPATH=str(folder)), timeout=100)
        )
        told.append(json.loads((folder / "told.json").read_text()))
        (folder / "told.json").unlink()
    for one in told:
        one["environment"].pop("LC_CTYPE", None)  # which Python gives itself where no language is set
    assert told[0] == told[1]
    forked, plain = ([line.partition(" in ")[0] for line in one.stdout.splitlines()] for one in ended)
    assert forked == plain
    assert "1 failed, 1 passed, 1 warning" in forked[-1]
    assert [(one.returncode, one.stderr) for one in ended] == [(1, "")] * 2


def test_forked_run_has_same_results(tmp_path):
    """All of it, times and the report's place apart; nothing of what was loaded before is warned of."""
    project = Project(tmp_path)
    project.write(GOOD + WARNED + BAD + CRASH)
    said = []
    for by in (run_pytest, run_plain):
        ended = by("-m", "daily", cwd=tmp_path, env=project.environment, timeout=100)
        lines = re.sub(r"\d+\.\d+ s|20\d\d-[\d:TZ-]+|staging-daily-[\w-]+", "…", ended.stdout)
        said.append((ended.returncode, ended.stderr, lines))
        shutil.rmtree(tmp_path / "reports")  # else the second run is compared with the first
    assert said[0] == said[1]
    assert said[0][0] == 1
    assert "Warning" not in said[0][2]


def test_each_fork_starts_fresh(folder):
    """What one loads or sets, the next does not see."""
    (folder / "test_it.py").write_text(
        "import json\ndef test_it():\n    assert not hasattr(json, 'mine')\n    json.mine = 1\n"
    )
    assert [run_pytest(cwd=folder, env=environment(), timeout=100).returncode for _ in range(2)] == [0, 0]


def test_signal_exit_has_its_number(folder):
    """As subprocess says it."""
    (folder / "test_it.py").write_text("import os\ndef test_it():\n    os.kill(os.getpid(), 9)\n")
    assert run_pytest(cwd=folder, env=environment(), timeout=100).returncode == -9


def test_overlong_run_is_killed_with_children(folder):
    """What it said so far is kept, and the next run is well."""
    (folder / "test_it.py").write_text(
        """
import pathlib, subprocess, sys, threading
def test_it():
    child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
    pathlib.Path("child").write_text(str(child.pid))
    threading.Event().wait()
"""
    )
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        run_pytest("-v", cwd=folder, env=environment(), timeout=6)  # it begins within a second
    assert "test_it" in str(caught.value.output)
    status = Path("/proc", (folder / "child").read_text(), "stat")
    wait_for(lambda: not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z", "its end")
    (folder / "test_it.py").write_text("def test_it(): pass\n")
    assert run_pytest(cwd=folder, env=environment(), timeout=100).returncode == 0


@pytest.mark.skipif(not preloaded.CAN_FORK, reason="runs are plain processes here")
def test_abandoned_server_ends_with_its_run(folder):
    """However its client ended."""
    server = preloaded.Server()
    (folder / "test_it.py").write_text(
        "import pathlib, os, threading\ndef test_it():\n"
        "    pathlib.Path('pid').write_text(str(os.getpid()))\n    threading.Event().wait()\n"
    )
    with Path(os.devnull).open("wb") as nowhere:
        _, handle = server.begin([], folder, environment(), [nowhere.fileno()] * 2)
        os.close(handle)
        wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text(), "its begin")
        server.stop()
    assert server.process.returncode == 0
    assert not Path("/proc", (folder / "pid").read_text()).exists()


def test_python_start_variables_are_respected(folder):
    """By a process that starts with it."""
    (folder / "test_it.py").write_text("import sys\ndef test_it(): assert sys.flags.hash_randomization == 0\n")
    env = environment(PYTHONHASHSEED="0")
    assert run_pytest(cwd=folder, env=env, timeout=100).returncode == 0


HANGS = """
import pathlib, threading
def test_it():
    print("here it is", flush=True)
    pathlib.Path("begun").touch()
    threading.Event().wait(60)
"""


def test_running_fork_receives_signals(folder):
    """Its exit code and all that it said are those of a process."""
    (folder / "test_it.py").write_text(HANGS)
    run = start_pytest("-s", cwd=folder, env=environment())
    wait_for((folder / "begun").exists, "its begin")
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(0.01)
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=100)
    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert "here it is" in said
    assert "KeyboardInterrupt" in said
    run.kill()  # which has ended


def test_fork_starts_with_requested_signal_state(folder):
    """Signals are ignored or not, whatever the tests do, and files end where they must; the next has no limit."""
    (folder / "test_it.py").write_text(
        "import pathlib, signal\nimport pytest\ndef test_it():\n"
        "    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"
        "    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
        "    pathlib.Path('file').write_bytes(bytes(10))\n"
        "    with pytest.raises(OSError, match='large'):\n"
        "        pathlib.Path('file').write_bytes(bytes(11))\n"
    )
    begin = Begin(ignored=(signal.SIGHUP,), heard=(signal.SIGTERM,), largest_file=10)
    arguments = ("-p", "no:cacheprovider")
    run = start_pytest(*arguments, cwd=folder, env=environment(), begin=begin)
    said, _ = run.communicate(timeout=100)
    assert run.returncode == 0, said
    assert start_pytest(*arguments, cwd=folder, env=environment()).wait(100) == 1


@pytest.mark.skipif(not preloaded.CAN_FORK, reason="runs are plain processes here")
def test_abandoned_run_is_ended_by_the_next(folder):
    """So that a test that fails costs no other."""
    (folder / "test_it.py").write_text(HANGS)
    left = start_pytest(cwd=folder, env=environment())
    wait_for((folder / "begun").exists, "its begin")
    (folder / "test_it.py").write_text("def test_it(): pass\n")
    assert run_pytest(cwd=folder, env=environment(), timeout=100).returncode == 0
    assert left.wait(0) == -signal.SIGKILL
