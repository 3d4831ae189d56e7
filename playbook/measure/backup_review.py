"""The week's look at the archives: what the newest hold, and whether as many are kept as there should be."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.archives.verification import Verification, Wanted, verify
from playbook.clients.backups import SERVICE, BackupStore
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.backups import Archive, Listing, counted, size
from playbook.measure.words import moment, span
from playbook.settings import Settings

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
    def unread(self) -> int:
        """How many were not read to their end for lack of time."""
        return self.wanted - sum(one.verification.whole for one in self.verified) - self._ended_early

    @property
    def newest_is_judged(self) -> bool:
        """True; TooLittleData where time did not suffice for the newest archive, or where there is none."""
        if not self.verified:
            raise TooLittleData(f"{SERVICE}: expected archives in {self.location}, got none", service=SERVICE)
        first = self.verified[0]
        if not first.verification.whole and not first.verification.problems:
            raise TooLittleData(
                f"{SERVICE}: expected to read {first.archive.file.name} to its end within {self.seconds[1]:g} s, "
                f"got {first.verification.how}",
                service=SERVICE,
                hint="Give it more time (targets.NAME.recovery.verify_seconds), or verify fewer archives.",
            )
        return True

    @property
    def words(self) -> str:
        """What was found wrong, or how many archives were in order."""
        if not self.broken:
            return f"{counted(len(self.verified), 'archive')} in order"
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

    @property
    def _ended_early(self) -> int:
        return sum(bool(one.verification.problems) and not one.verification.whole for one in self.verified)


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
    for archive in chosen:
        left = recovery.verify_seconds - (time.monotonic() - started)
        if left <= 0:
            break
        with backup_store.open(archive.file) as stream:
            found = verify(stream, archive.file.size, wanted, now=clock.now(), seconds=left)
        verified.append(Verified(archive, found))
    took = time.monotonic() - started
    return BackupVerification(backup_store.location, len(chosen), (took, recovery.verify_seconds), tuple(verified))


@dataclass(frozen=True, slots=True)
class BackupRetention:
    """Which nights have an archive, and which archives are too old.

    Attributes:
        nights: how many are kept by the policy.
        most_days: age in days beyond which nothing may be kept.
        missing: nights without an archive, newest first, by when it would have been made.
        over_age: oldest first.
    """

    location: str
    now: datetime
    nights: int
    most_days: float
    archives: tuple[Archive, ...]
    missing: tuple[datetime, ...]
    over_age: tuple[Archive, ...]

    @property
    def gaps(self) -> Reading:
        """How many nights have none, of as many as the policy keeps; TooLittleData where there is no archive."""
        if not self.archives:
            raise TooLittleData(f"{SERVICE}: expected archives in {self.location}, got none", service=SERVICE)
        named = ", ".join(f"{night:%Y-%m-%d}" for night in self.missing[:_NAMED])
        more = len(self.missing) - _NAMED
        named += f" and {more} more" if more > 0 else ""
        kept = f"{self.nights - len(self.missing)} of {self.nights} nights kept"
        return Reading(len(self.missing), kept + (f", none for {named}" if named else ""))

    @property
    def over_age_words(self) -> str:
        """``none``, or how many there are and the oldest."""
        if not self.over_age:
            return "none"
        oldest = self.over_age[0]
        age = span((self.now - oldest.made).total_seconds())
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
            facts["Oldest"] = f"{oldest.file.name}, {span((self.now - oldest.made).total_seconds())} old"
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
    oldest_allowed = now - timedelta(days=recovery.keep_most_days)
    over_age = [archive for archive in reversed(archives) if archive.made < oldest_allowed]
    return BackupRetention(
        backup_listing.location,
        now,
        recovery.keep_nights,
        recovery.keep_most_days,
        archives,
        tuple(_missing([archive.made for archive in archives], recovery.keep_nights, now)),
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


def _dump_words(found: Verification) -> str:
    if not found.dump:
        return "none" if not found.dump_path else "not readable"
    keys = f"{found.dump.total:,} keys" if not found.dump.uncounted else "keys not counted"
    return f"{found.dump.version}, {keys}{'' if found.dump.summed else ', without a checksum'}"
