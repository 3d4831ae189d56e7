"""Series of archives: what one job makes night by night, by what the names have in common. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from playbook.clients.backups import StoredFile
from playbook.core.coverage import Coverage, lacking, together
from playbook.core.wording import moment
from playbook.measure.backups.nameless import nameless

_LEAST = 4  # archives; with fewer nothing is known of a job's habit
_NIGHTLY = (timedelta(hours=12), timedelta(hours=36))  # usual time between two archives
_LATE = timedelta(hours=26)
_REGULAR = 0.25  # deviation from the usual time between two archives, as a share of it
_MOST = 0.75  # of these times that must be usual ones: people make archives at any time


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive.

    Attributes:
        made: aware, in UTC.
        made_by: source of the date, e.g. ``name``; see ``playbook.readers.archives.dating``.
    """

    file: StoredFile
    made: datetime
    made_by: str


Series = tuple[Archive, ...]


def series_of(archives: Sequence[Archive]) -> tuple[Series, ...]:
    """The archives of each job that makes one every night, newest first, if there are several such jobs; all
    archives as one series otherwise.
    """
    series = _nightly(archives)
    return series if len(series) > 1 else (tuple(archives),)


def going_on(archives: Sequence[Archive]) -> tuple[Series, ...]:
    """The series that have not ended."""
    series = series_of(archives)
    return tuple(one for one in series if len(series) == 1 or not _has_ended(one, archives[0].made))


def ended(archives: Sequence[Archive], unmatched: Sequence[Archive] = ()) -> Coverage:
    """That no job has ended while another one, which ran beside it most of the time, goes on.

    A job whose archives have another name now did not run beside it.

    Args:
        unmatched: files like archives that ``backups.pattern`` leaves out, newest first: their jobs count too.
    """
    others = going_on(archives)
    over = [(one, "let backups.pattern name the others only") for one in series_of(archives) if one not in others]
    further = [one for one in _nightly(unmatched) if archives and _has_ended(one, archives[0].made)]
    over += [(one, "take its files away; backups.pattern leaves them out anyway") for one in further]
    return together(
        lacking(
            f"none like {series[0].file.name} since",
            expected=f"every night an archive like {series[0].file.name}, as before",
            got=f"none since {moment(series[0].made)}, while others are made",
            hint=f"Where its job was given up, {what_to_do}.",
        )
        for series, what_to_do in over
        if any(one[-1].made <= _middle(series) for one in others)
    )


def nightly_kinds(archives: Sequence[Archive]) -> tuple[set[str], set[str]]:
    """Names without dates and numbers: of the jobs that make an archive every night and go on, and of others."""

    def kind(archive: Archive) -> str:
        return nameless(archive.file.name).replace("#T#Z", "#")

    goes_on = {kind(one[0]) for one in _nightly(archives) if not _has_ended(one, archives[0].made)}
    return goes_on, {kind(archive) for archive in archives} - goes_on


def _nightly(archives: Sequence[Archive]) -> tuple[Series, ...]:
    """The archives of each job that makes one every night."""
    found: defaultdict[str, list[Archive]] = defaultdict(list)
    for archive in archives:
        found[nameless(archive.file.name)].append(archive)
    return tuple(tuple(one) for one in found.values() if _is_nightly(one))


def _is_nightly(archives: Sequence[Archive]) -> bool:
    between = list(_between(archives))
    usual = median(between) if len(archives) >= _LEAST else 0.0
    if not _NIGHTLY[0].total_seconds() <= usual <= _NIGHTLY[1].total_seconds():
        return False
    return sum(abs(one - usual) <= _REGULAR * usual for one in between) >= _MOST * len(between)


def _has_ended(series: Series, newest: datetime) -> bool:
    """Whether it pauses for longer than ever: some jobs rest on weekends."""
    return newest - series[0].made > timedelta(seconds=max(_between(series))) + _LATE


def _middle(series: Series) -> datetime:
    return series[0].made - (series[0].made - series[-1].made) / 2


def _between(archives: Sequence[Archive]) -> Iterator[float]:
    """Seconds between two archives, newest first."""
    return ((new.made - old.made).total_seconds() for new, old in pairwise(archives))
