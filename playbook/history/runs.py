"""The history of runs: one line each, in files that git merges by keeping the lines of both sides.

    <folder>/runs/2026.jsonl     one line for each run, of every target and set that began in 2026 (UTC)

Lines are only added. A duplicate line, as after a merge, counts once. The order in the file does not matter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from playbook.core import lines
from playbook.core.audience import Audience
from playbook.core.catalogue import is_own
from playbook.core.clock import Moment
from playbook.core.context import Release
from playbook.core.counters import Counted
from playbook.core.errors import UsageError
from playbook.core.limits import Limit
from playbook.core.record import Record, Results
from playbook.core.verdict import SEVERITY, Verdict

SCHEMA = 1
RUNS = "runs"
ATTRIBUTES = ".gitattributes"
# Git keeps both sides' lines when it merges two histories. This is in the first commit of the workflows' history,
# which must stay the same.
UNION = "*.jsonl merge=union\n"
# A run of the whole playbook in which everything fails takes a tenth of it.
LONGEST_LINE = 1024 * 1024
MOST_CHARACTERS = 400  # of a message; the report has the full text
_YEAR = re.compile(r"\d{4}")
_RUNBOOK = re.compile(r"[a-z0-9-]{1,60}")


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Result of a run for one item; for several checks of one item, the worst.

    Attributes:
        value: the judged number, in the unit of its limit.
        limit: its thresholds as in the settings, with their unit: ``{"target": "> 90 %", "warning": "< 80 %"}``.
        message: one sentence; kept unless the verdict is OK, and shortened where it is long.
        cause: id of the root cause that prevented its measurement.
        seconds: duration of the check.
        title: of an item that is in no catalogue: a custom check.
        runbook: name of the followed runbook.
    """

    verdict: Verdict
    value: float | None = None
    limit: dict[str, str] = {}
    below_target: bool = False
    message: str = ""
    cause: str = ""
    seconds: float = 0.0
    title: str = ""
    runbook: str = ""


class RunLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run. Times are ISO 8601 in UTC. Default values are not written.

    Attributes:
        schema: form of the line; a line without it is of the first.
        id: unique: target, set, start, and the beginning of a digest of its results.
        slot: when the schedule expected it; None where it was started by hand.
        partial: only a part of the set was requested.
        ended: ``finished``, or why it ended early.
        faults: active sandbox faults.
        unread: files of checks that could not be read, so that the run does not know all checks.
        confirms: id of the run whose failing items this one re-checked at once.
        report: name of the report's folder.
        counts: checks by verdict.
        items: by item id.
        readings: counters as this run read them, by their set's name, for later runs to compare with.
        audience: ``public`` holds none of the team's data (``playbook.history.public_lines``); a line without it
            may.
        left_out: what is not part of the product, by part: the ids of the set's items about it.
        release: the release that served visitors, if it was read; only a digest in a public line.
    """

    schema: int = 1
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
    unread: list[str] = []
    confirms: str = ""
    report: str = ""
    counts: dict[str, int] = {}
    versions: dict[str, str] = {}
    items: dict[str, Finding] = {}
    readings: dict[str, Counted] = {}
    audience: Audience = Audience.TEAM
    left_out: dict[str, list[str]] = {}
    release: Release | None = None

    @property
    def gone(self) -> frozenset[str]:
        """Ids of the items about parts that the product does not have."""
        return frozenset(item for items in self.left_out.values() for item in items)

    @property
    def is_whole(self) -> bool:
        """Whether it lists all checks of its set: not partial, every file read, and no fewer checks than
        required.
        """
        collected = sum(self.counts.values())
        early = self.ended != "finished" or self.partial or self.confirms or self.unread
        return not early and collected >= self.floor

    @property
    def order(self) -> tuple[datetime, datetime, bool, str]:
        """Sort key by time. Of runs that began in the same second, a confirming one comes after the one it
        confirms.
        """
        return self.started, self.finished, bool(self.confirms), self.id


class History(NamedTuple):
    """Known past runs.

    Attributes:
        runs: oldest first, each once.
        problems: what could not be read, a sentence each, with file and line.
    """

    runs: tuple[RunLine, ...]
    problems: tuple[str, ...]

    def of(self, target: str, set_name: str | None = None) -> tuple[RunLine, ...]:
        """The runs of one target, or of one of its sets; oldest first."""
        return tuple(run for run in self.runs if run.target == target and set_name in (None, run.set))


def gone_since(runs: Iterable[RunLine]) -> dict[str, datetime]:
    """Items of one target whose check is gone, with the start of the first whole run of their set without them.

    Args:
        runs: of the target, oldest first.
    """
    known: dict[str, set[str]] = {}
    gone: dict[str, datetime] = {}
    for run in runs:
        for item in run.items:
            known.setdefault(item.partition(".")[0], set()).add(item)
            gone.pop(item, None)
        if run.is_whole:
            for item in known.get(run.set, set()) - run.items.keys():
                gone.setdefault(item, run.started)
    return gone


def worst_first(findings: list[Finding]) -> list[Finding]:
    """The findings, worst verdict first."""
    return sorted(findings, key=lambda finding: SEVERITY.index(finding.verdict))


def line_of(results: Results, *, report: str, slot: datetime | None, confirms: str = "") -> RunLine:
    """The line of a run. Pure: the same results give the same line. Results contain no secrets.

    It holds what the results hold: for a public place they are ``playbook.core.public.public_results``.

    Args:
        report: name of the report's folder.
        slot, confirms: see RunLine.
    """
    items: dict[str, list[Finding]] = {}
    readings: dict[str, Counted] = {}
    for record in results.records:
        items.setdefault(record.item, []).append(_finding(record))
        readings |= record.readings
    started = datetime.fromisoformat(results.started)
    digest = hashlib.sha256(msgspec.json.encode([results, report, confirms])).hexdigest()
    return RunLine(
        id=f"{results.target}-{results.set}-{started:%Y%m%dT%H%M%SZ}-{digest[:8]}",
        target=results.target,
        kind=results.kind,
        set=results.set,
        slot=slot,
        started=started,
        finished=datetime.fromisoformat(results.finished),
        verdict=results.verdict,
        exit_code=results.exit_code,
        executed=results.executed,
        floor=results.floor,
        partial=results.partial,
        ended=_clipped(results.ended),
        faults=results.faults,
        unread=results.unread,
        confirms=confirms,
        report=report,
        counts={verdict: count for verdict, count in results.counts.items() if count},
        versions=results.versions,
        items={item: worst_first(found)[0] for item, found in sorted(items.items())},
        readings=dict(sorted(readings.items())),
        audience=results.audience,
        left_out={part.part: part.items for part in results.left_out},
        release=next((record.release for record in results.records if record.release), None),
    )


def _finding(record: Record) -> Finding:
    return Finding(
        verdict=record.verdict,
        value=record.value,
        limit=_texts(record.limit) if record.limit else {},
        below_target=record.below_target,
        message="" if record.verdict is Verdict.OK else _clipped(record.message),
        cause=record.cause,
        seconds=record.seconds,
        title=_clipped(record.title) if is_own(record.item) else "",
        runbook=record.runbook if _RUNBOOK.fullmatch(record.runbook) else "",
    )


def _texts(limit: Limit) -> dict[str, str]:
    bounds = {"target": limit.target, "warning": limit.warning, "critical": limit.critical}
    return {name: str(bound) for name, bound in bounds.items() if bound}


def _clipped(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 2]} …"


def append(folder: Path, line: RunLine) -> Path:
    """Add a run, on disk when this returns, and return its file; safe with concurrent writers.

    Raises:
        UsageError: the file cannot be written.
    """
    text = msgspec.json.encode(line) + b"\n"
    if len(text) > LONGEST_LINE:
        raise UsageError(
            f"{folder}: a run's line must not be longer than {LONGEST_LINE:,} bytes, got {len(text):,}"
        )
    make_folder(folder)
    file = folder / RUNS / f"{line.started.astimezone(UTC):%Y}.jsonl"
    lines.append(file, text)
    return file


def make_folder(folder: Path) -> None:
    """Make the folder of a history, with git's merge attributes. An existing one is left unchanged.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ATTRIBUTES).open("x", encoding="utf-8") as file:
            file.write(UNION)
    except FileExistsError:
        if not folder.is_dir():
            raise UsageError(f"{folder} is to hold the history, and is no folder") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None


def read(
    folder: Path, *, since: datetime | None = None, change: Callable[[RunLine], RunLine] = lambda run: run
) -> History:
    """Every run, or those that began since a moment (aware). A missing folder holds no runs.

    Args:
        change: applied to each run as it is read, so that the original lines are never all in memory.
    """
    problems: list[str] = []
    runs: dict[str, RunLine] = {}
    for file in files_since(folder, since):
        _take(file, f"{RUNS}/{file.name}", runs, problems, change)
    problems += [
        f"{RUNS}/{file.name} is not read: expected the name of a year, such as 2026.jsonl"
        for file in sorted((folder / RUNS).glob("*.jsonl"))
        if not _YEAR.fullmatch(file.stem)
    ]
    found: Iterable[RunLine] = runs.values()
    if since is not None:
        found = (run for run in found if run.started >= since)
    return History(tuple(sorted(found, key=lambda run: run.order)), tuple(problems))


def files_since(folder: Path, since: datetime | None = None) -> list[Path]:
    """The files that may hold runs that began since a moment (aware), oldest first."""
    files = sorted(file for file in (folder / RUNS).glob("*.jsonl") if _YEAR.fullmatch(file.stem))
    return [file for file in files if since is None or int(file.stem) >= since.astimezone(UTC).year]


def _take(
    file: Path,
    where: str,
    runs: dict[str, RunLine],
    problems: list[str],
    change: Callable[[RunLine], RunLine],
) -> None:
    try:
        content = lines.read(file)
    except OSError as error:
        problems.append(f"{where} cannot be read: {error.strerror}")
        return
    for number, run, problem in _lines(content):
        if run is None:
            problems.append(f"{where} line {number}: {problem}")
        elif runs.setdefault(run.id, changed := change(run)) != changed:
            problems.append(f"{where} line {number}: says something else of the run {run.id} than a line before")


class _Form(msgspec.Struct, frozen=True):
    schema: int = 1


_RUN = msgspec.json.Decoder(RunLine)
_FORM = msgspec.json.Decoder(_Form)


def _lines(content: bytes) -> Iterator[tuple[int, RunLine | None, str]]:
    """Line number, and the run or why it cannot be read."""
    for number, text, problem in lines.numbered(content, LONGEST_LINE):
        if problem:
            yield number, None, problem
            continue
        yield number, *run_of(text)


def run_of(text: bytes) -> tuple[RunLine | None, str]:
    """The run of a line, or None and why it cannot be read."""
    try:
        run = _RUN.decode(text)
    except lines.DAMAGE as error:
        return None, _other_form(text) or lines.damage(error)
    other = _other_form(text) if run.schema != SCHEMA else ""
    return None if other else run, other


def _other_form(text: bytes) -> str:
    """Message for a line in a form that is not read here; empty where that is not the problem."""
    try:
        form = _FORM.decode(text).schema
    except lines.DAMAGE:
        return ""
    return f"is written in form {form}, and this reads form {SCHEMA}" if form != SCHEMA else ""
