"""A few questions of one measurement, asked at once where none needs what another answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from playbook.core import deadline

T = TypeVar("T")


def side_by_side(asks: Sequence[Callable[[], T]]) -> list[T]:
    """What each gives, in their order. All have until the measurement's own end.

    Raises:
        Exception: what the first of them, in their order, has raised; when all have ended.
    """
    answers: dict[int, T] = {}
    errors: dict[int, Exception] = {}
    until = deadline.moment()

    def run(number: int, ask: Callable[[], T]) -> None:
        deadline.begin(until)
        try:
            answers[number] = ask()
        except Exception as error:  # noqa: BLE001 - raised below, in the thread of whoever asks
            errors[number] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(asks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [answers[number] for number in range(len(asks))]
