"""What the command line asks of a load test, and the way to stop one that runs."""

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
_END_LIMIT = 10.0  # seconds in which a load test that was stopped has written down what it had


@dataclass
class LoadOrder:
    """One load test as it was ordered.

    Attributes:
        shape: name of one in the settings.
        workers: Locust processes that share the users; 0 is one process alone.
        production: the production system's name, as the command line repeats it; else empty.
        folder: of this run's report, where Locust's own files go.
        history: folder of the history of runs; the load tests' lines are below it.
        stop: set it, and the load ends within a second.
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
        """Load is being made right now."""
        return not self._idle.is_set()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While load is being made."""
        self._idle.clear()
        try:
            yield
        finally:
            self._idle.set()

    def end(self) -> None:
        """Stop the load, if there is any, and wait until that is done."""
        self.stop.set()
        self._idle.wait(_END_LIMIT)
