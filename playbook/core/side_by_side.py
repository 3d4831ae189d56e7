"""Concurrent requests of one measurement, where none depends on another's answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from playbook.core import deadline

T = TypeVar("T")


def side_by_side(asks: Sequence[Callable[[], T]]) -> list[T]:
    """The results in order. All share the measurement's own deadline.

    Raises:
        Exception: that of the first in order that failed, after all have ended.
    """
    answers: dict[int, T] = {}
    errors: dict[int, Exception] = {}
    until = deadline.moment()

    def run(number: int, ask: Callable[[], T]) -> None:
        deadline.begin(until)
        try:
            answers[number] = ask()
        except Exception as error:  # noqa: BLE001 - raised below, in the calling thread
            errors[number] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(asks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [answers[number] for number in range(len(asks))]
