"""Logs in files, including compressed ones, newest first. At most a few megabytes are held in memory."""

from __future__ import annotations

import glob
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import BinaryIO

from playbook.clients.log_blocks import BLOCK, Blocks
from playbook.clients.log_reading import SERVICE, BytesPart, Lines, LogStream, Reading
from playbook.core.clock import zone_of
from playbook.core.errors import TooLittleData, Unreachable
from playbook.core.wording import moment, plural
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.text import clean
from playbook.settings.sections.target import Logs

_UNREAD = frozenset({".xz", ".bz2", ".zst", ".zip", ".lz4", ".br", ".7z", ".lzma"})
_TAIL = 1 << 18
_LOOKED_AT, _LINES_LOOKED_AT = 1 << 14, 100  # bytes and lines of which the zone is looked for
_TRIES = 3
_PACKED_TO = 8  # typical expansion of a gzip log
_SLACK = 900.0  # seconds by which a file's modification time may be older than its newest line
# Suffixes added by rotation: app.log.1, app.log.2.gz, app-2024-05-29.log, app.log-20240529, app.log.old.
_PACKED = re.compile(r"(?i)\.(?:gz|xz|bz2|zst|zip|lz4|br)$")
_ROTATED = re.compile(
    r"(?:[._-]?(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_.T]?[0-2]\d(?:[-_.:]?[0-5]\d){0,2}Z?)?(?:[-_.](?:\d{1,3}|\d{10}))?(?=[._-]|$))"
    r"|\.(?:old|bak|prev|previous)$|(?<=\.log)\.\d{1,4}$|(?<=_log)\.\d{1,4}$|(?<=\.txt)\.\d{1,4}$"
    r"|(?<=\.out)\.\d{1,4}$|(?<=\.err)\.\d{1,4}$|(?<=\.json)\.\d{1,4}$|(?<=[A-Za-z])\.\d{1,3}$"
)
# A log that contains only errors may well be empty.
_TROUBLE = re.compile(r"(?i)(?:^|[^a-z])(?:err|errors?|stderr|crash(?:es)?|fatal|panic|slow|oom)(?:[^a-z]|$)")


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log file: time of its last change (epoch seconds) and size in bytes."""

    path: Path
    changed: float
    size: int
    identity: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class FileLogs:
    """Files matching absolute glob patterns (``**`` is supported). Read-only; newest first.

    Attributes:
        block: bytes that are read in the order of the file; blocks are read newest first.
        zone: IANA name of the zone of times without one; where nobody says it, UTC.
        zone_setting: the setting that says it.
    """

    patterns: tuple[str, ...]
    wanted: Logs
    block: int = BLOCK
    zone: str | None = None
    zone_setting: str = "logs.time_zone"

    def read(self, since: datetime) -> LogStream:
        """Lines of the files written at ``since`` or later, and the end of every other log.

        A truncated compressed file gives what is readable and a problem; so does every file that cannot be read,
        is empty without reason, or is truncated while being read.

        Raises:
            Unreachable: no file matches, or none can be opened.
            TooLittleData: files match, but none was written since.
        """
        stream = LogStream(
            "", iter(()), expected=tuple(self.wanted.components), serving=tuple(self.wanted.serving)
        )
        stream.zone = zone_of(self.zone or "UTC", self.zone_setting)
        found, opened = self._open_all(since.timestamp(), stream)
        recent = [file for file in found if file.changed >= since.timestamp() - _SLACK]
        if not recent:
            newest = found[0]
            raise TooLittleData(
                f"{SERVICE}: expected a file written since {moment(since)}, "
                f"got {plural(len(found), 'older file')}; the newest is {newest.path}, "
                f"last written {moment(datetime.fromtimestamp(newest.changed, UTC))}",
                service=SERVICE,
                hint="Check that the logs are still forwarded to these files.",
            )
        _note_empty(found, stream.problems)
        stream.found = tuple(sorted({name for file in found if not _TROUBLE.search(name := _placed(file.path))}))
        which = "file that matches" if len(found) == 1 else "files that match"
        stream.source = f"{len(recent)} of {len(found)} {which} {', '.join(self.patterns)}"
        stream.size = sum(file.size * (_PACKED_TO if file.path.suffix == ".gz" else 1) for file in recent)
        stream.parts = self._parts(opened, since.timestamp(), stream)
        return stream

    def kept(self) -> list[LogFile]:
        """Every matching file, newest first; Unreachable if there is none."""
        return self._find([])

    def _open_all(self, since: float, stream: LogStream) -> tuple[list[LogFile], list[tuple[LogFile, BinaryIO]]]:
        """All matching files, and those to be read, already open, so that later rotation does not matter.

        They are opened before anything is read, so that a permission problem is known at once. If a file was
        rotated between listing and opening, the files are listed again.
        """
        for last in [*[False] * (_TRIES - 1), True]:
            problems: list[str] = []
            found = self._find(problems)
            opened: list[tuple[LogFile, BinaryIO]] = []
            moved, refused = False, None
            for file in _to_read(found, since):
                try:
                    raw: BinaryIO = file.path.open("rb")
                except FileNotFoundError:
                    moved = True
                    problems.append(f"{file.path} is not there any more")
                    continue
                except OSError as error:
                    refused = _unreadable(file.path, error)
                    problems.append(str(refused).partition(": ")[2])
                    continue
                about = os.fstat(raw.fileno())
                moved = moved or (about.st_dev, about.st_ino) != file.identity or about.st_size < file.size
                opened.append((file, raw))
            if not moved or last:
                break
            for _, raw in opened:
                raw.close()
        if refused and not opened:
            raise refused
        stream.problems.extend(problems)
        return found, opened

    def _find(self, problems: list[str]) -> list[LogFile]:
        """Regular files that match, newest first."""
        found: dict[tuple[int, int], LogFile] = {}
        empty: list[str] = []
        for pattern in self.patterns:
            matched = False
            for name in glob.glob(pattern, recursive=True):  # noqa: PTH207 - absolute ones
                file = Path(name)
                try:
                    about = file.stat()
                except FileNotFoundError:
                    problems.append(f"{file} is not there any more, or leads nowhere")
                    continue
                except OSError as error:
                    problems.append(str(_unreadable(file, error)).partition(": ")[2])
                    continue
                if stat.S_ISREG(about.st_mode):
                    matched = True
                    identity = about.st_dev, about.st_ino
                    found.setdefault(identity, LogFile(file, about.st_mtime, about.st_size, identity))
            if not matched:
                empty.append(pattern)
        if not found:
            raise Unreachable(
                f"{SERVICE}: expected files that match {', '.join(self.patterns)}, got no file that matches"
                + "".join(f"; {text}" for text in problems),
                service=SERVICE,
                hint="Check logs.files, and that this machine has the logs.",
            )
        problems.extend(f"no further file matches {pattern}" for pattern in empty)
        return sorted(found.values(), key=lambda file: (-file.changed, _natural(file.path.name)))

    def _parts(self, opened: list[tuple[LogFile, BinaryIO]], since: float, stream: LogStream) -> Iterator[Lines]:
        reading = Reading(self.wanted, stream.problems)
        now = max(file.changed for file, _ in opened) if opened else since
        in_doubt = self.zone is None and is_elsewhere(now)
        try:
            for file, raw in opened:
                if file.path.suffix.lower() in _UNREAD:
                    reading.problems.append(
                        f"{file.path} was not read: of compressed files only gzip is understood"
                    )
                    continue
                if reading.reached():
                    return
                blocks = Blocks(raw, since, max(now, since + 86_400), reading, self.block, stream.zone)
                if in_doubt and _has_unzoned(_guarded(file, blocks.tail(_LOOKED_AT), reading), now):
                    in_doubt = False
                    reading.problems.append(
                        f"{file.path} has times without a zone, and this machine is not in UTC: "
                        f'set {self.zone_setting} to theirs, e.g. "UTC"'
                    )
                name = _named(file.path, opened)
                if file.changed < since - _SLACK:
                    # The end shows how often it was written and since when it has been silent.
                    yield BytesPart(name, _guarded(file, blocks.tail(_TAIL), reading), reading, old=True)
                    continue
                before = reading.lines
                yield from self._blocks(file, blocks, name, reading)
                if blocks.damaged:
                    reading.problems.append(
                        f"{file.path} {blocks.damaged}: {reading.lines - before:,} lines were read up to there"
                    )
                if blocks.skipped:
                    stream.notes.append(f"{file.path}: {blocks.skipped:,} bytes before it are older than a day")
                if file.size > os.fstat(raw.fileno()).st_size:
                    reading.problems.append(f"{file.path} was cut short while it was read")
        finally:
            for _, raw in opened:
                raw.close()

    @staticmethod
    def _blocks(file: LogFile, blocks: Blocks, name: str, reading: Reading) -> Iterator[Lines]:
        try:
            for piece in blocks:
                chunks = _guarded(file, piece.chunks, reading)
                yield BytesPart(name, chunks, reading, cut=piece.cut, joins=piece.joins)
        except OSError as error:
            reading.problems.append(str(_unreadable(file.path, error)).partition(": ")[2])


def family(path: Path) -> str:
    """Name of the log that a file belongs to: its name without rotation suffixes.

    ``api.log``, ``api.log.1``, ``api.log.2.gz`` and ``api-2024-05-29.log`` belong to one log.
    """
    name = _PACKED.sub("", path.name)
    while (shorter := _ROTATED.sub("", name)) not in (name, ""):
        name = shorter
    return f"{path.parent.name}/{name}" if re.fullmatch(r"[\d._-]*(?:\.log)?", name) else name


def _placed(path: Path) -> str:
    """Name of the log that a file belongs to, with that of its folder."""
    name = family(path)
    return name if "/" in name or path.parent.name in ("log", "logs") else f"{path.parent.name}/{name}"


def _named(path: Path, opened: list[tuple[LogFile, BinaryIO]]) -> str:
    """Name of the log that a file belongs to; equal names in several folders are distinguished by the folder."""
    name = family(path)
    folders = {file.path.parent for file, _ in opened if family(file.path) == name}
    if len(folders) == 1:
        return name
    same = len({folder.name for folder in folders}) < len(folders)
    return f"{path.parent if same else path.parent.name}/{name}"


def _to_read(found: list[LogFile], since: float) -> list[LogFile]:
    """Files written since, and of every other log the newest one that is not empty."""
    recent = [file for file in found if file.changed >= since - _SLACK]
    known = {(file.path.parent, family(file.path)) for file in recent if file.size}
    for file in found:
        log = file.path.parent, family(file.path)
        if file.size and log not in known and file not in recent:
            known.add(log)
            recent.append(file)
    return recent


def _note_empty(found: list[LogFile], problems: list[str]) -> None:
    """Report each log that has only empty files, unless it is an error log."""
    written = {(file.path.parent, family(file.path)) for file in found if file.size}
    for file in found:
        log = file.path.parent, family(file.path)
        if log not in written and not _TROUBLE.search(log[1]):
            written.add(log)
            problems.append(f"{file.path} is empty")


def _guarded(file: LogFile, chunks: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    """The bytes; an interruption becomes a problem."""
    try:
        yield from chunks
    except OSError as error:
        reading.problems.append(str(_unreadable(file.path, error)).partition(": ")[2])


def is_elsewhere(at: float) -> bool:
    """Whether this machine's zone is not UTC at that time: files of its own programs may have its local times."""
    return time.localtime(at).tm_gmtoff != 0


def _has_unzoned(chunks: Iterator[bytes], now: float) -> bool:
    """Whether a line's time depends on the zone of its log."""
    here, there = Parser(now).parse, Parser(now, timezone(timedelta(hours=1))).parse
    lines = map(clean, b"".join(chunks).decode("utf-8", "replace").splitlines()[-_LINES_LOOKED_AT:])
    return any(here(line).time != there(line).time for line in lines)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that orders ``app.log``, ``app.log.2``, ``app.log.10``."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _unreadable(file: Path, error: OSError) -> Unreachable:
    return Unreachable(
        f"{SERVICE}: expected to read {file}, got {error.strerror or type(error).__name__}",
        service=SERVICE,
        hint="Check that the file may be read by the user who runs the playbook.",
    )
