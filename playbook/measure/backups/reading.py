"""Reads the archives that the daily check looks at, and what is known of them beside their content."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from playbook.clients.backups import BackupStore, StoredFile
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.errors import Unmeasured
from playbook.measure.backups.own_end import has_own_end, not_read, own_end
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
    *,
    now: datetime,
) -> Inspection:
    """Inspect the newest archive; if the store lists but does not deliver it, age and size can still be judged.

    Args:
        archives: all of them, newest first.
        others: files that are no archives.
        most: bytes of an archive that is read whole.
        now: aware.
    """
    file, until = archives[0].file, time.monotonic() + wanted.read_seconds
    try:
        found = _inspect(store, file, wanted, most)
        found = _with_own_end(store, file, found, most, max(until - time.monotonic(), 0.0), now=now)
    except Unmeasured as error:
        found = Inspection("", "not read", coverage=not_given(file, error))
    told, seen = told_beside(store, archives[0], archives, others)
    problem = missing_part(file) or found.problem or told
    return replace(found, problem=problem, coverage=found.coverage + seen)


def of_another_job(
    store: BackupStore, file: StoredFile, wanted: Wanted, most: float, until: float, *, now: datetime
) -> tuple[Inspection, Coverage]:
    """The newest archive of another job, and whether it can be read at all, as far as time is left for it.

    Args:
        most: bytes of an archive that is read whole.
        until: of ``time.monotonic()``.
        now: aware.
    """
    nothing, left = Inspection(missing_part(file), "not read"), until - time.monotonic()
    if left <= 0:
        return nothing, Coverage()
    try:
        with store.open(file, within=left) as stream:
            found = inspect(stream, file.size, manifest=wanted.manifest, seconds=left)
        found = _with_own_end(store, file, found, most, max(until - time.monotonic(), 0.0), now=now)
        return replace(found, problem=nothing.problem or found.problem), Coverage()
    except Unmeasured as error:
        return nothing, not_given(file, error) if time.monotonic() < until else Coverage()


def not_given(file: StoredFile, error: Unmeasured) -> Coverage:
    """Coverage of an archive that the store lists but does not deliver."""
    return lacking(
        f"{file.name} not read", expected=f"{file.name} to be read", got=f"an error ({error})", hint=error.hint
    )


def _with_own_end(
    store: BackupStore, file: StoredFile, found: Inspection, most: float, seconds: float, *, now: datetime
) -> Inspection:
    """With what the file's own form shows, where it is no archive that can be read."""
    if not has_own_end(file, found):
        return found
    if file.size > most:
        return replace(found, problem="", coverage=not_read(file, found))
    with store.open(file, within=seconds) as stream:
        end = own_end(stream, file, found, now=now, within=seconds)
    if end.problem:
        found = replace(found, problem=end.problem, how="read to its end, as far as its form is known")
    elif end.dump:
        how, sure = f"read to its end: {end.dump.what}", whole("1 dump")
        return Inspection("", how, members=1, times=end.dump.times, coverage=sure)
    elif end.not_known:
        found = replace(found, problem="")
    return replace(found, coverage=end.not_known) if end.not_known else found


def _inspect(store: BackupStore, file: StoredFile, wanted: Wanted, most: float) -> Inspection:
    if file.size <= most:
        with store.open(file, within=wanted.read_seconds) as stream:
            inspection = inspect(stream, file.size, manifest=wanted.manifest, seconds=wanted.read_seconds)
        if not inspection.timed_out:
            return inspection
        ends = inspect_ends(partial(store.part, file, within=_END), file.size)
        return Inspection(ends.problem, f"{inspection.how}; then {ends.how}", coverage=inspection.coverage)
    return inspect_ends(partial(store.part, file), file.size)
