"""State of queues of other libraries: Celery, RQ, Sidekiq, BullMQ."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class JobQueue:
    """One queue.

    Attributes:
        preset: its library.
        waiting: number of waiting jobs.
        oldest: seconds that the first of them has waited.
        workers: number of live workers.
        known: the library has left a trace of it.
        text: the key of its list holds a string instead.
    """

    preset: str
    name: str
    waiting: int = 2
    oldest: float = 8.0
    failed: int = 3
    workers: int = 1
    known: bool = True
    text: bool = False


@dataclass
class JobQueuesState:
    """The queues of the product; none by default."""

    queues: list[JobQueue] = field(default_factory=list)

    def queue(self, preset: str) -> JobQueue:
        """The queue of a library."""
        return next(queue for queue in self.queues if queue.preset == preset)

    @property
    def settings(self) -> list[dict[str, str]]:
        """Value of ``redis.queues``."""
        return [{"preset": queue.preset, "name": queue.name} for queue in self.queues]
