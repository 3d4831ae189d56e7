"""What is known although a part cannot be read: bad evidence counts even when it is partial (decision 21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from playbook.core.coverage import Coverage, together, unread
from playbook.core.engine import Outcome
from playbook.core.errors import Unmeasured

T = TypeVar("T")


def or_unread(ask: Callable[[], T], expected: str) -> tuple[T | None, Coverage]:
    """The answer; where it cannot be read, None and why, as what others show must still be judged."""
    try:
        return ask(), Coverage()
    except Unmeasured as error:
        return None, unread(error, expected)


def those_read(asks: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], Coverage]:
    """The answers, by what they tell, and why others could not be read.

    Raises:
        Unmeasured: none could be read; that of the first.
    """
    answers: dict[str, Any] = {}
    errors: dict[str, Unmeasured] = {}
    for what, ask in asks.items():
        try:
            answers[what] = ask()
        except Unmeasured as error:
            errors[what] = error
    if errors and not answers:
        raise next(iter(errors.values()))
    return answers, together(unread(error, what) for what, error in errors.items())


def known(outcome: Outcome, expected: str) -> tuple[Any, Coverage]:
    """The value with its coverage, or None with why it could not be read, which is never enough for OK.

    None and nothing lacking where the product does not have what it measures.

    Args:
        expected: what it would have told, e.g. ``the app's spec``.

    Raises:
        NotConfigured: the settings do not say where it is; so is what is made of it.
    """
    error = outcome.error
    if isinstance(error, Unmeasured):
        return None, unread(error, expected)
    if error is not None:
        raise error
    return outcome.value, Coverage() if outcome.absent else outcome.value.coverage
