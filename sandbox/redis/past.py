"""Pretended age and past of the sandbox's Valkey, which has just been started.

Its counters are real: reads are made, the counters are read and recorded as yesterday's run would have, and then
today's reads are made. Only the times are not real: that of the reading and, in answers to INFO, the uptime.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# Fields of INFO that are recorded. Error types that never occurred are missing, and count as zero.
_COUNTERS = (
    *("keyspace_hits", "keyspace_misses", "evicted_keys", "expired_keys", "rejected_connections"),
    *("total_commands_processed", "total_connections_received", "total_net_input_bytes", "total_error_replies"),
)
_ERRORS = ("OOM", "MISCONF", "READONLY", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "LOADING")
# As in RESP 2 and RESP 3.
_BULK = re.compile(rb"([$=])(\d+)\r\n(?:txt:)?# Server")
_END = 2  # bytes


class Past:
    """Its start time, and what yesterday's run has read.

    Attributes:
        file: where that is recorded.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._since = time.monotonic()

    def begin(self, age: float) -> None:
        """Up for ``age`` seconds, without an earlier reading."""
        self._since = time.monotonic() - age
        self.file.write_text("", encoding="utf-8")

    def note(
        self,
        at: datetime,
        info: Mapping[str, Any],
        images: Mapping[str, float],
        key: str,
        *,
        listed: Iterable[str] = (),
        rules: Iterable[str] = (),
    ) -> None:
        """Record what a run read at a given time: the counters of INFO, the workers' counts under ``key``, the
        dependencies that the health report listed, and the alerting rules.
        """
        counts = {name: info[name] for name in _COUNTERS}
        counts |= {f"errorstat_{code}": _count(info.get(f"errorstat_{code}")) for code in _ERRORS}
        readings = {
            "redis": {"at": at.isoformat(), "origin": info["run_id"], "counts": counts},
            "images": {"at": at.isoformat(), "origin": key, "counts": dict(images)},
            "health": {"at": at.isoformat(), "counts": dict.fromkeys(listed, 1.0)},
            "alerting rules": {"at": at.isoformat(), "counts": dict.fromkeys(map(str.lower, rules), 1.0)},
        }
        self.file.write_text(f"{json.dumps(readings)}\n", encoding="utf-8")

    def missing(self, answer: bytes) -> int:
        """Number of missing bytes of an answer to INFO; 0 for any other answer."""
        begins = _BULK.match(answer)
        if not begins:
            return 0
        whole = begins.end(2) + _END + int(begins[2]) + _END
        return max(whole - len(answer), 0)

    def told(self, answer: bytes) -> bytes:
        """The server's answer, with its pretended age if it answers INFO."""
        begins = _BULK.match(answer)
        if not begins:
            return answer
        start, size = begins.end(2) + _END, int(begins[2])
        text, rest = answer[start : start + size], answer[start + size :]
        up = int(time.monotonic() - self._since)
        for name, value in (
            (b"uptime_in_seconds", b"%d" % up),
            (b"uptime_in_days", b"%d" % (up // int(timedelta(days=1).total_seconds()))),
        ):
            text = re.sub(rb"(?m)^" + name + rb":[^\r]*", name + b":" + value, text)
        return b"%c%d\r\n" % (begins[1], len(text)) + text + rest


def _count(error: Any) -> int:
    return int(error["count"]) if isinstance(error, Mapping) else 0
