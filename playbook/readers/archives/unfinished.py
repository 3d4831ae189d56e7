"""Dumps of databases that are folders: their programs show by one file that they have finished.

pg_dump writes ``toc.dat`` last, MySQL Shell ``@.done.json``, xtrabackup ``xtrabackup_checkpoints``; mydumper gives
``metadata.partial`` its name ``metadata``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

# A file that is there from the beginning, the one of the end, and whose they are.
_PROGRAMS = (
    (re.compile(r"\d{4,10}\.dat\.(?:gz|lz4|zst)"), re.compile(r"toc\.dat"), "pg_dump", "toc.dat"),
    (re.compile(r"@\.json"), re.compile(r"@\.done\.json"), "MySQL Shell", "@.done.json"),
    (re.compile(r"metadata\.partial"), re.compile(r"metadata"), "mydumper", "metadata"),
    (
        re.compile(r"xtrabackup_logfile(?:\.\w{2,4})?"),
        re.compile(r"xtrabackup_checkpoints(?:\.\w{2,4})?"),
        "xtrabackup",
        "xtrabackup_checkpoints",
    ),
)
_BEGIN = re.compile("|".join(begun.pattern for begun, *_ in _PROGRAMS))


def unfinished(paths: Iterable[str]) -> str:
    """What is wrong with the first dump that has not finished, to follow "an archive with"; empty without one."""
    begun: defaultdict[str, set[str]] = defaultdict(set)
    everything = list(paths)
    for path in everything:
        folder, _, name = path.rpartition("/")
        if _BEGIN.fullmatch(name):
            begun[folder].add(name)
    if not begun:
        return ""
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for path in everything:
        folder, _, name = path.rpartition("/")
        if folder in begun:
            beside[folder].add(name)
    for folder, names in sorted(beside.items()):
        for begin, end, program, last in _PROGRAMS:
            if any(map(begin.fullmatch, names)) and not any(map(end.fullmatch, names)):
                return (
                    f"a dump of {program} in {folder or 'its first folder'} that is not finished, without {last}"
                )
    return ""
