"""What a piece of work takes of the processor, for tests: by itself, however busy or slow this machine is."""

import gc
import json
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_USUAL = 0.006  # seconds that ``pace`` measures on the machine by which the limits of the tests are set


def effort(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` gives, and the seconds that it takes on a usual machine.

    The time is that of this thread, and without collecting what other tests have left behind.
    """
    gc.disable()
    try:
        before = pace()
        started = time.thread_time()
        given = work()
        taken = time.thread_time() - started
        return given, taken / max(before, pace())
    finally:
        gc.enable()


def pace() -> float:
    """How many times as long as on a usual machine anything takes here and now.

    A processor's own speed varies by a factor of three with what others do on it, so known work is measured:
    objects are made, sorted, written and read.
    """
    started = time.thread_time()
    for number in range(40):
        told = json.dumps([{"number": n, "text": f"{number} of {n}"} for n in range(100)])
        assert sorted(json.loads(told), key=lambda one: -one["number"])
    return (time.thread_time() - started) / _USUAL
