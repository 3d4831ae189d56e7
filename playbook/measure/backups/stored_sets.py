"""The files of a store as archives: parts of one archive together, and sums and signatures apart. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playbook.clients.backups import StoredFile
from playbook.core.coverage import Coverage, lacking
from playbook.measure.backups.chains import problem_of
from playbook.measure.backups.parts import joined_parts
from playbook.readers.archives.walk import INCREMENTAL

_BESIDE = re.compile(
    r"(?:sha(?:1|224|256|384|512)(?:sums?)?|md5(?:sums?)?|b[23](?:sums?)?|crc(?:32)?|asc|sig|minisig|sigstore|par2"
    r"|log|txt|json|ya?ml|xml|csv|manifest|meta(?:data)?|info|idx|index|toc|lst|list|files|size|notes|snar"
    r"|ok|done|complete|success|stamp|lock)",
    re.IGNORECASE,
)
# What rsync, browsers, WinSCP and backup jobs write until an archive is complete.
_UNFINISHED = re.compile(r"(?i).+(?:\.(?:tmp|temp|part|partial|filepart|inprogress|incomplete|uploading)|~)")
_NOT_ALL = (
    (re.compile(r"(?i)(?<![a-z])(?:incr|incremental|differential)(?![a-z])"), "an incremental one, by its name"),
)
# Programs that keep backups in a form of their own, and how the paths of some of their files begin, one of each.
# The first is of one that is written at the end of a backup, empty where any file may be; the last is of all
# volumes or snapshots.
_REPOSITORY, _FOLDERS, _SNAPSHOTS = "a repository", "folders", "snapshots"
_ANY = r"(?:.{1,400}/)?"  # folders above
_PG_FILE = rf"{_ANY}\d{{1,10}}\.dat(?:\.|$)"
_MYDUMPER = r".{1,400}-schema(?:-create)?\.sql(?:\.|$)"
_OTHER_FORMS: tuple[tuple[str, str, tuple[re.Pattern[str], ...]], ...] = tuple(
    (program, what, tuple(map(re.compile, forms)))
    for program, what, *forms in (
        ("Kopia", _REPOSITORY, "", rf"{_ANY}kopia\.repository"),
        ("restic", _REPOSITORY, r"snapshots/", r"config$", r"keys/"),
        ("Borg", _REPOSITORY, "", r"config$", r"data/0/"),
        ("Duplicacy", _REPOSITORY, r"snapshots/", r"chunks/"),
        ("pgBackRest", _REPOSITORY, rf"{_ANY}backup/[^/]{{1,200}}/backup\.info"),
        ("Barman", _REPOSITORY, rf"{_ANY}base/\d{{8}}T\d{{6}}/backup\.info"),
        ("duplicity", "volumes", "", rf"{_ANY}duplicity-(?:full|inc|new)[.-]"),
        (
            "Duplicati",
            "volumes",
            rf"{_ANY}[^/]{{1,200}}\.dlist\.zip",
            rf"{_ANY}[^/]{{1,200}}\.d(?:block|list|index)\.zip",
        ),
        ("rdiff-backup", _REPOSITORY, rf"{_ANY}rdiff-backup-data/"),
        (
            "rsnapshot",
            _SNAPSHOTS,
            rf"{_ANY}(?:hourly|daily|weekly|monthly|yearly|alpha|beta|gamma|delta)\.\d{{1,3}}/",
        ),
        ("mydumper", _FOLDERS, rf"{_ANY}metadata$", _MYDUMPER),
        ("pg_dump", _FOLDERS, rf"{_ANY}toc\.dat$", _PG_FILE),
    )
)
_LIKE_ARCHIVES = re.compile(
    r"(?i)(?!.*\.log\.).+\.(?:tar|t[gbx]z2?|zip|7z|gz|bz2|xz|zst|lz4|sql|dump|bak|rdb|db|sqlite3?|bson|archive"
    r"|gpg|pgp|age|enc)"
)
_TAR = re.compile(r"(?i)\.(?:tar|tgz|tbz2?|txz)(?:\.|$)")
_ALONE = "An incremental archive alone restores nothing: let the pattern name the full ones."


def divided(files: Iterable[StoredFile], pattern: str) -> tuple[list[StoredFile], list[StoredFile]]:
    """Archives, by the pattern of their names without folders, and other files.

    Parts of one archive count as one file with the name that they have in common; the pattern may match this
    name or that of the first part. A file beside an archive, such as ``shop.tar.gz.sha256`` or ``shop.log``, is
    not an archive, nor is one that is still being written, such as ``shop.tar.gz.part``.
    """
    joined = joined_parts(files)
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


@dataclass(frozen=True, slots=True)
class OtherForm:
    """What a program keeps in a form of its own, of which only the program knows what is in it.

    Attributes:
        what: e.g. ``a repository of restic``.
        newest: the last file of the newest backup that has ended, or, where that is not known, of all; the newest
            backup is not younger. None where files have the times of those of which they are copies.
        problem: what is wrong with the newest backup, by the names and sizes of its files; may be empty.
    """

    what: str
    program: str
    newest: StoredFile | None
    problem: str = ""

    @property
    def coverage(self) -> Coverage:
        """That nothing else is known."""
        return lacking(self.what, expected="archives by night", got=self.what, hint=self.hint)

    @property
    def hint(self) -> str:
        """What to do."""
        if self.what.startswith((_FOLDERS, _SNAPSHOTS)):
            return "Let the job pack the newest of them into a tar every night, and name their place."
        restore = "Let a job restore from it into archives, and name their place."
        return f"Only {self.program} can read it. {restore}"


def other_form_of(files: Sequence[StoredFile], archives: Sequence[StoredFile]) -> OtherForm | None:
    """What the files are instead of archives by night; None where there is a tar among the archives, or where they
    are nothing that is known.

    Args:
        archives: those of the files that the pattern matches.
    """
    if any(_TAR.search(archive.name) for archive in archives):
        return None
    for program, what, forms in _OTHER_FORMS:
        of_form = [[file for file in files if form.match(file.name)] for form in forms]
        if not all(of_form):
            continue
        own = _are_inside(archives, of_form) if what == _FOLDERS else all(map(forms[-1].match, _names(archives)))
        if what != _REPOSITORY and not own:  # there are other archives, which are judged
            continue
        problem, ended = problem_of(files)
        newest = ended or max(of_form[0], key=lambda file: file.modified)
        if what == _FOLDERS:
            beside = (file for file in files if _folder(file) == _folder(newest) and not file.size)
            problem = next((f"{file.name} of 0 bytes" for file in beside), "")
        return OtherForm(f"{what} of {program}", program, None if what == _SNAPSHOTS else newest, problem)
    return None


def _are_inside(archives: Iterable[StoredFile], of_form: Iterable[Iterable[StoredFile]]) -> bool:
    """Whether all that the pattern matches is in folders with such files."""
    return {*map(_folder, archives)} <= {_folder(file) for files in of_form for file in files}


def _names(files: Iterable[StoredFile]) -> list[str]:
    return [file.name for file in files]


def _folder(file: StoredFile) -> str:
    return file.name.rpartition("/")[0]


def holds_all(name: str) -> Coverage:
    """Whether an archive can hold everything, by its name."""
    for pattern, got in _NOT_ALL:
        if pattern.search(name):
            return lacking(INCREMENTAL, expected="an archive that holds everything", got=got, hint=_ALONE)
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
