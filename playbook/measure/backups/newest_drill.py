"""The newest drill of a kind: carried out by this run, or the newest on record where changes are not allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.wording import span
from playbook.history.drill_records import DrillRecord
from playbook.history.first_days import is_due, never_proven


@dataclass(frozen=True, slots=True)
class NewestDrill:
    """Common part of restores and test alerts.

    Attributes:
        now: aware.
        within_days: maximum age of the newest drill.
        record: the newest on record; None where there is none.
        since: when the system was first checked, aware.
        unread: later lines of the records that could not be read.
    """

    now: datetime
    within_days: float
    record: DrillRecord | None
    since: datetime
    unread: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether there is no drill yet and none is due."""
        return self.record is None and not is_due(self.since, self.now, timedelta(days=self.within_days))

    @property
    def recent(self) -> bool:
        """Whether the newest drill is recent enough; also true before the first is due, which is then UNKNOWN."""
        if self.record is None:
            return self.pending
        return self.now - self.record.when <= timedelta(days=self.within_days)

    @property
    def went_well(self) -> bool:
        """Whether the drill succeeded; also true while there is none."""
        return self.record is None or self.record.ok

    @property
    def last(self) -> str:
        """When the drill was, to follow "got"; empty before the first one is due."""
        if self.record is None:
            return "" if self.pending else "none on record"
        ago = span((self.now - self.record.when).total_seconds())
        return f"the last one {ago} ago, on {self.record.target}"

    @property
    def result(self) -> str:
        """The result, to follow "got"; empty before the first one is due."""
        if self.record is None:
            return "" if self.pending else "none on record"
        return self.record.result


def on_record(drill: NewestDrill, what: str) -> Coverage:
    """Coverage of the newest drill: its record, and whether a later line is unreadable and may be another drill.

    Args:
        what: to follow "expected", e.g. ``a restore drill on record``.
    """
    if drill.record is None:
        if drill.pending:
            return never_proven(what, drill.since, drill.now, timedelta(days=drill.within_days))
        return whole("never done")
    total = whole(f"the one of {drill.record.when:%Y-%m-%d}")
    if drill.unread:
        total += lacking(
            f"{len(drill.unread)} lines not read",
            expected=f"{what} and all lines after it to be read",
            got=f"{len(drill.unread)} that cannot be, e.g. {drill.unread[0]}",
            hint="Such a line may be a drill that failed: mend or remove it.",
        )
    if drill.record.unseen:
        total += lacking("seen in part", expected=f"{what} that has seen everything", got=drill.record.unseen)
    return total
