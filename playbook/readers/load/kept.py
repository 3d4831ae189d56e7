"""Storage of load tests: a file for each, and a line in the history for comparison.

    <capacity.load_tests>/<target>-<shape>-<time>.json   everything that one test measured
    <history>/load/2026.jsonl                            one line for each test that ran as planned

Lines are only added, so that git merges them by keeping those of both sides.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import msgspec

from playbook.core import door, lines
from playbook.core.clock import Moment
from playbook.core.coverage import Coverage, lacking, unread
from playbook.core.door.records import leaving
from playbook.core.errors import Unreachable, UsageError
from playbook.core.wording import plural
from playbook.readers.load.outcome import Outcome
from playbook.readers.load.plan import SCHEMA as PLAN_SCHEMA
from playbook.readers.load.plan import Break, Plan
from playbook.readers.load.samples import Sample

SCHEMA = 1
SERVICE = "Load test"
_LONGEST_LINE = 64 * 1024
_SHOWN = 120  # characters of a problem


class LoadLine(msgspec.Struct, frozen=True, kw_only=True):
    """One load test in a line.

    Attributes:
        plan: what two tests must have in common, see ``likeness``.
        p95: seconds, by endpoint, including ``all``; for a breakpoint test by step, ``20 users``.
        requests_per_second: successful requests.
        held: users of the highest step of a breakpoint test that held.
    """

    schema: int = SCHEMA
    id: str
    target: str
    shape: str
    started: Moment
    plan: dict[str, str]
    p95: dict[str, float]
    requests: int
    requests_per_second: float
    failed_percent: float
    held: int | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Full result of one load test; the monthly capacity check reads target, shape, finished and
    requests_per_second.

    Attributes:
        requests_per_second: successful requests; for a breakpoint test, in the highest step that held.
        whole: it ran as planned.
    """

    schema: int = SCHEMA
    target: str
    shape: str
    finished: Moment
    requests_per_second: float
    whole: bool
    plan: Plan
    outcome: Outcome
    server: list[Sample] = []
    gave_way: list[str] = []


class LoadHistory(NamedTuple):
    """Past tests, newest first, and what could not be read."""

    tests: tuple[LoadLine, ...]
    problems: tuple[str, ...]


def likeness(plan: Plan) -> dict[str, str]:
    """What must be equal for two tests to be compared, by readable name."""
    stages = ", ".join(f"{s.users} users for {s.seconds:g} s at {s.spawn_rate:g}/s" for s in plan.stages)
    weights = ", ".join(f"{name} {weight:g}" for name, weight in sorted(plan.weights.items()))
    sizes = ", ".join(f"{name} {width}" for name, width in sorted(plan.widths.items()))
    return {
        "stages": stages,
        "weights": weights,
        "images": f"{sizes} pixels, {plan.repeats_percent:g} % posted before",
        "waits": f"{plan.wait_seconds[0]:g} to {plan.wait_seconds[1]:g} s",
        "workers": str(plan.workers),
        "limits of a step": _limits(plan.breaks),
        "caps": f"{plan.most_users} users, {plan.most_requests_per_second:g} requests/s",
        "time limits": f"{plan.connect_seconds:g} s + {plan.read_seconds:g} s",
        "version of the plan": str(PLAN_SCHEMA),
        "machine that makes the load": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "version of Locust": _version("locust"),
    }


@cache  # reading it takes longer than all else of a test's line
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _limits(breaks: Break | None) -> str:
    if breaks is None:
        return "none"
    return (
        f"P95 {breaks.p95_seconds:g} s, {breaks.failed_percent:g} % failed, {breaks.settle_seconds:g} s to settle"
    )


def keep(folder: Path, result: Result) -> Path:
    """Write the file of one test, atomically.

    Raises:
        Unreachable: it cannot be written.
    """
    name = f"{result.target}-{result.shape}-{result.finished:%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = next(
            path
            for path in (folder / f"{name}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 100))))
            if not path.exists()
        )
        part = file.with_suffix(".part")
        part.write_bytes(msgspec.json.format(msgspec.json.encode(leaving(result)), indent=1) + b"\n")
        part.replace(file)
    except OSError as error:
        raise _failed(f"to keep the result in {folder} (capacity.load_tests)", error) from error
    return file


def remember(folder: Path, line: LoadLine) -> None:
    """Add a test to the history.

    Raises:
        Unreachable: it cannot be written.
    """
    try:
        lines.append(folder / f"{line.started:%Y}.jsonl", msgspec.json.encode(line) + b"\n")
    except UsageError as error:
        raise Unreachable(
            f"{SERVICE}: expected to add the test to history, got an error ({error})", service=SERVICE
        ) from error


def recall(folder: Path) -> LoadHistory:
    """Every past test; a missing folder has none.

    Raises:
        Unreachable: a file cannot be read.
    """
    tests: dict[str, LoadLine] = {}
    problems: list[str] = []
    for file in sorted(folder.glob("*.jsonl")):
        try:
            content = lines.read(file)
        except OSError as error:
            raise _failed(f"to read {file}", error) from error
        for number, text, problem in lines.numbered(content, _LONGEST_LINE):
            if not text.strip():
                continue
            if problem:
                problems.append(f"{file.name}, line {number} {problem}")
                continue
            test, damage = _test_of(text)
            if test is None:
                problems.append(f"{file.name}, line {number} {damage}")
            else:
                tests[test.id] = test
    return LoadHistory(tuple(sorted(tests.values(), key=lambda one: one.started, reverse=True)), tuple(problems))


def recalled(folder: Path) -> tuple[LoadHistory, Coverage]:
    """As ``recall``, where other tests count even if the history cannot be read."""
    try:
        return recall(folder), Coverage()
    except Unreachable as error:
        return LoadHistory((), ()), unread(error, "the history of load tests")


def unread_tests(problems: Sequence[str]) -> Coverage:
    """That no test is missing: one that cannot be read may be the newest."""
    if not problems:
        return Coverage()
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return lacking(
        f"{plural(len(problems), 'load test')} not read",
        expected="every load test kept so far",
        got=f"{door.line(problems[0], _SHOWN)}{more}",
        hint="Restore what was kept (git log), or remove that file or line.",
    )


def _test_of(text: bytes) -> tuple[LoadLine | None, str]:
    """The test of a line, or None and why it cannot be read."""
    try:
        form = msgspec.json.decode(text, type=_Form).schema
        if form != SCHEMA:
            return None, f"is written in form {form}, and this reads form {SCHEMA}"
        return msgspec.json.decode(text, type=LoadLine), ""
    except lines.DAMAGE as error:
        return None, lines.damage(error)


class _Form(msgspec.Struct, frozen=True):
    schema: int = SCHEMA


def identity(target: str, shape: str, started: datetime) -> str:
    """Id of a test; no two of a target and a shape begin at the same moment."""
    return f"{target}-{shape}-{started:%Y%m%dT%H%M%S.%fZ}"


def _failed(expected: str, error: OSError) -> Unreachable:
    return Unreachable(
        f"{SERVICE}: expected {expected}, got an error ({(error.strerror or type(error).__name__).lower()})",
        service=SERVICE,
    )
