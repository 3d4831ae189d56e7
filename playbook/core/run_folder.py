"""The folder of one run: what it came to, line by line while it runs, and its results at the end."""

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


class Told(msgspec.Struct, frozen=True):
    """What a run tells who started it, in the file that ``$PLAYBOOK_RUN_FILE`` names: its report and its id."""

    folder: str
    id: str


def tell_starter(folder: Path, run_id: str, environment: Mapping[str, str] = os.environ) -> None:
    """Write it, where somebody wants to know; who does not get it takes the run for one without results."""
    file = environment.get(RUN_FILE_VARIABLE)
    if file:
        with suppress(OSError):
            Path(file).write_bytes(msgspec.json.encode(Told(str(folder.absolute()), run_id)) + b"\n")


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it begins: what results.json will say of it, and the checks that were chosen, with their items."""

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
    """``reports/<target>-<set>-<time>/``: one folder a run, never shared by two.

    Records are kept line by line as they come, so that a run that is killed leaves what it had measured; see
    ``what_was_left``. Where the disk is full or the folder may not be written to, the run goes on all the same.

    Attributes:
        problems: what could not be written, by the file's name, and why.
    """

    def __init__(self, reports: Path, target: str, set_name: str, now: datetime) -> None:
        self.path, problem = free_folder(reports, f"{target}-{set_name}-{now:%Y%m%dT%H%M%SZ}")
        self.problems: dict[str, str] = {"the report's folder": problem} if problem else {}

    @property
    def is_there(self) -> bool:
        """Whether anything can be written into it at all."""
        return self.path.is_dir()

    @property
    def results_file(self) -> Path:
        """Where the results stand."""
        return self.path / RESULTS

    @property
    def _journal(self) -> Path:
        return self.path / RECORDS

    def begin(self, begun: Begun) -> None:
        """Note what is being run, for who finds the records of a run that was killed."""
        if not self.is_there:
            return
        try:
            write_whole(self.path / BEGUN, msgspec.json.encode(begun) + b"\n")
        except OSError as error:
            self.problems[BEGUN] = reason_of(error)

    def keep(self, record: Record) -> None:
        """Append one record, handed to the system when this returns."""
        if not self.is_there:
            return
        try:
            with self._journal.open("ab") as journal:
                # After a line that a full disk has cut, this one stands for itself.
                lead = b"\n" if RECORDS in self.problems else b""
                journal.write(lead + msgspec.json.encode(record) + b"\n")
        except OSError as error:
            self.problems[RECORDS] = reason_of(error)

    def write(self, results: Results) -> bool:
        """Write results.json, whole or not at all; the records have then served."""
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
        """Remove the folder of a run that never came to a record, e.g. after a usage error."""
        if not self.results_file.exists() and not self._journal.exists():
            shutil.rmtree(self.path, ignore_errors=True)


def free_folder(reports: Path, name: str) -> tuple[Path, str]:
    """Make a folder of this name, numbered where there is one already; and why it could not be made.

    Raises:
        UsageError: the folder of all reports is none.
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
    """Write results.json, whole or not at all (OSError); the records that it was made of have then served."""
    write_whole(folder / RESULTS, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    with suppress(OSError):
        (folder / RECORDS).unlink(missing_ok=True)
        (folder / BEGUN).unlink(missing_ok=True)


def what_was_left(folder: Path) -> tuple[Begun, list[Record], datetime] | None:
    """What a run was, what it had come to, and when it wrote last; None where nothing tells that.

    A line that was cut by whatever ended the run is left out, and so are records that a later one replaced.

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
