"""The newest drill of a kind: carried out by this run, or the newest on record where changes are not allowed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.durations import two_units
from playbook.core.evidence import Evidence, Lines
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.history import drill_records
from playbook.history.drill_records import DrillRecord
from playbook.history.first_days import is_due, known_since, never_proven
from playbook.measure.statements import Statement
from playbook.settings.model import Settings

CARRY_OUT = "Carry one out on staging: `pytest -m mutates --target staging --allow-mutations`."


@dataclass(frozen=True, slots=True)
class NewestDrill:
    """Common part of restores, rollbacks and test alerts.

    Attributes:
        now: aware.
        within_days: maximum age of the newest drill.
        record: the newest on record; None where there is none.
        since: when the system was first checked, aware.
        unread: later lines of the records that could not be read.
        refusal: why this run carried none out; empty if it did.
        damaged: all lines of the records that could not be read.
        stagings: the staging targets whose drills are on record, if there are several and the settings name none.
    """

    now: datetime
    within_days: float
    record: DrillRecord | None
    since: datetime
    unread: tuple[str, ...] = ()
    refusal: str = ""
    damaged: tuple[str, ...] = ()
    stagings: tuple[str, ...] = ()

    @classmethod
    def last_on_record(
        cls,
        settings: Settings,
        now: datetime,
        within_days: float,
        refusal: str,
        counts: Callable[[DrillRecord], bool],
    ) -> Self:
        """Return the newest of the records that ``counts`` accepts, as this run carries none out."""
        known = drill_records.read(settings.target.recovery.records, now)
        newest = next((one for one in known.found if counts(one)), None)
        # Restores are known by what they restored; a staging that was renamed has no drills of late.
        late = [one for one in known.found if now - one.when <= timedelta(days=within_days)]
        stagings = {one.target for one in late if counts(one) and one.kind == "staging" and not one.source}
        several = len(stagings) > 1 and not settings.target.recovery.staging
        return cls(
            now=now,
            within_days=within_days,
            record=newest,
            since=known_since(settings, now),
            unread=known.damaged_after(newest),
            refusal=refusal,
            damaged=known.damaged,
            stagings=tuple(sorted(stagings)) if several and newest and newest.target in stagings else (),
        )

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

    def recency(self, subject: str) -> Statement:
        """That the newest drill is recent enough."""
        return Statement(subject, self.recent, f"one within {self.within_days:g} days", self.last)

    @property
    def succeeded(self) -> bool:
        """Whether the drill succeeded; also true while there is none."""
        return self.record is None or self.record.ok

    @property
    def last(self) -> str:
        """When the drill was, to follow "got"; empty before the first one is due."""
        if self.record is None:
            return "" if self.pending else "none on record"
        ago = two_units((self.now - self.record.when).total_seconds())
        return f"the last one {ago} ago, on {self.record.target}"

    @property
    def result(self) -> str:
        """The result, to follow "got"; empty before the first one is due."""
        if self.record is None:
            return "" if self.pending else "none on record"
        return self.record.result

    def reading(self, *, seconds_in_unit: float, digits: int, detail: str = "") -> Reading:
        """Its duration, in a unit of this many seconds; unknown if there is none."""
        if self.record is None:
            return Reading(math.nan, coverage=self.coverage)
        return Reading(round(self.record.seconds / seconds_in_unit, digits), detail)

    @property
    def coverage(self) -> Coverage:
        """How much of the required evidence was read."""
        raise NotImplementedError

    def facts(self) -> dict[str, str]:
        """Result and time of the newest drill, and why this run carried none out."""
        found = {"Result": self.result, "Tried": moment(self.record.when if self.record else None)}
        if self.refusal:
            found |= {"Not tried now": self.refusal, "On": self.record.target if self.record else "no target"}
        return found

    def damage(self, most: int | None = None) -> list[Evidence]:
        """The first ``most`` lines of the records that could not be read, if there are any."""
        if not self.damaged:
            return []
        return [Lines("Lines of the records that could not be read", list(self.damaged[:most]))]


def is_of_target(record: DrillRecord, item: str, settings: Settings) -> bool:
    """Whether a record is of this item and applies to this target: its own, or one of its staging."""
    return record.item == item and (record.target == settings.target.name or is_of_staging(record, settings))


def is_of_staging(record: DrillRecord, settings: Settings) -> bool:
    """Whether a drill took place on a staging target of this one."""
    named = settings.target.recovery.staging
    return record.kind == "staging" and (not named or record.target in named)


def on_record(drill: NewestDrill, what: str) -> Coverage:
    """Coverage of the newest drill: its record, and whether a later line is unreadable and may be another drill.

    Args:
        what: to follow "expected", e.g. ``a restore drill on record``.
    """
    if drill.record is None:
        if drill.pending:
            return never_proven(what, drill.since, timedelta(days=drill.within_days), CARRY_OUT)
        return whole("never done")
    total = whole(f"the one of {drill.record.when:%Y-%m-%d}")
    if drill.unread:
        total += lacking(
            f"{plural(len(drill.unread), 'line')} not read",
            expected=f"{what} and all lines after it to be read",
            got=f"{len(drill.unread)} that cannot be, e.g. {drill.unread[0]}",
            hint="Such a line may be a drill that failed: mend or remove it.",
        )
    if drill.stagings:
        others = ", ".join(name for name in drill.stagings if name != drill.record.target)
        total += lacking(
            "of one of several staging targets",
            expected=f"{what} of this target's own staging",
            got=f"one of {drill.record.target}, beside those of {others}",
            hint="Name the staging targets of this one in recovery.staging.",
        )
    if drill.record.unseen:
        total += lacking(
            "seen in part",
            expected=f"{what} that has seen everything",
            got=drill.record.unseen,
            hint="Repeat the drill once that can be seen.",
        )
    return total
