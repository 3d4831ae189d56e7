"""The runs of all time: one line each, in files that git merges by keeping the lines of both sides.

    <folder>/runs/2026.jsonl     one line a run, of every target and set that began in 2026 (UTC)

Lines are only added. A line that stands twice, as after a merge, counts once. Order in the file means nothing.
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
# Both sides' lines are kept where git merges two histories.
# It stands in the first commit of the workflows' history, which must stay the same.
UNION = "*.jsonl merge=union\n"
# A run of the whole playbook in which everything fails takes a tenth of it.
LONGEST_LINE = 1024 * 1024
MOST_CHARACTERS = 400  # of a message; the report has it whole
_YEAR = re.compile(r"\d{4}")
_RUNBOOK = re.compile(r"[a-z0-9-]{1,60}")


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run said of one item; of several checks of one item, the worst.

    Attributes:
        value: the number that was judged, in the unit of its limit.
        limit: its limit as the settings write it, with its unit: ``{"target": "> 90 %", "warning": "< 80 %"}``.
        message: one sentence; kept of what is not OK, and cut where it is long.
        cause: id of the root cause that kept it from being measured.
        seconds: how long the check took.
        title: of an item that no catalogue holds: a check of somebody's own.
        runbook: that was followed, by its name.
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
    """One run. Times are ISO 8601 in UTC. What is as its default is not written.

    Attributes:
        schema: form of the line; one that does not say it is of the first.
        id: unlike that of any other run: target, set, start, and the beginning of a digest over its results.
        slot: when the schedule expected it; None where it was started by hand.
        partial: only a part of the set was asked for.
        ended: ``finished``, or why it ended early.
        faults: sandbox faults that were switched on.
        unread: files of checks that could not be read, so that the run does not say which checks there are.
        confirms: id of the run whose bad items this one looked at again, at once.
        report: name of the report's folder.
        counts: checks by verdict.
        items: by item id.
        readings: counters as this run read them, by their set's name, for later runs to compare with.
        audience: ``public`` holds nothing that is the team's (``playbook.history.public_lines``); a line that does
            not say it may.
        left_out: what is not part of the product, by part: the ids of the set's items that are about it.
        release: what served visitors, where that was asked; of a public line only a digest.
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
        """Ids of the items that are about what is not part of the product."""
        return frozenset(item for items in self.left_out.values() for item in items)

    @property
    def is_whole(self) -> bool:
        """Whether it says which checks there are: all of its set, every file read, and no fewer than it needs."""
        collected = sum(self.counts.values())
        early = self.ended != "finished" or self.partial or self.confirms or self.unread
        return not early and collected >= self.floor

    @property
    def order(self) -> tuple[datetime, datetime, bool, str]:
        """Sorts runs by time. Of those that began in one second, what looks again at another comes after it."""
        return self.started, self.finished, bool(self.confirms), self.id


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
    """The line of a run. Pure, so that the same results are the same line; they come without secrets.

    What it holds is what the results hold: for a public place they are ``playbook.core.public.public_results``.

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
    """Add a run, on disk when this returns; safe when several do it at once. The file it went to.

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
    """Make the folder of a history, with what tells git how to merge it. Nothing is written where that is there.

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
    """Every run, or those that began since a moment (aware). A folder that is not there holds no runs.

    Args:
        change: made of each run as it is read, so that the lines as they are never stand in memory together.
    """
    problems: list[str] = []
    runs: dict[str, RunLine] = {}
    for file in sorted((folder / RUNS).glob("*.jsonl")):
        where = f"{RUNS}/{file.name}"
        if not _YEAR.fullmatch(file.stem):
            problems.append(f"{where} is not read: expected the name of a year, such as 2026.jsonl")
        elif since is None or int(file.stem) >= since.astimezone(UTC).year:
            _take(file, where, runs, problems, change)
    found: Iterable[RunLine] = runs.values()
    if since is not None:
        found = (run for run in found if run.started >= since)
    return History(tuple(sorted(found, key=lambda run: run.order)), tuple(problems))


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
    """Number, and the run or why it cannot be read."""
    for number, text, problem in lines.numbered(content, LONGEST_LINE):
        if problem:
            yield number, None, problem
            continue
        try:
            run = _RUN.decode(text)
        except lines.DAMAGE as error:
            yield number, None, _other_form(text) or lines.damage(error)
            continue
        other = _other_form(text) if run.schema != SCHEMA else ""
        yield number, None if other else run, other


def _other_form(text: bytes) -> str:
    """That a line is written in a form that is not read here; empty where that is not what is wrong with it."""
    try:
        form = _FORM.decode(text).schema
    except lines.DAMAGE:
        return ""
    return f"is written in form {form}, and this reads form {SCHEMA}" if form != SCHEMA else ""
