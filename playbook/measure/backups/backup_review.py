"""The week's look at the archives: what the newest hold, and whether as many are kept as there should be."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from playbook.clients.backups import BackupStore
from playbook.core import progress
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, together, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.history.first_days import known_since
from playbook.measure.backups.backups import Archive, Listing, counted, dated, not_given, size
from playbook.readers.archives.verification import Verification, Wanted, verify
from playbook.settings.loading import Settings

_LONGEST = 3600.0  # seconds; the settings say how long it may really take
_SHOWN = 12
# The job of a night may still be at work; the daily check says from when on its archive is late.
_LATE = timedelta(hours=26)
_NIGHT = timedelta(days=1)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """One archive and what reading it showed."""

    archive: Archive
    verification: Verification


@dataclass(frozen=True, slots=True)
class BackupVerification:
    """The newest archives, read to their end.

    Attributes:
        wanted: how many were to be read.
        seconds: how long that took, and how long it might have taken at most.
        verified: newest first; fewer than wanted where there are fewer, or where time ran out.
    """

    location: str
    wanted: int
    seconds: tuple[float, float]
    verified: tuple[Verified, ...]

    @property
    def broken(self) -> tuple[Verified, ...]:
        """Those that are not as they should be, newest first."""
        return tuple(one for one in self.verified if one.verification.problems)

    @property
    def newest_problems(self) -> tuple[str, ...]:
        """What is wrong with the newest archive alone."""
        return tuple(self.verified[0].verification.problems) if self.verified else ()

    @property
    def newest_words(self) -> str:
        """What is wrong with it, or that it is in order."""
        first = self.newest_problems[0] if self.newest_problems else "as its manifest says"
        name = self.verified[0].archive.file.name if self.verified else "no archive"
        more = f" (and {len(self.newest_problems) - 1} more)" if self.newest_problems[1:] else ""
        return f"{name}: {first}{more}"

    @property
    def coverage(self) -> Coverage:
        """That there are archives; how far each was read belongs to what is said of it."""
        if not self.wanted:
            return lacking("no archive", expected=f"archives in {self.location}", got="none")
        return whole(f"{len(self.verified)} of {counted(self.wanted, 'archive')}")

    @property
    def read(self) -> Coverage:
        """How many of the newest archives were read to their end, and what of each was not understood."""
        hint = "Give it more time (recovery.verify_seconds), or verify fewer archives (recovery.verify_newest)."
        to_the_end = sum(one.verification.whole for one in self.verified)
        return self._understood(self.verified) + share(
            to_the_end, self.wanted, "archives", what="reading to the end", hint=hint, may_be_empty=True
        )

    @property
    def newest_read(self) -> Coverage:
        """The same of the newest alone."""
        newest = self.verified[:1]
        to_the_end = sum(one.verification.whole for one in newest)
        return self._understood(newest) + share(
            to_the_end, 1, "archive", hint="Give it more time (recovery.verify_seconds)."
        )

    def _understood(self, archives: tuple[Verified, ...]) -> Coverage:
        lacks: dict[tuple[str, str, str, str], list[str]] = {}
        for one in archives:
            for part in one.verification.coverage.parts:
                if not part.enough:
                    key = part.words, part.expected, part.got, part.hint
                    lacks.setdefault(key, []).append(one.archive.file.name)
        return together(
            lacking(f"{names[0]}: {words}", expected=expected, got=f"{got} in {_of(names)}", hint=hint)
            for (words, expected, got, hint), names in lacks.items()
        )

    @property
    def files(self) -> Reading:
        """Files in the newest archive in percent of the median of those before it; not known without any."""
        counts = [one.verification.files for one in self.verified if one.verification.whole]
        usual = median(counts[1:]) if counts[1:] and self.verified[0].verification.whole else 0
        if not usual:
            return Reading(
                math.nan,
                coverage=lacking(
                    "", expected="archives before the newest to compare its number of files with", got="none"
                ),
            )
        over = f"{counted(len(counts) - 1, 'archive')} before it ({counts[0]:,} files, median {usual:g})"
        return Reading(round(100 * counts[0] / usual, 1), over=over)

    @property
    def words(self) -> str:
        """What was found wrong, or how many archives were in order."""
        if not self.broken:
            return f"{counted(sum(one.verification.whole for one in self.verified), 'archive')} in order"
        first = self.broken[0]
        more = len(first.verification.problems) - 1
        rest = len(self.broken) - 1
        return (
            f"{first.archive.file.name}: {first.verification.problems[0]}"
            + (f" (and {more:,} more)" if more else "")
            + (f"; {counted(rest, 'other archive')} as well" if rest else "")
        )

    def evidence(self) -> list[Evidence]:
        """Each archive with what was found, and the contents of the newest."""
        rows = [
            [
                one.archive.file.name,
                size(one.archive.file.size),
                one.verification.how,
                _dump_words(one.verification),
                "; ".join(one.verification.problems[:_NAMED]) or "nothing",
            ]
            for one in self.verified
        ]
        shown: list[Evidence] = [
            Table("Archives verified", ["Archive", "Size", "Read", "Dump", "Found wrong"], rows),
        ]
        if self.verified:
            newest = self.verified[0]
            folders = sorted(newest.verification.folders.items(), key=lambda item: (-item[1][1], item[0]))
            rows = [[name, f"{count:,}", size(total)] for name, (count, total) in folders[:_SHOWN]]
            shown.append(Table(f"Contents of {newest.archive.file.name}", ["Folder", "Files", "Size"], rows))
            manifest = newest.verification.manifest
            if manifest and manifest.counts:
                counts = {name: f"{count:,}" for name, count in manifest.counts.items()}
                shown.append(Facts("What its manifest counts", counts))
        return shown


@measurement(time_limit=_LONGEST)
def backup_verification(
    backup_store: BackupStore, backup_listing: Listing, settings: Settings, clock: Clock
) -> BackupVerification:
    """The newest archives, each read to its end: sums, the dump and its checksum, paths that would escape."""
    recovery = settings.target.recovery
    wanted = Wanted(manifest=settings.target.backups.manifest, dump=recovery.dump)
    chosen = backup_listing.archives[: recovery.verify_newest]
    started = time.monotonic()
    verified: list[Verified] = []
    with progress.work("Verification of backups", most=recovery.verify_seconds) as task:
        for number, archive in enumerate(chosen):
            left = recovery.verify_seconds - (time.monotonic() - started)
            if left <= 0:
                break
            task.at(f"archive {number + 1} of {len(chosen)}", share=number / len(chosen))
            try:
                with backup_store.open(archive.file, within=left) as stream:
                    found = verify(stream, archive.file.size, wanted, now=clock.now(), seconds=left)
            except Unmeasured as error:  # what the others show is not lost
                found = Verification((), "not read", whole=False, coverage=not_given(archive.file, error))
            verified.append(Verified(archive, found))
    took = time.monotonic() - started
    return BackupVerification(backup_store.location, len(chosen), (took, recovery.verify_seconds), tuple(verified))


@dataclass(frozen=True, slots=True)
class BackupRetention:
    """Which nights have an archive, and which archives are too old.

    Attributes:
        nights: how many are kept by the policy.
        most_days: age in days beyond which nothing may be kept.
        ahead: how many of them are still to come: before them the system was not there.
        missing: nights without an archive, newest first, by when it would have been made.
        over_age: oldest first.
    """

    location: str
    now: datetime
    nights: int
    most_days: float
    ahead: int
    archives: tuple[Archive, ...]
    missing: tuple[datetime, ...]
    over_age: tuple[Archive, ...]

    @property
    def coverage(self) -> Coverage:
        """The whole listing, and when its archives were made."""
        if not self.archives:
            return lacking("no archive", expected=f"archives in {self.location}", got="none")
        return whole(f"{len(self.archives):,} archives") + dated(self.archives)

    @property
    def gaps(self) -> Reading:
        """How many nights have none, of as many as the policy keeps; not known where there is no archive."""
        if not self.archives:
            return Reading(math.nan, coverage=self.coverage)
        named = ", ".join(f"{night:%Y-%m-%d}" for night in self.missing[:_NAMED])
        more = len(self.missing) - _NAMED
        named += f" and {more} more" if more > 0 else ""
        been = self.nights - self.ahead
        kept = f"({been - len(self.missing)} of {been} nights kept"
        return Reading(
            len(self.missing),
            f"{kept}; none for {named})" if named else f"{kept})",
            share(been, self.nights, "nights", hint="The first archive is younger than the policy reaches."),
        )

    @property
    def over_age_words(self) -> str:
        """``none``, or how many there are and the oldest."""
        if not self.over_age:
            return "none"
        oldest = self.over_age[0]
        age = two_units((self.now - oldest.made).total_seconds())
        return f"{counted(len(self.over_age), 'archive')}, the oldest {oldest.file.name}, {age} old"

    def evidence(self) -> list[Evidence]:
        """Policy and what is kept, and each gap."""
        facts = {
            "Location": self.location,
            "Policy": f"a backup of each of {self.nights} nights, none older than {self.most_days:g} days",
            "Archives": f"{len(self.archives):,}",
            "Nights without one": f"{len(self.missing):,}",
            "Over age": f"{len(self.over_age):,}",
        }
        if self.archives:
            oldest = self.archives[-1]
            facts["Oldest"] = f"{oldest.file.name}, {two_units((self.now - oldest.made).total_seconds())} old"
            facts["Size of all"] = size(sum(archive.file.size for archive in self.archives))
        shown: list[Evidence] = [Facts("Backups kept", facts)]
        if self.missing:
            rows = [[f"{night:%Y-%m-%d}", moment(night)] for night in self.missing[:_SHOWN]]
            shown.append(Table("Nights without a backup", ["Night", "Expected about"], rows))
        if self.over_age:
            rows = [[one.file.name, moment(one.made), size(one.file.size)] for one in self.over_age[:_SHOWN]]
            shown.append(Table("Archives over age", ["Archive", "Made", "Size"], rows))
        return shown


@measurement
def backup_retention(backup_listing: Listing, settings: Settings) -> BackupRetention:
    """Which of the nights that the policy keeps have an archive, and which archives are over age."""
    recovery, now = settings.target.recovery, backup_listing.now
    archives = backup_listing.archives
    missing = _missing([archive.made for archive in archives], recovery.keep_nights, now)
    since = min([known_since(settings, now), *(archive.made for archive in archives[-1:])])
    been = [night for night in missing if night > since - _NIGHT / 2]
    oldest_allowed = now - timedelta(days=recovery.keep_most_days)
    over_age = [archive for archive in reversed(archives) if archive.made < oldest_allowed]
    return BackupRetention(
        backup_listing.location,
        now,
        recovery.keep_nights,
        recovery.keep_most_days,
        len(missing) - len(been),
        archives,
        tuple(been),
        tuple(over_age),
    )


def _missing(made: list[datetime], nights: int, now: datetime) -> list[datetime]:
    """The nights without an archive, counted back from the newest archive's hour; ``made`` newest first.

    By its hour and not by the calendar: a job that runs about midnight would make two archives on one day and none
    on the next.
    """
    if not made:
        return []
    newest = made[0]
    late = max(now - newest - _LATE + _NIGHT, timedelta(0)) // _NIGHT
    expected = [newest + (late - ago) * _NIGHT for ago in range(nights)]
    covered = {round((newest - one) / _NIGHT) for one in made}
    return [night for night in expected if round((newest - night) / _NIGHT) not in covered]


def _of(names: list[str]) -> str:
    return names[0] + (f" (and {len(names) - 1} more)" if names[1:] else "")


def _dump_words(found: Verification) -> str:
    if not found.dump:
        return "none" if not found.dump_path else "not readable"
    keys = f"{found.dump.total:,} keys" if not found.dump.uncounted else "keys not counted"
    return f"{found.dump.version}, {keys}{'' if found.dump.summed else ', without a checksum'}"
