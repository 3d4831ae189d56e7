"""The files of a store as archives: parts of one archive together, and sums and signatures apart. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from playbook.clients.backups import StoredFile

# As split and backup jobs name parts: .aa, .partaa, .part01, .001. A single digit numbers older archives.
_PART = re.compile(r"(?P<whole>.+?)(?:[._-]part[._-]?(?P<named>\d+|[a-z]{2,3})|\.(?P<plain>\d{2,4}|a[a-z]{1,2}))")
_FIRST = re.compile(r"0*[01]|a+")
# One job writes all parts of an archive; numbered archives of several nights are further apart.
_ONE_JOB = timedelta(hours=12)
_BESIDE = re.compile(
    r"\.(?:sha(?:1|224|256|384|512)(?:sums?)?|md5(?:sums?)?|b2(?:sums?)?|asc|sig|minisig|sigstore|log|par2)"
)


def divided(files: Iterable[StoredFile], pattern: str) -> tuple[list[StoredFile], list[StoredFile]]:
    """Archives, by the pattern of their names without folders, and other files.

    Parts of one archive count as one file with the name that they have in common; the pattern may match this
    name or that of the first part. A file beside an archive, such as ``….tar.gz.sha256``, is not an archive.
    """
    joined = _joined(files)
    names = {file.name for file in joined}
    archives: list[StoredFile] = []
    others: list[StoredFile] = []
    for file in joined:
        whole, dot, end = file.name.rpartition(".")
        beside = whole in names and bool(_BESIDE.fullmatch(dot + end))
        of_pattern = any(fnmatch.fnmatchcase(one.rpartition("/")[2], pattern) for one in _names_of(file))
        (archives if of_pattern and not beside else others).append(file)
    return archives, others


def _names_of(file: StoredFile) -> list[str]:
    return [file.name, *(part.name for part in file.parts[:1])]


def _joined(files: Iterable[StoredFile]) -> list[StoredFile]:
    sets: defaultdict[str, list[tuple[str, StoredFile]]] = defaultdict(list)
    found = []
    for file in files:
        part = _PART.fullmatch(file.name)
        if part:
            sets[part["whole"]].append((part["named"] or part["plain"], file))
        else:
            found.append(file)
    names = {file.name for file in found}
    for whole, numbered in sets.items():
        numbered.sort(key=lambda one: (len(one[0]), one[0]))
        parts = tuple(file for _, file in numbered)
        written = [part.modified for part in parts]
        one_job = max(written) - min(written) < _ONE_JOB
        if len(parts) > 1 and _FIRST.fullmatch(numbered[0][0]) and one_job and whole not in names:
            found.append(StoredFile(whole, sum(part.size for part in parts), max(written), parts))
        else:
            found += parts
    return found
