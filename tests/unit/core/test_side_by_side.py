"""Concurrent requests: answers in order, the first error in order, one deadline for all."""

import threading
import time

import pytest

from playbook.core import deadline
from playbook.core.side_by_side import side_by_side


def test_answers_come_in_the_order_of_the_questions() -> None:
    second = threading.Event()

    def slow() -> str:
        assert second.wait(10)
        return "first"

    def quick() -> str:
        second.set()
        return "second"

    assert side_by_side([slow, quick]) == ["first", "second"]


def test_first_error_in_order_is_raised_after_all_have_ended() -> None:
    seen: list[str] = []

    def late() -> None:
        seen.append("asked")
        raise ValueError("late")

    def never() -> None:
        raise KeyError("never")

    with pytest.raises(ValueError, match="late"):
        side_by_side([lambda: None, late, never])
    assert seen == ["asked"]


def test_all_share_the_deadline_of_the_measurement() -> None:
    until = time.monotonic() + 7
    deadline.begin(until)
    try:
        assert side_by_side([deadline.moment] * 3) == [until] * 3
    finally:
        deadline.begin(float("inf"))
