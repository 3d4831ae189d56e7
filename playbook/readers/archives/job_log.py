"""The log that a backup job leaves beside its archive: whether the job failed by its words.

A job goes on after an error in many ways: ``set -e`` is rare, and of a pipe only the last exit code counts. So
what the program that packs or dumps says of its own failure counts wherever it stands, where the log is of one
night. Other errors count where nothing says afterwards that the backup was made.
"""

from __future__ import annotations

import re

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from playbook.core import door
from playbook.readers.logs import levels
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.text import clean

# The last words of tar, of the programs that dump databases, of those that pack, encrypt and copy, and of a shell.
_BROKEN = re.compile(
    r"\b(?:bsd|g)?tar(?: \(child\))?: (?:Exiting with failure status|Error is not recoverable|Error exit delayed"
    r"|Child (?:died|returned)|Unexpected EOF|.{1,200}: Cannot write)"
    r"|\b(?:mysqldump|mariadb-dump|mysqlpump): (?:Got error|Error\b|Couldn't|\[ERROR\])"
    r"|\bpg_(?:dump(?:all)?|basebackup|restore): (?:error|fatal|\[archiver)"
    r"|^\S{20,32}\s+Failed: |\bmongodump: .{0,40}failed"
    r"|\b(?:gzip|pigz|bzip2|xz|zstd|lz4|split|cat|dd|tee|openssl|gpg|age): .{0,160}(?:No space left on device"
    r"|[Ww]rite error|Input/output error|Disk quota exceeded|Broken pipe|encryption failed|No public key)"
    r"|\brsync error: |^rsync: .{0,200}No space left on device|\bupload failed: |\bNo space left on device$"
    r"|\bI/O Error reading RDB|\bterminating with error status, rc 2|^Fatal: |^(?:Killed|Terminated|Aborted)\b"
    r"|^Segmentation fault"
    r"|\bline \d{1,6}: (?:mysqldump|mariadb-dump|pg_dump(?:all)?|mongodump|redis-cli|tar|gzip|zstd|openssl|gpg"
    r"|age): command not found"
)
_EXIT = re.compile(
    r"(?i)\b(?:exit(?:ed)?(?: with)?(?: code| status)?|return code|rc|status)[ :=]{1,3}[1-9]\d{0,2}\b"
)
_FAILED = re.compile(
    r"(?i)\b(?:backup|dump|job|archiv\w{1,4}|upload|sync)\b.{0,60}(?<![/.])\b(?:failed|aborted|incomplete)\b"
    r"|\b(?:fehlgeschlagen|abgebrochen|échouée?|fallid[oa]|fallit[oa]|mislukt)\b"
    r"|^\W*(?:failed|failure|fail|error|not ok|aborted)\W*$"
)
_ENDED_WELL = re.compile(
    r"(?i)(?<!not )(?<!un)\b(?:completed?|finished|done|succe(?:ss(?:ful(?:ly)?)?|eded)|ok)\b"
    r"(?!.{0,40}\b(?:with(?:out)? (?:errors|success)|failed|failures?)\b)"
)
# Words without which a line matches neither _BROKEN nor _ENDED_WELL: most lines of a long log are names of files.
_TELLING = BytesAhoCorasick(
    [
        word.encode()
        for word in (
            *("exiting with failure status", "not recoverable", "exit delayed", "child died", "child returned"),
            *("unexpected eof", "cannot write", "dump: ", "pump: ", "pg_", "failed", "no space left"),
            *("write error", "quota exceeded", "broken pipe", "no public key", "rsync error", "i/o error"),
            *("input/output error", "terminating with", "fatal: ", "killed", "terminated", "aborted"),
            *("segmentation fault", "command not found", "complete", "finished", "done", "succe", "ok"),
        )
    ],
    matchkind=MatchKind.Standard,
)
_NO_FAILURE = re.compile(
    r"(?i)\b(?:no|0|none|without)\b.{0,20}\b(?:failed|failures?|aborted|incomplete)\b|failed[:= ]{1,3}0\b"
)
# Of a copy that was tried again, as rclone (which says so as an error) and the AWS CLI tell.
_TRIED_AGAIN = re.compile(r"(?i)\battempt \d{1,3}(?:/| of )\d{1,3}:? succeeded\b")
_COPY_FAILED = re.compile(r"\b(upload|copy|move|download) failed: (\S{1,500} to \S{1,500})")
# What is no error: a path, as tar lists its members, or a step and what it is about.
_PATH = re.compile(r"[^\s\d:]*/|\S+$|[-dl][-rwxsStT]{9}\s")
_STEP = re.compile(
    r"\W*(?:[\w.-]+: )?(?:done )?\w+ing\b(?!.*(?:: |\b(?:failed|aborted|error)\W*$))", re.IGNORECASE
)
# Of what is done beside a backup: to tidy up, and to tell of it.
_ASIDE = re.compile(r"(?:rm|rmdir|find|ls|mkdir|chmod|chown|mail|mailx|sendmail|msmtp): ")
_LATEST = 20_000  # lines among which a good end is looked for; without one errors count
_LAST = 6  # lines in which an error counts that is none of ``_BROKEN``
_LONGEST = 100  # characters of a line in a message


def failure_in_log(text: str, *, of_one_night: bool) -> tuple[str, str]:
    """The line by which a job failed, and one of which that is not clear; both are empty where nothing is.

    Args:
        of_one_night: the log is of this archive alone, and not of all nights.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [(number, line) for number, line in enumerate(lines) if may_tell(line)]
    wrong = [
        number for number, line in telling if _BROKEN.search(line) and not _is_copied(line, lines[number + 1 :])
    ]
    ends = (number for number, line in reversed(telling[-_LATEST:]) if _says_well(line))
    well, before = next(ends, -1), next(ends, -1)
    if wrong and (of_one_night or wrong[-1] > well):
        return _quoted(lines[wrong[0 if of_one_night else -1]]), ""
    if wrong and wrong[-1] > before:  # perhaps of the night before
        return "", _quoted(lines[wrong[-1]])
    first = max(0, len(lines) - _LAST)
    bad = [number for number, line in enumerate(lines[first:], first) if _says_failed(line)]
    if not bad:
        return "", ""
    if well < 0 or (bad[-1] > well and _FAILED.search(lines[bad[-1]])):
        return _quoted(lines[bad[-1]]), ""
    return "", _quoted(lines[bad[-1]]) if bad[-1] > well else ""


def may_tell(line: str) -> bool:
    """Whether a line has a word by which a program tells of its end; quickly."""
    return bool(_TELLING.find_matches_as_indexes(line.lower().encode("utf-8", "surrogatepass")))


def _quoted(line: str) -> str:
    return f'"{door.line(line, _LONGEST)}"'


def _is_copied(line: str, later: list[str]) -> bool:
    """Whether the file that could not be copied was copied afterwards."""
    failed = _COPY_FAILED.search(line)
    return failed is not None and f"{failed[1]}: {failed[2]}" in later


def _says_well(line: str) -> bool:
    return _ENDED_WELL.search(line) is not None and not _says_failed(line)


def _says_failed(line: str) -> bool:
    """Whether a line reports an error."""
    if _ASIDE.match(line) or _TRIED_AGAIN.search(line):
        return False
    if _FAILED.search(line) and not _NO_FAILURE.search(line) and not _PATH.match(f"{line} "):
        return True
    if _PATH.match(line) or _STEP.match(line):
        return False
    if _EXIT.search(line):
        return True
    entry = Parser(0.0).parse(clean(line))
    level = entry.level if entry.level or not entry.bare else levels.by_words(entry.text)
    return level >= levels.ERROR
