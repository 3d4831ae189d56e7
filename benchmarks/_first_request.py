"""A pytest plugin that writes to ``$BENCHMARK_FIRST`` the CPU seconds of the process at its first request.

Where no measurement connects to anything, those at the start of the first test.
"""

import os
import sys
import threading
import time
from pathlib import Path

_written: list[float] = []


def _write() -> None:
    if not _written:
        _written.append(time.process_time())
        Path(os.environ["BENCHMARK_FIRST"]).write_text(str(_written[0]), encoding="ascii")


def _audit(event: str, _: object) -> None:
    if event == "socket.connect" and threading.current_thread().name.startswith("measure:"):
        _write()


sys.addaudithook(_audit)


def pytest_runtest_call() -> None:
    if os.environ.get("BENCHMARK_PLAIN"):
        _write()
