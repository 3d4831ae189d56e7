"""Real servers on loopback ports that the system picks. Where a program is missing, its tests are skipped."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

READY_WITHIN = 100.0  # seconds


def program(name: str) -> str:
    """Its path; skips the test where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@contextmanager
def running(command: list[str], listening: re.Pattern[str], log: Path) -> Iterator[str]:
    """Run a server until the block ends; gives ``http://127.0.0.1:PORT``, which ``listening`` finds in its log."""
    with started(command, log) as server:
        yield f"http://127.0.0.1:{_port(server, listening, log)}"


@contextmanager
def started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes to a log, until the block ends."""
    with log.open("wb") as written:
        server = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _port(server: subprocess.Popen[bytes], listening: re.Pattern[str], log: Path) -> str:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        found = listening.search(log.read_text(errors="replace"))
        if found:
            return found[1]
        if server.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(f"{server.args} did not listen:\n{log.read_text(errors='replace')[-2000:]}")
