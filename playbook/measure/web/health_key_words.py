"""The words of the keys of health reports. Pure."""

from __future__ import annotations

import re

# A check by its class and what it was made with, as Python shows it: "Disk(path='/srv', hostname='web-1')";
# but not a unit beside a name: "memory(MB)".
_CALL = re.compile(r"([A-Za-z_][\w.]*)\((?:|\w+=.*)\)", re.DOTALL)


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def words_of(key: str) -> tuple[str, ...]:
    """``isHealthy``, ``is_healthy`` and ``is-healthy`` as ``("is", "healthy")``; of a check that is named with
    what it was made with, those of its own name.
    """
    call = _CALL.fullmatch(key)
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", call[1] if call else key)
    return tuple(re.findall(r"[a-z0-9]+", parted.casefold()))


def is_call(key: str) -> bool:
    """Whether a name is that of a check with what it was made with, as django-health-check gives it."""
    return _CALL.fullmatch(key) is not None


ERRORS = word_set(
    """error errors err exception exceptions failure failures problem problems issues failed failing
    unhealthy down fatal errormessage errormsg errordetails errordetail"""
)
LIMITING = word_set(
    """max maximum min allowed threshold thresholds ignore ignored total num number last previous on report
    show"""
)
