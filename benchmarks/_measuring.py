"""Shared by the benchmarks: CPU seconds of programs, run in turn on a machine with other load."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sandbox.launcher import ATTACH_VARIABLE, RunningSandbox, attach_address

ROOT = Path(__file__).resolve().parent.parent


class Cost(NamedTuple):
    """Seconds that one run of a program took: CPU and elapsed."""

    cpu: float
    wall: float


def environment_of(sandbox: RunningSandbox | None = None, **more: str) -> dict[str, str]:
    """The environment of a measured program: with the running sandbox, and with Python's compiled files."""
    kept = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    if sandbox:
        kept[ATTACH_VARIABLE] = attach_address(sandbox.control, sandbox.token)
    return kept


def cost_of(command: Sequence[str], environment: Mapping[str, str], *, folder: Path = ROOT) -> Cost:
    """Run a program to its end, with all children that it waits for.

    Raises:
        RuntimeError: it ended with a code other than 0.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=dict(environment), cwd=folder, capture_output=True, text=True, check=False)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, ended - started)


def by_turns(rounds: int, works: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Run each in every round, which spreads the machine's other load over all; the minimum of each counts."""
    found: dict[str, float] = {}
    for number in range(rounds):
        for name, work in works.items():
            sys.stderr.write(f"\r{number + 1}/{rounds} {name[:60]:<60}")
            figure = work()
            found[name] = min(found.get(name, figure), figure)
    sys.stderr.write("\r" + " " * 72 + "\r")
    return found
