"""Locust as a process of its own, for tests; never imported into theirs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO
from weakref import WeakKeyDictionary

import msgspec

from loadtests.launch import PARENT_VARIABLE, PLAN, run, variables_for
from playbook.readers.load.outcome import Outcome
from playbook.readers.load.plan import Plan

ROOT = Path(__file__).resolve().parents[3]
LOCUSTFILE = ROOT / "loadtests" / "locustfile.py"
LIMIT = 60.0  # seconds for what must happen, on whatever machine; what it is asked for happens far sooner


_SAID: WeakKeyDictionary[subprocess.Popen[str], IO[str]] = WeakKeyDictionary()


def begin(
    plan: Plan,
    folder: Path,
    *arguments: str,
    files: str = str(LOCUSTFILE),
    variables: Mapping[str, str] | None = None,
    plan_name: str = PLAN,
) -> subprocess.Popen[str]:
    """Start Locust by hand, as its documentation has it, with a plan's file that the environment names."""
    file = folder / plan_name
    file.write_bytes(msgspec.json.encode(plan))
    # By hand nobody holds a pipe to it.
    told = {name: value for name, value in variables_for(file).items() if name != PARENT_VARIABLE}
    # Into a file: a pipe that nobody reads while a test waits for something fills up, and then Locust waits too.
    said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", files, "--only-summary", *arguments],
        cwd=folder,
        env={**told, "PYTHONPATH": str(ROOT), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _SAID[process] = said
    return process


def run_until(plan: Plan, folder: Path, condition: Callable[[], object], *, workers: int = 0) -> Outcome:
    """A load test that is stopped once something is so, instead of after a time in which a busy machine does less.

    Its stages and caps should last for longer than ``LIMIT``.
    """
    stop, over = threading.Event(), threading.Event()
    happened: list[bool] = []

    def watch() -> None:
        latest = time.monotonic() + LIMIT
        while not over.is_set() and time.monotonic() < latest:
            if condition():
                happened.append(True)
                break
            time.sleep(0.02)
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcome = run(plan, folder, workers=workers, stop=stop)
    finally:
        over.set()
        watcher.join()
    assert happened, f"what the load was for did not happen; it ended: {outcome.ended}"
    return outcome


def finish(process: subprocess.Popen[str], limit: float = LIMIT) -> str:
    """All that it said, once it has ended; killed and raised where it does not."""
    try:
        piped = process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    if process not in _SAID:
        return piped
    _SAID[process].seek(0)
    return _SAID[process].read()


def stop(*processes: subprocess.Popen[str]) -> None:
    """Leave nothing behind, however a test ended."""
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
