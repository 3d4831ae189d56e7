"""Weekly review of the archives: contents of the newest."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from playbook.clients.backups import BackupStore
from playbook.core import progress
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, together, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.measure.backups.backups import NOTHING_BEFORE, Listing, size
from playbook.measure.backups.backups_of_before import ANOTHER_NIGHT, marks_of
from playbook.measure.backups.lost import lost, lost_tables, of_usual, usual
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.parts import missing_part
from playbook.measure.backups.reading import not_given
from playbook.measure.backups.series import Archive
from playbook.measure.backups.stored_sets import full_kinds, holds_all
from playbook.measure.backups.sums import verify_with_sums
from playbook.measure.backups.told_beside import told_beside
from playbook.readers.archives.about_dumps import INCREMENTAL
from playbook.readers.archives.verification import Verification, Wanted
from playbook.settings.model import Settings

_LONGEST = 3600.0  # seconds; the real time limit is a setting
_SHOWN = 12
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """One archive and the result of reading it.

    Attributes:
        full: see ``full_kinds``.
    """

    archive: Archive
    verification: Verification
    full: Mapping[str, str] = field(default_factory=dict)

    @property
    def coverage(self) -> Coverage:
        """Of its content, and whether it can hold everything, by its name."""
        return self.verification.coverage + holds_all(self.archive.file.name, self.full)

    @property
    def is_incremental(self) -> bool:
        """Whether it leaves out what an earlier one holds, so that its files are not comparable."""
        return any(part.words == INCREMENTAL and part.expected for part in self.coverage.parts)


@dataclass(frozen=True, slots=True)
class BackupVerification:
    """The newest archives, read to the end.

    Attributes:
        wanted: number of archives to read.
        seconds: time taken, and the time limit.
        verified: newest first; fewer than ``wanted`` where fewer exist or time ran out.
    """

    location: str
    wanted: int
    seconds: tuple[float, float]
    verified: tuple[Verified, ...]

    @property
    def broken(self) -> tuple[Verified, ...]:
        """Archives with problems, newest first."""
        return tuple(one for one in self.verified if one.verification.problems)

    @property
    def stale(self) -> str:
        """Dumps in the newest archive that are much older than it, as its job packed an old one; may be empty.

        So is one that the archive of an earlier night already holds, as it says the same second, or has the same
        random key; an idle Redis saves no new one.
        """
        if not self._of_one_job:
            return ""
        newest, *before = self._of_one_job
        times = newest.verification.times
        nights = [one for one in before if newest.archive.made - one.archive.made > ANOTHER_NIGHT]
        found = []
        for mark, path in marks_of(times).items():
            same = [one.archive for one in nights if mark in marks_of(one.verification.times)]
            if same and path != newest.verification.dump_path:
                found.append(f"{path} of the archive of {moment(same[-1].made)}")
        return times.stale(newest.archive.made) or ", ".join(found)

    @property
    def newest_problems(self) -> tuple[str, ...]:
        """Problems of the newest archive only."""
        return tuple(self.verified[0].verification.problems) if self.verified else ()

    @property
    def newest_words(self) -> str:
        """The newest archive's first problem, or that it matches its manifest."""
        first = self.newest_problems[0] if self.newest_problems else "as its manifest says"
        name = self.verified[0].archive.file.name if self.verified else "no archive"
        more = f" (and {len(self.newest_problems) - 1} more)" if self.newest_problems[1:] else ""
        return f"{name}: {first}{more}"

    @property
    def coverage(self) -> Coverage:
        """Whether archives exist; how far each was read is in ``read``."""
        if not self.wanted:
            return lacking(
                "no archive",
                expected=f"archives in {self.location}",
                got="none",
                hint="Let the backup job run, or correct backups.location.",
            )
        return whole(f"{len(self.verified)} of {plural(self.wanted, 'archive')}")

    @property
    def read(self) -> Coverage:
        """How many of the newest archives were read to the end, and what was not understood in each."""
        hint = "Give it more time (recovery.verify_seconds), or verify fewer archives (recovery.verify_newest)."
        to_the_end = sum(one.verification.whole for one in self.verified)
        return self._understood(self.verified) + share(
            to_the_end, self.wanted, "archives", what="reading to the end", hint=hint, may_be_empty=True
        )

    @property
    def newest_read(self) -> Coverage:
        """As ``read``, for the newest archive only."""
        newest = self.verified[:1]
        to_the_end = sum(one.verification.whole for one in newest)
        return self._understood(newest) + share(
            to_the_end, 1, "archive", hint="Give it more time (recovery.verify_seconds)."
        )

    def _understood(self, archives: tuple[Verified, ...]) -> Coverage:
        lacks: dict[tuple[str, str, str, str], list[str]] = {}
        for one in archives:
            for part in one.coverage.parts:
                if not part.enough:
                    key = part.words, part.expected, part.got, part.hint
                    lacks.setdefault(key, []).append(one.archive.file.name)
        return together(
            lacking(f"{names[0]}: {words}", expected=expected, got=f"{got} in {_of(names)}", hint=hint)
            for (words, expected, got, hint), names in lacks.items()
        )

    @property
    def files(self) -> Reading:
        """Files in the newest archive in percent of the usual number; unknown without an earlier archive."""
        counts = [one.verification.files for one in self._of_one_job if one.verification.whole]
        is_full = bool(counts) and not self.verified[0].is_incremental
        expected, of = usual(counts) if is_full and self.verified[0].verification.whole else (0.0, 0)
        if not expected:
            return Reading(
                math.nan,
                coverage=lacking(
                    "",
                    expected="archives before the newest to compare its number of files with",
                    got="none",
                    hint=NOTHING_BEFORE,
                ),
            )
        over = f"{_before(of, len(counts))} ({counts[0]:,} files, median {expected:g})"
        return Reading(round(100 * counts[0] / expected, 1), over=over)

    @property
    def dumps(self) -> list[tuple[str, Reading]]:
        """Of each dump of a database in the newest archive its size in percent of the usual one."""
        whole_ones = [one.verification for one in self._of_one_job if one.verification.whole]
        if not whole_ones or whole_ones[0] is not self.verified[0].verification:
            return []
        return [
            (
                name,
                Reading(percent, f"{_before(of, len(whole_ones))} ({size(now)}, not {size(expected)})"),
            )
            for name, percent, now, expected, of in of_usual(whole_ones)
        ]

    @property
    def lost_tables(self) -> str:
        """Tables that the newest dumps do not fill, and those before them do; empty where there are none."""
        whole_ones = [one.verification for one in self._of_one_job if one.verification.whole]
        if not whole_ones or whole_ones[0] is not self.verified[0].verification:
            return ""
        return _of(found) if (found := lost_tables(whole_ones)) else ""

    @property
    def _of_one_job(self) -> tuple[Verified, ...]:
        """The newest archive and those of the same job, or all where there is no other of that job; full ones."""
        full = tuple(one for one in self.verified if not one.is_incremental)
        kinds = [nameless(one.archive.file.name) for one in full]
        same = tuple(one for one, kind in zip(full, kinds, strict=True) if kind == kinds[0])
        return same if len(same) > 1 else full

    @property
    def words(self) -> str:
        """The first problem found, or how many archives are in order."""
        if not self.broken:
            return f"{plural(sum(one.verification.whole for one in self.verified), 'archive')} in order"
        first = self.broken[0]
        more = len(first.verification.problems) - 1
        rest = len(self.broken) - 1
        return (
            f"{first.archive.file.name}: {first.verification.problems[0]}"
            + (f" (and {more:,} more)" if more else "")
            + (f"; {plural(rest, 'other archive')} as well" if rest else "")
        )

    def evidence(self) -> list[Evidence]:
        """Each archive with its result, and the contents of the newest."""
        rows = [
            [
                one.archive.file.name,
                size(one.archive.file.size),
                one.verification.how,
                _dump_text(one.verification),
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
    """The newest archives, each read to the end: file checksums, the dump and its checksum, and unsafe paths."""
    backup_listing.require_archives()
    recovery = settings.target.recovery
    requirements = Wanted(manifest=settings.target.backups.manifest, dump=recovery.dump)
    chosen = backup_listing.archives[: recovery.verify_newest]
    full = full_kinds(one.file.name for one in backup_listing.archives)
    started = time.monotonic()
    verified: list[Verified] = []
    with progress.work("Verification of backups", most=recovery.verify_seconds) as task:
        for number, archive in enumerate(chosen):
            left = recovery.verify_seconds - (time.monotonic() - started)
            if left <= 0:
                break
            task.at(f"archive {number + 1} of {len(chosen)}", share=number / len(chosen))
            others = backup_listing.others
            files = [*others, *(one.file for one in backup_listing.archives)]
            try:
                found = verify_with_sums(
                    backup_store, archive.file, files, requirements, now=clock.now(), seconds=left
                )
            except Unmeasured as error:  # Results of the other archives are kept.
                found = Verification((), "not read", whole=False, coverage=not_given(archive.file, error))
            told, seen = told_beside(backup_store, archive, backup_listing.archives, others)
            problems = (*filter(None, (missing_part(archive.file),)), *found.problems, *filter(None, (told,)))
            found = replace(found, problems=problems, coverage=found.coverage + seen)
            verified.append(Verified(archive, found, full))
    took = time.monotonic() - started
    return BackupVerification(
        backup_store.location, len(chosen), (took, recovery.verify_seconds), _lost(_emptied(verified))
    )


def _lost(verified: tuple[Verified, ...]) -> tuple[Verified, ...]:
    """With a problem of the newest archive where it lacks what each one of its job before had."""
    kinds = [nameless(one.archive.file.name) for one in verified]
    of_job = [
        one
        for one, kind in zip(verified, kinds, strict=True)
        if kind == kinds[0] and one.verification.whole and not one.is_incremental
    ]
    if not of_job or of_job[0] is not verified[0] or verified[0].verification.problems:
        return verified  # what is damaged may have lost it by that
    missing, newest = lost([one.verification for one in of_job])
    if not missing:
        return verified
    before = "it" if newest == 1 else f"the newest {newest}"
    found = f"{_of(missing)}, which each of the {len(of_job) - newest} before {before} has"
    return (_with_problem(verified[0], f"an archive without {found}"), *verified[1:])


def _before(some: int, archives: int) -> str:
    """The oldest of so many archives, in words."""
    newest = archives - some
    return f"{plural(some, 'archive')} before {'it' if newest == 1 else f'the newest {newest}'}"


def _with_problem(one: Verified, problem: str) -> Verified:
    return replace(one, verification=replace(one.verification, problems=(*one.verification.problems, problem)))


def _emptied(verified: list[Verified]) -> tuple[Verified, ...]:
    """With a problem of the newest archive where its dump has lost every key: such a dump loads, and is intact."""
    keys = [one.verification.dump.total for one in verified[1:] if one.verification.dump]
    newest = verified[0].verification.dump if verified else None
    if newest is None or newest.total or newest.uncounted or not any(keys):
        return tuple(verified)
    problem = f"an archive with a dump without any key, where one before it has {max(keys):,}"
    return (_with_problem(verified[0], problem), *verified[1:])


def _of(names: list[str]) -> str:
    return names[0] + (f" (and {len(names) - 1} more)" if names[1:] else "")


def _dump_text(found: Verification) -> str:
    if not found.dump:
        return "none" if not found.dump_path else "not readable"
    keys = f"{found.dump.total:,} keys" if not found.dump.uncounted else "keys not counted"
    return f"{found.dump.version}, {keys}{'' if found.dump.summed else ', without a checksum'}"
