"""Whether a tar.gz is whole: read to its end, remembering names and sizes only, and within a time limit.

tarfile by itself is too kind for this: it takes a header that is damaged, and a file without tar's end mark,
for the end of the archive, and reading a stream (``r|gz``) it does not compare gzip's checksum.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec

_CHUNK = 256 * 1024
_BLOCK = 512
_MOST_MANIFEST = 16 * 1024 * 1024
_GZIP = b"\x1f\x8b\x08"


class ListedFile(msgspec.Struct, frozen=True):
    """What a manifest says of one member."""

    path: str
    bytes: int
    sha256: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """The contents of an archive by its own account. ``created`` is ISO 8601; ``counts`` what the job counted."""

    files: list[ListedFile]
    created: str = ""
    counts: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What reading an archive showed.

    Attributes:
        problem: why it is not complete, to follow "got"; empty where nothing is wrong.
        how: how far it was read, e.g. ``read to its end: 54 members``.
        members: how many there are; None where it was not read to its end.
        manifest: None where there is none, or none that is understood.
    """

    problem: str
    how: str
    members: int | None = None
    manifest: Manifest | None = None


class _OutOfTimeError(Exception):
    pass


class _DamagedError(Exception):
    """The message follows "got an archive that"."""


def inspect(stream: IO[bytes], size: int, *, manifest: str, seconds: float) -> Inspection:
    """Read an archive to its end.

    Args:
        size: bytes that the store says it has.
        manifest: name of the member that lists the others, in whichever folder; empty where none is demanded.
        seconds: after which reading stops; what was read by then was in order, and that is said.

    Raises:
        Whatever reading the stream raises for its own reasons, e.g. Unreachable.
    """
    if not size:
        return Inspection("a file of 0 bytes", "not read, as it is empty")
    reader = _Reader(stream, time.monotonic() + seconds)
    walk = _Walk(manifest)
    try:
        walk.through(reader)
    except _OutOfTimeError:
        return Inspection(
            "", f"read for {seconds:g} s: {100 * reader.count / size:.0f} % of it, in order that far"
        )
    except _DamagedError as damage:
        return Inspection(f"an archive that {damage}", f"read until byte {reader.count:,} of {size:,}")
    found = walk.manifest()
    how = f"read to its end: {len(walk.sizes):,} members, " + (
        f"{len(found.files):,} of them listed in {manifest}" if found else "no list of them to compare with"
    )
    return Inspection(walk.problem(found), how, len(walk.sizes), found)


def inspect_ends(read: Callable[[int, int], bytes], size: int) -> Inspection:
    """Look at the beginning and the end of an archive that is too large to read.

    A gzip file ends with the length of what it holds, and a tar is a whole number of blocks of 512 bytes, so that
    a file that was cut off passes by a chance of one in 512 only.

    Args:
        read: gives so many bytes from a position on: ``read(start, length)``.
    """
    how = "looked at on both ends only, as it is too large to read"
    head, tail = read(0, 64 * 1024), read(max(0, size - 8), 8)
    try:
        first = zlib.decompressobj(wbits=31).decompress(head, _BLOCK)
        tarfile.TarInfo.frombuf(first, "utf-8", "surrogateescape")
    except (zlib.error, tarfile.HeaderError):
        return Inspection(f"{_beginning(head)} that does not begin as a tar.gz", how)
    length = struct.unpack("<I", tail[4:])[0] if len(tail) == 8 else -1
    if length % _BLOCK:
        return Inspection("an archive that is cut off: it does not end with the length of a tar", how)
    return Inspection("", how)


def _beginning(head: bytes) -> str:
    return f"a file beginning with {head[:4].hex(' ')}" if head else "an empty file"


class _Reader(io.RawIOBase):
    """Counts what is read and ends in time."""

    def __init__(self, stream: IO[bytes], deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if time.monotonic() > self._deadline:
            raise _OutOfTimeError
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        return len(piece)


class _Unpacked(gzip.GzipFile):
    """Remembers what was read last: after the last member that has to be the end mark of tar, a block of zeros."""

    last = b""

    def read(self, size: int | None = -1) -> bytes:
        self.last = super().read(size)
        return self.last


@dataclass
class _Walk:
    manifest_name: str
    sizes: dict[str, int] = field(default_factory=dict)
    _manifest: bytes | None = None
    _base: str = ""

    def through(self, reader: _Reader) -> None:
        """Visit every member and the end.

        Raises:
            _DamagedError, _OutOfTimeError
        """
        try:
            with _Unpacked(fileobj=io.BufferedReader(reader, _CHUNK)) as unpacked:
                with tarfile.open(fileobj=unpacked, mode="r:") as tar:
                    while member := tar.next():
                        self._visit(tar, member)
                        tar.members = []  # type: ignore[attr-defined]  # it would remember them all
                if unpacked.last.strip(b"\0") or len(unpacked.last) != _BLOCK:
                    raise _DamagedError(f"breaks off {self._place}, without tar's end mark")
                while unpacked.read(_CHUNK):
                    pass  # padding; at its end gzip's checksum is compared
        except EOFError:
            raise _DamagedError(f"is cut off {self._place}") from None
        except gzip.BadGzipFile as error:
            raise _DamagedError(f"is no sound gzip file: {_lower(error)}") from None
        except tarfile.TarError as error:
            what = f"cannot be read {self._place}" if self.sizes else "holds no tar"
            raise _DamagedError(f"{what}: {_lower(error)}") from None
        except zlib.error as error:
            raise _DamagedError(f"cannot be unpacked {self._place}: {_lower(error)}") from None

    @property
    def _place(self) -> str:
        return f"after member {len(self.sizes):,}" if self.sizes else "at its beginning"

    def _visit(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        self.sizes[_plain(member.name)] = member.size
        if self.manifest_name and member.isfile() and member.name.rpartition("/")[2] == self.manifest_name:
            content = tar.extractfile(member)
            assert content
            self._manifest = content.read(_MOST_MANIFEST)
            self._base = _plain(member.name).removesuffix(self.manifest_name)

    def manifest(self) -> Manifest | None:
        """The manifest, where it is there and of the form that is understood."""
        try:
            return msgspec.json.decode(self._manifest or b"", type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def problem(self, manifest: Manifest | None) -> str:
        """What is wrong with the members, by the manifest's account; empty where nothing is."""
        if not self.manifest_name:
            return "" if self.sizes else "an archive without members"
        if self._manifest is None:
            return f"an archive without {self.manifest_name} among its {len(self.sizes):,} members"
        for listed in manifest.files if manifest else ():
            path = _plain(listed.path)
            size = self.sizes.get(self._base + path, self.sizes.get(path))
            if size is None:
                return f"an archive without {listed.path}, which its {self.manifest_name} lists"
            if size != listed.bytes:
                return f"an archive whose {listed.path} is {size:,} B long, not {listed.bytes:,} B as listed"
        return ""


def _plain(path: str) -> str:
    return path.removeprefix("./").rstrip("/")


def _lower(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
