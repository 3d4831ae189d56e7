"""What the newest archive of a job lacks that each one before it has: dumps, their rows, and whole folders. Pure.

The manifest is made of what the job has written, and misses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from statistics import median

from playbook.measure.backups.backups import size
from playbook.readers.archives.verification import Verification

LEAST_BEFORE = 2  # archives before the newest, to know what each of them has
# A folder of passing things may be empty for a night; one with this share of an archive's files or bytes is not.
_LEAST_SHARE = 0.01
_LEAST_FILES = 2
_EMPTIED = 0.05  # of its usual size, a dump has lost its rows
_NOTABLE_DUMP = 4096  # bytes; the dump of a database without rows is smaller
_DIGITS = re.compile(r"\d+")

Parts = tuple[str, ...]


def lost(archives: Sequence[Verification]) -> list[str]:
    """Names of what the first of these archives lacks, in any night's name; the folders end with a slash."""
    newest, *before = archives
    if len(before) < LEAST_BEFORE:
        return []
    dumps = [set(map(_nameless, one.databases)) for one in before]
    found = sorted(set.intersection(*dumps) - set(map(_nameless, newest.databases)))
    return found + [f"{folder}/" for folder in _lost_folders(newest, before)]


def emptied(archives: Sequence[Verification]) -> list[str]:
    """Dumps in the first of these archives that have become so small that their databases were emptied."""
    newest, *before = map(_dumps, archives)
    if len(before) < LEAST_BEFORE:
        return []
    found = []
    for name, held in newest.items():
        sizes = [one[name] for one in before if name in one]
        if len(sizes) == len(before) and min(sizes) >= _NOTABLE_DUMP and held < _EMPTIED * median(sizes):
            found.append(f"{name} of {size(held)}, where those before it have {size(median(sizes))}")
    return found


def _dumps(one: Verification) -> dict[str, int]:
    """Bytes of its dumps by their names in any night, but of Redis' own, as a cache may be emptied."""
    sums: dict[str, int] = {}
    for path, held in one.databases.items():
        if path != one.dump_path and not path.endswith(".rdb"):
            sums[_nameless(path)] = sums.get(_nameless(path), 0) + held
    return sums


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
    return _nameless("/".join(parts[:depth])) if len(parts) >= depth else ""


def _parts(folder: str) -> Parts:
    return tuple(part for part in folder.split("/") if part not in ("", "."))


def _nameless(path: str) -> str:
    return _DIGITS.sub("#", path)
