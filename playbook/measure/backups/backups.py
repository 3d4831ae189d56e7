"""Backup archives: which exist, and age, integrity and size of the newest."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import median

from playbook.clients.backups import SERVICE, BackupStore, StoredFile
from playbook.core.clock import Clock, zone_of
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, together, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData, Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.measure.backups.backups_of_before import (
    DUMPS,
    JOBS,
    MADE,
    call_dumps,
    call_jobs,
    marked,
    packed_before,
)
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.other_forms import OtherForm, other_form_of
from playbook.measure.backups.reading import inspected, of_another_job
from playbook.measure.backups.series import Archive, ended, going_on
from playbook.measure.backups.stored_sets import divided, full_kinds, holds_all, is_like_archive
from playbook.measure.backups.told_beside import told_of_form
from playbook.measure.roll_call import RollCall
from playbook.measure.statements import Statement
from playbook.readers.archives.dating import AHEAD, DOUBTFUL, WRITING, date_of
from playbook.readers.archives.inspection import Inspection
from playbook.settings.model import Settings

NOTHING_BEFORE = (
    "The next backup can be compared. Until then, list the files of this one, and see whether they are all there."
)
USUAL_OVER = 14  # archives whose median is the usual size
_LONGEST = 50.0  # seconds; the real time limit for reading is a setting
_COPIED_WITHIN = timedelta(minutes=2)
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Backups:
    """Contents of the store.

    Attributes:
        now: time of the listing.
        pattern: glob that archive names match.
        archives: newest first.
        others: files that are not archives, newest first, e.g. leftovers of an unfinished job.
        inspection: of the newest archive; None where there is none.
        damaged: the newest archives of other jobs that have a problem, by name, with it.
        unread: of those that the store lists and does not deliver.
        roll: the nightly jobs beside those of earlier runs.
        dumps: the dumps within the newest archives, likewise.
        unmatched: those of the others that are like archives, and whose jobs are not looked at otherwise.
        packed_before: dumps in the newest archive that earlier runs have seen in archives of earlier nights.
        other: a program's own form, of which ``archives`` holds the newest file; None for archives.
    """

    location: str
    now: datetime
    pattern: str
    archives: tuple[Archive, ...]
    others: tuple[StoredFile, ...]
    inspection: Inspection | None
    damaged: tuple[tuple[str, str], ...] = ()
    unread: Coverage = Coverage()  # noqa: RUF009 - frozen
    unmatched: tuple[Archive, ...] = ()
    roll: RollCall | None = None
    dumps: RollCall | None = None
    packed_before: str = ""
    other: OtherForm | None = None

    @property
    def coverage(self) -> Coverage:
        """The whole listing, whether the date of the newest archive is known, and whether every job goes on."""
        seen = whole(self.contents) + dated(self.archives) + ended(self.archives, self.unmatched)
        if self.roll and self.roll.missing and self.archives:
            seen += lacking(
                "archives of a job gone",
                expected="archives of every job of which earlier runs have seen one each night",
                got=f"none like {self.roll.words}",
                hint="Look for them, or let backups.pattern name the others only.",
            )
        return seen

    @property
    def readings(self) -> dict[str, Counted]:
        """The nightly jobs, the dumps, and what tells these from all others, for later runs."""
        found = {name: roll.read for name, roll in ((JOBS, self.roll), (DUMPS, self.dumps)) if roll}
        if (
            self.inspection
            and self.archives
            and (made := marked(self.newest, self.inspection.times, self.now)).counts
        ):
            found[MADE] = made
        return found

    @property
    def contents(self) -> str:
        """Contents as words: ``30 archives and 1 other file``."""
        if self.other:
            return self.other.what
        return f"{plural(len(self.archives), 'archive')} and {plural(len(self.others), 'other file')}"

    @property
    def newest(self) -> Archive:
        """The newest archive; TooLittleData where there is none."""
        if not self.archives:
            raise TooLittleData(f"{SERVICE}: expected archives in {self.location}, got none", service=SERVICE)
        return self.archives[0]

    @property
    def age(self) -> Reading:
        """Hours since the newest archive was made; unknown if its date is in the future.

        Raises:
            TooLittleData: there is no archive.
        """
        made = self.newest.made
        if made > self.now + AHEAD:
            return Reading(
                math.nan,
                coverage=lacking(
                    "",
                    expected=f"the newest archive to be from before {moment(self.now)}",
                    got=f"{self.newest.file.name} from {moment(made)}",
                    hint="The clock of this machine or of the backup job may be wrong.",
                ),
            )
        hours = round(max(self.now - made, timedelta(0)) / timedelta(hours=1), 2)
        return Reading(hours, coverage=self.other.coverage if self.other else Coverage())

    @property
    def size(self) -> Reading:
        """Size of the newest archive in percent of the median of the earlier ones; unknown without any.

        Of several jobs it is the one whose newest archive is the smallest by this.
        """
        series = going_on(self.archives)
        if all(self.newest not in one for one in series):  # one made by hand, or weekly
            kind = nameless(self.newest.file.name)
            same = tuple(one for one in self.archives if nameless(one.file.name) == kind)
            series = (*series, same if len(same) > 1 else self.archives)
        found = [_compared(one, self.newest) for one in series]
        return min(found, key=lambda reading: -1.0 if math.isnan(reading.value) else reading.value)

    @property
    def read(self) -> Coverage:
        """How much of the newest archive was read and understood, and whether those of other jobs can be read."""
        if self.inspection is None:
            return Coverage()
        return self.inspection.coverage + self.holds_all + self.unread

    @property
    def holds_all(self) -> Coverage:
        """Whether the newest archive can hold everything, by its name."""
        return holds_all(self.newest.file.name, full_kinds(one.file.name for one in self.archives))

    @property
    def presence(self) -> Statement:
        """That there is an archive."""
        return Statement("Backups", bool(self.archives), "an archive", self.contents)

    @property
    def completeness(self) -> Statement:
        """That no problem was found in the newest archive, and none in those of other jobs.

        Raises:
            TooLittleData: there is no archive.
        """
        others = "; ".join(f"{name}: {problem}" for name, problem in self.damaged)
        seen = self.inspection
        holds = seen is not None and not seen.problem and not others
        found = (seen.problem or others or f"an archive {seen.how}") if seen else "no archive"
        expected = f"{self.newest.file.name} to be complete"
        return Statement("Newest backup", holds, expected, found, coverage=self.read)

    @property
    def stale(self) -> str:
        """Dumps in the newest archive that are much older than it, as its job packed an old one; may be empty."""
        old = self.inspection.times.stale(self.newest.made) if self.inspection else ""
        return old or self.packed_before

    @property
    def dumped(self) -> Statement:
        """That each dump is there that earlier runs have seen."""
        missing = self.dumps.words if self.dumps else ""
        return Statement(
            "Dumps in the newest archive",
            not missing,
            "each that earlier runs have seen (or its name in backups.dumps_gone)",
            f"none like {missing}" if missing else "none missing",
            warn=True,
        )

    def evidence(self) -> list[Evidence]:
        """The newest archives, and totals."""
        facts = {"Location": self.location, f"Files like {self.pattern}": self.contents}
        if self.archives:
            oldest, total = self.archives[-1], sum(archive.file.size for archive in self.archives)
            facts |= {
                "Oldest": f"{oldest.file.name}, {moment(oldest.made)}",
                "Size of all": size(total),
                "Newest": f"{self.newest.file.name}, {moment(self.newest.made)} by its {self.newest.made_by}",
            }
        if self.dumps and self.dumps.given_up:
            facts["Dumps that need not be there"] = ", ".join(self.dumps.given_up)
        if self.inspection:
            facts["Newest was"] = self.inspection.how
            facts["Found wrong"] = self.inspection.problem or "nothing"
        rows = [
            [
                archive.file.name,
                moment(archive.made),
                two_units((self.now - archive.made).total_seconds()),
                size(archive.file.size),
            ]
            for archive in self.archives[:_SHOWN]
        ]
        shown: list[Evidence] = [Facts("Backup store", facts)]
        if rows:
            shown.append(Table("Newest archives", ["Archive", "Made", "Age", "Size"], rows))
        if self.others:
            rows = [[file.name, moment(file.modified), size(file.size)] for file in self.others[:_SHOWN]]
            shown.append(Table("Other files", ["File", "Written", "Size"], rows))
        return shown


def _compared(archives: Sequence[Archive], newest_of_all: Archive) -> Reading:
    """Size of the newest of these in percent of the median of the earlier ones."""
    newest, *others = archives
    before = [archive.file.size for archive in others[:USUAL_OVER]]
    usual = median(before) if before else 0
    if not usual:
        return Reading(
            math.nan,
            coverage=lacking(
                "nothing to compare with",
                expected=f"archives before {newest.file.name} to compare its size with",
                got="empty ones" if before else "none",
                hint=NOTHING_BEFORE,
            ),
        )
    name = "it" if newest is newest_of_all else newest.file.name
    over = f"{plural(len(before), 'archive')} before {name} (median {size(usual)})"
    return Reading(round(newest.file.size / usual * 100, 1), over=over)


def dated(archives: Sequence[Archive]) -> Coverage:
    """Whether the date of the newest archive is known.

    Without a date in its name, the modification time counts, unless several such archives have the same one: then
    they were copied, and it is the time of the copy. A copy of the newest, ``shop-latest.tar.gz``, is no such.
    """
    if archives and archives[0].made_by == DOUBTFUL:
        return lacking(
            "dates not known",
            expected="archives with the year, the month and the day in their names, in this order",
            got=f"{archives[0].file.name}, in which the day may be the month",
            hint="Let the job write the date as 2026-11-22.",
        )
    if not archives or archives[0].made_by != WRITING:
        return Coverage()
    undated = [one for one in archives[1:] if one.made_by == WRITING]
    close = sum(abs(archives[0].made - other.made) < _COPIED_WITHIN for other in undated)
    if not close:
        return whole("dated by their time of writing")
    when = moment(archives[0].made)
    return lacking(
        "dates not known",
        expected="archives with the time of the backup in their names, or in the time of writing",
        got=f"{plural(close + 1, 'archive')} without a date that were all written about {when}",
        hint="Let the job write the date into the name, or copy with the time of writing kept (rsync -t, cp -p).",
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of the store, separated into archives and others by name.

    Attributes:
        now: time of the listing.
        archives: newest first.
        others: newest first.
        zone: time zone of timestamps without one.
        unmatched: those of the others that are like archives, by their date; newest first.
        other: a program's own form, instead of all that; None for archives.
    """

    location: str
    now: datetime
    archives: tuple[Archive, ...]
    others: tuple[StoredFile, ...]
    zone: tzinfo
    unmatched: tuple[Archive, ...] = ()
    other: OtherForm | None = None

    def require_archives(self) -> None:
        """Raise Unmeasured where they are in a program's own form."""
        if self.other:
            message = f"{SERVICE}: expected archives in {self.location}, got {self.other.what}"
            raise Unmeasured(message, service=SERVICE, hint=self.other.hint)

    @property
    def coverage(self) -> Coverage:
        """All files in the store."""
        return whole(f"{len(self.archives) + len(self.others):,} files")


@measurement
def backup_listing(backup_store: BackupStore, settings: Settings, clock: Clock) -> Listing:
    """Files in the backup store: archives by date, and others; or what a program keeps in a form of its own."""
    wanted = settings.target.backups
    zone = zone_of(wanted.time_zone, f"targets.{settings.target.name}.backups.time_zone")
    now = clock.now()
    files = backup_store.files()
    matching, others = divided(files, wanted.pattern)
    other = other_form_of(files, matching)
    if other:
        return Listing(backup_store.location, now, (), (), zone, other=other)

    def newest_first(files: Iterable[StoredFile]) -> tuple[Archive, ...]:
        found = [Archive(file, *date_of(file.name, file.modified, now, zone)) for file in files]
        return tuple(sorted(found, key=lambda archive: (archive.made, archive.file.name), reverse=True))

    unmatched = newest_first(file for file in others if is_like_archive(file.name))
    others.sort(key=lambda file: file.modified, reverse=True)
    return Listing(backup_store.location, now, newest_first(matching), tuple(others), zone, unmatched)


@measurement(time_limit=_LONGEST)
def backups(backup_store: BackupStore, backup_listing: Listing, settings: Settings, earlier: Earlier) -> Backups:
    """Archives in the backup store, and whether the newest can be read to the end."""
    wanted, archives = settings.target.backups, backup_listing.archives
    other = told_of_form(backup_store, backup_listing.other) if backup_listing.other else None
    if other and other.newest:
        return _by_writing(backup_listing, other, other.newest, wanted.pattern)
    backup_listing.require_archives()
    most, until = wanted.read_whole_mb * 1_000_000, time.monotonic() + wanted.read_seconds
    others = backup_listing.others
    inspection = (
        inspected(backup_store, archives, others, wanted, most, now=backup_listing.now) if archives else None
    )
    further = [one[0].file for one in going_on(archives) if one and one[0] is not archives[0]]
    looked_at = [
        (file, *of_another_job(backup_store, file, wanted, most, until, now=backup_listing.now))
        for file in further
        if file.size <= most
    ]
    read = {archives[0].file.name: inspection} if inspection else {}
    read |= {file.name: found for file, found, _ in looked_at}
    return Backups(
        backup_store.location,
        backup_listing.now,
        wanted.pattern,
        archives,
        others,
        inspection,
        tuple((file.name, found.problem) for file, found, _ in looked_at if found.problem),
        together(unread for _, _, unread in looked_at),
        backup_listing.unmatched,
        call_jobs(archives, backup_listing.now, settings, earlier),
        call_dumps(read, backup_listing.now, settings, earlier),
        packed_before(archives[0], inspection.times, earlier) if inspection else "",
    )


def _by_writing(listing: Listing, other: OtherForm, newest: StoredFile, pattern: str) -> Backups:
    """What is known of a program's own form: when its newest file was written, and by names what is missing."""
    inspection = Inspection(other.problem, "not read", coverage=other.coverage)
    file = (Archive(newest, newest.modified, WRITING),)
    return Backups(listing.location, listing.now, pattern, file, (), inspection, other=other)


def size(count: float) -> str:
    """Bytes in readable form: ``4.52 MB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.4g} TB"
