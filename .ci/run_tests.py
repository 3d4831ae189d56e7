"""Run pytest, and failed tests once more, alone. For CI: a flaky test blocks no merge, and is reported.

    python .ci/run_tests.py tests -m slow -n 4 --dist loadscope

The second run is a single process without parallel tests. If all failed tests pass there, the exit code is 0, and
the last lines name each as ``FLAKY: <test id>``, as do the lines appended to the file in
``$FLAKY_FILE``. Only failed tests are run again: a run that was interrupted, cut by a time limit, or ended by an
error of pytest or in a test file is a failure, as is one that takes longer than ``$RUN_LIMIT`` seconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

LIMIT = 1200.0  # seconds for one run, unless $RUN_LIMIT is set
ONE_PROCESS = ("-n", "0")  # the last one on a command line counts
_FAILED = int(pytest.ExitCode.TESTS_FAILED)


class Outcome(msgspec.Struct):
    """Outcome of the tests, by their ids.

    Attributes:
        cut: why the run ended before all tests were run; empty where they were.
    """

    passed: set[str] = msgspec.field(default_factory=set)
    failed: set[str] = msgspec.field(default_factory=set)
    cut: str = ""


class Recorder:
    """A plugin that records the outcome of each test, and runs only those in ``only`` if given."""

    def __init__(self, file: Path, only: frozenset[str]) -> None:
        self.file = file
        self.only = only
        self.outcome = Outcome()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self.only:
            left = [item for item in items if item.nodeid not in self.only]
            items[:] = [item for item in items if item.nodeid in self.only]
            config.hook.pytest_deselected(items=left)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.outcome.failed.add(report.nodeid)
        elif report.passed and report.when == "call":
            self.outcome.passed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcome.cut = f"{report.nodeid} could not be collected"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.outcome.cut = self.outcome.cut or str(session.shouldfail or session.shouldstop or "")
        self.outcome.passed -= self.outcome.failed
        self.file.write_bytes(msgspec.json.encode(self.outcome))


def run(arguments: Iterable[str], limit: float, only: Iterable[str] = ()) -> tuple[int, Outcome]:
    """Run pytest in a separate process; its exit code and outcome.

    A run that takes longer than ``limit`` seconds is killed with its process group.
    """
    with tempfile.TemporaryDirectory() as folder:
        outcome, chosen = Path(folder, "outcome.json"), Path(folder, "only.json")
        chosen.write_bytes(msgspec.json.encode(sorted(only)))
        command = [sys.executable, __file__, "--record", str(outcome), str(chosen), *arguments]
        process = subprocess.Popen(command, start_new_session=True)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            _say(f"The tests took longer than {limit:g} s and were ended.")
            return _FAILED, Outcome(cut="it took too long")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # not waited for yet, so the process id is still its own
                process.wait()
        if code < 0:
            return 128 - code, Outcome(cut="a signal ended it")
        if not outcome.exists():
            return code or _FAILED, Outcome(cut="it ended without a word")
        return code, msgspec.json.decode(outcome.read_bytes(), type=Outcome)


def main(arguments: list[str]) -> int:
    """Run the tests, and the failed ones again; return the exit code."""
    limit = float(os.environ.get("RUN_LIMIT", LIMIT))
    code, first = run(arguments, limit)
    if code != _FAILED or first.cut or not first.failed:
        return code
    _say(f"Once more, alone: {len(first.failed)} of the tests, which failed.")
    code, second = run([*arguments, *ONE_PROCESS], limit, first.failed)
    if code != 0 or second.cut or second.passed != first.failed:
        return code or _FAILED
    lines = [f"FLAKY: {test}" for test in sorted(first.failed)]
    if os.environ.get("FLAKY_FILE"):
        with Path(os.environ["FLAKY_FILE"]).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    _say(*lines)
    return 0


def _record(outcome: str, only: str, *arguments: str) -> int:
    """In the separate process: run pytest with the recorder."""
    del sys.path[0]  # this folder, which Python adds for a script but not for pytest
    recorder: Any = Recorder(
        Path(outcome), frozenset(msgspec.json.decode(Path(only).read_bytes(), type=list[str]))
    )
    return int(pytest.main(list(arguments), plugins=[recorder]))


def _end(number: int, _frame: object) -> None:
    """End with the processes of the run: they have a session of their own, which the signal does not reach."""
    sys.exit(128 + number)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in ("", *lines))
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        sys.exit(_record(*sys.argv[2:]))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    sys.exit(main(sys.argv[1:]))
