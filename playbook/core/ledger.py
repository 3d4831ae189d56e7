"""Append-only files of statements by people: one JSON object per line, each sealed by a digest of its content.

A ledger is kept in git, which records who added a line and when. The digest is no signature: it reveals a line
that was changed by hand or by a merge, so that only what was originally written counts. Lines are only ever added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from playbook.core import lines
from playbook.core.errors import Denied, Unreachable

DIGEST = "digest"
# No statement is longer; such a line was not written by us.
LONGEST_LINE = 64 * 1024

T = TypeVar("T", bound=msgspec.Struct)


class Entry(NamedTuple):
    """One line.

    Attributes:
        number: line number, from 1.
        value: its content; None where it cannot be read.
        problem: why it is refused, continuing the words ``line 3``; empty where it is not.
    """

    number: int
    value: Any
    problem: str


def digest_of(fields: Mapping[str, Any]) -> str:
    """``sha256:…`` of the fields in any order or spacing, without the digest itself."""
    content = {key: value for key, value in fields.items() if key != DIGEST}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_about(targets: Sequence[str], target: str) -> bool:
    """Whether a line with these targets, names or patterns, is about a target; an empty list is about each."""
    return not targets or any(fnmatchcase(target, each) for each in targets)


def sealed(fields: Mapping[str, Any]) -> bytes:
    """The line for these fields, digest and line feed included."""
    whole = {**fields, DIGEST: digest_of(fields)}
    return json.dumps(whole, ensure_ascii=False).encode() + b"\n"


def append(file: Path, fields: Mapping[str, Any]) -> None:
    """Append one line atomically and sync it to disk. Safe for concurrent use.

    Raises:
        UsageError: the file cannot be written.
    """
    lines.append(file, sealed(fields))


def read(file: Path, kind: type[T], service: str, hint: str) -> list[Entry]:
    """Every line as ``kind``, in order; a damaged or changed line carries its problem.

    Raises:
        Unreachable: the file does not exist.
        Denied: it may not be read.
    """
    try:
        text = lines.read(file)
    except FileNotFoundError:
        raise Unreachable(
            f"{service}: expected the file {file.name}, which is not there", service=service, hint=hint
        ) from None
    except PermissionError:
        raise Denied(f"{service}: expected to be allowed to read {file.name}", service=service) from None
    except OSError as error:
        raise Unreachable(f"{service}: {file.name} cannot be read: {error.strerror}", service=service) from None
    return list(entries(text, kind))


def entries(text: bytes, kind: type[T]) -> Iterator[Entry]:
    """Every line of a ledger as ``kind``, in order; blank ones are omitted."""
    for number, line, problem in lines.numbered(text, LONGEST_LINE):
        if problem:
            if line.strip():
                yield Entry(number, None, problem)
            continue
        try:
            fields = msgspec.json.decode(line, type=dict[str, Any])
            value = msgspec.convert(fields, kind)
        except lines.DAMAGE as error:
            yield Entry(number, None, lines.damage(error))
            continue
        intact = fields.get(DIGEST) == digest_of(fields)
        yield Entry(number, value, "" if intact else "was edited: its digest does not match its content")
