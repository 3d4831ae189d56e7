"""An archive's bytes, unpacked as they stream by; what cannot be read here is named for what it is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import time
from collections.abc import Callable
from typing import IO, Any

CHUNK = 256 * 1024
BLOCK = 512
# Headers of one member: GNU's long names, the records of pax, the maps of sparse files. Names have 4,096 bytes at
# most on Linux and 64 KiB on Windows; only pax' list of an incremental folder's files grows with them.
MOST_HEADERS = 4 << 20
_MOST_TO_UNPACK = 128 << 20  # bytes of memory; xz -9 needs 65 MiB, a file can ask for 4 GiB
READABLE = "a tar, plain or by gzip, bzip2 or xz"

# How other files begin. https://www.rfc-editor.org/rfc/rfc9580#section-4.3 for what OpenPGP writes.
_OTHERS = (
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file"),
    (b"Rar!", "a RAR file"),
    (b"\x04\x22\x4d\x18", "an LZ4 file"),
    (b"LZIP", "an lzip file"),
    (b"\x1f\x9d", "a file of compress"),
    (b"\x89LZO", "an lzop file"),
    (b"age-encryption.org/", "a file that age has encrypted"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "a file that age has encrypted"),
    (b"-----BEGIN PGP MESSAGE", "a file that OpenPGP has encrypted"),
    (b"Salted__", "a file that OpenSSL has encrypted"),
    (b"\x84", "a file that OpenPGP has encrypted"),
    (b"\x85", "a file that OpenPGP has encrypted"),
    (b"\x8c", "a file that OpenPGP has encrypted"),
    (b"\xc1", "a file that OpenPGP has encrypted"),
    (b"\xc3", "a file that OpenPGP has encrypted"),
    (b"070701", "a cpio archive"),
    (b"!<arch>", "an ar archive"),
    (b"hsqs", "a squashfs image"),
)
# What a gzip file of one thing may hold, instead of a tar.
_CONTENTS = (
    (b"REDIS0", "a Redis dump"),
    (b"VALKEY", "a Valkey dump"),
    (b"PGDMP", "a dump of PostgreSQL"),
    (b"--\n-- PostgreSQL database", "a dump of PostgreSQL"),
    (b"-- MySQL dump", "a dump of MySQL"),
    (b"-- MariaDB dump", "a dump of MariaDB"),
    (b"/*M!999999\\- enable the sandbox mode", "a dump of MariaDB"),
    (b"/*!999999\\- enable the sandbox mode", "a dump of MariaDB"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x6d\xe2\x99\x81", "a dump of MongoDB"),
    *_OTHERS[:9],
)


class UnreadableError(Exception):
    """It is nothing that can be read here, which says nothing of its state; the message follows "got"."""


class OutOfTimeError(Exception):
    """Reading had to stop; nothing was wrong that far."""


class DamagedError(Exception):
    """The message follows "got an archive that"."""


class Reader(io.RawIOBase):
    """Counts what is read and ends in time; ``told`` is given the count after each piece."""

    def __init__(self, stream: IO[bytes], deadline: float, told: Callable[[int], None] | None = None) -> None:
        self._stream = stream
        self._deadline = deadline
        self._told = told
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.require_time()
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        if self._told:
            self._told(self.count)
        return len(piece)

    def require_time(self) -> None:
        """Raises OutOfTimeError where there is none left: a few bytes can stand for hours of work."""
        if time.monotonic() > self._deadline:
            raise OutOfTimeError


class Unpacked:
    """A file that is only read forward, as far as tarfile needs one.

    Attributes:
        how: by what it is compressed, e.g. ``gzip``; empty where it is not.
        headers_left: bytes that may still be read at once or in a row; None while a member's content is read.
        last: what was read last; after the last member that has to be the end mark of tar, a block of zeros.
    """

    def __init__(self, reader: Reader) -> None:
        """Raises UnreadableError where it is known to be something else than a compressed tar."""
        self._reader = reader
        self.headers_left: int | None = None
        source: IO[bytes] = io.BufferedReader(reader, CHUNK)
        head = source.peek(BLOCK)[:BLOCK]  # type: ignore[attr-defined]
        self.how, self._source = _opened(source, head)
        self._at = 0
        self._held = b""
        self.last = b""
        if self.how:
            self._held = self._source.read(BLOCK)
            named = _named(self._held, _CONTENTS)
            if named and not _is_tar(self._held):
                raise UnreadableError(f"a {self.how} file of {named}")

    def read(self, size: int = -1) -> bytes:
        """As of a file; DamagedError where that is over the budget of a member's headers."""
        if self.headers_left is not None:
            self.headers_left -= size
            if size < 0 or self.headers_left < 0:
                raise DamagedError(f"has a header of over {MOST_HEADERS:,} B, which no name or map can need")
        return self._read(size)

    def _read(self, size: int) -> bytes:
        self._reader.require_time()
        if self._held and size >= 0:
            piece, self._held = self._held[:size], self._held[size:]
            if len(piece) < size:
                piece += self._source.read(size - len(piece))
        else:
            piece, self._held = self._held + self._source.read(size), b""
        self._at += len(piece)
        self.last = piece
        return piece

    def tell(self) -> int:
        """Bytes that were read."""
        return self._at

    def seek(self, position: int) -> int:
        """Read on to there; DamagedError where that is behind, as after a size below nought."""
        if position < self._at:
            raise DamagedError("has a header that leads back to what stands before it")
        while self._at < position and self._read(min(CHUNK, position - self._at)):
            pass
        return self._at


class _Xz(io.RawIOBase):
    """As lzma.LZMAFile, which would take as much memory as a file asks for."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._unpacker = self._new()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._unpacker.eof:
                left = (self._unpacker.unused_data or self._source.read(CHUNK)).lstrip(b"\0")
                while not left and (more := self._source.read(CHUNK)):
                    left = more.lstrip(b"\0")
                if not left:
                    return 0
                self._unpacker, packed = self._new(), left
            elif self._unpacker.needs_input:
                packed = self._source.read(CHUNK)
                if not packed:
                    raise EOFError("it ends before its end mark")
            else:
                packed = b""
            try:
                piece = self._unpacker.decompress(packed, len(buffer))
            except lzma.LZMAError as error:
                if "Memory usage limit" not in str(error):
                    raise
                most = _MOST_TO_UNPACK >> 20
                raise UnreadableError(f"an xz file that takes over {most} MiB of memory to unpack") from None
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_TO_UNPACK)


def _opened(source: IO[bytes], head: bytes) -> tuple[str, IO[bytes]]:
    if _is_tar(head):
        return "", source
    if head.startswith(b"BZh"):
        return "bzip2", bz2.BZ2File(source)
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz", io.BufferedReader(_Xz(source), CHUNK)
    named = _named(head, _OTHERS)
    if named:
        raise UnreadableError(named)
    return "gzip", gzip.GzipFile(fileobj=source)  # type: ignore[return-value]


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _named(head: bytes, known: tuple[tuple[bytes, str], ...]) -> str:
    return next((name for mark, name in known if head.startswith(mark)), "")
