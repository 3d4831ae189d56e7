"""Whether a tar.gz is whole: read to its end, remembering names and sizes only, and within a time limit."""

from __future__ import annotations

import struct
import tarfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from playbook.archives.walk import BLOCK, DamagedError, Manifest, OutOfTimeError, Reader, Walk


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
    reader = Reader(stream, time.monotonic() + seconds)
    walk = Walk(manifest)
    try:
        walk.through(reader)
    except OutOfTimeError:
        return Inspection(
            "", f"read for {seconds:g} s: {100 * reader.count / size:.0f} % of it, in order that far"
        )
    except DamagedError as damage:
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
        first = zlib.decompressobj(wbits=31).decompress(head, BLOCK)
        tarfile.TarInfo.frombuf(first, "utf-8", "surrogateescape")
    except (zlib.error, tarfile.HeaderError):
        return Inspection(f"{_beginning(head)} that does not begin as a tar.gz", how)
    length = struct.unpack("<I", tail[4:])[0] if len(tail) == 8 else -1
    if length % BLOCK:
        return Inspection("an archive that is cut off: it does not end with the length of a tar", how)
    return Inspection("", how)


def _beginning(head: bytes) -> str:
    return f"a file beginning with {head[:4].hex(' ')}" if head else "an empty file"
