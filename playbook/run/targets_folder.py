"""The folder of a run of many targets: the page over all, and what remains of it after a kill."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from playbook.core.errors import UsageError
from playbook.core.run_folder import free_folder
from playbook.core.whole_file import reason_of, write_whole
from playbook.report.overview import (
    TARGETS,
    Overview,
    Row,
    read_overview,
    row_of,
    unreached,
    with_rows,
    write_overview,
)

NAME = "targets"
FOLDERS = "folders.jsonl"
BEGUN = "begun.json"


class _Begun(msgspec.Struct, frozen=True):
    """A target with a report folder."""

    target: str
    folder: str


class TargetsFolder:
    """``reports/targets-<set>-<time>/``; if it cannot be written, the run continues.

    Attributes:
        problems: errors by file name.
    """

    def __init__(self, reports: Path, set_name: str, now: datetime) -> None:
        self.path, problem = free_folder(reports, f"{NAME}-{set_name}-{now:%Y%m%dT%H%M%SZ}")
        self.problems = {"the report's folder": problem} if problem else {}

    def begin(self, nothing_yet: Overview) -> None:
        """Record which targets will be checked; each is UNKNOWN so far."""
        try:
            write_whole(self.path / BEGUN, msgspec.json.encode(nothing_yet) + b"\n")
        except OSError as error:
            self.problems[BEGUN] = reason_of(error)

    def has_begun(self, target: str, folder: Path) -> None:
        """Record the folder of a target's report."""
        try:
            with (self.path / FOLDERS).open("ab") as file:
                file.write(msgspec.json.encode(_Begun(target, folder.name)) + b"\n")
        except OSError as error:
            self.problems[FOLDERS] = reason_of(error)

    def write(self, overview: Overview, *, is_last: bool = True) -> None:
        """Write the page; the last one replaces the recovery data for a killed run."""
        problems = write_overview(overview, self.path)
        self.problems |= problems
        if is_last and not problems:
            _served(self.path)


def is_of_many(folder: Path) -> bool:
    """Whether the folder is of a run of many targets."""
    if (folder / TARGETS).is_file():
        return True
    return (
        (folder / BEGUN).is_file() and folder.resolve().name.startswith(f"{NAME}-") and _begun(folder) is not None
    )


def made_anew(folder: Path) -> tuple[Overview, dict[str, str]]:
    """Rebuild the page over all: of a finished run, or from what a killed run has left.

    Every target with records gets its report; one that was not reached is UNKNOWN. Also returns what could not be
    written.

    Raises:
        UsageError: the folder contains nothing readable.
    """
    begun = _begun(folder)
    try:
        overview = _of_killed(begun, folder) if begun else read_overview(folder)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: expected the report of a run of many targets ({error})") from None
    problems = write_overview(overview, folder)
    if not problems:
        _served(folder)
    return overview, problems


def _begun(folder: Path) -> Overview | None:
    """Targets that the run was to check; None if the data is no longer needed, or of another kind of run."""
    try:
        return msgspec.json.decode((folder / BEGUN).read_bytes(), type=Overview)
    except (OSError, ValueError):
        return None


def _served(folder: Path) -> None:
    """Remove the recovery data for a killed run."""
    for name in (BEGUN, FOLDERS):
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def _of_killed(begun: Overview, folder: Path) -> Overview:
    where: dict[str, str] = {}
    with suppress(FileNotFoundError):
        for line in (folder / FOLDERS).read_bytes().splitlines():
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                one = msgspec.json.decode(line, type=_Begun)
                where[one.target] = one.folder
    rows = [_row(row, folder.parent / where[row.target] if row.target in where else None) for row in begun.rows]
    return msgspec.structs.replace(
        with_rows(begun, rows),
        finished=max([begun.started, *(row.started for row in rows)]),
        seconds=0.0,
        ended="it was killed; made from its records",
    )


def _row(nothing_yet: Row, folder: Path | None) -> Row:
    """The row of a target, from its folder."""
    from playbook.core.run_folder import keep_results
    from playbook.report import RESULTS, render_folder
    from playbook.run.run import make_from_records

    killed = unreached(nothing_yet.target, nothing_yet.kind, "the run was killed before")
    if folder is None:
        return killed
    try:
        if not (folder / RESULTS).exists():
            made = make_from_records(folder)
            if made is None:
                return killed
            keep_results(folder, made)
        results, _ = render_folder(folder)
    except (OSError, ValueError):
        return unreached(nothing_yet.target, nothing_yet.kind, "its report cannot be read")
    return row_of(results, folder=folder.name)
