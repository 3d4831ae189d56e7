"""Starts a load test in separate processes, waits for it, and reads its outcome. Does not import Locust.

The standard input of every process is a pipe whose other end we hold, so that they end with us, however we end.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from playbook.core.environment import OF_PYTHON, for_program
from playbook.core.errors import Unmeasured
from playbook.readers.load.outcome import Outcome, read_outcome
from playbook.readers.load.plan import PLAN_VARIABLE, Plan

PARENT_VARIABLE = "PLAYBOOK_LOAD_PARENT"
LOOPBACK = "127.0.0.1"
SERVICE = "Load test"
OUTCOME, HTML, LOG, PLAN = "load.json", "locust.html", "locust.log", "plan.json"

_ROOT = Path(__file__).resolve().parent.parent
_LOCUSTFILE = _ROOT / "loadtests" / "locustfile.py"
_START_SECONDS = 30  # for Locust to load and its workers to connect
_END_SECONDS = 8.0  # from the stop until the outcome and Locust's page are written
_POLL_SECONDS = 0.05
_PORT_TRIES = 3
_PORT_WAS_TAKEN = "was busy"


@dataclass(frozen=True)
class Role:
    """Role of a process: alone, the master of some workers, or a worker.

    Attributes:
        workers: number that the master waits for; 0 for a process alone.
        master: host and port of the master; for the master the address it listens on.
        is_worker: it is a worker of a master.
    """

    workers: int = 0
    master: tuple[str, int] | None = None
    is_worker: bool = False

    @property
    def arguments(self) -> list[str]:
        """Arguments of Locust's command line."""
        if self.master is None:
            return ["--headless"]
        host, port = self.master
        if self.is_worker:
            return ["--worker", "--master-host", host, "--master-port", str(port)]
        waiting = ["--expect-workers", str(self.workers), "--expect-workers-max-wait", str(_START_SECONDS)]
        return ["--headless", "--master", "--master-bind-host", host, "--master-bind-port", str(port), *waiting]


def command(role: Role, html: Path | None = None) -> list[str]:
    """Command of a load test process; its plan is passed in the environment."""
    base = [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--only-summary", "--loglevel", "INFO"]
    return [*base, *role.arguments, *(["--html", str(html)] if html else [])]


def variables_for(plan_file: Path) -> dict[str, str]:
    """Environment with the plan, and without anything that could redirect Locust."""
    kept = for_program(*OF_PYTHON)
    kept[PLAN_VARIABLE] = str(plan_file)
    kept[PARENT_VARIABLE] = "stdin"
    kept["PYTHONUNBUFFERED"] = "1"
    return kept


def run(plan: Plan, folder: Path, *, workers: int = 0, stop: threading.Event | None = None) -> Outcome:
    """Run a load test and return its outcome. All its files are in ``folder``.

    These are plan.json, load.json (the outcome), locust.html (Locust's own page) and locust.log.

    Args:
        workers: processes that share the load, plus a master; 0 for a single process.
        stop: set it to end the test early; what was measured is still returned.

    Raises:
        Unmeasured: Locust could not be started or left no outcome; the message contains its last output.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    plan = msgspec.structs.replace(plan, outcome=str(folder / OUTCOME), workers=workers)
    (folder / PLAN).write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
    for _ in range(_PORT_TRIES):
        for name in (OUTCOME, HTML, LOG):
            (folder / name).unlink(missing_ok=True)
        _run_once(plan, folder, stop or threading.Event())
        if not workers or _PORT_WAS_TAKEN not in _last_line(folder / LOG):
            break
    return _read(folder)


def _run_once(plan: Plan, folder: Path, stop: threading.Event) -> None:
    variables = variables_for(folder / PLAN)
    with (folder / LOG).open("wb") as log:
        team = _Team(variables, log.fileno())
        try:
            if plan.workers:
                address = (LOOPBACK, _free_port())
                leader = team.start(command(Role(plan.workers, address), folder / HTML))
                for _ in range(plan.workers):
                    team.start(command(Role(master=address, is_worker=True)))
            else:
                leader = team.start(command(Role(), folder / HTML))
            _wait(leader, plan, stop)
        finally:
            team.end()


def _wait(leader: subprocess.Popen[bytes], plan: Plan, stop: threading.Event) -> None:
    """Wait until it has ended, was stopped, or is overdue."""
    latest = time.monotonic() + plan.most_seconds + _START_SECONDS + _END_SECONDS
    while leader.poll() is None and time.monotonic() < latest:
        if stop.wait(_POLL_SECONDS):
            break
    if leader.poll() is None:
        _signal(leader, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            leader.wait(_END_SECONDS)


class _Team:
    """The processes of one test."""

    def __init__(self, variables: Mapping[str, str], log: int) -> None:
        self._variables = variables
        self._log = log
        self._members: list[subprocess.Popen[bytes]] = []

    def start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            arguments,
            cwd=_ROOT,
            env=self._variables,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for us, and is passed on
        )
        self._members.append(process)
        return process

    def end(self) -> None:
        """End the remaining processes: first by closing their standard input, then by force."""
        for process in self._members:
            assert process.stdin
            process.stdin.close()
        latest = time.monotonic() + _END_SECONDS
        for process in self._members:
            try:
                process.wait(max(latest - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def _free_port() -> int:
    """A free port; if another process takes it before Locust does, the start is retried."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        port: int = bound.getsockname()[1]
        return port


def _read(folder: Path) -> Outcome:
    try:
        return read_outcome(folder / OUTCOME)
    except (OSError, msgspec.MsgspecError):
        last_line = _last_line(folder / LOG)
        raise Unmeasured(
            f"{SERVICE}: expected Locust to write its outcome, got none"
            f"{f'; its last line is: {last_line}' if last_line else ''}",
            service=SERVICE,
            hint=f"Its whole output is in {folder / LOG}.",
        ) from None


def _last_line(file: Path) -> str:
    with suppress(OSError):
        lines = [line for line in file.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""
    return ""
