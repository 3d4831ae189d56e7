"""The files of a store as archives: parts of one archive together, and sums and signatures apart. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from playbook.clients.backups import StoredFile
from playbook.core.coverage import Coverage, lacking
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.parts import joined_parts
from playbook.readers.archives.about_dumps import ALONE, INCREMENTAL

_BESIDE = re.compile(
    r"(?:sha(?:1|224|256|384|512)(?:sums?)?|md5(?:sums?)?|b[23](?:sums?)?|crc(?:32)?|asc|sig|minisig|sigstore|par2"
    r"|log|txt|json|ya?ml|xml|csv|manifest|meta(?:data)?|info|idx|index|toc|lst|list|files|size|notes|snar"
    r"|ok|done|complete|success|stamp|lock)",
    re.IGNORECASE,
)
# What rsync, browsers, WinSCP and backup jobs write until an archive is complete.
_UNFINISHED = re.compile(r"(?i).+(?:\.(?:tmp|temp|part|partial|filepart|inprogress|incomplete|uploading)|~)")
_NOT_ALL = (
    (
        re.compile(
            r"(?i)incremental|differential|(?<![a-z])(?:incr(?:ement)?s?|cumul(?:ative)?|diffs?|dif"
            r"|inc\d{1,4}(?!\d)|(?:level|lvl)[-_]?[1-9])(?![a-z])"
            # What stands behind the date is no part of a company's name, and neither is a folder of its own.
            r"|\dZ?[-_.]?inc(?![a-z])|(?:^|/)(?:(?:hourly|daily|nightly|weekly)[-_])?inc/"
        ),
        "an incremental one, by its name",
    ),
    (re.compile(r"(?i)(?<![a-z])partial(?![a-z])"), "a partial one, by its name"),
)
# Short words that also mean others, as in "acme-inc": they count where there are full ones of the same name.
_SHORT = re.compile(r"(?i)(?<![a-z\d])(?:inc|delta|d|i|l[1-9])(?![a-z\d])")
_NO_LETTER = re.compile(r"(?i)(?<![a-z\d])(?:inc|delta|l[1-9])(?![a-z\d])")
_PLAIN = "plain "  # before the kind of those whose names say nothing
_BETWEEN = re.compile(r"[-_.]+")
_FULL = re.compile(r"(?i)(?<![a-z\d])(?:full|base|complete|f|l0)(?![a-z\d])")
_LIKE_ARCHIVES = re.compile(
    r"(?i)(?!.*\.log\.).+\.(?:tar|t[gbx]z2?|zip|7z|gz|bz2|xz|zst|lz4|sql|dump|bak|rdb|db|sqlite3?|bson|archive"
    r"|gpg|pgp|age|enc)"
)
_TAR = re.compile(r"(?i).+\.(?:tar|tgz|tbz2?|txz)(?:\.\w{1,4})?")
# What a job tells of a tar that is alone in its folder, as Velero in velero-backup.json and shop-results.gz.
_TOLD = re.compile(
    r"(?i).+\.json(?:\.gz)?|.+-(?:logs?|results?|errors?|report|status)\.gz|backup[._](?:info|manifest)"
)


def divided(files: Iterable[StoredFile], pattern: str) -> tuple[list[StoredFile], list[StoredFile]]:
    """Archives, by the pattern of their names without folders, and other files.

    Parts of one archive count as one file with the name that they have in common; the pattern may match this
    name or that of the first part. A file beside an archive, such as ``shop.tar.gz.sha256`` or ``shop.log``, is
    not an archive, nor is one that is still being written, such as ``shop.tar.gz.part``.
    """
    joined = joined_parts(files)
    stems = Counter(stem for file in joined for stem in _stems(file.name))
    tars = Counter(file.name.rpartition("/")[0] for file in joined if _TAR.fullmatch(file.name))
    archives: list[StoredFile] = []
    others: list[StoredFile] = []
    for file in joined:
        of_pattern = any(fnmatch.fnmatchcase(one.rpartition("/")[2], pattern) for one in _names_of(file))
        is_beside = _is_beside(file.name, stems) or _is_told(file.name, tars)
        is_archive = of_pattern and not is_beside and not _UNFINISHED.fullmatch(file.name)
        (archives if is_archive else others).append(file)
    return archives, others


def is_like_archive(name: str) -> bool:
    """Whether a file outside the pattern may be an archive or a dump, by the ending of its name."""
    return _LIKE_ARCHIVES.fullmatch(name) is not None


def full_kinds(names: Iterable[str]) -> dict[str, str]:
    """Full archives by their names without the word that says so, without dates and numbers; and those whose names
    say nothing, as there may be incremental ones of the same name.
    """
    found = {}
    for name in names:
        said = list(_FULL.finditer(name))
        for match in said:
            found[_kind(name[: match.start()] + name[match.end() :])] = name
        if not said and not _SHORT.search(name) and not any(pattern.search(name) for pattern, _ in _NOT_ALL):
            found.setdefault(f"{_PLAIN}{_kind(name)}", name)
    return found


def _kind(name: str) -> str:
    """The name without dates and numbers, whatever is between its words."""
    return _BETWEEN.sub("-", nameless(name)).strip("-")


def holds_all(name: str, full: Mapping[str, str]) -> Coverage:
    """Whether an archive can hold everything, by its name.

    Args:
        full: see ``full_kinds``.
    """
    found = next((got for pattern, got in _NOT_ALL if pattern.search(name)), "")
    beside = ""
    if _SHORT.search(name):
        beside = full.get(_kind(_SHORT.sub("", name)), "")
    if not beside and _NO_LETTER.search(name):
        beside = full.get(f"{_PLAIN}{_kind(_NO_LETTER.sub('', name))}", "")
    if beside and not found:
        found = f"an incremental one, by its name beside {beside}"
    if not found:
        return Coverage()
    return lacking(INCREMENTAL, expected="an archive that holds everything", got=found, hint=ALONE)


def _is_beside(name: str, stems: Counter[str]) -> bool:
    """Whether another file has the name that is left without such endings as ``.sha256.asc``."""
    whole, _, end = name.rpartition(".")
    while _BESIDE.fullmatch(end):
        if stems[whole] > stems[name]:  # its own sum lies beside it as well
            return True
        whole, _, end = whole.rpartition(".")
    return False


def _is_told(name: str, tars: Counter[str]) -> bool:
    """Whether it is what a job tells of the only tar in its folder."""
    folder, _, own = name.rpartition("/")
    return bool(folder) and tars[folder] == 1 and _TOLD.fullmatch(own) is not None


def _stems(name: str) -> list[str]:
    """The name, and all that it begins with up to a dot: ``shop.tar.gz``, ``shop.tar``, ``shop``."""
    folder, slash, own = name.rpartition("/")
    parts = own.split(".")
    return [folder + slash + ".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _names_of(file: StoredFile) -> list[str]:
    return [file.name, *(part.name for part in file.parts[:1])]
