"""The files of a store as archives: parts of one archive together, and sums and signatures apart. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta

from playbook.clients.backups import StoredFile
from playbook.core.coverage import Coverage, lacking

# As split and backup jobs name parts: .aa, .partaa, .part01, .001. A single digit numbers older archives.
_PART = re.compile(r"(?P<whole>.+?)(?:[._-]part[._-]?(?P<named>\d+|[a-z]{2,3})|\.(?P<plain>\d{2,4}|a[a-z]{1,2}))")
_FIRST = re.compile(r"0*[01]|a+")
# One job writes all parts of an archive; numbered archives of several nights are further apart.
_ONE_JOB = timedelta(hours=12)
_BESIDE = re.compile(
    r"(?:sha(?:1|224|256|384|512)(?:sums?)?|md5(?:sums?)?|b[23](?:sums?)?|crc(?:32)?|asc|sig|minisig|sigstore|par2"
    r"|log|txt|json|ya?ml|xml|csv|manifest|meta(?:data)?|info|idx|index|toc|lst|list|files|size|notes|snar"
    r"|ok|done|complete|success|stamp|lock)",
    re.IGNORECASE,
)
# What rsync, browsers, WinSCP and backup jobs write until an archive is complete.
_UNFINISHED = re.compile(r"(?i).+(?:\.(?:tmp|temp|part|partial|filepart|inprogress|incomplete|uploading)|~)")
_NOT_ALL = (
    (re.compile(r"(?:^|/)duplicity-[a-z-]+\."), "a file of a set that duplicity made"),
    (re.compile(r"(?i)(?<![a-z])(?:incr|incremental|differential)(?![a-z])"), "an incremental one, by its name"),
)
_LIKE_ARCHIVES = re.compile(
    r"(?i)(?!.*\.log\.).+\.(?:tar|t[gbx]z2?|zip|7z|gz|bz2|xz|zst|lz4|sql|dump|bak|rdb|db|sqlite3?|bson|archive"
    r"|gpg|pgp|age|enc)"
)
_TAR = re.compile(r"(?i)\.(?:tar|tgz|tbz2?|txz)(?:\.|$)")
_INCREMENTAL = "An incremental archive alone restores nothing: let the pattern name the full ones."


def divided(files: Iterable[StoredFile], pattern: str) -> tuple[list[StoredFile], list[StoredFile]]:
    """Archives, by the pattern of their names without folders, and other files.

    Parts of one archive count as one file with the name that they have in common; the pattern may match this
    name or that of the first part. A file beside an archive, such as ``shop.tar.gz.sha256`` or ``shop.log``, is
    not an archive, nor is one that is still being written, such as ``shop.tar.gz.part``.
    """
    joined = _joined(files)
    stems = Counter(stem for file in joined for stem in _stems(file.name))
    archives: list[StoredFile] = []
    others: list[StoredFile] = []
    for file in joined:
        of_pattern = any(fnmatch.fnmatchcase(one.rpartition("/")[2], pattern) for one in _names_of(file))
        is_archive = of_pattern and not _is_beside(file.name, stems) and not _UNFINISHED.fullmatch(file.name)
        (archives if is_archive else others).append(file)
    return archives, others


def is_like_archive(name: str) -> bool:
    """Whether a file outside the pattern may be an archive or a dump, by the ending of its name."""
    return _LIKE_ARCHIVES.fullmatch(name) is not None


def repository_of(files: Iterable[StoredFile]) -> str:
    """The program whose repository the files are, which holds no archives by night; empty where they are none."""
    names = {file.name for file in files}
    if any(_TAR.search(name) for name in names):
        return ""
    folders = {name.partition("/")[0] for name in names if "/" in name}
    if any(name.rpartition("/")[2].startswith("kopia.repository") for name in names):
        return "Kopia"
    if "config" in names and {"keys", "snapshots"} <= folders:
        return "restic"
    return "Borg" if "config" in names and any(name.startswith("data/0/") for name in names) else ""


def holds_all(name: str) -> Coverage:
    """Whether an archive can hold everything, by its name."""
    for pattern, got in _NOT_ALL:
        if pattern.search(name):
            return lacking("incremental", expected="an archive that holds everything", got=got, hint=_INCREMENTAL)
    return Coverage()


def _is_beside(name: str, stems: Counter[str]) -> bool:
    """Whether another file has the name that is left without such endings as ``.sha256.asc``."""
    whole, _, end = name.rpartition(".")
    while _BESIDE.fullmatch(end):
        if stems[whole] > 1:
            return True
        whole, _, end = whole.rpartition(".")
    return False


def _stems(name: str) -> list[str]:
    """The name, and all that it begins with up to a dot: ``shop.tar.gz``, ``shop.tar``, ``shop``."""
    folder, slash, own = name.rpartition("/")
    parts = own.split(".")
    return [folder + slash + ".".join(parts[:count]) for count in range(1, len(parts) + 1)]


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
