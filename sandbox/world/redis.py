"""State of cache and queue: what Redis holds and how it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.products import PORTFOLIO, Product
from sandbox.world.burdens import Burdens
from sandbox.world.job_queues import JobQueue, JobQueuesState

STATS_KEY = "image-processing-stats"


QUEUE_KEY = "image-processing-queue"


@dataclass
class FormatStats:
    """The workers' counters for one output format; ``total_ms`` covers successes only."""

    success: int
    failure: int
    total_ms: int


def _before() -> dict[str, FormatStats]:
    """As of yesterday's run."""
    return {
        "webp": FormatStats(success=7_571, failure=28, total_ms=1_377_922),
        "avif": FormatStats(success=2_659, failure=17, total_ms=1_624_649),
        "jpeg": FormatStats(success=1_107, failure=4, total_ms=105_165),
    }


def _formats() -> dict[str, FormatStats]:
    return {
        "webp": FormatStats(success=8_412, failure=31, total_ms=1_530_984),
        "avif": FormatStats(success=2_954, failure=19, total_ms=1_804_894),
        "jpeg": FormatStats(success=1_230, failure=4, total_ms=116_850),
    }


@dataclass
class RedisState:
    """Contents and behaviour of Redis; healthy by default, edited by faults.

    Attributes:
        age: pretended uptime of the server in seconds.
        known: whether yesterday's run has read its counters.
        reads_before, misses_before: counters as of that run.
        reads: number of reads since.
        hit_rate: percent of these that hit.
        cached_images: number of ``img:…`` keys.
        queue_length: number of waiting jobs.
        formats: contents of ``image-processing-stats`` by output format.
        formats_before: the same, as read by yesterday's run.
        lasting_images: number of cached images that never expire.
        large_page: MiB of one cached page; 0 for none.
        jobs: queues of other libraries.
        burdens: load on the server.
        latency: delay of each answer in seconds.
        hides_clients: the suite's user may not list clients, and Celery's worker has no gossip.
        new_password: the server's password differs from the settings.
    """

    age: float = 200 * 86_400.0
    known: bool = True
    reads_before: int = 4_000
    misses_before: int = 220
    reads: int = 20_000
    hit_rate: float = 94.2
    cached_images: int = 120
    queue_length: int = 0
    formats: dict[str, FormatStats] = field(default_factory=_formats)
    formats_before: dict[str, FormatStats] = field(default_factory=_before)
    lasting_images: int = 0
    large_page: float = 0.0
    jobs: JobQueuesState = field(default_factory=JobQueuesState)
    burdens: Burdens = field(default_factory=Burdens)
    latency: float = 0.0
    hides_clients: bool = False
    new_password: bool = False

    product: Product = PORTFOLIO

    @classmethod
    def healthy(cls, now: datetime, product: Product = PORTFOLIO) -> RedisState:
        """A warm cache and an empty queue."""
        return cls(product=product, jobs=JobQueuesState([JobQueue(*one) for one in product.queues]))


def stats_fields(format_name: str, stats: FormatStats) -> dict[str, int]:
    """Contribution of one format to ``image-processing-stats``: to its own fields, and to the totals."""
    count = stats.success + stats.failure
    return {
        f"{format_name}:count": count,
        f"{format_name}:success": stats.success,
        f"{format_name}:failure": stats.failure,
        f"{format_name}:total_ms": stats.total_ms,
        "count": count,
        "success": stats.success,
        "failure": stats.failure,
        "total_ms": stats.total_ms,
    }
