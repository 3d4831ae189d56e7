"""Worker processes that ended by themselves, as uvicorn's supervisor tells of them at INFO. Pure.

    INFO:     Finished server process [27030]
    INFO:     Child process [27030] died

The second line follows each end but that of the whole service, a planned one (``--limit-max-requests``) as well as
that of a process which was killed, crashed or hung. Only the first of them has written the line before.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from typing import NamedTuple

SIGNS = ("ished server process [", "Child process [")
"""Texts that every such line contains."""
_FINISHED = re.compile(r"\bFinished server process \[(\d{1,10})\]")
_DIED = re.compile(r"\bChild process \[(\d{1,10})\] died\b")
_BEFORE, _AFTER = 90.0, 5.0  # seconds between the two lines; the numbers of processes come again
_MOST = 2000


class Died(NamedTuple):
    """That a process is gone: when, in which component, and the line that says so."""

    time: float
    component: str
    text: str
    process: str


class Children:
    """Notes processes that have finished and that are gone, in any order: files are read from their end."""

    def __init__(self) -> None:
        self._finished: dict[str, deque[float]] = {}
        self._died: deque[Died] = deque(maxlen=_MOST)

    def note(self, time: float, component: str, text: str) -> None:
        """Note a line, if it is one of the two."""
        if found := _FINISHED.search(text):
            if len(self._finished) < _MOST:
                self._finished.setdefault(found[1], deque(maxlen=_MOST)).append(time)
        elif found := _DIED.search(text):
            self._died.append(Died(time, component, text, found[1]))

    def unexpected(self, since: float) -> list[Died]:
        """Those that were gone from a moment on, and have not finished, which may be before it; each once."""
        died, self._died = self._died, deque(maxlen=_MOST)
        ended = {process: sorted(times) for process, times in self._finished.items()}
        return [one for one in died if one.time >= since and not _has(ended.get(one.process, []), one.time)]


def _has(times: list[float], died: float) -> bool:
    """Whether one of these times, in order, is shortly before."""
    at = bisect_left(times, died - _BEFORE)
    return at < len(times) and times[at] <= died + _AFTER
