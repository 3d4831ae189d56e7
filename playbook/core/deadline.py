"""Deadline of the measurement on this thread, so that it ends by itself and reports what it waited for.

A request has its own time limit, so a measurement of ten requests could take ten of them. The engine sets a
deadline for each measurement shortly before its waiters give up; every client waits for its own limit or the time
left until the deadline, whichever is shorter.
"""

from __future__ import annotations

import math
import threading
import time

_MIN = 0.05  # seconds: a request started after the deadline fails with an ordinary time-out


class _Until(threading.local):
    moment = math.inf


_until = _Until()


def begin(moment: float) -> None:
    """Set the deadline of this thread's measurement, in ``time.monotonic()`` seconds."""
    _until.moment = moment


def moment() -> float:
    """The deadline of this thread's measurement, to pass on to its own threads."""
    return _until.moment


def left(most: float) -> float:
    """Seconds that a client may wait: its own limit, or the time left for the measurement."""
    return max(_MIN, min(most, _until.moment - time.monotonic()))
