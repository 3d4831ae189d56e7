"""What a piece of work takes of the processor, for tests: by itself, however busy this machine is."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def effort(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` gives, and the seconds of this thread that it took.

    The time on the wall is that of all who share the processor; and collecting what other tests left behind in the
    same process would be taken for the work.
    """
    gc.disable()
    try:
        started = time.thread_time()
        given = work()
        return given, time.thread_time() - started
    finally:
        gc.enable()
