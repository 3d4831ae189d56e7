"""One delivery: bounded in time, and retried a limited number of times where that may help."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from playbook.core.clock import Clock

T = TypeVar("T")


class Try(NamedTuple):
    """Result of one attempt.

    Attributes:
        error: empty if it was delivered.
        again: a retry may help. It may deliver twice: a lost answer looks like none.
    """

    error: str = ""
    again: bool = False


class Outcome(NamedTuple):
    """Result of a delivery; ``error`` is that of the last attempt."""

    delivered: bool
    attempts: int
    error: str


def deliver(once: Callable[[], Try], *, tries: int, pause: float, clock: Clock) -> Outcome:
    """Retry until it is delivered or cannot be, at most ``tries`` times; ``pause`` is in seconds, and doubles."""
    for attempt in range(1, tries + 1):
        done = once()
        if not done.error or not done.again or attempt == tries:
            return Outcome(not done.error, attempt, done.error)
        clock.sleep(pause * 2 ** (attempt - 1))
    raise AssertionError("at least one try is made")


def bounded(work: Callable[[], T], seconds: float) -> T:
    """Result of ``work``; TimeoutError if it takes longer.

    Libraries limit the time between two bytes, so a server that sends slowly could hold them for ever. The work
    continues in a thread that ends with the process.
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
