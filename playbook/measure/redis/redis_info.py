"""Fields of INFO: a missing or garbled field affects only what needs it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playbook.clients.redis_replies import STATES
from playbook.core import door
from playbook.core.counters import WISHED_HOURS, Counted, Grown
from playbook.core.coverage import Coverage, lacking
from playbook.core.durations import two_whole_units

# Errors with these codes mean that commands were refused: https://valkey.io/commands/info/, errorstats.
# NOAUTH and NOPERM are ordinary: of probes without a password, and of exporters with few rights.
REFUSALS = (
    *STATES,
    "WRONGPASS",  # an application with an old password
)
OOM_REJECTIONS = "oom_rejections"  # only Dragonfly has it
# From the statistics of commands, see fields_of.
SLOW_LOG_RESETS = "slow_log_resets"
DATA_CALLS, FAILED_CALLS, FAILS_MOST = "data_calls", "failed_data_calls", "fails_most"
# Connections that it has ended for lack of memory: https://valkey.io/commands/info/, stats.
DISCONNECTIONS = (
    "evicted_clients",
    "client_query_buffer_limit_disconnections",
    "client_output_buffer_limit_disconnections",
)
_COUNTERS = (
    *("keyspace_hits", "keyspace_misses", "evicted_keys", "expired_keys", "rejected_connections"),
    *("total_commands_processed", "total_connections_received", "total_net_input_bytes", "total_error_replies"),
    OOM_REJECTIONS,
    SLOW_LOG_RESETS,
    DATA_CALLS,
    FAILED_CALLS,
    *DISCONNECTIONS,
)
_IDENTITY = re.compile(r"[0-9a-f]{16,64}")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT])?i?B?")
_DATABASE = re.compile(r"db\d+")


@dataclass(frozen=True, slots=True)
class Info:
    """The reply to INFO.

    Attributes:
        fields: as the client parsed them.
        not_told: fields that this service never reports, according to its operator (``redis.not_told``).
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    not_told: Sequence[str] = ()

    def number(self, *names: str) -> float | None:
        """The first of these that is a non-negative number; None where none is. Dragonfly writes -1 for "not
        known".
        """
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, int | float) and math.isfinite(value) and value >= 0:
                return float(value)
        return None

    def count(self, *names: str) -> int | None:
        """As ``number``, for whole numbers."""
        value = self.number(*names)
        return None if value is None or value != int(value) else int(value)

    def size(self, name: str) -> float | None:
        """Bytes, written as a number or as ``256.00M``."""
        found = _SIZE.fullmatch(self.word(name))
        return float(found[1]) * 1024.0 ** " KMGT".index(found[2] or " ") if found else None

    def flag(self, name: str) -> bool | None:
        """Value of a field that is 0 or 1."""
        value = self.number(name)
        return None if value not in {0.0, 1.0} else bool(value)

    def word(self, *names: str) -> str:
        """The first of these that exists; empty where none does."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, str | int | float) and str(value).strip():
                return str(value).strip()
        return ""

    def need(self, name: str, known: bool, *, expected: str = "") -> Coverage:
        """Coverage for a required field: enough where it is known, or listed in ``redis.not_told``."""
        if known or name in self.not_told:
            return Coverage()
        value = self.fields.get(name)
        return lacking(
            f"{name} not told" if value is None else f"{name} not understood",
            expected=expected or f"{name} in INFO",
            got="none" if value is None else door.quoted(value, 40),
            hint=f'If this service never reports it, add "{name}" to redis.not_told of the target.',
        )

    @property
    def connections(self) -> int | None:
        """Connections that count against the limit of clients: also those of replicas and of a cluster's nodes."""
        clients = self.count("connected_clients")
        others = (self.count("connected_slaves") or 0) + (self.count("cluster_connections") or 0)
        return None if clients is None else clients + others

    @property
    def version(self) -> str:
        """``Valkey 9.1.2``. Compatible servers also report a Redis version, which is not their own."""
        own = {"Valkey": "valkey_version", "Dragonfly": "dragonfly_version", "KeyDB": "keydb_version"}
        own["Kvrocks"] = "kvrocks_version"
        for name, key in own.items():
            if self.word(key):
                return f"{name} {self.word(key).removeprefix('df-v')}"
        return f"Redis {self.word('redis_version') or 'of unknown version'}"

    @property
    def databases(self) -> list[Mapping[str, Any]]:
        """Fields of each database that holds keys: ``keys``, ``expires``, …"""
        return [
            value
            for name, value in self.fields.items()
            if _DATABASE.fullmatch(name) and isinstance(value, Mapping)
        ]

    @property
    def tells_errors(self) -> bool:
        """Whether it counts error replies by code (Redis 6.2 and later).

        With too many codes it stops counting, and reports that by a code of its own: ERRORSTATS_DISABLED or
        _OVERFLOW.
        """
        if any(name.startswith("errorstat_ERRORSTATS_") for name in self.fields):
            return False
        return self.number("total_error_replies") is not None or any(
            name.startswith("errorstat_") for name in self.fields
        )

    def errors(self, code: str) -> int | None:
        """Number of error replies with this code; None where they are not counted."""
        value = self.fields.get(f"errorstat_{code}")
        if value is None or not self.tells_errors:
            return 0 if self.tells_errors else None
        count = value.get("count") if isinstance(value, Mapping) else None
        return count if isinstance(count, int) and count >= 0 else None

    def counted(self, at: datetime) -> Counted:
        """Its counters, for this run and later ones."""
        counts = {name: self.number(name) for name in _COUNTERS}
        counts |= {f"errorstat_{code}": self.errors(code) for code in REFUSALS}
        identity, uptime = self.word("run_id"), self.number("uptime_in_seconds")
        return Counted(
            at=at,
            origin=identity if _IDENTITY.fullmatch(identity) else "",
            started=0.0 if uptime is None else round(at.timestamp() - uptime),
            counts={name: value for name, value in counts.items() if value is not None},
        )


def mebibytes(amount: float) -> str:
    """``12.3 MiB``."""
    return f"{amount / 1024 / 1024:,.1f} MiB"


def recent_growth(info: Info, growth: Grown, name: str, count: float | None) -> tuple[float | None, str]:
    """Growth of a counter, and over what time; the first is None where it is not known.

    If the server started within the last day, its whole count is of that time, however short that is: too short to
    count as healthy, but long enough to fail.
    """
    grew, up = growth.of(name), info.number("uptime_in_seconds")
    if grew is None and count and up is not None and up <= WISHED_HOURS * 3600:
        return count, f"the {two_whole_units(up)} since it started"
    return grew, growth.over
