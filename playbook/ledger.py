"""Files that people's words are added to: one JSON object a line, each sealed by a digest over its content.

A ledger lives in git, which knows who added a line and when. The digest is no signature: it shows a line that was
changed by hand or by a merge, so that what counts is what was written. Lines are only ever added.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from playbook.errors import Denied, Unreachable, UsageError

DIGEST = "digest"
# Nobody's reason is longer; a line that is was not written by us.
LONGEST_LINE = 64 * 1024

T = TypeVar("T", bound=msgspec.Struct)


class Entry(NamedTuple):
    """One line.

    Attributes:
        number: of the line, from 1.
        value: what it says; None where it cannot be read.
        problem: why it is refused, continuing the words ``line 3``; empty where it is not.
    """

    number: int
    value: Any
    problem: str


def digest_of(fields: Mapping[str, Any]) -> str:
    """``sha256:…`` over the fields, however they are ordered or spaced; the digest itself is left out."""
    content = {key: value for key, value in fields.items() if key != DIGEST}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sealed(fields: Mapping[str, Any]) -> bytes:
    """The line for these fields, digest and line feed included."""
    whole = {**fields, DIGEST: digest_of(fields)}
    return json.dumps(whole, ensure_ascii=False).encode() + b"\n"


def append(file: Path, fields: Mapping[str, Any]) -> None:
    """Add one line, whole or not at all, on disk when this returns. Safe when several do it at once.

    Raises:
        UsageError: the file cannot be written.
    """
    line = sealed(fields)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX) as descriptor:
            size = os.fstat(descriptor).st_size
            unfinished = size and os.pread(descriptor, 1, size - 1) != b"\n"
            try:
                _write(descriptor, (b"\n" if unfinished else b"") + line)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None


def read(file: Path, kind: type[T], service: str, hint: str) -> list[Entry]:
    """Every line as ``kind``, in order; a line that is damaged or was changed is there with its problem.

    Raises:
        Unreachable: the file is not there.
        Denied: it may not be read.
    """
    try:
        with _locked(file, os.O_RDONLY, fcntl.LOCK_SH):
            text = file.read_bytes()
    except FileNotFoundError:
        raise Unreachable(
            f"{service}: expected the file {file.name}, which is not there", service=service, hint=hint
        ) from None
    except PermissionError:
        raise Denied(f"{service}: expected to be allowed to read {file.name}", service=service) from None
    except OSError as error:
        raise Unreachable(f"{service}: {file.name} cannot be read: {error.strerror}", service=service) from None
    return list(_entries(text, kind))


def _entries(text: bytes, kind: type[T]) -> Iterator[Entry]:
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            yield Entry(number, None, f"is damaged: {len(line):,} bytes long")
            continue
        try:
            fields = msgspec.json.decode(line, type=dict[str, Any])
            value = msgspec.convert(fields, kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Entry(number, None, f"is damaged: {str(error).replace('`', '')}")
            continue
        intact = fields.get(DIGEST) == digest_of(fields)
        yield Entry(number, value, "" if intact else "was edited: its digest does not match what it says")


@contextmanager
def _locked(file: Path, flags: int, lock: int) -> Iterator[int]:
    descriptor = os.open(file, flags | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, lock)
        yield descriptor
    finally:
        os.close(descriptor)  # gives the lock up too


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
