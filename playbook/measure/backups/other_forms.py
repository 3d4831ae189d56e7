"""What programs keep in a form of their own in place of archives by night, by the names of its files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playbook.clients.backups import StoredFile
from playbook.core.coverage import Coverage, lacking
from playbook.measure.backups.chains import problem_of
from playbook.measure.backups.stored_sets import is_like_archive

# Programs that keep backups in a form of their own, and how the paths of some of their files begin, one of each.
# The first is of one that is written at the end of a backup, empty where any file may be; the last is of all
# volumes or snapshots.
# A tree of files as they are: at least so many, most of them deep in it, and hardly any like an archive.
_TREE = "a tree of files"
_LEAST_OF_TREE, _MOST_ALIKE = 10, 0.1
_DEEP = 2  # folders
_REPOSITORY, _FOLDERS, _SNAPSHOTS = "a repository", "folders", "snapshots"
_ANY = r"(?:.{1,400}/)?"  # folders above
_PG_FILE = rf"{_ANY}\d{{1,10}}\.dat(?:\.|$)"
_MYDUMPER = r".{1,400}-schema(?:-create)?\.sql(?:\.|$)"
_SENTINEL = r"basebackups_005/[^/]{1,200}_backup_stop_sentinel\.json$"
_MYSQL = r"(?:xtrabackup|mariadb_backup)"
# Those whose tars are parts of one backup, and those of whose backups a file says how each has ended.
_IN_PARTS = frozenset({"WAL-G"})
_WITH_REPORTS = frozenset({"Barman", "pg_probackup", "Percona Backup for MongoDB"})
_TAR = re.compile(r"(?i)\.(?:tar|tgz|tbz2?|txz)(?:\.|$)")
_OTHER_FORMS: tuple[tuple[str, str, tuple[re.Pattern[str], ...]], ...] = tuple(
    (program, what, tuple(map(re.compile, forms)))
    for program, what, *forms in (
        ("Kopia", _REPOSITORY, "", rf"{_ANY}kopia\.repository"),
        ("restic", _REPOSITORY, r"snapshots/", r"config$", r"keys/"),
        ("Borg", _REPOSITORY, "", r"config$", r"data/0/"),
        ("Duplicacy", _REPOSITORY, r"snapshots/", r"chunks/"),
        ("pgBackRest", _REPOSITORY, rf"{_ANY}backup/[^/]{{1,200}}/backup\.info"),
        ("WAL-G", _REPOSITORY, rf"{_ANY}{_SENTINEL}", rf"{_ANY}basebackups_005/"),
        ("pg_probackup", _REPOSITORY, rf"{_ANY}backup\.control$", rf"{_ANY}pg_probackup\.conf$"),
        ("Percona Backup for MongoDB", _REPOSITORY, rf"{_ANY}[^/]{{1,40}}Z\.pbm\.json$", rf"{_ANY}\.pbm\.init$"),
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
        ("MySQL Shell", _FOLDERS, rf"{_ANY}@\.done\.json$", rf"{_ANY}@\.json$"),
        ("xtrabackup", _FOLDERS, rf"{_ANY}{_MYSQL}_checkpoints(?:\.|$)", rf"{_ANY}{_MYSQL}_info(?:\.|$)"),
        ("pg_dump", _FOLDERS, rf"{_ANY}toc\.dat$", _PG_FILE),
    )
)


@dataclass(frozen=True, slots=True)
class OtherForm:
    """What a program keeps in a form of its own, of which only the program knows what is in it.

    Attributes:
        what: e.g. ``a repository of restic``.
        newest: the last file of the newest backup that has ended, or, where that is not known, of all; the newest
            backup is not younger. None where files have the times of those of which they are copies.
        problem: what is wrong with the newest backup, by the names and sizes of its files; may be empty.
        reports: files of which each says how one backup has ended, newest first.
    """

    what: str
    program: str
    newest: StoredFile | None
    problem: str = ""
    reports: tuple[StoredFile, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """That nothing else is known."""
        return lacking(self.what, expected="archives by night", got=self.what, hint=self.hint)

    @property
    def hint(self) -> str:
        """What to do."""
        if self.what.startswith((_FOLDERS, _SNAPSHOTS, _TREE)):
            return "Let the job pack the newest of them into a tar every night, and name their place."
        restore = "Let a job restore from it into archives, and name their place."
        return f"Only {self.program} can read it. {restore}"


def other_form_of(files: Sequence[StoredFile], archives: Sequence[StoredFile]) -> OtherForm | None:
    """What the files are instead of archives by night; None where there are tars to read, or nothing is known.

    Args:
        archives: those of the files that the pattern matches.
    """
    tars = [archive for archive in archives if _TAR.search(archive.name)]
    for program, what, forms in _OTHER_FORMS:
        of_form = [[file for file in files if form.match(file.name)] for form in forms]
        if not all(of_form) or (tars and not _are_parts(program, tars, archives, of_form)):
            continue
        own = _are_inside(archives, of_form) if what == _FOLDERS else all(map(forms[-1].match, _names(archives)))
        if what != _REPOSITORY and not own:  # there are other archives, which are judged
            continue
        problem, ended = problem_of(files)
        newest = ended or max(of_form[0], key=lambda file: file.modified)
        if what == _FOLDERS:
            beside = (file for file in files if _folder(file) == _folder(newest) and not file.size)
            problem = next((f"{file.name} of 0 bytes" for file in beside), "")
        reports = sorted(of_form[0], key=lambda file: file.modified, reverse=True)
        return OtherForm(
            f"{what} of {program}",
            program,
            None if what == _SNAPSHOTS else newest,
            problem,
            tuple(reports) if program in _WITH_REPORTS else (),
        )
    return OtherForm(f"{_TREE} as they are", "rsync", None) if _is_tree(files, archives) else None


def _is_tree(files: Sequence[StoredFile], archives: Sequence[StoredFile]) -> bool:
    """Whether they are the files themselves, as rsync and rclone copy them with their times."""
    alike = sum(is_like_archive(file.name) for file in files)
    deep = sum(file.name.count("/") >= _DEEP for file in files)
    is_tree = len(files) >= _LEAST_OF_TREE and deep * 2 > len(files) and alike <= _MOST_ALIKE * len(files)
    return is_tree and not any(file.parts or _TAR.search(file.name) for file in archives)


def _are_parts(
    program: str,
    tars: Sequence[StoredFile],
    archives: Sequence[StoredFile],
    of_form: Sequence[Sequence[StoredFile]],
) -> bool:
    """Whether the tars belong to the program: as parts, or beside files that the pattern also matches."""
    own = {file.name for file in of_form[-1]}
    folders = {_folder(file) for file in of_form[0]}
    if not all(tar.name in own or _folder(tar) in folders for tar in tars):
        return False
    return program in _IN_PARTS or len(tars) < len(archives)


def _are_inside(archives: Iterable[StoredFile], of_form: Iterable[Iterable[StoredFile]]) -> bool:
    """Whether all that the pattern matches is in folders with such files, or below them."""
    folders = {f"{_folder(file)}/" for files in of_form for file in files}
    return all(any(f"{_folder(archive)}/".startswith(folder) for folder in folders) for archive in archives)


def _names(files: Iterable[StoredFile]) -> list[str]:
    return [file.name for file in files]


def _folder(file: StoredFile) -> str:
    return file.name.rpartition("/")[0]
