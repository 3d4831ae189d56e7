"""Nightly jobs of backups, and dumps within their newest archives, that earlier runs have seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from playbook.core.counters import Counted, Earlier, digest_of
from playbook.core.wording import moment
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.series import Archive, nightly_kinds
from playbook.measure.roll_call import RollCall, roll_call
from playbook.readers.archives.dump_times import Times
from playbook.readers.archives.inner_names import is_of_redis
from playbook.readers.archives.inspection import Inspection
from playbook.settings.model import Settings

JOBS, DUMPS, MADE = "backup jobs", "backup dumps", "backup dumps made"
ANOTHER_NIGHT = timedelta(hours=20)
_MOST = 200  # dumps of which it is kept


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


def marks_of(times: Times) -> dict[str, str]:
    """What tells dumps from all others of their databases: the mark of each, and its path.

    That is the random key of its run, or when it was made. An idle Redis saves no new one.
    """
    keys = {key: path for path, key in times.keys.items()}
    return keys | {
        f"{nameless(path)} {made.isoformat()}": path
        for path, made in times.made.items()
        if path not in times.keys and not is_of_redis(path)
    }


def marked(newest: Archive, times: Times, now: datetime) -> Counted:
    """The dumps of an archive, for later runs; ``started`` is when the archive was made."""
    marks = {digest_of(mark): 1.0 for mark in sorted(marks_of(times))[:_MOST]}
    return Counted(at=now, started=newest.made.timestamp(), counts=marks)


def packed_before(newest: Archive, times: Times, earlier: Earlier) -> str:
    """Dumps that earlier runs have seen in archives of earlier nights; empty where there are none."""
    nights = [
        (one.started, one.counts)
        for one in earlier.of(MADE)
        if newest.made.timestamp() - one.started > ANOTHER_NIGHT.total_seconds()
    ]
    found = []
    for mark, path in marks_of(times).items():
        same = [night for night, marks in nights if digest_of(mark) in marks]
        if same:
            found.append(f"{path} of the archive of {moment(datetime.fromtimestamp(min(same), UTC))}")
    return ", ".join(found)


def _origin(settings: Settings, *more: str) -> str:
    wanted = settings.target.backups
    return digest_of("\0".join((f"{wanted.location}", wanted.pattern, *more)))
