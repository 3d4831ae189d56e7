"""Reads the archives that the daily check looks at, and what is known of them beside their content."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from playbook.clients.backups import BackupStore, StoredFile
from playbook.core.coverage import Coverage, lacking
from playbook.core.errors import Unmeasured
from playbook.measure.backups.own_end import own_end
from playbook.measure.backups.parts import missing_part
from playbook.measure.backups.series import Archive
from playbook.measure.backups.told_beside import told_beside
from playbook.readers.archives.inspection import Inspection, inspect, inspect_ends
from playbook.settings.sections.target import Backups as Wanted

_END = 7.0  # seconds for one end of an archive after its read time has run out


def inspected(
    store: BackupStore,
    archives: Sequence[Archive],
    others: Sequence[StoredFile],
    wanted: Wanted,
    most: float,
) -> Inspection:
    """Inspect the newest archive; if the store lists but does not deliver it, age and size can still be judged.

    Args:
        archives: all of them, newest first.
        others: files that are no archives.
        most: bytes of an archive that is read whole.
    """
    file = archives[0].file
    try:
        found = _with_own_end(store, file, _inspect(store, file, wanted, most), most, wanted.read_seconds)
    except Unmeasured as error:
        found = Inspection("", "not read", coverage=not_given(file, error))
    told, seen = told_beside(store, archives[0], archives, others)
    problem = missing_part(file) or found.problem or told
    return replace(found, problem=problem, coverage=found.coverage + seen)


def of_another_job(
    store: BackupStore, file: StoredFile, wanted: Wanted, most: float, until: float
) -> tuple[Inspection, Coverage]:
    """The newest archive of another job, and whether it can be read at all, as far as time is left for it.

    Args:
        most: bytes of an archive that is read whole.
        until: of ``time.monotonic()``.
    """
    nothing, left = Inspection(missing_part(file), "not read"), until - time.monotonic()
    if left <= 0:
        return nothing, Coverage()
    try:
        with store.open(file, within=left) as stream:
            found = inspect(stream, file.size, manifest=wanted.manifest, seconds=left)
        found = _with_own_end(store, file, found, most, max(until - time.monotonic(), 0.0))
        return replace(found, problem=nothing.problem or found.problem), Coverage()
    except Unmeasured as error:
        return nothing, not_given(file, error) if time.monotonic() < until else Coverage()


def not_given(file: StoredFile, error: Unmeasured) -> Coverage:
    """Coverage of an archive that the store lists but does not deliver."""
    return lacking(
        f"{file.name} not read", expected=f"{file.name} to be read", got=f"an error ({error})", hint=error.hint
    )


def _with_own_end(
    store: BackupStore, file: StoredFile, found: Inspection, most: float, seconds: float
) -> Inspection:
    """With what the file's own form shows to be wrong, where it is no archive that can be read."""
    end = own_end(store, file, found, most=most, within=seconds, longest=most)
    if end and end.not_known:
        found = replace(found, problem="", coverage=end.not_known)
    if end and end.problem:
        found = replace(found, problem=end.problem, how="read to its end, as far as its form is known")
    return found


def _inspect(store: BackupStore, file: StoredFile, wanted: Wanted, most: float) -> Inspection:
    if file.size <= most:
        with store.open(file, within=wanted.read_seconds) as stream:
            inspection = inspect(stream, file.size, manifest=wanted.manifest, seconds=wanted.read_seconds)
        if not inspection.timed_out:
            return inspection
        ends = inspect_ends(partial(store.part, file, within=_END), file.size)
        return Inspection(ends.problem, f"{inspection.how}; then {ends.how}", coverage=inspection.coverage)
    return inspect_ends(partial(store.part, file), file.size)
