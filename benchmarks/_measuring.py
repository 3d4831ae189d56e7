"""What the benchmarks share: CPU seconds of programs, run by turns on a machine that others use too."""

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
    """What one run of a program took, in seconds: of its processors, and by the clock."""

    cpu: float
    wall: float


def environment_of(sandbox: RunningSandbox | None = None, **more: str) -> dict[str, str]:
    """For a program that is measured: with the sandbox that runs, and with Python's compiled files."""
    kept = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    if sandbox:
        kept[ATTACH_VARIABLE] = attach_address(sandbox.control, sandbox.token)
    return kept


def cost_of(command: Sequence[str], environment: Mapping[str, str], *, folder: Path = ROOT) -> Cost:
    """Run a program to its end, with all that it starts and waits for.

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
    """Each of them in each round, spreading what else the machine does over all; the least of each counts."""
    found: dict[str, float] = {}
    for number in range(rounds):
        for name, work in works.items():
            sys.stderr.write(f"\r{number + 1}/{rounds} {name[:60]:<60}")
            figure = work()
            found[name] = min(found.get(name, figure), figure)
    sys.stderr.write("\r" + " " * 72 + "\r")
    return found
