"""Workers of a load test as its master hears them: which report, and which were lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable

SILENT_SECONDS = 4  # after which a worker is lost
_UNREADABLE = "sends reports that cannot be read: it runs something other than this locustfile"


class Workers:
    """Keeps the time of each worker's last report, and which sent the last of all."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._done: set[str] = set()
        self._lost: set[str] = set()

    def begin(self) -> None:
        """Another test: none has sent its last report, and none is lost."""
        self._done.clear()
        self._lost.clear()

    def hear(self, worker: str, now: float, *, last: bool) -> None:
        """Note a report."""
        self._heard[worker] = now
        if last:
            self._done.add(worker)

    @property
    def count(self) -> int:
        """Number of workers that report."""
        return len(self._heard)

    def owes(self, worker: str) -> bool:
        """Whether its last report has not come."""
        return worker not in self._done

    def unreadable(self, worker: str) -> list[str]:
        """In words, the worker whose report cannot be read; nothing if it is known to be lost."""
        return self._lose(worker, _UNREADABLE)

    def silent(self, now: float, began: float) -> list[str]:
        """In words, each worker that has fallen silent since the last call.

        Args:
            now, began: on the clock of ``hear``.
        """
        found = []
        for worker, last in list(self._heard.items()):
            if now - last > SILENT_SECONDS:
                del self._heard[worker]
                found += self._lose(worker, f"after {last - began:.0f} s")
        return found

    def missing(self, connected: Iterable[str]) -> list[str]:
        """In words, each worker that did not send its last report: requests of its last seconds are not counted.

        Args:
            connected: those that the master knows, also if they never reported.
        """
        owing = [worker for worker in dict.fromkeys((*connected, *self._heard)) if self.owes(worker)]
        return [words for worker in owing for words in self._lose(worker, "without its last report")]

    def _lose(self, worker: str, why: str) -> list[str]:
        if worker in self._lost:
            return []
        self._lost.add(worker)
        return [f"{worker.rpartition('_')[0] or worker} {why}"]
