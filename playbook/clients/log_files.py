"""Logs in files, compressed ones included. Nothing holds more than a few hundred kilobytes of them at a time."""

from __future__ import annotations

import glob
import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playbook.clients.log_reading import CHUNK, SERVICE, Lines, LogStream, Reading
from playbook.errors import TooLittleData, Unreachable
from playbook.logs.text import decode_lines
from playbook.sections.target import Logs

_GZIP = b"\x1f\x8b"
_UNREAD = frozenset({".xz", ".bz2", ".zst", ".zip", ".lz4"})


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file that holds logs: time of its last change (epoch seconds), and bytes."""

    path: Path
    changed: float
    size: int


@dataclass(frozen=True)
class FileLogs:
    """Files by glob patterns (``~`` and ``**`` are understood). Only read; newest first."""

    patterns: tuple[str, ...]
    wanted: Logs

    def read(self, since: datetime) -> LogStream:
        """The lines of the files that were written to at ``since`` or later.

        A compressed file that ends in the middle gives what it has, and a problem.

        Raises:
            Unreachable: no file matches, or one cannot be opened.
            TooLittleData: files match, but none was written to since.
        """
        problems: list[str] = []
        found = self._find(problems)
        recent = [file for file in found if file.changed >= since.timestamp()]
        if not recent:
            newest = found[0]
            raise TooLittleData(
                f"{SERVICE}: expected a file written since {since:%Y-%m-%d %H:%M} UTC, "
                f"got {len(found)} older ones; the newest is {newest.path}, "
                f"last written {datetime.fromtimestamp(newest.changed, UTC):%Y-%m-%d %H:%M} UTC",
                service=SERVICE,
                hint="Check that the logs are still forwarded to these files.",
            )
        reading = Reading(self.wanted, problems)
        # Opened before anything is read, so that a file that may not be read is known at once.
        opened = [(file.path, _open(file.path)) for file in recent]
        source = f"{len(recent)} of {len(found)} files that match {', '.join(self.patterns)}"
        return LogStream(source, self._parts(opened, reading), problems)

    def kept(self) -> list[LogFile]:
        """Every file that matches, newest first; Unreachable where none does."""
        return self._find([])

    def _find(self, problems: list[str]) -> list[LogFile]:
        """Regular files that match, newest first."""
        found: dict[tuple[int, int], LogFile] = {}
        empty: list[str] = []
        for pattern in self.patterns:
            before = len(found)
            for name in glob.glob(str(Path(pattern).expanduser()), recursive=True):  # noqa: PTH207 - absolute ones too
                file = Path(name)
                try:
                    about = file.stat()
                except FileNotFoundError:
                    problems.append(f"{file} is not there any more, or leads nowhere")
                    continue
                except OSError as error:
                    raise _unreadable(file, error) from None
                if stat.S_ISREG(about.st_mode):
                    found[about.st_dev, about.st_ino] = LogFile(file, about.st_mtime, about.st_size)
            if len(found) == before:
                empty.append(pattern)
        if not found:
            raise Unreachable(
                f"{SERVICE}: expected files that match {', '.join(self.patterns)}, got no file that matches",
                service=SERVICE,
                hint="Check logs.files, and that this machine has the logs.",
            )
        problems.extend(f"no further file matches {pattern}" for pattern in empty)
        return sorted(found.values(), key=lambda file: (file.changed, file.path), reverse=True)

    @staticmethod
    def _parts(opened: list[tuple[Path, io.BufferedReader]], reading: Reading) -> Iterator[Lines]:
        try:
            for file, raw in opened:
                if reading.ended:
                    return
                if file.suffix in _UNREAD:
                    reading.problems.append(f"{file} was not read: of compressed files only gzip is understood")
                    continue
                yield reading.bounded(decode_lines(_chunks(file, raw, reading)))
        finally:
            for _, raw in opened:
                raw.close()


def _open(file: Path) -> io.BufferedReader:
    try:
        return file.open("rb")
    except OSError as error:
        raise _unreadable(file, error) from None


def _chunks(file: Path, raw: io.BufferedReader, reading: Reading) -> Iterator[bytes]:
    before = reading.lines
    try:
        compressed = raw.read(2) == _GZIP
        raw.seek(0)
        data: io.BufferedReader | gzip.GzipFile = gzip.GzipFile(fileobj=raw) if compressed else raw
        # What there is, and not always a whole chunk: where the data end in the middle, the last one has no end.
        while chunk := data.read1(CHUNK):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile):
        reading.problems.append(
            f"{file} is damaged, its compressed data end in the middle: "
            f"{reading.lines - before:,} lines were read up to there"
        )
    except OSError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: OSError) -> Unreachable:
    return Unreachable(
        f"{SERVICE}: expected to read {file}, got {error.strerror or type(error).__name__}",
        service=SERVICE,
        hint="Check that the file may be read by the user who runs the playbook.",
    )
