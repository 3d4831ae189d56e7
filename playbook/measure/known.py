"""A measurement as far as it is known, for those that take the outcome of others (decision 2)."""

from __future__ import annotations

from typing import Any

from playbook.core.coverage import Coverage, lacking
from playbook.core.engine import Outcome
from playbook.core.errors import Unmeasured, away


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
        return None, lacking("", expected=expected, got=str(error), hint=error.hint, cause=away(error))
    if error is not None:
        raise error
    return outcome.value, Coverage() if outcome.absent else outcome.value.coverage
