"""The folder of one run: its records, line by line while it runs, and its results at the end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec

from playbook.core.catalogue import Item
from playbook.core.errors import UsageError
from playbook.core.record import SCHEMA, LeftOut, Record, Results
from playbook.core.whole_file import reason_of, write_whole

RUN_FILE_VARIABLE = "PLAYBOOK_RUN_FILE"
BEGUN = "begun.json"
RECORDS = "records.jsonl"
RESULTS = "results.json"


class RunNotice(msgspec.Struct, frozen=True):
    """What a run reports to its starter in the file that ``$PLAYBOOK_RUN_FILE`` names: its report and its id."""

    folder: str
    id: str


def notify_starter(folder: Path, run_id: str, environment: Mapping[str, str] = os.environ) -> None:
    """Write that file, if requested; without it the starter treats the run as one without results."""
    file = environment.get(RUN_FILE_VARIABLE)
    if file:
        with suppress(OSError):
            Path(file).write_bytes(msgspec.json.encode(RunNotice(str(folder.absolute()), run_id)) + b"\n")


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A run at its start: the header of results.json, and the selected checks with their items."""

    schema: int = SCHEMA
    target: str
    kind: str
    url: str = ""
    time_zone: str = "UTC"
    private: bool = False
    set: str
    command: str
    started: str
    floor: int
    partial: bool = False
    faults: list[str] = []
    left_out: list[LeftOut] = []
    planned: dict[str, Item] = {}


class RunFolder:
    """``reports/<target>-<set>-<time>/``: one folder per run, never shared by two.

    Records are appended as they come, so that a killed run leaves what it had measured; see ``what_was_left``. On
    a full disk or in a read-only folder the run continues all the same.

    Attributes:
        problems: reasons why a file could not be written, by its name.
    """

    def __init__(self, reports: Path, target: str, set_name: str, now: datetime) -> None:
        self.path, problem = free_folder(reports, f"{target}-{set_name}-{now:%Y%m%dT%H%M%SZ}")
        self.problems: dict[str, str] = {"the report's folder": problem} if problem else {}

    @property
    def is_there(self) -> bool:
        """Whether the folder exists and can be written to."""
        return self.path.is_dir()

    @property
    def results_file(self) -> Path:
        """Path of the results."""
        return self.path / RESULTS

    @property
    def _journal(self) -> Path:
        return self.path / RECORDS

    def begin(self, begun: Begun) -> None:
        """Write what is being run, for recovery of a killed run."""
        if not self.is_there:
            return
        try:
            write_whole(self.path / BEGUN, msgspec.json.encode(begun) + b"\n")
        except OSError as error:
            self.problems[BEGUN] = reason_of(error)

    def keep(self, record: Record) -> None:
        """Append one record and hand it to the operating system."""
        if not self.is_there:
            return
        try:
            with self._journal.open("ab") as journal:
                # After a line cut by a full disk, begin on a line of its own.
                lead = b"\n" if RECORDS in self.problems else b""
                journal.write(lead + msgspec.json.encode(record) + b"\n")
        except OSError as error:
            self.problems[RECORDS] = reason_of(error)

    def write(self, results: Results) -> bool:
        """Write results.json atomically; the records are then deleted."""
        if not self.is_there:
            return False
        try:
            keep_results(self.path, results)
        except OSError as error:
            self.problems[RESULTS] = reason_of(error)
            return False
        self.problems.pop(RECORDS, None)
        return True

    def discard_if_empty(self) -> None:
        """Remove the folder of a run without a record, e.g. after a usage error."""
        if not self.results_file.exists() and not self._journal.exists():
            shutil.rmtree(self.path, ignore_errors=True)


def free_folder(reports: Path, name: str) -> tuple[Path, str]:
    """Make a folder of this name, numbered if it exists already, and the reason if that failed.

    Raises:
        UsageError: the reports path is not a folder.
    """
    for suffix in chain([""], (f"-{number}" for number in range(2, 1000))):
        path = reports / (name + suffix)
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            if reports.is_dir():
                continue
            raise UsageError(f"--reports: {reports} is no folder") from None
        except NotADirectoryError:
            raise UsageError(f"--reports: {reports} is no folder") from None
        except OSError as error:
            return path, reason_of(error)
        return path, ""
    raise FileExistsError(f"{reports / name} and 999 folders like it exist")


def keep_results(folder: Path, results: Results) -> None:
    """Write results.json atomically (OSError); the records that it was made of are then deleted."""
    write_whole(folder / RESULTS, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    with suppress(OSError):
        (folder / RECORDS).unlink(missing_ok=True)
        (folder / BEGUN).unlink(missing_ok=True)


def what_was_left(folder: Path) -> tuple[Begun, list[Record], datetime] | None:
    """A killed run's header, its records, and its last write; None where nothing is left of it.

    A line that was cut by the kill is omitted, and so are records that a later one replaced.

    Raises:
        OSError: it cannot be read.
    """
    try:
        begun = msgspec.json.decode((folder / BEGUN).read_bytes(), type=Begun)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    records: dict[str, Record] = {}
    newest = (folder / BEGUN).stat().st_mtime
    with suppress(FileNotFoundError):
        newest = max(newest, (folder / RECORDS).stat().st_mtime)
        for line in (folder / RECORDS).read_bytes().splitlines():
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                record = msgspec.json.decode(line, type=Record)
                records[record.check] = record
    return begun, list(records.values()), datetime.fromtimestamp(newest, UTC)
