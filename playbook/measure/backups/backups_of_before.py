"""Nightly jobs of backups, and dumps within their newest archives, that earlier runs have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from playbook.core.counters import Earlier, digest_of
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.series import Archive, nightly_kinds
from playbook.measure.roll_call import RollCall, roll_call
from playbook.readers.archives.inspection import Inspection
from playbook.settings.model import Settings

JOBS, DUMPS = "backup jobs", "backup dumps"


def call_jobs(archives: Sequence[Archive], now: datetime, settings: Settings, earlier: Earlier) -> RollCall:
    """A job that ended while its archives are there is known from these; one that was given up may lose them."""
    goes_on, others = nightly_kinds(archives)
    return roll_call(goes_on, now, earlier.of(JOBS), settings.coverage, of=_origin(settings), given_up=others)


def call_dumps(
    inspected: Mapping[str, Inspection], now: datetime, settings: Settings, earlier: Earlier
) -> RollCall:
    """Which dumps are missing from the newest archives of all jobs, by name; not known unless all were read whole.

    Only runs that have inspected the same jobs are compared: an archive that somebody made by hand may hold less.
    """
    read = [one for one in inspected.values() if one.members is not None and one.coverage.enough]
    found = {"/".join(name.split("/")[-2:]) for one in read for name in one.times.databases}
    whole = bool(inspected) and len(read) == len(inspected)
    return roll_call(
        found if whole else None,
        now,
        earlier.of(DUMPS),
        settings.coverage,
        of=_origin(settings, *sorted({nameless(name) for name in inspected})),
        given_up=settings.target.backups.dumps_gone,
    )


def _origin(settings: Settings, *more: str) -> str:
    wanted = settings.target.backups
    return digest_of("\0".join((f"{wanted.location}", wanted.pattern, *more)))
