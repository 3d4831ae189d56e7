"""Retention of the archives: nights without one, and archives over the age limit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from playbook.core.coverage import Coverage, lacking, share, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.history.first_days import known_since
from playbook.measure.backups.backups import USUAL_OVER, Listing, dated, size
from playbook.measure.backups.series import Archive, ended, going_on
from playbook.measure.backups.stored_sets import full_kinds, holds_all
from playbook.settings.model import Settings

# The nightly job may still be running; the daily check decides when its archive is late.
_LATE = timedelta(hours=26)
_NIGHT = timedelta(days=1)
_SHOWN, _NAMED = 12, 5


@dataclass(frozen=True, slots=True)
class BackupRetention:
    """Nights with and without an archive, and archives over the age limit.

    Attributes:
        nights: number of nights to keep by the policy.
        most_days: maximum age of an archive in days.
        ahead: how many of these nights are before the system existed.
        missing: nights without an archive, newest first, as the time at which it was expected.
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
        """The whole listing, and whether the archives' dates are known."""
        if not self.archives:
            return lacking(
                "no archive",
                expected=f"archives in {self.location}",
                got="none",
                hint="Let the backup job run, or correct backups.location.",
            )
        return whole(f"{len(self.archives):,} archives") + dated(self.archives)

    @property
    def gaps(self) -> Reading:
        """Number of nights without an archive, of those the policy keeps; unknown where there is no archive."""
        if not self.archives:
            return Reading(math.nan, coverage=self.coverage)
        named = ", ".join(f"{night:%Y-%m-%d}" for night in self.missing[:_NAMED])
        more = len(self.missing) - _NAMED
        named += f" and {more} more" if more > 0 else ""
        been = self.nights - self.ahead
        names = [one.file.name for one in self.archives]
        full = full_kinds(names)
        kept = f"({been - len(self.missing)} of {been} nights kept"
        return Reading(
            len(self.missing),
            f"{kept}; none for {named})" if named else f"{kept})",
            share(been, self.nights, "nights", hint="The first archive is younger than the policy reaches.")
            + ended(self.archives)
            + next((known for name in names if not (known := holds_all(name, full)).enough), Coverage()),
        )

    @property
    def over_age_words(self) -> str:
        """``none``, or the number of archives over age and the oldest."""
        if not self.over_age:
            return "none"
        oldest = self.over_age[0]
        age = two_units((self.now - oldest.made).total_seconds())
        return f"{plural(len(self.over_age), 'archive')}, the oldest {oldest.file.name}, {age} old"

    def evidence(self) -> list[Evidence]:
        """The policy, what is kept, and each gap."""
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
    """Nights of the retention policy with and without an archive, and archives over age."""
    backup_listing.require_archives()
    recovery, now = settings.target.recovery, backup_listing.now
    archives = backup_listing.archives
    missing = _missing(archives, recovery.keep_nights, now)
    since = min([known_since(settings, now), *(archive.made for archive in archives[-1:])])
    been = [night for night in missing if night > since - _NIGHT / 2]
    ahead = len(missing) - len(been)
    for series in going_on(archives):  # of several jobs the one with the most gaps since its first archive
        gaps = [night for night in _missing(series, recovery.keep_nights, now) if night > series[-1].made]
        been = max(been, gaps, key=len)
    oldest_allowed = now - timedelta(days=recovery.keep_most_days)
    over_age = [archive for archive in reversed(archives) if archive.made < oldest_allowed]
    return BackupRetention(
        backup_listing.location,
        now,
        recovery.keep_nights,
        recovery.keep_most_days,
        ahead,
        archives,
        tuple(been),
        tuple(over_age),
    )


def _missing(archives: Sequence[Archive], nights: int, now: datetime) -> list[datetime]:
    """Nights without an archive, counted back from the newest archive's hour; the archives are newest first.

    Nights are counted by that hour, not by calendar day: a job that runs around midnight can make two archives on
    one day and none on the next.
    """
    if not archives:
        return []
    newest = archives[0].made
    late = max(now - newest - _LATE + _NIGHT, timedelta(0)) // _NIGHT
    expected = [newest + (late - ago) * _NIGHT for ago in range(nights)]
    covered = {round((newest - one.made) / _NIGHT) for one in _with_content(archives)}
    return [night for night in expected if round((newest - night) / _NIGHT) not in covered]


def _with_content(archives: Sequence[Archive]) -> Iterator[Archive]:
    """Without the empty ones, and those of less than a tenth of the usual size before and after them."""
    sizes = [archive.file.size for archive in archives]
    for at, archive in enumerate(archives):
        around = [sizes[max(at - USUAL_OVER, 0) : at], sizes[at + 1 : at + 1 + USUAL_OVER]]
        least = min(median(some) for some in around) if all(around) else 0
        if sizes[at] and sizes[at] * 10 >= least:
            yield archive
