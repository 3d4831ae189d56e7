"""Tries that are bounded, spaced and visible. For reads only: what changes something is never sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

ATTEMPTS = 3


def tries(
    again: Callable[[Exception], bool | float], *, within: float, attempts: int = ATTEMPTS
) -> Iterator[AbstractContextManager[None]]:
    """Context managers to try something in, as ``stamina.retry_context`` gives them.

    Args:
        again: whether an exception is worth another try; a number is the seconds to wait before it.
        within: seconds after which no further try begins.
        attempts: how many tries at most, the first included.
    """
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    # stamina would log a line for each retry; here every try stands in the error or the evidence.
    set_on_retry_hooks(())
    return iter(
        stamina.retry_context(
            on=again, attempts=attempts, timeout=within, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
        )
    )
