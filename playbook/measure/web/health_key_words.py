"""The words of the keys of health reports. Pure."""

from __future__ import annotations

import re


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def words_of(key: str) -> tuple[str, ...]:
    """``isHealthy``, ``is_healthy`` and ``is-healthy`` as ``("is", "healthy")``."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", key)
    return tuple(re.findall(r"[a-z0-9]+", parted.casefold()))


ERRORS = word_set(
    """error errors err exception exceptions failure failures problem problems issues failed failing
    unhealthy down fatal errormessage errormsg errordetails errordetail"""
)
LIMITING = word_set(
    """max maximum min allowed threshold thresholds ignore ignored total num number last previous on report
    show"""
)
