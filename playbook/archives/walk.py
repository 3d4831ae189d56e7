"""Going through a tar.gz as it streams by: every member in turn, then the end, in memory for names and sizes only.

tarfile by itself is too kind for this: it takes a header that is damaged, and a file without tar's end mark,
for the end of the archive, and reading a stream (``r|gz``) it does not compare gzip's checksum.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import zlib
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec

CHUNK = 256 * 1024
BLOCK = 512
_MOST_MANIFEST = 16 * 1024 * 1024


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


class OutOfTimeError(Exception):
    """Reading had to stop; nothing was wrong that far."""


class DamagedError(Exception):
    """The message follows "got an archive that"."""


class Reader(io.RawIOBase):
    """Counts what is read and ends in time."""

    def __init__(self, stream: IO[bytes], deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if time.monotonic() > self._deadline:
            raise OutOfTimeError
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
class Walk:
    """One way through an archive.

    Attributes:
        manifest_name: of the member that lists the others, in whichever folder; empty where none is demanded.
        sizes: bytes of each member that was met.
    """

    manifest_name: str
    sizes: dict[str, int] = field(default_factory=dict)
    _manifest: bytes | None = None
    _base: str = ""

    def through(self, reader: Reader) -> None:
        """Visit every member and the end.

        Raises:
            DamagedError, OutOfTimeError
        """
        try:
            with _Unpacked(fileobj=io.BufferedReader(reader, CHUNK)) as unpacked:
                with tarfile.open(fileobj=unpacked, mode="r:") as tar:
                    while member := tar.next():
                        self.visit(tar, member)
                        tar.members = []  # type: ignore[attr-defined]  # it would remember them all
                if unpacked.last.strip(b"\0") or len(unpacked.last) != BLOCK:
                    raise DamagedError(f"breaks off {self._place}, without tar's end mark")
                while unpacked.read(CHUNK):
                    pass  # padding; at its end gzip's checksum is compared
        except EOFError:
            raise DamagedError(f"is cut off {self._place}") from None
        except gzip.BadGzipFile as error:
            raise DamagedError(f"is no sound gzip file: {_lower(error)}") from None
        except tarfile.TarError as error:
            what = f"cannot be read {self._place}" if self.sizes else "holds no tar"
            raise DamagedError(f"{what}: {_lower(error)}") from None
        except zlib.error as error:
            raise DamagedError(f"cannot be unpacked {self._place}: {_lower(error)}") from None

    @property
    def _place(self) -> str:
        return f"after member {len(self.sizes):,}" if self.sizes else "at its beginning"

    def visit(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Look at one member; its content can be read now and not later."""
        self.sizes[plain(member.name)] = member.size
        if self.is_manifest(member):
            content = tar.extractfile(member)
            assert content
            self.keep_manifest(member, content)

    def is_manifest(self, member: tarfile.TarInfo) -> bool:
        """Whether it is the list of the others."""
        return (
            bool(self.manifest_name)
            and member.isfile()
            and plain(member.name).rpartition("/")[2] == self.manifest_name
        )

    def keep_manifest(self, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        """Remember the manifest, unless it is too long to be one."""
        self._manifest = content.read(_MOST_MANIFEST)
        self._base = plain(member.name).removesuffix(self.manifest_name)

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
            size = self.sizes.get(self.found_at(listed))
            if size is None:
                return f"an archive without {listed.path}, which its {self.manifest_name} lists"
            if size != listed.bytes:
                return f"an archive whose {listed.path} is {size:,} B long, not {listed.bytes:,} B as listed"
        return ""

    def found_at(self, listed: ListedFile) -> str:
        """The member that an entry of the manifest means: beside the manifest, else from the top."""
        path = plain(listed.path)
        return self._base + path if self._base + path in self.sizes else path


def plain(path: str) -> str:
    """A member's name without what means nothing in it."""
    return path.removeprefix("./").rstrip("/")


def _lower(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
