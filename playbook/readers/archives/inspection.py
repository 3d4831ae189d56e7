"""Whether an archive is complete: read to its end within a time limit, keeping names and sizes only."""

from __future__ import annotations

import io
import lzma
import math
import struct
import tarfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from playbook.core.coverage import Coverage, lacking, share, whole
from playbook.readers.archives.dump_times import Times
from playbook.readers.archives.manifest import Manifest
from playbook.readers.archives.streams import (
    BLOCK,
    READABLE,
    DamagedError,
    OutOfTimeError,
    Reader,
    Unpacked,
    UnreadableError,
)
from playbook.readers.archives.walk import Walk

_HEAD = 64 * 1024  # bytes
_MORE = "Raise backups.read_whole_mb, or backups.read_seconds; the weekly verification reads it whole."


@dataclass(frozen=True, slots=True)
class Inspection:
    """Result of reading an archive.

    Attributes:
        problem: why it is not complete, to follow "got"; empty where nothing is wrong.
        how: how far it was read, e.g. ``read to its end: 54 members``.
        members: number of members; None where it was not read to its end.
        manifest: None where there is none, or none that is understood.
        timed_out: the time limit was reached.
        unreadable: it is in a form that is known to be no tar, or not to be read here.
        no_tar: nothing of a tar was found in it.
        times: when what is in it was made, as far as it was read.
        coverage: how much of it was seen and understood; a good result needs all of it.
    """

    problem: str
    how: str
    members: int | None = None
    manifest: Manifest | None = None
    timed_out: bool = False
    unreadable: bool = False
    no_tar: bool = False
    times: Times = field(default_factory=Times)
    coverage: Coverage = field(default_factory=Coverage)


def unreadable(error: UnreadableError) -> Coverage:
    """Coverage of a file about which nothing is known."""
    return lacking(
        str(error),
        expected=f"an archive that can be read here ({READABLE})",
        got=str(error),
        hint="What is in another form, or encrypted, is only proven by a restore: see recovery.restore_command.",
    )


def inspect(stream: IO[bytes], size: int, *, manifest: str, seconds: float) -> Inspection:
    """Read an archive to its end.

    Args:
        size: bytes according to the store.
        manifest: name of the member that lists the others, in any folder; empty where none is required.
        seconds: time limit of reading; what was read until then was in order, and the result says so.

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
        how = f"read for {seconds:g} s: {100 * reader.count / size:.0f} % of it, in order that far"
        return Inspection("", how, timed_out=True, coverage=share(reader.count, size, "bytes", hint=_MORE))
    except UnreadableError as error:
        how = "not read, as its form is not known here"
        return Inspection("", how, unreadable=True, coverage=unreadable(error))
    except DamagedError as damage:
        how = f"read until byte {reader.count:,} of {size:,}"
        return Inspection(f"an archive that {damage}", how, no_tar=not walk.sizes)
    found = walk.manifest()
    how = f"read to its end: {len(walk.sizes):,} members, " + (
        f"{len(found.files):,} of them listed in {manifest}" if found else "no list of them to compare with"
    )
    seen = whole(f"{len(walk.sizes):,} members") + walk.coverage
    return Inspection(walk.problem(found), how, len(walk.sizes), found, times=walk.times, coverage=seen)


def inspect_ends(read: Callable[[int, int], bytes], size: int) -> Inspection:
    """Read the beginning and the end of an archive that is too large to read whole.

    A gzip file ends with the length of its content, and a tar is a whole number of blocks of 512 bytes, so that a
    file that was cut off passes with a chance of one in 512.

    Args:
        read: returns bytes from a position: ``read(start, length)``.
    """
    how = "read at both ends only, as it is too large to read"
    seen = share(min(size, _HEAD + 8), size, "bytes", hint=_MORE)
    head, tail = read(0, _HEAD), read(max(0, size - 8), 8)
    try:
        first = Unpacked(Reader(io.BytesIO(head), math.inf))
        block = first.read(BLOCK)
        if block.strip(b"\0"):
            tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except UnreadableError as error:
        return Inspection("", how, unreadable=True, coverage=unreadable(error))
    except (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.HeaderError):
        return Inspection(f"{_beginning(head)} that does not begin as a tar.gz", how, no_tar=True, coverage=seen)
    if first.how != "gzip":
        return Inspection("", how, coverage=seen)
    length = struct.unpack("<I", tail[4:])[0] if len(tail) == 8 else -1
    if length % BLOCK:
        problem = "an archive that is cut off: it does not end with the length of a tar"
        return Inspection(problem, how, coverage=seen)
    return Inspection("", how, coverage=seen)


def _beginning(head: bytes) -> str:
    return f"a file beginning with {head[:4].hex(' ')}" if head else "an empty file"
