"""What the newest archives of a job lack that each one before them has: dumps, their rows, whole folders. Pure.

The manifest is made of what the job has written, and misses nothing. What is lost stays lost, and a weekly check
may come some nights later: so the newest archive, and the newest two, three and so on, are compared with all that
are older than they.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from statistics import median

from playbook.measure.backups.nameless import nameless
from playbook.readers.archives.inner_names import is_of_redis
from playbook.readers.archives.verification import Verification

LEAST_BEFORE = 2  # archives before the newest, to know what each of them has
# A folder of passing things may be empty for a night; one with this share of an archive's files or bytes is not.
_LEAST_SHARE = 0.01
_LEAST_FILES = 2
_LEAST_BYTES = 4096  # a dump of less is one of settings or roles
_NO_ROWS = 2  # bytes: the end of a line

Parts = tuple[str, ...]


def lost(archives: Sequence[Verification]) -> tuple[list[str], int]:
    """Names of what the first of these archives lacks, in any night's name, and how many of them lack it.

    The folders end with a slash. Of several losses the newest counts.
    """
    dumps = [set(map(nameless, one.times.databases)) for one in archives]
    for lacking in _nights(len(archives)):
        newer, older = archives[:lacking], archives[lacking:]
        found = sorted(set.intersection(*dumps[lacking:]).difference(*dumps[:lacking]))
        found += [f"{folder}/" for folder in _lost_folders(newer, older)]
        if found:
            return found, lacking
    return [], 0


def lost_tables(archives: Sequence[Verification]) -> list[str]:
    """Tables that the dumps of the newest archives do not fill, and those of each archive before them do.

    A table of few rows may be empty for a night, and one of a dump that is gone is lost with it.
    """
    filled = [_filled(one) for one in archives]
    dumps = set(map(nameless, archives[0].times.databases)) if archives else set()
    for lacking in _nights(len(archives)):
        steady = set.intersection(
            *({table for table, size in one.items() if size >= _LEAST_BYTES} for one in filled[lacking:])
        )
        found = sorted(steady.difference(*filled[:lacking]))
        if gone := [f"{table} in {dump}" for dump, table in found if dump in dumps]:
            return gone
    return []


def _filled(one: Verification) -> dict[tuple[str, str], int]:
    """Bytes of rows by dump, in any night's name, and table."""
    return {
        (nameless(path), table): size
        for path, tables in one.times.tables.items()
        for table, size in tables.items()
        if size > _NO_ROWS
    }


def usual(values: Sequence[float]) -> tuple[float, int]:
    """The largest median of those before the newest, the newest two and so on, and of how many it is."""
    nights = _nights(len(values)) or range(1, len(values))
    medians = [(median(values[newer:]), len(values) - newer) for newer in nights]
    return max(medians, default=(0.0, 0))


def _nights(archives: int) -> range:
    """How many of so many archives may lack what the others, which are enough, have."""
    return range(1, archives - LEAST_BEFORE + 1)


def of_usual(archives: Sequence[Verification]) -> Iterator[tuple[str, float, int, float, int]]:
    """Of each dump that all these archives have: its name, its size in percent of the usual one, both in bytes,
    and of how many archives that is.

    Redis' dumps are left out: a cache may be emptied, and the keys of a dump that is named are counted.
    """
    if not _nights(len(archives)):
        return
    sizes = [_by_name(one) for one in archives]
    for name in sorted(set.intersection(*map(set, sizes))):
        expected, of = usual([each[name] for each in sizes])
        if expected >= _LEAST_BYTES:
            yield name, round(100 * sizes[0][name] / expected, 1), sizes[0][name], expected, of


def _by_name(one: Verification) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for path, size in one.of_databases.items():
        if not is_of_redis(path) and path != one.dump_path:
            sizes[nameless(path)] = sizes.get(nameless(path), 0) + size
    return sizes


def _lost_folders(newer: Sequence[Verification], older: Sequence[Verification]) -> list[str]:
    """The uppermost folders below the one that all have in common."""
    depth = min(map(_depth, older)) + 1
    there = {_upper(folder, depth) for one in newer for folder in one.folders}
    notable = [_notable(one, depth) for one in older]
    return sorted(set.intersection(*notable) - there)


def _notable(one: Verification, depth: int) -> set[str]:
    """The folders of a depth that hold a part of the archive that no job leaves out for a night."""
    sums: dict[str, tuple[int, int]] = {}
    for folder, (count, held) in one.folders.items():
        upper = _upper(folder, depth)
        files, total = sums.get(upper, (0, 0))
        sums[upper] = files + count, total + held
    least_files, least_bytes = _LEAST_SHARE * one.files, _LEAST_SHARE * one.bytes
    return {
        upper
        for upper, (files, total) in sums.items()
        if upper and files >= _LEAST_FILES and (files >= least_files or total >= least_bytes)
    }


def _depth(one: Verification) -> int:
    """The number of folders that the paths of all files begin with, except of those beside a manifest."""
    paths = list(filter(None, map(_parts, one.folders)))
    return sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False)))


def _upper(folder: str, depth: int) -> str:
    """The folder of this depth above it; empty where it is not as deep."""
    parts = _parts(folder)
    return nameless("/".join(parts[:depth])) if len(parts) >= depth else ""


def _parts(folder: str) -> Parts:
    return tuple(part for part in folder.split("/") if part not in ("", "."))
