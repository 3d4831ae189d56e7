"""Requests of which one line names the path and the visitor, and a later one the status: Rails' and Fastify's.

    [4f3a9d21-…] Started POST "/users/sign_in" for 203.0.113.66 at 2026-01-03 12:29:00 +0000
    [4f3a9d21-…] Completed 401 Unauthorized in 210ms (ActiveRecord: 1.2ms)
    {"reqId":"req-1","req":{"method":"POST","url":"/in","remoteAddress":"203.0.113.66"},"msg":"incoming request"}
    {"reqId":"req-1","res":{"statusCode":401},"responseTime":210.3,"msg":"request completed"}

Tags or ids tell which belong together; without them (``config.log_tags``) it is the request that began last.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import NamedTuple

_TAG = r"(?:^|[ :])(?:\[([^\]\s]{1,64})\] )?(?:\[[^\]]{1,64}\] ){0,3}"
_STARTED = re.compile(rf'{_TAG}Started ([A-Z]{{3,10}}) "([^"]{{1,4096}})" for (\S{{1,64}}) at ')
_COMPLETED = re.compile(rf"{_TAG}Completed \d{{3}} ")
_ID = re.compile(r'"reqId":"?([^",}]{1,64})')
_INCOMING = re.compile(r'"req":\{(?:[^{}]{0,200},)?"method":"([A-Z]{3,10})","url":"([^"]{1,4096})"')
_ADDRESS = re.compile(r'"remoteAddress":"([^"]{1,64})"')
_MOST = 1000  # requests in progress


class Began(NamedTuple):
    """The beginning of a request."""

    method: str
    path: str
    client: str


class TwoLineRequests:
    """Requests in progress, by their tag or id."""

    def __init__(self) -> None:
        self._began: OrderedDict[str, Began] = OrderedDict()

    def begin(self, line: str) -> None:
        """Remember the request that begins in this line, if one does."""
        found = self._of_rails(line) if "Started " in line else None
        if '"incoming request"' in line:
            found = self._of_fastify(line)
        if found:
            self._began[found[0]] = found[1]
            if len(self._began) > _MOST:
                self._began.popitem(last=False)

    def ended(self, line: str) -> Began | None:
        """The beginning of the request that this line says was completed; None where it was not seen."""
        if not self._began:
            return None
        match = _COMPLETED.search(line) if "Completed " in line else None
        if '"request completed"' in line:
            match = _ID.search(line)
        return self._began.pop(match[1] or "", None) if match else None

    @staticmethod
    def _of_rails(line: str) -> tuple[str, Began] | None:
        match = _STARTED.search(line)
        return (match[1] or "", Began(match[2], match[3], match[4])) if match else None

    @staticmethod
    def _of_fastify(line: str) -> tuple[str, Began] | None:
        known, asked, address = _ID.search(line), _INCOMING.search(line), _ADDRESS.search(line)
        if not (known and asked):
            return None
        return known[1], Began(asked[1], asked[2], address[1] if address else "")
