"""Sums that are stored beside the archives: ``shop.tar.gz.sha256``, ``SHA256SUMS``, ``B2SUMS``, ``checksums.txt``.

A list whose name states no kind may be of any: BLAKE3 is as long as SHA-256. Where no known kind matches, another
file of such a list shows of which kind it is.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, cast

from playbook.clients.backups import BackupStore, StoredFile
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.errors import Unmeasured
from playbook.measure.backups.nameless import nameless
from playbook.measure.backups.own_end import has_own_end, own_end
from playbook.readers.archives.bare_dump import BareDump
from playbook.readers.archives.manifest import ALGORITHMS, ShapeError, read_manifest
from playbook.readers.archives.streams import OutOfTimeError
from playbook.readers.archives.verification import Verification, Wanted, verify

_MOST_BYTES = 1 << 20  # of a list
_SHA2 = r"md5|sha-?(?:1|224|256|384|512)"
_OTHERS = r"sha-?3(?!84)(?:[-_]?(?:224|256|384|512))?|b2|blake2[bs]?(?:[-_]?\d{3})?"
_MOST_OTHERS = 3  # files that are read to know the kind of a list's sums
# Kinds that hashlib has not.
_UNKNOWN = r"b3|blake3|crc(?:32c?|64)?|xxh(?:ash|32|64|128|3)?|sm3|whirlpool|rmd160|ripemd160|tiger|cksum"
_KIND = rf"(?:{_OTHERS}|{_SHA2}|{_UNKNOWN})(?:sums?)?"
_OF_ONE = re.compile(rf"(?i)\.{_KIND}(?:\.txt)?")
_OF_MANY = re.compile(rf"(?i)(?:.{{0,80}}[._-])?{_KIND}(?:\.txt)?|(?:check)?sums?(?:\.txt)?")
_NAMED = re.compile(rf"(?i)(?:^|[._-])(?:(?P<sha2>{_SHA2})|(?P<other>{_OTHERS})|{_UNKNOWN})(?:sums?)?(?:\.|$)")
_SHA3 = {56: ("sha3_224",), 64: ("sha3_256",), 96: ("sha3_384",), 128: ("sha3_512",)}
_SHORTER = 128  # hexadecimal digits of a whole BLAKE2b
_BLAKE2S = 64
# What a list with a name such as CHECKSUMS may be of.
_AS_LONG = {
    length: (name, *_SHA3.get(length, ()), *(("blake2s",) if length == _BLAKE2S else ()), f"blake2b-{length // 2}")
    for length, name in ALGORITHMS.items()
}
_BARE = re.compile(rb"\s*([0-9a-fA-F]{32,128})\s*")
# With the kind before the path: of BSD, of openssl dgst and of ``--tag``.
_TAGGED = re.compile(r"\\?(?P<kind>[A-Za-z][\w-]{1,15}) ?\((?P<path>.+)\) ?= (?P<sum>[0-9a-fA-F]{8,128})")


@dataclass(frozen=True, slots=True)
class _Sum:
    """The sum of one file.

    Attributes:
        place: the list that states it.
        kinds: the algorithms of which it may be; none where it is of one that is not known here.
        named: the list says of which kind it is.
    """

    place: StoredFile
    digest: str
    kinds: tuple[str, ...]
    named: bool


class _Summed:
    """A stream that also makes sums of what is read from it."""

    def __init__(self, stream: IO[bytes], kinds: Iterable[str]) -> None:
        self._stream = stream
        self._sums = {kind: _new(kind) for kind in kinds}

    def read(self, count: int = -1) -> bytes:
        """As of any stream."""
        piece = self._stream.read(count)
        for one in self._sums.values():
            one.update(piece)
        return piece

    def digests(self, kinds: Iterable[str], until: float) -> dict[str, str]:
        """In hexadecimal digits by kind, of the whole stream: what has not been read is read now.

        Raises:
            OutOfTimeError: at ``until`` of ``time.monotonic()``.
        """
        while self.read(_MOST_BYTES):
            if time.monotonic() > until:
                raise OutOfTimeError
        return {kind: self._sums[kind].hexdigest() for kind in kinds}


def verify_with_sums(
    store: BackupStore,
    archive: StoredFile,
    files: Sequence[StoredFile],
    wanted: Wanted,
    *,
    now: datetime,
    seconds: float,
) -> Verification:
    """One archive, or a dump that is none, compared with its sums that are stored beside it too.

    Args:
        files: all of the store.
        seconds: time limit for all that is read for it.
    """
    until = time.monotonic() + seconds
    sums, unclear, untold = ([], Coverage(), []) if archive.parts else _beside(store, archive, files, until)
    with store.open(archive, within=_left(until)) as opened:
        stream = _Summed(opened, {kind for one in sums for kind in one.kinds})
        found = verify(cast(IO[bytes], stream), archive.size, wanted, now=now, seconds=_left(until))
        if found.whole and not found.problems:
            return _compared(store, archive, files, found, stream, (sums, unclear, untold), until)
    if not has_own_end(archive, found):
        return found
    with store.open(archive, within=_left(until)) as opened:
        stream = _Summed(opened, {kind for one in sums for kind in one.kinds})
        end = own_end(cast(IO[bytes], stream), archive, found, now=now, within=_left(until))
        if end.dump:
            found = _of_dump(archive, end.dump)
        elif end.not_known:
            found = replace(found, problems=(), coverage=end.not_known)
        if end.problem:
            return replace(found, problems=(end.problem,))
        compared = _compared(store, archive, files, found, stream, (sums, unclear, untold), until)
    if end.dump and end.dump.unsummed and not (sums and compared.coverage.enough):
        return replace(compared, coverage=compared.coverage + _unsummed(end.dump))
    return compared


def _left(until: float) -> float:
    return max(until - time.monotonic(), 0.0)


def _of_dump(archive: StoredFile, dump: BareDump) -> Verification:
    """A whole dump as the result of reading an archive with nothing else in it."""
    name = archive.name.rpartition("/")[2]
    coverage = whole("1 dump")
    if dump.unread:
        hint = "Only a restore shows what is in it."
        coverage += lacking("not understood", expected="a dump that is understood", got=dump.unread, hint=hint)
    return Verification(
        (),
        f"read to its end: {dump.what}",
        whole=True,
        members=1,
        bytes=archive.size,
        folders={".": (1, archive.size)},
        dump=dump.dump,
        dump_path=name if dump.dump else "",
        times=replace(dump.times, databases=(name,)),
        of_databases={name: archive.size},
        coverage=coverage,
    )


def _unsummed(dump: BareDump) -> Coverage:
    return lacking(
        "no sum",
        expected="a sum of each byte, in the dump or beside it",
        got=dump.unsummed,
        hint="Let the job write one beside it (sha256sum FILE > FILE.sha256), or pack the dump by gzip or zstd.",
    )


def _compared(  # noqa: PLR0917
    store: BackupStore,
    archive: StoredFile,
    files: Iterable[StoredFile],
    found: Verification,
    stream: _Summed,
    beside: tuple[list[_Sum], Coverage, list[str]],
    until: float,
) -> Verification:
    """A sound archive, with what its sums say.

    Args:
        stream: of the archive.
        beside: see ``_beside``.
        until: of ``time.monotonic()``.
    """
    sums, unclear, untold = beside
    try:
        differing = [one for one in sums if one.digest not in stream.digests(one.kinds, until).values()]
    except OutOfTimeError:
        name = archive.name.rpartition("/")[2]
        hint = "Give it more time (recovery.verify_seconds)."
        seen = lacking(
            "sum not compared", expected=f"{name} to be compared with its sum", got="no time left", hint=hint
        )
        return replace(found, coverage=found.coverage + unclear + seen)
    how = found.how + "".join(
        f"; not compared with {name}, whose kind of sum is not known here" for name in untold
    )
    found = replace(found, how=how, coverage=found.coverage + unclear)
    for one in differing:
        name = one.place.name.rpartition("/")[2]
        if one.named or _proven(store, one, archive, files, until):
            return replace(found, problems=(f"an archive that differs from its sum in {name}",))
        seen = lacking(
            f"sum in {name}",
            expected=f"its sum in {name} ({', '.join(one.kinds)})",
            got="another one, or one of a kind that is not known here, as BLAKE3 is",
            hint=f"Name the kind of the sums in the name of the list (SHA256SUMS in place of {name}).",
        )
        found = replace(found, coverage=found.coverage + seen)
    return found


def _new(kind: str) -> hashlib._Hash:
    name, _, size = kind.partition("-")
    if size:
        return cast("hashlib._Hash", hashlib.blake2b(digest_size=int(size), usedforsecurity=False))
    return hashlib.new(name, usedforsecurity=False)


def _kinds(name: str, digest: str) -> tuple[tuple[str, ...], bool]:
    """The algorithms that a sum may be of, by the name of its list or its line, and whether that name says one."""
    named = _NAMED.search(name)
    length = len(digest)
    if named is None:
        return _AS_LONG.get(length, ()), False
    if named["sha2"]:
        return ((ALGORITHMS[length],) if length in ALGORITHMS else ()), True
    kind = (named["other"] or "").lower()
    if kind.startswith("sha"):
        return _SHA3.get(length, ()), True
    if kind.startswith("blake2s"):
        return (("blake2s",) if length == _BLAKE2S else ()), True
    return ((f"blake2b-{length // 2}",) if kind and length <= _SHORTER else ()), True


def _is_unknown(name: str) -> bool:
    """Whether a list is of sums that are not known here, by its name."""
    named = _NAMED.search(name)
    return named is not None and not named["sha2"] and not named["other"]


def _is_list(other: str, name: str) -> bool:
    """Whether a name is that of a list: ``SHA256SUMS``, or ``shop.sha256`` beside ``shop.tar.gz``."""
    stem = _OF_ONE.sub("", other)
    return _OF_MANY.fullmatch(other) is not None or (stem != other and name.startswith(f"{stem}."))


def _beside(
    store: BackupStore, archive: StoredFile, files: Iterable[StoredFile], until: float
) -> tuple[list[_Sum], Coverage, list[str]]:
    """The sums of an archive; which files of its own state none; and lists with one that is not known here."""
    folder, _, name = archive.name.rpartition("/")
    found: list[_Sum] = []
    untold: list[str] = []
    unclear = Coverage()
    for file in files:
        place, _, other = file.name.rpartition("/")
        own = other.startswith(name) and _OF_ONE.fullmatch(other, len(name)) is not None
        if place != folder or file.size > _MOST_BYTES or not (own or _is_list(other, name)):
            continue
        try:
            data = store.part(file, 0, file.size, within=_left(until))
        except Unmeasured as error:
            unclear += _not_understood(other, f"an error ({error})")
            continue
        stated = _sums_in(data, file, own=name if own else "")
        # Made under another name: of the archive before it was renamed, or of what it was packed from.
        renamed = [replace(single, named=False) for single in stated.values()] if own else []
        one = stated.get(name) or (renamed[0] if len(renamed) == 1 else None)
        if one and one.kinds:
            found.append(one)
        elif one or (_is_unknown(other) if own else name.encode() in data):
            untold.append(other)
        elif own:
            unclear += _not_understood(other, f"{file.size:,} bytes without one")
    return found, unclear, untold


def _not_understood(name: str, got: str) -> Coverage:
    hint = "Look at the log of the backup job: it may have broken off."
    return lacking("sum not understood", expected=f"a sum of the archive in {name}", got=got, hint=hint)


def _sums_in(data: bytes, file: StoredFile, *, own: str) -> Mapping[str, _Sum]:
    """The sums in a list by the names of files without folders.

    Args:
        own: the only file that it is of, by its name; empty where it is of many.
    """
    other = file.name.rpartition("/")[2]
    bare = _BARE.fullmatch(data) if own else None
    if bare:
        digest = bare[1].decode().lower()
        return {own: _Sum(file, digest, *_kinds(other, digest))}
    found: dict[str, _Sum] = {}
    for line in data.decode(errors="replace").splitlines():
        if tagged := _TAGGED.fullmatch(line.strip()):
            digest = tagged["sum"].lower()
            kinds, named = _kinds(tagged["kind"], digest)
            found[tagged["path"].rpartition("/")[2]] = _Sum(file, digest, kinds if named else (), named=True)
    if not found:
        try:
            listed = read_manifest(data).files
        except ShapeError:
            return {}
        for one in listed:
            found[one.path.rpartition("/")[2]] = _Sum(file, one.digest, *_kinds(other, one.digest))
    return found


def _proven(store: BackupStore, one: _Sum, archive: StoredFile, files: Iterable[StoredFile], until: float) -> bool:
    """Whether another file matches its sum in this list, or in that of another night: its kind is known then.

    Args:
        until: of ``time.monotonic()``, for all that is read for it; what is not found by then is not known.
    """
    by_name = {file.name: file for file in files}
    places = [one.place, *(file for file in by_name.values() if _is_alike(file, one.place))]
    for place in places:
        if time.monotonic() > until:
            return False
        folder, slash, _ = place.name.rpartition("/")
        try:
            sums = _sums_in(store.part(place, 0, place.size, within=_left(until)), place, own="")
            others = [
                (by_name[f"{folder}{slash}{name}"], stated)
                for name, stated in sums.items()
                if f"{folder}{slash}{name}" in by_name and f"{folder}{slash}{name}" != archive.name
            ]
            for file, stated in sorted(others, key=lambda pair: pair[0].size)[:_MOST_OTHERS]:
                with store.open(file, within=_left(until)) as opened:
                    if stated.digest in _Summed(opened, stated.kinds).digests(stated.kinds, until).values():
                        return True
        except OutOfTimeError:
            return False
        except Unmeasured:
            continue
    return False


def _is_alike(file: StoredFile, place: StoredFile) -> bool:
    return file.name != place.name and nameless(file.name) == nameless(place.name) and file.size <= _MOST_BYTES
