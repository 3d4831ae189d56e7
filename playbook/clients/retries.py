"""Retries that are bounded, spaced and visible. Only for reads: what changes something is never repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

ATTEMPTS = 3


def tries(
    again: Callable[[Exception], bool | float], *, within: float, attempts: int = ATTEMPTS
) -> Iterator[AbstractContextManager[None]]:
    """Context managers for the attempts, as ``stamina.retry_context`` yields them.

    Args:
        again: whether an exception is worth a retry; a number is the seconds to wait before it.
        within: seconds after which no further attempt is made.
        attempts: maximum number of attempts, including the first.
    """
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    # stamina would log each retry; here every attempt is in the error or the evidence.
    set_on_retry_hooks(())
    return iter(
        stamina.retry_context(
            on=again, attempts=attempts, timeout=within, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
        )
    )
