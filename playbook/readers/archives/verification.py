"""Whether an archive matches its manifest: every checksum, the dump, and no member outside its folder.

Read in one pass as a stream; where a folder is given, it is unpacked there on the way.
"""

from __future__ import annotations

import errno
import hashlib
import tarfile
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO

from playbook.core import door
from playbook.core.coverage import Coverage, lacking, share
from playbook.readers.archives.dump import Dump, DumpError
from playbook.readers.archives.dump_times import Times
from playbook.readers.archives.inspection import unreadable
from playbook.readers.archives.manifest import ListedFile, Manifest, algorithms_of, is_of_other_sums
from playbook.readers.archives.rdb import read_dump
from playbook.readers.archives.streams import CHUNK, DamagedError, OutOfTimeError, Reader, UnreadableError
from playbook.readers.archives.unpacking import Folder, NoRoomError, danger
from playbook.readers.archives.walk import HEAD, Walk, is_picture, plain

_FIRST_LINES = 1024  # bytes of a manifest that show which sums it has
_NAME_IT = "Where the sums are not of SHA-256, name their kind in the name of the manifest (SHA512SUMS)."
_MORE = "Give it more time (recovery.verify_seconds), or verify fewer archives (recovery.verify_newest)."


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of reading an archive to its end.

    Attributes:
        problems: what is wrong, each to follow "got"; the most serious first.
        how: how far it was read.
        whole: it was read to its end; without problems but not whole, it was in order up to there.
        members: number of members.
        bytes: of the files in it.
        folders: number and bytes of the files by their folder.
        manifest: None where there is none, or none that is understood.
        dump: None where there is none, or none that can be read.
        dump_path: the dump's member.
        times: when what is in it was made, and its dumps of databases.
        of_databases: bytes of the dumps of databases, by their names.
        located: files that the manifest lists, to the member that holds their content.
        unreadable: it is in a form that is known to be no tar, or not to be read here.
        no_tar: nothing of a tar was found in it.
        coverage: how much of it was seen and understood; a good result needs all of it.
    """

    problems: tuple[str, ...]
    how: str
    whole: bool
    members: int = 0
    bytes: int = 0
    folders: dict[str, tuple[int, int]] = field(default_factory=dict)
    manifest: Manifest | None = None
    dump: Dump | None = None
    dump_path: str = ""
    times: Times = field(default_factory=Times)
    of_databases: dict[str, int] = field(default_factory=dict)
    located: dict[str, str] = field(default_factory=dict)
    unreadable: bool = False
    no_tar: bool = False
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def files(self) -> int:
        """Number of files, links included."""
        return sum(count for count, _ in self.folders.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is expected in an archive.

    Attributes:
        manifest: name of the member that lists the others; empty where the archives contain none.
        dump: name of the member that is Redis' dump; empty where the archives contain none.
        samples: number of its keys to remember.
        soon: seconds within which the expiry of a key makes its count uncertain.
    """

    manifest: str
    dump: str
    samples: int = 0
    soon: float = 3600.0


def verify(
    stream: IO[bytes],
    size: int,
    wanted: Wanted,
    *,
    now: datetime,
    seconds: float,
    into: Folder | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Verification:
    """Read an archive to its end.

    Args:
        size: bytes according to the store.
        now: aware; decides which keys of the dump a server would still load.
        seconds: time limit of reading.
        into: unpack it there, except for dangerous members.
        on_progress: called repeatedly with the number of bytes read.

    Raises:
        NoRoomError: there is not enough space to unpack it.
        Whatever reading the stream raises for its own reasons, e.g. Unreachable.
    """
    if not size:
        return Verification(("a file of 0 bytes",), "not read, as it is empty", whole=True)
    reader = Reader(stream, time.monotonic() + seconds, on_progress)
    walk = _Walk(wanted.manifest, wanted=wanted, now=now, into=into)
    try:
        walk.through(reader)
    except OutOfTimeError:
        how = f"read for {seconds:g} s: {100 * reader.count / size:.0f} % of it"
        return walk.result(how, whole=False, coverage=share(reader.count, size, "bytes", hint=_MORE))
    except UnreadableError as error:
        how = f"read until byte {reader.count:,} of {size:,}" if walk.sizes else "not read"
        return replace(walk.result(how, whole=False, coverage=unreadable(error)), unreadable=not walk.sizes)
    except DamagedError as damage:
        walk.wrong.insert(0, f"an archive that {damage}")
        found = walk.result(f"read until byte {reader.count:,} of {size:,}", whole=False)
        return replace(found, no_tar=not walk.sizes)
    except OSError as error:  # of the folder; the store has its own errors
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoomError("more") from error
        walk.wrong.insert(0, f"an archive that cannot be unpacked: {(error.strerror or '').lower()}")
        return walk.result(f"unpacked until byte {reader.count:,} of {size:,}", whole=False)
    walk.compare()
    return walk.result(f"read to its end: {len(walk.sizes):,} members", whole=True)


@dataclass
class _Walk(Walk):
    wanted: Wanted = field(kw_only=True)
    now: datetime = field(kw_only=True)
    into: Folder | None = field(kw_only=True)
    wrong: list[str] = field(default_factory=list)
    _dumps: dict[str, str] = field(default_factory=dict)
    _sums: dict[str, dict[str, str]] = field(default_factory=dict)
    _folders: dict[str, tuple[int, int]] = field(default_factory=dict)
    _dump: Dump | None = None
    _dump_path: str = ""

    def visit(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = plain(member.name)
        reason = danger(member)
        if reason:
            self.wrong.insert(0, f"an archive whose {_shown(member.name)} {reason}")
        if not member.isfile():
            return
        content = tar.extractfile(member)
        assert content
        is_manifest = self.is_manifest(member)
        is_dump = not is_manifest and self._is_dump(path)
        inner = None if is_manifest or is_dump else self.inner(member)
        with self.into.create(member) if self.into and not reason else nullcontext() as file:
            writes = tuple(one.write for one in (file, inner) if one)
            summed = _Hashing(content, writes, self.require_time, self.algorithms)
            if is_manifest:
                self.keep_manifest(member, summed)  # type: ignore[arg-type]
            elif is_dump:
                self._read_dump(path, summed)
            while summed.read(CHUNK):
                pass
        self._sums[path] = summed.digests()
        if is_picture(path):
            self.note_picture(path, summed.head)
        if inner:
            self.keep_inner(path, inner)
        if self._dump and self._dump.made and path == self._dump_path:
            self._made[path] = self._dump.made

    def _is_dump(self, path: str) -> bool:
        """Whether it is Redis' dump, which may be named with folders."""
        return bool(self.wanted.dump) and f"/{path}".endswith(f"/{plain(self.wanted.dump)}")

    def _read_dump(self, path: str, content: _Hashing) -> None:
        self._dump_path = path
        self._dumps[path] = ""  # of duplicate members the later one counts
        try:
            self._dump = read_dump(
                content,  # type: ignore[arg-type]
                self.now,
                samples=self.wanted.samples,
                soon=self.wanted.soon,
            )
        except DumpError as error:
            self._dumps[path] = f"an archive with a dump that {error}"

    def compare(self) -> None:
        """Collect differences from the manifest, and missing files."""
        manifest = self.manifest()
        self.wrong += filter(None, (*self._dumps.values(), self.problem(manifest)))
        for listed in manifest.files if manifest else ():
            if self._sum_of(listed) not in ("", listed.digest):
                self.wrong.append(f"an archive whose {listed.path} differs from its sum in {self.manifest_name}")
        if self.wanted.dump and not self._dump_path:
            self.wrong.append(f"an archive without {self.wanted.dump}")

    @property
    def algorithms(self) -> frozenset[str]:
        """Of the manifest's sums, as far as they are known before it was read."""
        return algorithms_of(self.manifest_name, (self._manifest or b"")[:_FIRST_LINES])

    def _is_summed(self, listed: ListedFile) -> bool:
        """Whether its sum was made; a missing file is reported by itself."""
        found = self._sums.get(self.real(self.found_at(listed)))
        return found is None or (listed.algorithm in found and not is_of_other_sums(self.manifest_name))

    def _sum_of(self, listed: ListedFile) -> str:
        """The sum of a listed file as it is in the archive; empty where none is listed, or none was made."""
        found = self._sums.get(self.real(self.found_at(listed)), {})
        is_known = bool(listed.digest) and not is_of_other_sums(self.manifest_name)
        return found.get(listed.algorithm, "") if is_known else ""

    @property
    def coverage(self) -> Coverage:
        """Coverage of the walk, of the checksums and of the dump."""
        total, manifest = super().coverage, self.manifest()
        if manifest and manifest.files:
            summed = sum(bool(listed.digest) and self._is_summed(listed) for listed in manifest.files)
            total += share(summed, len(manifest.files), "listed files", what="checksums", hint=_NAME_IT)
        if self._dump and self._dump.uncounted:
            total += lacking(
                "keys not counted",
                expected="a dump whose keys can be counted",
                got=f"one whose keys cannot, as {self._dump.uncounted}",
                hint="Only a restore shows what is in it.",
            )
        return total

    def result(self, how: str, *, whole: bool, coverage: Coverage | None = None) -> Verification:
        manifest = self.manifest()
        for path in self.files:
            folder = path.rpartition("/")[0] or "."
            count, total = self._folders.get(folder, (0, 0))
            self._folders[folder] = count + 1, total + self.sizes.get(self.real(path), 0)
        times = self.times
        return Verification(
            tuple(dict.fromkeys(self.wrong)),
            how,
            whole,
            len(self.sizes),
            sum(total for _, total in self._folders.values()),
            self._folders,
            manifest,
            self._dump,
            self._dump_path,
            times,
            {path: self.sizes.get(self.real(path), 0) for path in times.databases},
            {one.path: self.real(self.found_at(one)) for one in (manifest.files if manifest else ())},
            coverage=self.coverage if coverage is None else coverage,
        )


class _Hashing:
    """Passes on what is read, hashes it, and writes it where requested."""

    def __init__(
        self,
        content: IO[bytes],
        writes: tuple[Callable[[bytes], object], ...],
        require_time: Callable[[], None],
        algorithms: Iterable[str],
    ) -> None:
        self._content = content
        self._require_time = require_time
        self._writes = writes
        self._sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        self.head = b""

    def read(self, count: int) -> bytes:
        self._require_time()
        piece = self._content.read(count)
        self.head = self.head or piece[:HEAD]
        for one in self._sums.values():
            one.update(piece)
        for write in self._writes:
            write(piece)
        return piece

    def digests(self) -> dict[str, str]:
        """By algorithm, in hexadecimal digits."""
        return {name: one.hexdigest() for name, one in self._sums.items()}


def _shown(name: str) -> str:
    """A member's name for a message."""
    return door.line(name, 80)
