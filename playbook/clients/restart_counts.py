"""Restarts of the app's instances as the platform counts them, asked for once in a run.

The logs need them to know whether an instance has crashed, and the app's components to be judged.
"""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Protocol

from playbook.clients.digitalocean import Metric
from playbook.clients.digitalocean_types import Series
from playbook.core.engine import client


class HasMetrics(Protocol):
    """The part of the DigitalOcean client that is needed here."""

    def metric(self, metric: Metric, start: datetime, end: datetime) -> list[Series]:
        """Samples of each instance."""


class RestartCounts:
    """What was answered, by the length of time in minutes. Thread-safe; a refusal is not kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[int, list[Series]] = {}

    def of(self, api: HasMetrics, begin: datetime, end: datetime) -> list[Series]:
        """Counts of each instance; those of a window as long that was asked for a moment ago are the same.

        Raises:
            Unmeasured: what the client raises.
        """
        minutes = round((end - begin).total_seconds() / 60)
        with self._lock:
            if minutes not in self._known:
                self._known[minutes] = api.metric("restart_count", begin, end)
            return self._known[minutes]


@client
def restart_counts() -> RestartCounts:
    """Those of this run. Sends no request by itself."""
    return RestartCounts()
