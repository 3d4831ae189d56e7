"""Locust as a process of its own, for tests; never imported into theirs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from loadtests.launch import PARENT_VARIABLE, PLAN, environment
from playbook.load.plan import Plan

ROOT = Path(__file__).resolve().parents[3]
LOCUSTFILE = ROOT / "loadtests" / "locustfile.py"
LIMIT = 30.0  # seconds


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
    told = {name: value for name, value in environment(file).items() if name != PARENT_VARIABLE}
    return subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", files, "--only-summary", *arguments],
        cwd=folder,
        env={**told, "PYTHONPATH": str(ROOT), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], limit: float = LIMIT) -> str:
    """All that it said, once it has ended; killed and raised where it does not."""
    try:
        return process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def stop(*processes: subprocess.Popen[str]) -> None:
    """Leave nothing behind, however a test ended."""
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
