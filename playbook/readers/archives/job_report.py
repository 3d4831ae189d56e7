"""What a manifest says about the job that made the backup: whether it failed, and what of that is not clear.

Jobs name this in many ways: ``"status": "PartiallyFailed"``, ``"exit_code": 2``, ``"hasErrors": true``,
``"result": {"success": false}``. Keys are compared without case, underscores and hyphens.
"""

from __future__ import annotations

import json
import re
from typing import Any

from playbook.core import door

_GOOD_IF_TRUE = frozenset(
    {"complete", "completed", "success", "successful", "succeeded", "ok", "finished", "valid"}
)
_BAD_IF_TRUE = frozenset(
    {
        *("partial", "incomplete", "truncated", "aborted", "interrupted", "cancelled", "canceled", "timedout"),
        *("dryrun", "haserror", "haserrors", "hasfailures"),
    }
)
_HOLDS_ERRORS = frozenset(
    {
        *("error", "errors", "errorcount", "errorscount", "errormessage", "errored"),
        *("failure", "failures", "failurecount", "failed", "failedcount", "failedfiles", "failedtables"),
        *("faileddatabases", "failedcollections", "faileditems", "fileswitherror", "fileswitherrors"),
        *("missing", "missingfiles", "missingtables", "unreadable", "unreadablefiles", "unreadfiles"),
    }
)
_EXIT_CODES = frozenset({"exitcode", "exitstatus", "returncode", "rc"})
_STATUS = frozenset({"status", "state", "result", "outcome", "phase"})
# Objects in which a job describes itself.
_PARTS = _STATUS | {"job", "backup", "run", "summary"}
_BAD_WORDS = frozenset(
    {
        *("failed", "failure", "failures", "fail", "error", "errors", "incomplete", "partial", "partially"),
        *("aborted", "cancelled", "canceled", "interrupted", "timeout", "timed", "skipped", "stopped", "killed"),
        *("crashed", "unsuccessful", "unfinished", "invalid", "corrupt", "corrupted", "not", "false"),
    }
)
# Of a job that has not ended, unless it also says that it has.
_BEGUN = frozenset({"running", "starting", "started", "progress", "pending", "queued", "syncing"})
_GOOD_WORDS = frozenset(
    {
        *("ok", "success", "successful", "successfully", "succeeded", "complete", "completed", "done"),
        *("finished", "good", "valid", "verified", "passed", "pass", "true", "yes"),
        "available",  # as DigitalOcean and AWS call a backup of a database
    }
)
_WARNED = frozenset({"warning", "warnings"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NONE_OF_THEM = re.compile(
    r"(?i)\b(?:no|0|zero|without(?: any)?) (?:errors?|failed|failures?|warnings?|problems?|skipped)\b"
)
_NOTHING = frozenset({"", "0", "none", "no", "n", "false", "null"})  # "N" of xtrabackup
# An exit code, perhaps of each of several programs.
_CODES = re.compile(r"(?i)(?:exit(?:ed)?(?: code| status)?|rc)?[ :]*(-?\d{1,9}(?:\s+-?\d{1,9}){0,9})")


def report_of_lines(text: str, *, state: bool) -> tuple[str, list[str]]:
    """As ``report_of``, of lines such as ``status=FAILED``.

    Args:
        state: a text without such lines is a state or an exit code.
    """
    pairs = [
        line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#")
    ]
    if not pairs and state and text.strip():
        codes = _CODES.fullmatch(text.strip())
        numbers = [int(number) for number in codes[1].split()] if codes else []
        return report_of({"exit code": max(numbers, key=abs)} if numbers else {"status": text.strip()})
    return report_of({name.strip(): value.strip().strip("\"'") for name, _, value in pairs})


def has_only_begun(failure: str) -> bool:
    """Whether a failure in the words of ``report_of`` is that the job has not ended."""
    return bool({word.lower() for word in _WORD.findall(failure)} & _BEGUN)


def report_of(document: dict[str, Any], *, inner: bool = False) -> tuple[str, list[str]]:
    """The report of a job that failed or did not finish, e.g. ``"status": "failed"``, empty without one; and
    states that are not understood.
    """
    unclear: list[str] = []
    for key, value in document.items():
        name = re.sub(r"[^a-z]", "", key.casefold())
        shown = f'"{key}": {door.line(json.dumps(value), 80)}'
        if isinstance(value, dict):
            if name in _PARTS and not inner:
                failure, more = report_of(value, inner=True)
                if failure:
                    return failure, unclear
                unclear += more
            elif name in _HOLDS_ERRORS and value:
                return shown, unclear
        elif _is_bad(name, value):
            return shown, unclear
        elif name in _STATUS and not _is_known_good(value):
            unclear.append(shown)
    return "", unclear


def _is_bad(name: str, value: Any) -> bool:
    nothing = not value or (isinstance(value, str) and value.casefold().strip() in _NOTHING)
    if name in _GOOD_IF_TRUE:
        return nothing and value not in (None, "", [])
    if name in _STATUS:
        words = _words(value) if isinstance(value, str) else set()
        ended = words & _GOOD_WORDS
        return value is False or bool(words & _BAD_WORDS or (words & _BEGUN and not ended))
    return not nothing and name in _BAD_IF_TRUE | _HOLDS_ERRORS | _EXIT_CODES


def _is_known_good(state: Any) -> bool:
    """A number other than 0 is one program's success and another's failure; null and true are what they say."""
    return _is_good(state) if isinstance(state, str) else state is True or not state


def _is_good(state: str) -> bool:
    if state.strip() in ("", "0") or _NONE_OF_THEM.search(state):
        return True
    words = _words(state)
    return bool(words & _GOOD_WORDS and not words & _WARNED)


def _words(state: str) -> set[str]:
    """The words of a state, in lower case: ``PartiallyFailed`` has two."""
    return {word.lower() for word in _WORD.findall(_NONE_OF_THEM.sub("", state))}
