"""The members of a tar by their headers, each read within limits of bytes, time and nesting.

tarfile reads whatever a header says: a name of 6 GB, an endless map of holes. Up to Python 3.11.9 it parses
records in pax headers with expressions that take a day for a megabyte of digits (CVE-2024-6232), and it skips the
records after a malformed one, so that a member gets another name or size than a restore would see.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any

from playbook.readers.archives.streams import MAX_HEADERS, DamagedError, Unpacked

MAX_GLOBAL = 64 * 1024  # bytes of the global records
_LONGEST_NAME = 255  # bytes of a file's own name on all common file systems; so no name has more digits in a row
_LARGEST = (1 << 63) - 1  # maximum file size in bytes
# Records of a member that are needed here; the rest is times, owners and extended attributes.
_NEEDED = frozenset({b"path", b"linkpath", b"size", b"hdrcharset"})
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))


def members_of(unpacked: Unpacked) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Each member in turn; unread content is skipped before the next.

    Raises:
        DamagedError: a header is over the budget or malformed, or points to content that is not its own.
        tarfile.TarError: as raised by tarfile.
    """
    try:
        unpacked.headers_left = MAX_HEADERS
        with tarfile.open(fileobj=unpacked, mode="r:", tarinfo=_Header) as tar:  # type: ignore[call-overload]
            while member := tar.next():
                unpacked.headers_left = None
                _require_sound(member)
                yield tar, member
                tar.members = []  # tarfile would keep them all
                if sum(map(len, (*tar.pax_headers, *tar.pax_headers.values()))) > MAX_GLOBAL:
                    raise DamagedError(f"has records for all its members of over {MAX_GLOBAL:,} B")
                unpacked.headers_left = MAX_HEADERS
    except RecursionError:
        raise DamagedError("has hundreds of headers in a row without a member") from None
    except (ValueError, OverflowError, LookupError) as error:  # malformed numbers
        raise DamagedError(f"has a header that cannot be read: {str(error)[:80]}") from None
    finally:
        unpacked.headers_left = None


class _Header(tarfile.TarInfo):
    """A header whose pax records are complete and reduced to those needed."""

    def _proc_pax(self, tar: Any) -> tarfile.TarInfo:
        inner = tar.fileobj
        records = _needed(inner.read(self._block(self.size))[: self.size])  # type: ignore[attr-defined]

        class Replay:
            """Returns the records instead of what was read, once."""

            def read(self, _size: int) -> bytes:
                tar.fileobj = inner
                return records

        tar.fileobj = Replay()
        header: tarfile.TarInfo = super()._proc_pax(tar)  # type: ignore[misc]
        return header


def _needed(data: bytes) -> bytes:
    """The records that are needed; ``%d %s=%s\\n``, the number being the length of the whole record."""
    kept, at = [], 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 12)
        number = data[at:space] if space > 0 else b""
        end = at + int(number) if number.isdigit() else 0
        equals = data.find(b"=", space, end) if end else -1
        if equals < 0 or end > len(data) or data[end - 1 : end] != b"\n":
            raise DamagedError("has a malformed pax header")
        key = data[space + 1 : equals]
        if key in _NEEDED or key.startswith(b"GNU."):
            kept.append(data[at:end])
        at = end
    records = b"".join(kept)
    if b"0" * (_LONGEST_NAME + 1) in records.translate(_DIGITS):
        raise DamagedError(f"has a pax header with over {_LONGEST_NAME} digits in a row")
    return records


def _require_sound(member: tarfile.TarInfo) -> None:
    """Raise DamagedError where a member's size, or the map of its holes, is endless or points outside its
    content.
    """
    if not 0 <= member.size <= _LARGEST:
        raise DamagedError(f"has a member of {member.size:,} B")
    pieces: list[tuple[int, int]] | None = getattr(member, "sparse", None)
    if pieces is None:
        return
    if member.size and not pieces:
        raise DamagedError("has a sparse member without a map")
    before = 0
    for offset, size in pieces:
        if not size:  # unused ones of the four places in an old header, and the end
            continue
        if offset < before or size < 0:
            raise DamagedError("has a sparse member whose map is out of order")
        before = offset + size
    if before > member.size:
        raise DamagedError("has a sparse member whose map goes beyond its end")
