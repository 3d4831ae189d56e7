"""One delivery: bounded in time, tried again where that may help, and never for ever."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from playbook.core.clock import Clock

T = TypeVar("T")


class Try(NamedTuple):
    """How one try went.

    Attributes:
        error: empty where it was delivered.
        again: another try may help. It may deliver twice: an answer that was lost is not told from no answer.
    """

    error: str = ""
    again: bool = False


class Outcome(NamedTuple):
    """How a delivery went; ``error`` is that of the last try."""

    delivered: bool
    attempts: int
    error: str


def deliver(once: Callable[[], Try], *, tries: int, pause: float, clock: Clock) -> Outcome:
    """Try until it is delivered or cannot be, at most ``tries`` times; ``pause`` is in seconds, and doubles."""
    for attempt in range(1, tries + 1):
        done = once()
        if not done.error or not done.again or attempt == tries:
            return Outcome(not done.error, attempt, done.error)
        clock.sleep(pause * 2 ** (attempt - 1))
    raise AssertionError("at least one try is made")


def bounded(work: Callable[[], T], seconds: float) -> T:
    """What ``work`` gives; TimeoutError where it takes longer.

    Time limits of a library count from one byte to the next, so that a server which drips could hold it for ever.
    The work goes on in a thread that ends with the process.
    """
    answers: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again below
            answers.put((None, error))

    threading.Thread(target=run, daemon=True, name="notify").start()
    try:
        value, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]
