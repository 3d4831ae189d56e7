"""CI's second run: what failed by chance is named and fails nothing; what fails twice does, and all else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import hear_of_closed_terminals, wait_for

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[3] / ".ci" / "run_tests.py"
# Those for workers and for time limits are asked something here; loading all takes longer than the tests do.
PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin,pytest_timeout"}
# Fails where it is run for the first time; with workers as well, each of which may be the one that runs it.
ONCE = """
import pathlib, pytest

def first_time(name):
    marker = pathlib.Path(__file__).with_name(name)
    if marker.exists():
        return False
    marker.touch()
    return True
"""


class MadeUp:
    """A folder with tests that CI runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flaky = folder / "flaky.txt"
        (folder / "pytest.ini").write_text("[pytest]\n")

    def run(self, text: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Write them and run them as CI does."""
        (self.folder / "test_made_up.py").write_text(ONCE + text)
        own: Any = {"FLAKY_FILE": str(self.flaky), **PLUGINS, **environment}
        command = [sys.executable, str(SCRIPT), "-p", "no:cacheprovider", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | own,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )


@pytest.fixture
def tests(tmp_path: Path) -> MadeUp:
    """A folder."""
    return MadeUp(tmp_path)


def test_passing_tests_run_once(tests: MadeUp) -> None:
    """Nothing is said beside it."""
    ended = tests.run("def test_a(): assert first_time('a')\n")
    assert ended.returncode == 0, ended.stdout
    assert "1 passed in" in ended.stdout.splitlines()[-1]
    assert not tests.flaky.exists()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "workers"])
def test_test_failing_once_is_reported_flaky(tests: MadeUp, workers: tuple[str, ...]) -> None:
    """By its exact id, whatever that holds; what had passed is not run again."""
    ids = ["with spaces", "a[b]::c", "two\\nlines", "-x or y", "ä"]
    text = f"""
@pytest.mark.parametrize("name", {ids!r}, ids={ids!r})
def test_chance(name):
    assert not first_time(name.encode().hex())

def test_well():
    assert first_time("well")
"""
    ended = tests.run(text, *workers)
    assert ended.returncode == 0, ended.stdout
    last = ended.stdout.splitlines()[-len(ids) :]
    assert len(set(last)) == len(ids)
    assert all(line.startswith("FLAKY: test_made_up.py::test_chance[") for line in last)
    assert {
        "FLAKY: test_made_up.py::test_chance[with spaces]",
        "FLAKY: test_made_up.py::test_chance[a[b]::c]",
    } < set(last)
    assert tests.flaky.read_text(encoding="utf-8").splitlines() == last
    assert "5 failed, 1 passed" in ended.stdout
    assert "5 passed, 1 deselected" in ended.stdout


def test_setup_or_teardown_error_counts_as_failure(tests: MadeUp) -> None:
    """Once, it is named as well."""
    ended = tests.run(
        """
@pytest.fixture
def before():
    assert not first_time("before")

@pytest.fixture
def after():
    yield
    assert not first_time("after")

def test_a(before): pass
def test_b(after): pass
"""
    )
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.splitlines()[-2:] == [
        "FLAKY: test_made_up.py::test_a",
        "FLAKY: test_made_up.py::test_b",
    ]


def test_flaky_file_collects_several_runs(tests: MadeUp) -> None:
    """As there are two layers."""
    tests.flaky.write_text("FLAKY: earlier\n")
    assert tests.run("def test_a(): assert not first_time('a')\n").returncode == 0
    assert tests.flaky.read_text() == "FLAKY: earlier\nFLAKY: test_made_up.py::test_a\n"


def test_test_failing_twice_fails(tests: MadeUp) -> None:
    """Also beside one that passes the second time; nothing is called flaky then."""
    ended = tests.run("def test_a(): assert not first_time('a')\ndef test_b(): assert False\n")
    assert ended.returncode == 1
    assert "FLAKY" not in ended.stdout
    assert not tests.flaky.exists()


def test_test_skipped_on_retry_counts_as_failed(tests: MadeUp) -> None:
    """Nothing shows then that it holds."""
    ended = tests.run("def test_a():\n    if not first_time('a'): pytest.skip()\n    assert False\n")
    assert ended.returncode == 1
    assert "FLAKY" not in ended.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        ("def test_a(): pass\n", ("--no-such-option",), 4),
        ("if first_time('a'): raise ValueError\ndef test_a(): pass\n", (), 2),
        (
            "def test_b(): assert False\nif first_time('a'): raise ValueError\n",
            ("--continue-on-collection-errors",),
            1,
        ),
        ("def test_a(): pass\n", ("-k", "nothing"), 5),
        ("def test_a():\n    if first_time('a'): raise KeyboardInterrupt\n", (), 2),
        ("def test_a():\n    if first_time('a'): pytest.exit('enough', returncode=1)\n", (), 1),
        ("import os\ndef test_a():\n    if first_time('a'): os._exit(1)\n", (), 1),
        ("import os\ndef test_a():\n    if first_time('a'): os.abort()\n", (), 134),
        ("def test_a(): assert not first_time('a')\ndef test_b(): pass\n", ("--maxfail=1",), 1),
    ],
    ids=["usage", "collection", "collection-and-on", "nothing", "ctrl-c", "exit-1", "gone", "crash", "cut"],
)
def test_collection_error_is_not_retried(tests: MadeUp, text: str, arguments: tuple[str, ...], code: int) -> None:
    """Although a second run might pass."""
    ended = tests.run(text, *arguments)
    assert ended.returncode == code, ended.stdout
    assert "Once more" not in ended.stdout
    assert not tests.flaky.exists()


def test_run_over_time_limit_fails(tests: MadeUp) -> None:
    """pytest ends it after a test, which may have failed, while others have not been run."""
    text = "def test_a(): assert not first_time('a')\ndef test_b(): pass\n"
    ended = tests.run(text, "--session-timeout=0.000001")
    assert ended.returncode == 1
    assert "Once more" not in ended.stdout


def test_hanging_run_is_ended_with_children(tests: MadeUp) -> None:
    """With all that it has started."""
    text = """
import subprocess, sys
def test_a():
    subprocess.run([sys.executable, "-c", "import threading; threading.Event().wait()"])
"""
    ended = tests.run(text, RUN_LIMIT="5")
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[-1] == "The tests took longer than 5 s and were ended."


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda one: one.name)
def test_signal_ends_the_run_with_its_tests(tests: MadeUp, number: signal.Signals) -> None:
    """Which are in a session of their own."""
    text = """
import os
def test_a():
    pathlib.Path("pid").write_text(f"{os.getpid()}.")
    os.read(os.pipe()[0], 1)
"""
    (tests.folder / "test_made_up.py").write_text(ONCE + text)
    command = [sys.executable, str(SCRIPT), "-p", "no:cacheprovider"]
    told = tests.folder / "pid"
    process = subprocess.Popen(
        command,
        cwd=tests.folder,
        env=os.environ | PLUGINS,
        stdout=subprocess.DEVNULL,
        preexec_fn=hear_of_closed_terminals,  # noqa: PLW1509 - there is one thread here
    )
    wait_for(lambda: told.exists() and told.read_text().endswith("."), "the test")
    process.send_signal(number)
    assert process.wait(60) != 0
    wait_for(lambda: _is_gone(int(told.read_text().rstrip("."))), "the end of the test")


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
