"""The runs of a target that lie in the reports folder, and what they say of each item over time.

Reads ``reports/*/results.json``. Whatever else keeps the runs needs to give the same: the runs, what was skipped,
and each item's states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from playbook.attest import Moment
from playbook.record import SCHEMA
from playbook.verdict import Verdict

OPEN = frozenset({Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WARNING})


class PastRecord(msgspec.Struct, frozen=True):
    """Of a record, what a look back needs."""

    item: str
    title: str
    verdict: Verdict
    message: str
    next_step: str = ""


class PastRun(msgspec.Struct, frozen=True):
    """Of a run's results, what a look back needs; ``folder`` is the name of its report's folder."""

    target: str
    set: str
    started: Moment
    records: list[PastRecord]
    schema: int = 0
    folder: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What one run said of one item."""

    at: datetime
    record: PastRecord
    folder: str

    @property
    def is_open(self) -> bool:
        """It was not well, and not waived either."""
        return self.record.verdict in OPEN


@dataclass(frozen=True, slots=True)
class PastRuns:
    """The runs of a target.

    Attributes:
        runs: oldest first.
        skipped: what could not be read, in words.
    """

    runs: tuple[PastRun, ...]
    skipped: tuple[str, ...]

    def states(self) -> Mapping[str, list[State]]:
        """What was said of each item, oldest first. Items that were not configured are left out."""
        states: dict[str, list[State]] = {}
        for run in self.runs:
            for record in run.records:
                if record.verdict is not Verdict.NOT_CONFIGURED:
                    states.setdefault(record.item, []).append(State(run.started, record, run.folder))
        return states


def past_runs(reports: Path, target: str, until: datetime) -> PastRuns:
    """The runs of a target that began before ``until`` (aware)."""
    runs: list[PastRun] = []
    skipped: list[str] = []
    for file in sorted(reports.glob("*/results.json")):
        if file.parent.is_symlink():  # ``latest`` is one of the others
            continue
        name = file.parent.name
        try:
            run = msgspec.json.decode(file.read_bytes(), type=PastRun)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            skipped.append(f"{name}: {str(error).replace('`', '')}")
            continue
        except OSError as error:
            skipped.append(f"{name}: {error.strerror}")
            continue
        if run.schema != SCHEMA:
            skipped.append(f"{name}: written in form {run.schema}, and this reads form {SCHEMA}")
        elif run.target == target and run.started <= until:
            runs.append(msgspec.structs.replace(run, folder=name))
    runs.sort(key=lambda run: run.started)
    return PastRuns(tuple(runs), tuple(skipped))
