"""The newest drill of a kind: carried out just now, or, where nothing may be changed, the last on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.measure.words import span
from playbook.recovery.records import DrillRecord


@dataclass(frozen=True, slots=True)
class NewestDrill:
    """What restores and test alerts have in common.

    Attributes:
        now: aware.
        within_days: how old the newest may be.
        record: the newest there is; None where there is none.
    """

    now: datetime
    within_days: float
    record: DrillRecord | None

    @property
    def recent(self) -> bool:
        """Whether there is one that is not too old."""
        return self.record is not None and self.now - self.record.when <= timedelta(days=self.within_days)

    @property
    def last(self) -> str:
        """When it was, to follow "got"."""
        if self.record is None:
            return "none on record"
        ago = span((self.now - self.record.when).total_seconds())
        return f"the last one {ago} ago, on {self.record.target}"

    @property
    def result(self) -> str:
        """How it went, to follow "got"."""
        return self.record.result if self.record else "none on record"
