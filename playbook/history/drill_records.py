"""drills.jsonl: one line for each drill, appended and never changed. It outlives the runs and the reports."""

from __future__ import annotations

import fcntl
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from playbook.core.door.records import leaving
from playbook.core.errors import Denied, Unreachable

SERVICE = "Drill records"
_AHEAD = timedelta(hours=1)


class DrillRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Result of one drill.

    Attributes:
        item: of the playbook, e.g. ``weekly.backups.restores``.
        target, kind: where it was carried out.
        source: location of the restored backups, as an operator writes it.
        when: its beginning, aware.
        what: name of the archive, or what else was tested.
        seconds: from the start until the restored parts responded, or until an alert had arrived.
        data_age_hours: age of the restored data; None where there was none.
        ok: whether it succeeded.
        result: in words.
        by: ``playbook``, or the name of the script that was run instead.
        unseen: what was not checked, or not understood, in words; empty where everything was.
    """

    item: str
    target: str
    kind: str
    source: str = ""
    when: datetime
    what: str
    seconds: float
    data_age_hours: float | None = None
    ok: bool
    result: str
    by: str = "playbook"
    unseen: str = ""


_NAMED = "sha256:"


def public_record(record: DrillRecord) -> DrillRecord:
    """The public form of a record: time, duration and result, without location, names or words.

    The location of the backups becomes a digest, by which a run that knows the location finds its records.
    """
    return msgspec.structs.replace(
        record,
        source=_digest(record.source),
        what="an archive",
        result="as it should" if record.ok else "not as it should",
        by="playbook" if record.by == "playbook" else "a script",
        unseen="something was not looked at" if record.unseen else "",
    )


def is_of(record: DrillRecord, source: str) -> bool:
    """Whether the backups of this location were restored."""
    return record.source in {source, _digest(source)}


def _digest(source: str) -> str:
    if not source or source.startswith(_NAMED):
        return source
    return f"{_NAMED}{hashlib.sha256(source.encode(errors='replace')).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Records:
    """Contents of the file.

    Attributes:
        file: its path, as written in the settings.
        found: newest first.
        damaged: invalid lines, with their number and why.
        places: line numbers of both, in the same order.
    """

    file: str
    found: tuple[DrillRecord, ...]
    damaged: tuple[str, ...]
    places: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())

    def damaged_after(self, record: DrillRecord | None) -> tuple[str, ...]:
        """Invalid lines added after a record, or all of them; they may have been failed drills."""
        kept, damaged = self.places
        since = kept[self.found.index(record)] if record is not None else 0
        return tuple(why for number, why in zip(damaged, self.damaged, strict=True) if number > since)


def read(file: str, now: datetime) -> Records:
    """Every record; an invalid line is reported and skipped. A missing file has no records.

    Raises:
        Denied, Unreachable: it exists and cannot be read.
    """
    try:
        lines = Path(file).read_bytes().splitlines()
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise _failed(error, f"expected to read {file}") from error
    found: list[tuple[int, DrillRecord]] = []
    damaged: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=DrillRecord)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            damaged.append((number, f"line {number}: {error}"))
            continue
        if record.when.tzinfo is None:
            damaged.append((number, f"line {number}: a time without a time zone"))
        elif record.when > now + _AHEAD:
            damaged.append((number, f"line {number}: dated {record.when:%Y-%m-%d %H:%M}, which is still to come"))
        elif record.seconds < 0 or (record.data_age_hours or 0) < 0:
            damaged.append((number, f"line {number}: a time below zero"))
        else:
            found.append((number, record))
    found.sort(key=lambda one: one[1].when, reverse=True)
    places = tuple(number for number, _ in found), tuple(number for number, _ in damaged)
    return Records(file, tuple(record for _, record in found), tuple(why for _, why in damaged), places)


def add(file: str, record: DrillRecord) -> None:
    """Append one line atomically, also while other runs write.

    Raises:
        Denied, Unreachable: it cannot be written.
    """
    path = Path(file)
    line = msgspec.json.encode(leaving(record)) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            end = stream.seek(0, os.SEEK_END)
            if end:
                stream.seek(end - 1)
                if stream.read(1) != b"\n":  # left by an editor, or by a full disk
                    line = b"\n" + line
            stream.write(line)
            os.fsync(stream.fileno())
    except OSError as error:
        raise _failed(error, f"expected to add the drill to {file}") from error


def _failed(error: OSError, expected: str) -> Denied | Unreachable:
    kind = Denied if isinstance(error, PermissionError) else Unreachable
    reason = (error.strerror or type(error).__name__).lower()
    return kind(
        f"{SERVICE}: {expected} (recovery.records), got an error ({reason})",
        service=SERVICE,
        hint="Without its record a drill counts for nothing later: make the file writable, or name another.",
    )
