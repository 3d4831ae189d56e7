"""A file that is no tar, and shows by its end and its lengths whether it is whole: a dump, packed, encrypted."""

from __future__ import annotations

import math
import re
import time
from typing import NamedTuple, Protocol

from playbook.clients.backups import BackupStore, StoredFile
from playbook.core.coverage import Coverage
from playbook.readers.archives.dump_statements import is_structure
from playbook.readers.archives.inner_files import InnerFile, inner_file
from playbook.readers.archives.inspection import unreadable
from playbook.readers.archives.streams import CHUNK, OutOfTimeError, UnreadableError

# How what packs or encrypts begins, by the ending that its files have: others have such a name by mistake.
_BEGINNINGS = {
    "gz": (b"\x1f\x8b",),
    "tgz": (b"\x1f\x8b",),
    "bz2": (b"BZh",),
    "xz": (b"\xfd7zXZ\0",),
    "zst": (b"\x28\xb5\x2f\xfd",),
    "lz4": (b"\x04\x22\x4d\x18",),
    "gpg": (b"\x84", b"\x85", b"\x8c", b"\xc1", b"\xc3", b"-----BEGIN PGP MESSAGE"),
    "pgp": (b"\x84", b"\x85", b"\x8c", b"\xc1", b"\xc3", b"-----BEGIN PGP MESSAGE"),
    "zip": (b"PK",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "rdb": (b"REDIS0", b"VALKEY"),
    "age": (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE"),
}
_TAR = re.compile(r"(?i)\.(?:tar|t[gbx]z2?|tbz)(?:\.|$)")


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


class OwnEnd(NamedTuple):
    """What a file's own form shows.

    Attributes:
        problem: what is wrong, to follow "got"; empty where nothing is, or where that is not known.
        not_known: coverage in place of what was found, as the file is not to be a tar; None where it is.
    """

    problem: str
    not_known: Coverage | None


def own_end(
    store: BackupStore, file: StoredFile, found: Read, *, most: float, within: float, longest: float = math.inf
) -> OwnEnd | None:
    """What the file's own form shows, where it is no archive that can be read; None where it is one.

    Args:
        most: bytes that are unpacked; of more only the beginning is looked at.
        within: limit in seconds; what was read until then was in order.
        longest: bytes of a file that is read for it.

    Raises:
        Unmeasured: as reading the store does.
    """
    is_other = found.no_tar and not _claims_tar(file.name)
    if not found.unreadable and not is_other:
        return None
    problem = ""
    if file.size <= longest:
        problem = _wrong_at_its_end(store, file, most=most, within=within, known=found.unreadable)
    nothing = unreadable(UnreadableError(f"{file.name.rpartition('/')[2]}, which is no tar"))
    return OwnEnd(problem, nothing if is_other else None)


def _wrong_at_its_end(store: BackupStore, file: StoredFile, *, most: float, within: float, known: bool) -> str:
    """As ``own_end``.

    Args:
        known: its content is of a form that is known, perhaps of another than its name says.
    """
    until = time.monotonic() + within

    def require_time() -> None:
        if time.monotonic() > until:
            raise OutOfTimeError

    ending = file.name.rpartition(".")[2].lower()
    inner, _ = inner_file(file.name.rpartition("/")[2], file.size, round(most), require_time)
    if inner is None and ending in _BEGINNINGS:
        inner = InnerFile(require_time, ending=ending, sealed=False, whole=file.size <= most)
    if inner is None:
        return ""
    try:
        with store.open(file, within=within) as stream:
            piece = stream.read(CHUNK)
            if not piece.startswith(_BEGINNINGS.get(ending, (b"",))):
                return "" if known else f"a file that does not begin as {ending}"
            while piece:
                require_time()
                inner.write(piece)
                piece = stream.read(CHUNK)
    except OutOfTimeError:
        return ""
    if not inner.problem and inner.has_rows is False and not is_structure(file.name):
        return "a dump in which no table has a row"
    return f"a file that {inner.problem}" if inner.problem else ""
