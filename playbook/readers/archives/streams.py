"""An archive's bytes, decompressed as a stream; unsupported formats are named."""

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
# Headers of one member: GNU's long names, pax records, maps of sparse files. Names have at most 4,096 bytes on
# Linux and 64 KiB on Windows; only pax' list of an incremental folder's files grows with them.
MAX_HEADERS = 4 << 20
_MAX_TO_UNPACK = 128 << 20  # bytes of memory; xz -9 needs 65 MiB, a file can request 4 GiB
READABLE = "a tar, plain or by gzip, bzip2 or xz"

# Of these the content is read where they are no tar.
_UNPACKED = ("a Zstandard file", "an LZ4 file", "a Zstandard or LZ4 file")
# Signatures of other formats. https://www.rfc-editor.org/rfc/rfc9580#section-4.3 for OpenPGP.
_OTHERS = (
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file"),
    (b"Rar!", "a RAR file"),
    (b"\x04\x22\x4d\x18", "an LZ4 file"),
    (b"\x02\x21\x4c\x18", "an LZ4 file"),
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
    (b"\xa3", "a file that OpenPGP has signed or encrypted"),
    (b"\xd2", "a file that OpenPGP has encrypted"),
    (b"\x5d\x00\x00", "an lzma file"),
    *((bytes((first,)) + b"\x2a\x4d\x18", "a Zstandard or LZ4 file") for first in range(0x50, 0x60)),
    (b"PK\x07\x08", "the first part of a zip file"),
    (b"070701", "a cpio archive"),
    (b"070707", "a cpio archive"),
    (b"!<arch>", "an ar archive"),
    (b"hsqs", "a squashfs image"),
    (b"LRZI", "an lrzip file"),
    (b"\xff\x06\0\0sNaPpY", "a Snappy file"),
    (b"7kSt", "a zpaq file"),
    (b"zPQ", "a zpaq file"),
    (b"\0\0\0\x7b", "an archive of dar"),
    (b"JPA", "an archive of Akeeba Backup"),
    (b"QFI\xfb", "a qcow2 image"),
    (b"MSWIM\0\0\0", "a WIM image"),
    (b"btrfs-stream\0", "a stream of btrfs"),
    (b"RCLONE\0\0", "a file that rclone has encrypted"),
    (b"$ANSIBLE_VAULT;", "a file that Ansible has encrypted"),
    (b"-----BEGIN CMS", "a file that OpenSSL has encrypted"),
    (b"-----BEGIN PKCS7", "a file that OpenSSL has encrypted"),
    (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", "a file that OpenSSL has encrypted"),
)
_GZIP = b"\x1f\x8b"
_CERTAIN = 4  # bytes of a signature that no other content has by chance
# Files that tools make which write no tar, as they are or compressed.
_CONTENTS = (
    (b"REDIS0", "a Redis dump"),
    (b"VALKEY", "a Valkey dump"),
    (b"PGDMP", "a dump of PostgreSQL"),
    (b"--\n-- PostgreSQL database", "a dump of PostgreSQL"),
    (b"-- MySQL dump", "a dump of MySQL"),
    (b"-- Dump created by MySQL pump", "a dump of MySQL"),
    (b"-- phpMyAdmin SQL Dump", "a dump of MySQL"),
    (b"-- Adminer ", "a dump of a database"),
    *(
        (start + b"/*!" + version, "a dump of MySQL")
        for start in (b"", b"\n")
        for version in (b"40", b"50", b"80")
    ),
    (b"-- MariaDB dump", "a dump of MariaDB"),
    (b"/*M!999999\\- enable the sandbox mode", "a dump of MariaDB"),
    (b"/*!999999\\- enable the sandbox mode", "a dump of MariaDB"),
    (b"XBSTCK01", "a backup of MySQL by xtrabackup or mariabackup"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PRAGMA foreign_keys=OFF;", "a dump of SQLite"),
    (b"\x6d\xe2\x99\x81", "a dump of MongoDB"),
    (b"VMA\0", "a backup of Proxmox VE"),
    (b"SET statement_timeout = 0;", "a dump of PostgreSQL"),
    (b"*2\r\n$6\r\nSELECT\r\n", "an append-only file of Redis"),
    (b"TAPE\0\0", "a backup of SQL Server"),
    (b"dn: ", "a dump of a directory (LDIF)"),
    (_GZIP, "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    *((mark, name) for mark, name in _OTHERS if len(mark) >= _CERTAIN),
)


class UnreadableError(Exception):
    """An unsupported format, which says nothing of its integrity; the message follows "got"."""


class OutOfTimeError(Exception):
    """The time limit was reached; nothing was wrong up to there."""


class DamagedError(Exception):
    """A damaged archive; the message follows "got an archive that"."""


class Reader(io.RawIOBase):
    """Counts the bytes read and enforces the time limit; calls ``on_progress`` with the count so far."""

    def __init__(
        self, stream: IO[bytes], deadline: float, on_progress: Callable[[int], None] | None = None
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._on_progress = on_progress
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.require_time()
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        if self._on_progress:
            self._on_progress(self.count)
        return len(piece)

    def require_time(self) -> None:
        """Raise OutOfTimeError where no time is left: a few bytes can stand for hours of work."""
        if time.monotonic() > self._deadline:
            raise OutOfTimeError


class Unpacked:
    """A forward-only file with the methods that tarfile needs.

    Attributes:
        how: its compression, e.g. ``gzip``; empty without one.
        headers_left: bytes of headers that may still be read; None while a member's content is read.
        last: the last block read; after the last member it must be tar's end mark, a block of zeros.
    """

    def __init__(self, reader: Reader) -> None:
        """Raise UnreadableError for a file known to be something else than a compressed tar."""
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
        """Read like a file; DamagedError where that exceeds the budget of a member's headers."""
        if self.headers_left is not None:
            self.headers_left -= size
            if size < 0 or self.headers_left < 0:
                raise DamagedError(f"has a header of over {MAX_HEADERS:,} B, which no name or map can need")
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
        """Number of bytes read."""
        return self._at

    def seek(self, position: int) -> int:
        """Read up to a position; DamagedError for one that has passed, e.g. after a negative size."""
        if position < self._at:
            raise DamagedError("has a header that points back to earlier content")
        while self._at < position and self._read(min(CHUNK, position - self._at)):
            pass
        return self._at


class _Xz(io.RawIOBase):
    """Like lzma.LZMAFile, but with a memory limit, as that would take as much as a file requests."""

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
                most = _MAX_TO_UNPACK >> 20
                raise UnreadableError(f"an xz file that takes over {most} MiB of memory to unpack") from None
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_TO_UNPACK)


def is_sealed(head: bytes) -> bool:
    """Whether a file is encrypted, or packed in a form that is not read here, by its beginning."""
    return _named(head, _OTHERS) not in ("", *_UNPACKED)


def _opened(source: IO[bytes], head: bytes) -> tuple[str, IO[bytes]]:
    if _is_tar(head):
        return "", source
    if head.startswith(b"BZh"):
        return "bzip2", bz2.BZ2File(source)
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz", io.BufferedReader(_Xz(source), CHUNK)
    named = "" if head.startswith(_GZIP) else _named(head, _OTHERS) or _named(head, _CONTENTS)
    if named:
        raise UnreadableError(named)
    return "gzip", gzip.GzipFile(fileobj=source)  # type: ignore[return-value]


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _named(head: bytes, known: tuple[tuple[bytes, str], ...]) -> str:
    return next((name for mark, name in known if head.startswith(mark)), "")
