"""The load test that the command line orders, and the means to stop a running one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SHAPE_OPTION = "--shape"
WORKERS_OPTION = "--workers"
PRODUCTION_OPTION = "--load-production"
DEFAULT_SHAPE = "smoke"
MARKER = "load"
_END_LIMIT = 10.0  # seconds in which a stopped load test must have written its results


@dataclass
class LoadOrder:
    """One load test as ordered.

    Attributes:
        shape: name of one in the settings.
        workers: Locust processes that share the users; 0 is a single process.
        production: name of the production system, as repeated on the command line; otherwise empty.
        folder: of this run's report, for Locust's own files.
        history: folder of the history of runs; the load tests' lines are below it.
        stop: when set, the load ends within a second.
    """

    shape: str = DEFAULT_SHAPE
    workers: int = 0
    production: str = ""
    folder: Path = Path("reports")
    history: Path = Path("reports/history")
    stop: threading.Event = field(default_factory=threading.Event)
    _idle: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._idle.set()

    @property
    def running(self) -> bool:
        """Whether load is being made."""
        return not self._idle.is_set()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Context in which load is being made."""
        self._idle.clear()
        try:
            yield
        finally:
            self._idle.set()

    def end(self) -> None:
        """Stop the load, if there is any, and wait until it has ended."""
        self.stop.set()
        self._idle.wait(_END_LIMIT)
