"""Restore drills, carried out where that is allowed, otherwise read from their records; and recovery times."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.backups import BackupStore
from playbook.clients.recovery.place import SERVICE, Staging
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.history import drill_records as records
from playbook.history.drill_records import DrillRecord, is_of
from playbook.history.first_days import is_due, known_since, never_proven
from playbook.measure.backups.backups import Listing
from playbook.measure.backups.drill import Drill, carry_out
from playbook.measure.backups.newest_drill import CARRY_OUT, NewestDrill, is_of_staging, on_record
from playbook.settings.model import Settings

RESTORES = "weekly.backups.restores"
FULL = "monthly.dr.restore"
_LONGEST = 4 * 3600.0  # seconds; the real time limit of a drill is a setting
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class RestoreTest(NewestDrill):
    """A restore drill: by this run, or the newest on staging where changes are not allowed.

    Attributes:
        drill: carried out by this run; None if there was none.
    """

    drill: Drill | None = None

    @property
    def coverage(self) -> Coverage:
        """What the drill compared, in this run or in the newest on record."""
        return self.drill.coverage if self.drill else on_record(self, "a restore drill on record")

    @property
    def time(self) -> Reading:
        """Minutes until the restored parts responded; unknown where there was no restore."""
        detail = f"({self.record.what})" if self.record else ""
        return self.reading(seconds_in_unit=60, digits=3, detail=detail)

    def evidence(self) -> list[Evidence]:
        """The drill step by step, or the newest record."""
        shown = self.drill.evidence() if self.drill else []
        if not self.drill and self.record:
            shown.append(
                Facts("The last restore on record", {"Not carried out now": self.refusal, **_facts(self.record)})
            )
        elif not self.drill:
            shown.append(Facts("Restore on record", {"Not carried out now": self.refusal, "Found": "none"}))
        return shown + self.damage(_SHOWN)


@measurement(time_limit=_LONGEST, is_long=True)
def restore_drill(
    staging: Staging,
    backup_store: BackupStore,
    backup_listing: Listing,
    settings: Settings,
    clock: Clock,
) -> RestoreTest:
    """The newest backup restored into an empty place: counts and samples compared, and the time taken."""
    within = settings.target.recovery.weekly_within_days
    if staging.refusal:
        return _on_record(staging.refusal, (RESTORES, FULL), settings, clock.now(), within)
    return _carried_out(staging, backup_store, backup_listing, settings, clock, full=False)


@measurement(time_limit=_LONGEST, is_long=True)
def full_restore(
    staging: Staging,
    backup_store: BackupStore,
    backup_listing: Listing,
    settings: Settings,
    clock: Clock,
) -> RestoreTest:
    """The newest backup restored into an empty place, every key and image compared, and the server tested."""
    within = settings.target.recovery.monthly_within_days
    if staging.refusal:
        return _on_record(staging.refusal, (FULL,), settings, clock.now(), within)
    return _carried_out(staging, backup_store, backup_listing, settings, clock, full=True)


def _carried_out(
    staging: Staging, store: BackupStore, listing: Listing, settings: Settings, clock: Clock, *, full: bool
) -> RestoreTest:
    listing.require_archives()
    recovery, target = settings.target.recovery, settings.target
    if not listing.archives:
        raise TooLittleData(
            f"{SERVICE}: expected an archive in {listing.location} to restore, got none", service=SERVICE
        )
    drill = carry_out(staging, store, listing.archives[0], settings, clock.now(), full=full)
    record = DrillRecord(
        item=FULL if full else RESTORES,
        target=target.name,
        kind=target.kind,
        source=drill.source,
        when=drill.started,
        what=drill.archive.file.name,
        seconds=round(drill.seconds, 3),
        data_age_hours=round(drill.age / timedelta(hours=1), 2),
        ok=not drill.problems,
        result=drill.result,
        by=drill.by,
        unseen="" if drill.coverage.enough else drill.coverage.got,
    )
    records.add(recovery.records, record)
    days = recovery.monthly_within_days if full else recovery.weekly_within_days
    now = clock.now()
    return RestoreTest(now, days, record, known_since(settings, now), drill=drill)


def _on_record(
    refusal: str, items: tuple[str, ...], settings: Settings, now: datetime, within: float
) -> RestoreTest:
    return RestoreTest.last_on_record(
        settings, now, within, refusal, lambda one: one.item in items and counts(one, settings)
    )


def counts(record: DrillRecord, settings: Settings) -> bool:
    """Whether a record applies to this target: its own, or one of its backups restored on staging."""
    target = settings.target
    source = target.backups.location
    if record.target == target.name or source is None or not is_of_staging(record, settings):
        return record.target == target.name
    # Earlier versions recorded a folder as the settings named it.
    as_named = source if "://" in source else os.path.relpath(source, settings.folder)
    return is_of(record, source) or is_of(record, as_named)


@dataclass(frozen=True, slots=True)
class RecoveryTimes:
    """Recovery times of recent restores.

    Attributes:
        drills: successful restores, newest first.
        days: period in days.
        unread: unreadable lines of the records since the oldest of these drills.
        since: when the system was first checked.
    """

    now: datetime
    days: float
    drills: tuple[DrillRecord, ...]
    failed: int
    damaged: tuple[str, ...]
    unread: tuple[str, ...]
    since: datetime

    @property
    def coverage(self) -> Coverage:
        """All restores on record; each unreadable line may have been the slowest."""
        total = len(self.drills) + self.failed
        if not total and not self.overdue:
            return never_proven("a restore on record", self.since, timedelta(days=self.days))
        return whole(f"{plural(total, 'restore')} on record") + understood(
            len(self.unread),
            len(self.unread) + total,
            "lines of the records",
            examples=self.unread,
            hint="Mend or remove the lines.",
        )

    @property
    def overdue(self) -> bool:
        """Whether no restore was recorded in the whole period although the system has been known that long."""
        return not self.drills and not self.failed and is_due(self.since, self.now, timedelta(days=self.days))

    @property
    def found(self) -> str:
        """Number of restores on record, to follow "got"; empty before the first one is due."""
        if self.overdue:
            return "none on record"
        return f"{len(self.drills) + self.failed} on record" if self.drills or self.failed else ""

    @property
    def time(self) -> Reading:
        """Minutes of the slowest restore; unknown where there is none."""
        if not self.drills:
            return Reading(math.nan, coverage=self._none)
        slowest = max(self.drills, key=lambda one: one.seconds)
        return Reading(round(slowest.seconds / 60, 3), f"{self._over}, the slowest on {slowest.when:%Y-%m-%d}")

    @property
    def data_age(self) -> Reading:
        """Hours of the oldest restored data; unknown where no record gives it."""
        aged = [one for one in self.drills if one.data_age_hours is not None]
        if not aged:
            nothing = lacking("", expected="the age of restored data", got="none")
            return Reading(math.nan, coverage=nothing if self.drills else self._none)
        coverage = share(len(aged), len(self.drills), "restores", what="the age of the data")
        oldest = max(aged, key=lambda one: one.data_age_hours or 0)
        return Reading(oldest.data_age_hours or 0, f"{self._over}, the oldest on {oldest.when:%Y-%m-%d}", coverage)

    def evidence(self) -> list[Evidence]:
        """Each restore with its duration and the age of its data."""
        rows = [
            [
                moment(one.when),
                one.target,
                f"{one.seconds:,.1f} s",
                "not known" if one.data_age_hours is None else f"{one.data_age_hours:g} h",
                one.what,
                one.by,
            ]
            for one in self.drills[:_SHOWN]
        ]
        facts = {
            "Restores that succeeded": f"{len(self.drills):,} in {self.days:g} days",
            "Restores that did not": f"{self.failed:,}",
        }
        shown: list[Evidence] = [
            Facts("Recovery on record", facts),
            Table("Restores", ["Begun", "On", "Recovery time", "Age of the data", "Archive", "By"], rows),
        ]
        if self.damaged:
            shown.append(Lines("Lines of the records that could not be read", list(self.damaged[:_SHOWN])))
        return shown

    @property
    def _none(self) -> Coverage:
        return lacking(
            "",
            expected=f"a restore that succeeded in the last {self.days:g} days",
            got=f"{self.failed} that did not" if self.failed else "none",
            hint=CARRY_OUT,
        )

    @property
    def _over(self) -> str:
        return f"{plural(len(self.drills), 'restore')} in {self.days:g} days"


@measurement
def recovery_times(full_restore: RestoreTest, settings: Settings, clock: Clock) -> RecoveryTimes:
    """Duration and data age of recent restores, including this run's full restore."""
    now, days = clock.now(), settings.target.recovery.records_limit_days
    known = records.read(settings.target.recovery.records, now)
    recent = [
        one
        for one in known.found
        if counts(one, settings) and one.item in (RESTORES, FULL) and now - one.when <= timedelta(days=days)
    ]
    restored = tuple(one for one in recent if one.ok)
    return RecoveryTimes(
        now,
        days,
        restored,
        len(recent) - len(restored),
        known.damaged,
        known.damaged_after(recent[-1] if recent else None),
        known_since(settings, now),
    )


def _facts(record: DrillRecord) -> dict[str, str]:
    return {
        "Begun": moment(record.when),
        "On": record.target,
        "Archive": record.what,
        "Backups of": record.source or "not known",
        "Until the restored parts answered": f"{record.seconds:,.1f} s",
        "Age of the data": "not known" if record.data_age_hours is None else f"{record.data_age_hours:g} h",
        "Carried out by": record.by,
        "Result": record.result,
    }
