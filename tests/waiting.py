"""Waiting for what comes about by itself, with a limit that no machine needs."""

import os
import signal
import time
from collections.abc import Callable


def soon(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    """Whether it comes to be so."""
    latest = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > latest:
            return False
        time.sleep(0.02)
    return True


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Until it is so; fails where it does not come to be."""
    assert soon(condition, seconds), f"{what} did not happen within {seconds:g} s"


def sharers() -> float:
    """Processes that want each core of this machine: a second's work takes this many seconds here."""
    return max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)


def hear_of_closed_terminals() -> None:
    """In a child, before its program begins: SIGHUP ends it, also where the tests themselves ignore it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
