"""The manifest of an archive: a list of its files, in one of two formats.

    {"files": [{"path": "dump.rdb", "bytes": 4711, "sha256": "9f86d0…"}], "created": "…", "counts": {"images": 54}}

or the lines that ``sha256sum`` writes, ``9f86d0…  dump.rdb``. Of its other content only the words of a failed job
count; an entry with less information counts as not understood.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from playbook.core import door
from playbook.core.budget import OverBudget, read_json

LONGEST = 16 * 1024 * 1024  # bytes
MAX_ENTRIES = 500_000
SHAPE = '{"files": [{"path": "…", "bytes": 1, "sha256": "…"}]} or the lines of sha256sum'
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)
_LINE = re.compile(r"\\?(?P<sum>[0-9a-fA-F]{64}) [ *](?P<path>.+)")
_BSD_LINE = re.compile(r"SHA256 \((?P<path>.+)\) = (?P<sum>[0-9a-fA-F]{64})")


class ListedFile(msgspec.Struct, frozen=True):
    """A manifest's entry for one member.

    Attributes:
        bytes: its size; None where not given.
        sha256: of its content, in lower case; empty where not given, or only by another algorithm.
    """

    path: str
    bytes: int | None = None
    sha256: str = ""


_GOOD_IF_TRUE = frozenset({"complete", "completed", "success", "successful", "ok", "finished", "valid"})
_HOLDS_ERRORS = frozenset({"error", "errors", "failures", "failed", "failed_files"})
_STATUS = frozenset({"status", "state", "result", "outcome"})
_BAD_WORDS = frozenset(
    {
        *("failed", "failure", "fail", "error", "errors", "incomplete", "partial", "aborted", "cancelled"),
        *("canceled", "interrupted", "running", "started", "in progress", "in_progress", "pending", "timeout"),
    }
)


class Manifest(msgspec.Struct, frozen=True):
    """The contents of an archive according to itself.

    Attributes:
        created: ISO 8601; may be empty.
        counts: numbers that the job counted.
        odd: entries that are not understood, verbatim.
        failure: a failure of the backup that it reports, e.g. ``"status": "failed"``; empty without one.
    """

    files: list[ListedFile]
    created: str = ""
    counts: dict[str, int] = {}
    odd: list[str] = []
    failure: str = ""


class ShapeError(Exception):
    """The manifest has another format; the message follows "got"."""


def read_manifest(data: bytes) -> Manifest:
    """Parse a manifest; ShapeError where the format is unknown."""
    if len(data) >= LONGEST:
        raise ShapeError(f"one of over {LONGEST // 1024 // 1024} MiB")
    try:
        return _read(data)
    except RecursionError:
        raise ShapeError("one that is nested too deeply") from None


def _read(data: bytes) -> Manifest:
    try:
        document = read_json(data.removeprefix(codecs.BOM_UTF8))
    except OverBudget as error:
        raise ShapeError(f"JSON {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _of_lines(data)
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, list):
        raise ShapeError(f"JSON with {_keys(document)} and no list of files")
    if len(files) > MAX_ENTRIES:
        raise ShapeError(f"a list of over {MAX_ENTRIES:,} files")
    listed, odd = [], []
    for entry in files:
        found = _entry(entry)
        if found:
            listed.append(found)
        else:
            odd.append(msgspec.json.encode(entry).decode())
    if odd and not listed:
        raise ShapeError(f"a list of files with entries such as {door.line(odd[0], 120)}")
    created, counts = document.get("created"), document.get("counts")
    return Manifest(
        listed,
        created if isinstance(created, str) else "",
        {name: count for name, count in counts.items() if isinstance(count, int)}
        if isinstance(counts, dict)
        else {},
        odd,
        _failure_of(document),
    )


def _failure_of(document: dict[str, Any]) -> str:
    """The report of a job that failed or did not finish."""
    for key, value in document.items():
        name = key.casefold()
        word = value.casefold().strip() if isinstance(value, str) else ""
        bad = (name in _GOOD_IF_TRUE and (value is False or word == "false")) or (
            name in _HOLDS_ERRORS
            and value not in (None, "", 0, False)
            and value not in ([], {})
            and word != "none"
        )
        if bad or (name in _STATUS and word in _BAD_WORDS):
            return f'"{key}": {door.line(json.dumps(value), 80)}'
    return ""


def _entry(entry: Any) -> ListedFile | None:
    """One entry; None where it names no file, or gives neither its size nor any checksum."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("path"), str) or not entry["path"]:
        return None
    size, text = entry.get("bytes"), entry.get("sha256")
    found = _SHA256.fullmatch(text) if isinstance(text, str) else None
    if text and not found:
        return None
    counted = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
    if counted is None and ("bytes" in entry or not found):
        return None
    return ListedFile(entry["path"], counted, found[1].lower() if found else "")


def _of_lines(data: bytes) -> Manifest:
    """Parse the output of sha256sum, including the BSD style and its binary mark."""
    if data.count(b"\n") > MAX_ENTRIES:
        raise ShapeError(f"one of over {MAX_ENTRIES:,} lines")
    lines = [line for line in data.decode("utf-8", errors="surrogateescape").splitlines() if line.strip()]
    found = [match for line in lines if (match := _LINE.fullmatch(line) or _BSD_LINE.fullmatch(line))]
    if not found:
        raise ShapeError("one that is neither JSON nor lines of sums" if lines else "an empty one")
    odd = [line for line in lines if not (_LINE.fullmatch(line) or _BSD_LINE.fullmatch(line))]
    return Manifest([ListedFile(match["path"], None, match["sum"].lower()) for match in found], odd=odd)


def _keys(document: Any) -> str:
    if not isinstance(document, dict):
        return f"a {type(document).__name__}"
    return ", ".join(map(repr, list(document)[:5])) or "nothing in it"
