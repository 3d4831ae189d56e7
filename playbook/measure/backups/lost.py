"""What the newest archive of a job lacks that each one before it has: dumps, their rows, and whole folders. Pure.

The manifest is made of what the job has written, and misses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from statistics import median

from playbook.measure.backups.nameless import nameless
from playbook.readers.archives.verification import Verification

LEAST_BEFORE = 2  # archives before the newest, to know what each of them has
# A folder of passing things may be empty for a night; one with this share of an archive's files or bytes is not.
_LEAST_SHARE = 0.01
_LEAST_FILES = 2
_LEAST_BYTES = 4096  # a dump of less is one of settings or roles
_OF_REDIS = re.compile(r"(?i)\.(?:rdb|aof)(?:\.|$)")

Parts = tuple[str, ...]


def is_of_redis(path: str) -> bool:
    """Whether a file is a dump of Redis or a part of its append-only file, by its name."""
    return _OF_REDIS.search(path) is not None


def lost(archives: Sequence[Verification]) -> list[str]:
    """Names of what the first of these archives lacks, in any night's name; the folders end with a slash."""
    newest, *before = archives
    if len(before) < LEAST_BEFORE:
        return []
    dumps = [set(map(nameless, one.times.databases)) for one in before]
    found = sorted(set.intersection(*dumps) - set(map(nameless, newest.times.databases)))
    return found + [f"{folder}/" for folder in _lost_folders(newest, before)]


def of_usual(archives: Sequence[Verification]) -> Iterator[tuple[str, float, int, float]]:
    """Of each dump that all these archives have: its name, its size in percent of the usual one, both in bytes.

    Redis' dumps are left out: a cache may be emptied, and the keys of a dump that is named are counted.
    """
    newest, *before = archives
    if len(before) < LEAST_BEFORE:
        return
    earlier = [_by_name(one) for one in before]
    for name, size in sorted(_by_name(newest).items()):
        usual = median(sizes.get(name, 0) for sizes in earlier)
        if usual >= _LEAST_BYTES and all(name in sizes for sizes in earlier):
            yield name, round(100 * size / usual, 1), size, usual


def _by_name(one: Verification) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for path, size in one.of_databases.items():
        if not is_of_redis(path) and path != one.dump_path:
            sizes[nameless(path)] = sizes.get(nameless(path), 0) + size
    return sizes


def _lost_folders(newest: Verification, before: Sequence[Verification]) -> list[str]:
    """The uppermost folders below the one that all have in common."""
    depth = min(map(_depth, before)) + 1
    there = {_upper(folder, depth) for folder in newest.folders}
    notable = [_notable(one, depth) for one in before]
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
