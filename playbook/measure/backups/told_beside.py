"""What a job writes beside an archive: whether it failed, and whether it has ended at all.

Velero writes ``velero-backup.json``, Barman and pg_probackup ``backup.info`` and ``backup.control``, Percona's
backups of MongoDB ``….pbm.json``; other jobs a JSON, a state, an exit code or a log under the archive's own name.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from playbook.clients.backups import BackupStore, StoredFile
from playbook.core.budget import Ambiguous, OverBudget, read_json, read_unambiguous_json
from playbook.core.coverage import Coverage, lacking
from playbook.core.errors import Unmeasured
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.other_forms import OtherForm
from playbook.measure.backups.series import Archive
from playbook.readers.archives.job_log import failure_in_log
from playbook.readers.archives.job_report import has_only_begun, report_of, report_of_lines

_MOST_BYTES = 1 << 20  # of a report
_MOST_READ = 20  # reports beside one archive
_SECONDS = 5.0  # for one report
_END_OF_LOG = 16 << 20  # bytes; one that names each file that was packed is long
_LEAST = 3  # archives that had a file beside them, for it to be missed at the newest
_REPORT = re.compile(r"(?i)(?P<json>json)|(?P<lines>info|control)|(?P<state>status|state|exit|exitcode|rc|result)")
_LOG = re.compile(r"(?i)log|out|stdout|stderr")
# Names of logs that are a job's own, where they lie alone with an archive in its folder.
_OF_A_JOB = re.compile(
    r"(?i)(?:^|[\W_\d])(?:backups?|bkp|dumps?|job|cron|archive|rsync|output|std(?:out|err))(?![a-z])|^log\b"
)
_MARK = re.compile(r"(?i)fail(?:ed|ure)?|err(?:ors?)?")
# What a job writes when it has ended. Logs are begun before, and sums are also written by others.
_OF_THE_END = re.compile(r"(?i).+\.(?:json|info|control|status|exit|ok|done|success|completed?)")


def told_beside(
    store: BackupStore,
    archive: Archive,
    archives: Sequence[Archive],
    others: Iterable[StoredFile],
) -> tuple[str, Coverage]:
    """What the job reports as wrong with an archive, to follow "got", and what of it is not known.

    Args:
        archives: all of them, newest first.
        others: files that are no archives.
    """
    folders = Counter(one.file.name.rpartition("/")[0] for one in archives)
    files = list(others)
    beside = [file for file in _beside(archive.file.name, files, folders) if _is_report(file)]
    problem, seen = "", _ended(archive, archives, files, folders)
    if beside[_MOST_READ:]:
        seen += lacking(
            "reports not read",
            expected=f"each report beside {archive.file.name} to be read",
            got=f"{len(beside)} of them, of which {_MOST_READ} were read",
            hint="Let the folder of an archive hold the reports of its job alone.",
        )
    for file in beside[:_MOST_READ]:
        found, unclear = report_in(store, file)
        problem = problem or (f"{file.name} beside it, in which its job says {found}" if found else "")
        if unclear:
            seen += lacking(
                "report not understood",
                expected=f"{file.name} to say that the backup has ended well",
                got=unclear,
                hint="Look at the log of the backup job.",
            )
    return problem, seen


def told_of_form(store: BackupStore, other: OtherForm) -> OtherForm:
    """A program's own form, with the newest backup that has ended by its report, and what later reports say."""
    failed = ""
    for file in other.reports[:_MOST_READ]:
        failure, _ = report_in(store, file)
        if not failure:
            return replace(other, newest=file, problem=other.problem or failed)
        if not has_only_begun(failure):
            failed = failed or f"{file.name}, in which its job says {failure}"
    return replace(other, problem=other.problem or failed)


def report_in(store: BackupStore, file: StoredFile) -> tuple[str, str]:
    """What a report says went wrong, and what in it is not clear; both are empty where nothing is."""
    ending = file.name.rpartition(".")[2]
    if _MARK.fullmatch(ending):
        # Of a program's errors there is a file also where there are none.
        failed = file.size or not ending.lower().startswith("err")
        return ("that it failed, by this file" if failed else "", "")
    kind, is_log = _REPORT.fullmatch(ending), _LOG.fullmatch(ending)
    if not is_log and (kind is None or file.size > _MOST_BYTES):
        return "", ""
    begin = max(0, file.size - _END_OF_LOG) if is_log else 0
    try:
        data = store.part(file, begin, file.size - begin, within=_SECONDS)
    except Unmeasured as error:
        return "", f"an error ({error})"
    text = _text_of(data)
    if kind is None:
        of_one_night = nameless(file.name) != file.name
        failure, odd = failure_in_log(text, of_one_night=of_one_night)
        cut = f"one of {file.size:,} bytes, of which the last {len(data):,} were read" if begin else ""
        return failure, odd or (cut if of_one_night else "") or _not_text(text)
    if kind["json"]:
        return _report_in_json(text.encode())
    failure, unclear = report_of_lines(text, state=bool(kind["state"]))
    return failure, "; ".join(unclear) or _not_text(text)


def _text_of(data: bytes) -> str:
    """As Windows PowerShell writes it by default (``> job.log``), in UTF-16, and otherwise in UTF-8.

    A program that goes on writing in a log that logrotate has emptied (copytruncate) leaves NUL bytes before it.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    odd, even = data[1::2].count(0), data[::2].count(0)
    if max(odd, even) * 3 > len(data) and min(odd, even) * 20 < len(data):  # without its mark, or its beginning
        is_split = even > odd
        return data[is_split:].decode("utf-16-le", errors="replace")
    return data.removeprefix(codecs.BOM_UTF8).lstrip(b"\0").decode(errors="replace")


def _not_text(text: str) -> str:
    """Why some of a report is not known: a crash, or no text at all; empty where it is."""
    return "one with NUL bytes in its text" if "\0" in text else ""


def _report_in_json(data: bytes) -> tuple[str, str]:
    """As ``report_in``."""
    try:
        document = read_unambiguous_json(data)
    except Ambiguous as error:
        return "", f"JSON {error}"
    except (msgspec.DecodeError, UnicodeDecodeError, OverBudget):
        return "", f"{len(data):,} bytes that are no whole JSON" if _is_cut(data) else ""
    failure, unclear = report_of(document) if isinstance(document, dict) else ("", [])
    return failure, "; ".join(unclear)


def _is_cut(data: bytes) -> bool:
    """Whether it is JSON that breaks off, or nothing at all.

    Not where each line is JSON of its own, as of mongoexport, and not where it is other text.
    """
    if data.strip() and not data.lstrip().startswith((b"{", b"[")):
        return False
    first, _, more = data.partition(b"\n")
    try:
        return not (more and isinstance(read_json(first), dict))
    except (msgspec.DecodeError, UnicodeDecodeError, OverBudget):
        return True


def _is_report(file: StoredFile) -> bool:
    ending = file.name.rpartition(".")[2]
    return bool(_MARK.fullmatch(ending) or _REPORT.fullmatch(ending) or _LOG.fullmatch(ending))


def _beside(name: str, files: Iterable[StoredFile], folders: Counter[str]) -> list[StoredFile]:
    """Files that belong to an archive: under its own name with other endings, or alone with it in its folder."""
    folder, _, own = name.rpartition("/")
    is_alone = bool(folder) and folders[folder] == 1
    found = []
    for file in files:
        place, _, other = file.name.rpartition("/")
        is_own = _is_of(other, own)
        is_log = _LOG.fullmatch(other.rpartition(".")[2]) is not None
        if place == folder and (is_own or (is_alone and (not is_log or _OF_A_JOB.search(other)))):
            found.append((not is_own, file.name, file))
    return [file for _, _, file in sorted(found, key=lambda one: one[:2])]


def _is_of(other: str, own: str) -> bool:
    """Whether a name is that of an archive with other endings: ``shop.json``, ``shop.tar.gz.json``."""
    stem = other
    while "." in stem:
        stem = stem.rpartition(".")[0]
        if stem and (own == stem or own.startswith(f"{stem}.")):
            return True
    return False


def _ended(
    archive: Archive, archives: Sequence[Archive], files: Sequence[StoredFile], folders: Counter[str]
) -> Coverage:
    """Whether there is what the job wrote at the end of each backup before."""
    kind = nameless(archive.file.name)
    before = [one for one in archives if one.made < archive.made and nameless(one.file.name) == kind]
    if len(before) < _LEAST:
        return Coverage()
    marks = [_marks(one.file.name, files, folders) | _siblings(one, archives) for one in before[: _LEAST + 1]]
    missing = sorted(
        set.intersection(*marks) - _marks(archive.file.name, files, folders) - _siblings(archive, archives)
    )
    if not missing:
        return Coverage()
    return lacking(
        "its job may not have ended",
        expected=f"a file like {missing[0].rpartition('/')[2]} beside it, as beside those before",
        got="none",
        hint="Look at the log of the backup job: it writes this file when it ends.",
    )


def _marks(name: str, files: Iterable[StoredFile], folders: Counter[str]) -> set[str]:
    beside = _beside(name, files, folders)
    return {nameless(file.name) for file in beside if _OF_THE_END.fullmatch(file.name)}


def _siblings(archive: Archive, archives: Iterable[Archive]) -> set[str]:
    """The other archives of the same night, where each night has a folder: ``2026-11-22/pg_wal.tar.gz``."""
    folder = archive.file.name.rpartition("/")[0]
    if nameless(folder) == folder:
        return set()
    names = (one.file.name for one in archives if one.file.name.rpartition("/")[0] == folder)
    return {nameless(name) for name in names if name != archive.file.name}
