"""A file that is no tar, and shows by its own form whether it is whole: a dump, packed, encrypted."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import IO, NamedTuple, Protocol

from playbook.clients.backups import StoredFile
from playbook.core.coverage import Coverage, lacking, share
from playbook.readers.archives.bare_dump import BareDump, read_bare_dump
from playbook.readers.archives.inner_files import SHOWS_NOTHING, InnerFile, inner_file
from playbook.readers.archives.inner_names import name_of
from playbook.readers.archives.inspection import unreadable
from playbook.readers.archives.streams import CHUNK, OutOfTimeError, Reader, UnreadableError, is_sealed
from playbook.readers.archives.wholeness import Wholeness

# How what packs or encrypts begins, by the ending that its files have: others have such a name by mistake.
_BEGINNINGS = {
    "gz": (b"\x1f\x8b",),
    "tgz": (b"\x1f\x8b",),
    "bz2": (b"BZh",),
    "xz": (b"\xfd7zXZ\0",),
    "zst": (b"\x28\xb5\x2f\xfd", *(bytes((first,)) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))),
    "lz4": (b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"),
    "gpg": (b"\x84", b"\x85", b"\x8c", b"\xc1", b"\xc3", b"-----BEGIN PGP MESSAGE"),
    "pgp": (b"\x84", b"\x85", b"\x8c", b"\xc1", b"\xc3", b"-----BEGIN PGP MESSAGE"),
    "zip": (b"PK",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "rdb": (b"REDIS0", b"VALKEY"),
    "age": (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE"),
}
_TAR = re.compile(r"(?i)\.(?:tar|t[gbx]z2?|tbz)(?:\.|$)")
_OF_ARCHIVES = ("tar", "zip", "7z")
_RAISE = "Raise backups.read_whole_mb; the weekly verification reads it whole."
_MORE = "Give it more time, or read fewer: backups.read_seconds every day, recovery.verify_seconds every week."
_HINT = "What does not show that it is whole is only proven by a restore: see recovery.restore_command."


def _claims_tar(name: str) -> bool:
    """Whether a file is to be a tar, by its name."""
    return _TAR.search(name) is not None


class Read(Protocol):
    """The result of reading a file as an archive."""

    @property
    def unreadable(self) -> bool:
        """See ``Inspection``."""

    @property
    def no_tar(self) -> bool:
        """See ``Inspection``."""

    @property
    def coverage(self) -> Coverage:
        """See ``Inspection``."""


class OwnEnd(NamedTuple):
    """What a file's own form shows.

    Attributes:
        problem: what is wrong, to follow "got"; empty where nothing is, or where that is not known.
        not_known: coverage in place of what was found; None where that stays.
        dump: a dump that is whole; None where it is none, or not known to be whole.
    """

    problem: str
    not_known: Coverage | None
    dump: BareDump | None = None


def has_own_end(file: StoredFile, found: Read) -> bool:
    """Whether the file is no archive that can be read, so that its own form is to be looked at."""
    return found.unreadable or _is_other(file, found)


def not_read(file: StoredFile, found: Read) -> Coverage:
    """Coverage of such a file that is too large to be read every day."""
    name = _own_name(file)
    is_sealed_by_name = _claims_tar(name) or not _may_be_bare(name)
    return found.coverage if is_sealed_by_name and found.unreadable else share(0, file.size, "bytes", hint=_RAISE)


def own_end(stream: IO[bytes], file: StoredFile, found: Read, *, now: datetime, within: float) -> OwnEnd:
    """What the file's own form shows. The stream is read to its end, unless time runs out.

    Args:
        stream: of all of it.
        now: aware.
        within: limit in seconds; what was read until then was in order.

    Raises:
        Unmeasured: as reading the store does.
    """
    name = _own_name(file)
    may_be_bare = not _claims_tar(name) and _may_be_bare(name)
    reader = Reader(stream, time.monotonic() + within)
    source = io.BufferedReader(reader, CHUNK)
    try:
        head = source.peek(CHUNK)
        is_bare = may_be_bare and not is_sealed(head)
        if is_bare:
            dump = read_bare_dump(source, name, now, reader.require_time)
        else:
            dump = BareDump(Wholeness(_wrong_at_its_end(source, name, reader.require_time)), "")
        while source.read(CHUNK):
            pass
    except OutOfTimeError:
        seen = share(reader.count, file.size, "bytes", hint=_MORE)
        return OwnEnd("", seen if may_be_bare or _is_other(file, found) else None)
    problem, doubt = dump.wholeness
    if doubt == SHOWS_NOTHING:
        doubt = f"{found.coverage.got if found.unreadable else 'a file'}, {doubt}"
    ending = name.rpartition(".")[2].lower()
    if not head.startswith(_BEGINNINGS.get(ending, (b"",))):
        doubt = f"{dump.what or 'a file'} that does not begin as {ending}"
        problem = "" if found.unreadable else f"does not begin as {ending}"
    if not is_bare:
        told = unreadable(UnreadableError(f"{name}, which is no tar")) if _is_other(file, found) else None
    else:
        told = lacking(doubt, expected="a dump that shows that it is whole", got=doubt, hint=_HINT)
    if problem or doubt or not is_bare:
        return OwnEnd(f"a file that {problem}" if problem else "", told)
    return OwnEnd("", None, dump)


def _own_name(file: StoredFile) -> str:
    return file.name.rpartition("/")[2]


def _is_other(file: StoredFile, found: Read) -> bool:
    """Whether it is no tar, and is not to be one either."""
    return found.no_tar and not _claims_tar(file.name)


def _may_be_bare(name: str) -> bool:
    """Whether it may be a dump that can be read, by its name: others are encrypted, or archives."""
    named = name_of(name)
    return named is None or not (named["sealed"] or (named["binary"] or "").lower() in _OF_ARCHIVES)


def _wrong_at_its_end(source: IO[bytes], name: str, require_time: Callable[[], None]) -> str:
    """What is wrong with an archive or an encrypted file, to follow "a file that"; may be empty."""
    inner, _ = inner_file(name, 0, 0, require_time)
    ending = name.rpartition(".")[2].lower()
    if inner is None and ending in _BEGINNINGS:
        inner = InnerFile(require_time, ending=ending, sealed=False)
    if inner is None:
        return ""
    while piece := source.read(CHUNK):
        require_time()
        inner.write(piece)
    return inner.problem
