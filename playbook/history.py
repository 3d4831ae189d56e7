"""The runs of all time: one line each, in files that git merges by keeping the lines of both sides.

    <folder>/runs/2026.jsonl     one line a run, of every target and set that began in 2026 (UTC)

Lines are only added. A line that stands twice, as after a merge, counts once. Order in the file means nothing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from playbook.attest import Moment
from playbook.verdict import SEVERITY, Verdict

SCHEMA = 1


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run said of one item; of several checks of one item, the worst.

    Attributes:
        value: the number that was judged, in the unit of its limit.
        limit: its ladder as the settings write it, with its unit: ``{"target": "> 90 %", "warning": "< 80 %"}``.
        message: one sentence; kept of what is not OK, and cut where it is long.
        cause: id of the root cause that kept it from being measured.
        seconds: how long the check took.
    """

    verdict: Verdict
    value: float | None = None
    limit: dict[str, str] = {}
    below_target: bool = False
    message: str = ""
    cause: str = ""
    seconds: float = 0.0


class RunLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run. Times are ISO 8601 in UTC.

    Attributes:
        id: unlike that of any other run: target, set, start and a few random letters.
        slot: when the schedule expected it; None where it was started by hand.
        partial: only a part of the set was asked for.
        ended: ``finished``, or why it ended early.
        faults: sandbox faults that were switched on.
        confirms: id of the run whose bad items this one looked at again, at once.
        report: name of the report's folder.
        counts: checks by verdict.
        items: by item id.
    """

    schema: int = SCHEMA
    id: str
    target: str
    kind: str
    set: str
    slot: Moment | None = None
    started: Moment
    finished: Moment
    verdict: Verdict
    exit_code: int
    executed: int
    floor: int
    partial: bool = False
    ended: str = "finished"
    faults: list[str] = []
    confirms: str = ""
    report: str = ""
    counts: dict[str, int] = {}
    versions: dict[str, str] = {}
    items: dict[str, Finding] = {}


class History(NamedTuple):
    """What is known of past runs.

    Attributes:
        runs: oldest first, each once.
        problems: what could not be read, a sentence each, with file and line.
    """

    runs: tuple[RunLine, ...]
    problems: tuple[str, ...]

    def of(self, target: str, set_name: str | None = None) -> tuple[RunLine, ...]:
        """The runs of one target, or of one of its sets; oldest first."""
        return tuple(run for run in self.runs if run.target == target and set_name in (None, run.set))


def worst_first(findings: list[Finding]) -> list[Finding]:
    """The findings, worst verdict first."""
    return sorted(findings, key=lambda finding: SEVERITY.index(finding.verdict))


def append(folder: Path, line: RunLine) -> Path:
    """Add a run, on disk when this returns; safe when several do it at once. The file it went to.

    Raises:
        UsageError: the file cannot be written.
    """
    raise NotImplementedError


def read(folder: Path, *, since: datetime | None = None) -> History:
    """Every run, or those that began since a moment (aware). A folder that is not there holds no runs."""
    raise NotImplementedError
