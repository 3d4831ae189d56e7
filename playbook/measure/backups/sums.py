"""Sums that are stored beside the archives: ``shop.tar.gz.sha256``, ``SHA256SUMS``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import IO, cast

from playbook.clients.backups import BackupStore, StoredFile
from playbook.core.errors import Unmeasured
from playbook.readers.archives.manifest import ALGORITHMS, ShapeError, read_manifest
from playbook.readers.archives.verification import Verification, Wanted, verify

_MOST_BYTES = 1 << 20  # of a list
_KIND = r"(?:md5|sha-?(?:1|224|256|384|512))(?:sums?)?"
_OF_ONE = re.compile(rf"(?i)\.{_KIND}(?:\.txt)?")
_OF_MANY = re.compile(rf"(?i)(?:.{{0,80}}[._-])?{_KIND}(?:\.txt)?|(?:check)?sums?(?:\.txt)?")
# Other kinds of sums as long as those of SHA-2, of which a list with a name such as CHECKSUMS may be.
_AS_LONG = {32: ("md5",), 40: ("sha1",), 56: ("sha224", "sha3_224"), 64: ("sha256", "sha3_256", "blake2s")}
_AS_LONG |= {96: ("sha384", "sha3_384"), 128: ("sha512", "sha3_512", "blake2b")}
_SAYS_KIND = re.compile(rf"(?i)(?:^|[._-]){_KIND}")
_BARE = re.compile(rb"\s*([0-9a-fA-F]{32,128})\s*")


class _Summed:
    """A stream that also makes sums of what is read from it."""

    def __init__(self, stream: IO[bytes], algorithms: Iterable[str]) -> None:
        self._stream = stream
        self._sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}

    def read(self, count: int = -1) -> bytes:
        """As of any stream."""
        piece = self._stream.read(count)
        for one in self._sums.values():
            one.update(piece)
        return piece

    def digest(self, algorithm: str) -> str:
        """In hexadecimal digits, of the whole stream: what has not been read is read now."""
        while self.read(_MOST_BYTES):
            pass
        return self._sums[algorithm].hexdigest()


def verify_with_sums(
    store: BackupStore,
    archive: StoredFile,
    others: Sequence[StoredFile],
    wanted: Wanted,
    *,
    now: datetime,
    seconds: float,
) -> Verification:
    """One archive, compared with its sums that are stored beside it too."""
    sums = {} if archive.parts else _sums_beside(store, archive, others, seconds)
    with store.open(archive, within=seconds) as opened:
        kinds = {name: _kinds(name, digest) for name, digest in sums.items()}
        stream = _Summed(opened, {kind for one in kinds.values() for kind in one})
        found = verify(cast(IO[bytes], stream), archive.size, wanted, now=now, seconds=seconds)
        if not found.whole or found.problems:
            return found
        differing = [
            name for name, digest in sums.items() if digest not in {stream.digest(kind) for kind in kinds[name]}
        ]
    problem = f"an archive that differs from its sum in {differing[0]}" if differing else ""
    return replace(found, problems=(problem,)) if problem else found


def _kinds(name: str, digest: str) -> tuple[str, ...]:
    """The algorithms that a sum may be of, by the name of its list and its length."""
    return (ALGORITHMS[len(digest)],) if _SAYS_KIND.search(name) else _AS_LONG[len(digest)]


def _sums_beside(
    store: BackupStore, archive: StoredFile, others: Iterable[StoredFile], within: float
) -> dict[str, str]:
    """The sums of an archive by the names of the files that state them; one that is not understood states none."""
    folder, _, name = archive.name.rpartition("/")
    found = {}
    for file in others:
        place, _, other = file.name.rpartition("/")
        own = other.startswith(name) and _OF_ONE.fullmatch(other, len(name)) is not None
        if place != folder or file.size > _MOST_BYTES or not (own or _OF_MANY.fullmatch(other)):
            continue
        with suppress(Unmeasured, ShapeError):
            digest = _sum_in(store.part(file, 0, file.size, within=within), name, own=own)
            if digest:
                found[other] = digest
    return found


def _sum_in(data: bytes, name: str, *, own: bool) -> str:
    """The sum of this archive in a list; empty where it has none."""
    bare = _BARE.fullmatch(data) if own else None
    if bare:
        digest = bare[1].decode().lower()
        return digest if len(digest) in ALGORITHMS else ""
    listed = {one.path.rpartition("/")[2]: one.digest for one in read_manifest(data).files}
    return listed.get(name, "")
