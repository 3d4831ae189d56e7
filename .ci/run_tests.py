"""Run pytest; what fails is run once more, alone. For CI: a test that failed by chance costs no landing and shows.

    python .ci/run_tests.py tests -m slow -n 4 --dist loadscope

The second run is one process, one test after another. Where all that had failed passes there, the exit code is 0,
and the last lines name each as ``FLAKY: <test id>``, as do the lines that are added to the file in
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

LIMIT = 900.0  # seconds for one run, when $RUN_LIMIT says nothing
ONE_PROCESS = ("-n", "0")  # the last on a command line counts
_FAILED = int(pytest.ExitCode.TESTS_FAILED)


class Told(msgspec.Struct):
    """What became of the tests, by their ids.

    Attributes:
        cut: why the run ended before all tests had their turn; empty where they had.
    """

    passed: set[str] = msgspec.field(default_factory=set)
    failed: set[str] = msgspec.field(default_factory=set)
    cut: str = ""


class Recorder:
    """A plugin that writes down what became of each test, and runs none but those in ``only``."""

    def __init__(self, file: Path, only: frozenset[str]) -> None:
        self.file = file
        self.only = only
        self.told = Told()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self.only:
            left = [item for item in items if item.nodeid not in self.only]
            items[:] = [item for item in items if item.nodeid in self.only]
            config.hook.pytest_deselected(items=left)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.told.failed.add(report.nodeid)
        elif report.passed and report.when == "call":
            self.told.passed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.told.cut = f"{report.nodeid} could not be collected"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.told.cut = self.told.cut or str(session.shouldfail or session.shouldstop or "")
        self.told.passed -= self.told.failed
        self.file.write_bytes(msgspec.json.encode(self.told))


def run(arguments: Iterable[str], limit: float, only: Iterable[str] = ()) -> tuple[int, Told]:
    """Run pytest in a process of its own; its exit code and what it told.

    One that takes longer than ``limit`` seconds is killed with its process group.
    """
    with tempfile.TemporaryDirectory() as folder:
        told, chosen = Path(folder, "told.json"), Path(folder, "only.json")
        chosen.write_bytes(msgspec.json.encode(sorted(only)))
        command = [sys.executable, __file__, "--record", str(told), str(chosen), *arguments]
        process = subprocess.Popen(command, start_new_session=True)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            _say(f"The tests took longer than {limit:g} s and were ended.")
            return _FAILED, Told(cut="it took too long")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
                process.wait()
        if code < 0:
            return 128 - code, Told(cut="a signal ended it")
        if not told.exists():
            return code or _FAILED, Told(cut="it ended without a word")
        return code, msgspec.json.decode(told.read_bytes(), type=Told)


def main(arguments: list[str]) -> int:
    """Run the tests, and once more what failed; the exit code."""
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


def _record(told: str, only: str, *arguments: str) -> int:
    """In the process of its own: run pytest with the recorder."""
    del sys.path[0]  # this folder, which a script has and pytest has not
    recorder: Any = Recorder(Path(told), frozenset(msgspec.json.decode(Path(only).read_bytes(), type=list[str])))
    return int(pytest.main(list(arguments), plugins=[recorder]))


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in ("", *lines))
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        sys.exit(_record(*sys.argv[2:]))
    sys.exit(main(sys.argv[1:]))
