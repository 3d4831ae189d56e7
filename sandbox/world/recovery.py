"""State of past drills: restores and rollbacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

_WEEKS = 12


@dataclass
class DrillState:
    """One recorded drill.

    Attributes:
        seconds: until the restored parts answered.
        data_age_hours: age of the restored data.
    """

    when: datetime
    seconds: float
    data_age_hours: float = 6.2
    ok: bool = True
    full: bool = False


@dataclass
class RecoveryState:
    """Recorded drills; edited by faults.

    Attributes:
        drills: newest first.
        known_since: first check of the system.
        cut_off: the newest line was truncated while being written.
    """

    drills: list[DrillState] = field(default_factory=list)
    known_since: datetime | None = None
    cut_off: bool = False

    @classmethod
    def healthy(cls, now: datetime) -> RecoveryState:
        """A drill every week, the first of each month a full one; it takes a little longer as the data grows."""
        drills = []
        for week in range(1, _WEEKS + 1):
            full = week % 4 == 1
            seconds = (310.0 if full else 140.0) - 3 * week
            drills.append(DrillState(now - timedelta(days=7 * week - 2, hours=1), seconds, full=full))
        return cls(drills, now - timedelta(days=7 * _WEEKS))
