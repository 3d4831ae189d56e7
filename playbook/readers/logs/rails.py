"""Rails' requests, of which one line names the path and the visitor, and a later one the status.

    [4f3a9d21-…] Started POST "/users/sign_in" for 203.0.113.66 at 2026-01-03 12:29:00 +0000
    [4f3a9d21-…] Completed 401 Unauthorized in 210ms (ActiveRecord: 1.2ms)

Their tags tell which belong together (``config.log_tags``); without them it is the request that began last.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import NamedTuple

_TAG = r"(?:^|[ :])(?:\[([^\]\s]{1,64})\] )?(?:\[[^\]]{1,64}\] ){0,3}"
_STARTED = re.compile(rf'{_TAG}Started ([A-Z]{{3,10}}) "([^"]{{1,4096}})" for (\S{{1,64}}) at ')
_COMPLETED = re.compile(rf"{_TAG}Completed \d{{3}} ")
_MOST = 1000  # requests in progress


class Began(NamedTuple):
    """The beginning of a request."""

    method: str
    path: str
    client: str


class RailsRequests:
    """Requests in progress, by their tag."""

    def __init__(self) -> None:
        self._began: OrderedDict[str, Began] = OrderedDict()

    def begin(self, text: str) -> None:
        """Remember the request that begins in this line, if one does."""
        match = _STARTED.search(text) if "Started " in text else None
        if match:
            self._began[match[1] or ""] = Began(match[2], match[3], match[4])
            if len(self._began) > _MOST:
                self._began.popitem(last=False)

    def ended(self, text: str) -> Began | None:
        """The beginning of the request that this line says was completed; None where it was not seen."""
        match = _COMPLETED.search(text) if self._began and "Completed " in text else None
        return self._began.pop(match[1] or "", None) if match else None
