"""Until when the measurement of this thread may wait, so that it ends by itself and says for whom it waited.

A request has its own time limit, and a measurement of ten requests would have ten of them. The engine sets the
moment at which a measurement's own time is over, a little before nobody waits for it any more; every client waits
for the lesser of its own limit and the rest of that.
"""

from __future__ import annotations

import math
import threading
import time

_LEAST = 0.05  # seconds: what begins after the end fails as all that waits too long does


class _Until(threading.local):
    moment = math.inf


_until = _Until()


def begin(moment: float) -> None:
    """The measurement of this thread is over at this moment of ``time.monotonic()``."""
    _until.moment = moment


def moment() -> float:
    """When the measurement of this thread is over, for threads of its own."""
    return _until.moment


def left(most: float) -> float:
    """Seconds that a client may wait: its own limit, or what is left of the measurement's time."""
    return max(_LEAST, min(most, _until.moment - time.monotonic()))
