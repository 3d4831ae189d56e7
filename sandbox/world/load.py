"""State of past load tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

ENDPOINTS = ("homepage", "health", "image_health", "optimize_small_jpeg", "optimize_small_png", "all")


@dataclass
class LoadTestsState:
    """Measured values; edited by faults.

    Attributes:
        broke: time of the last breakpoint test.
        held_per_second: requests per second that it sustained.
        tested: time of the last other tests.
        p95: seconds, of every endpoint: generous, as of a busy day.
    """

    broke: datetime
    tested: datetime
    held_per_second: float = 60.0
    p95: float = 2.5
    endpoints: tuple[str, ...] = field(default=ENDPOINTS)

    @classmethod
    def healthy(cls, now: datetime) -> LoadTestsState:
        """Three weeks and a week ago."""
        return cls(now - timedelta(days=21, hours=3), now - timedelta(days=7, hours=2))
