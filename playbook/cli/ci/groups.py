"""Runs of a group of targets in workflows: parts for a matrix of jobs, and each job's own report."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from playbook.cli.ci import runner
from playbook.core.catalogue import shipped
from playbook.core.errors import UsageError
from playbook.core.public import public_results
from playbook.core.verdict import EXIT_OK
from playbook.report import read_results
from playbook.report.overview import (
    TARGETS,
    Overview,
    read_overview,
    row_of,
    unreached,
    with_rows,
    write_overview,
)
from playbook.settings.loading import Document, load_all
from playbook.settings.sections.groups import in_shard, shard_of

Say = Callable[[str], None]

# Limit of a workflow's matrix: https://docs.github.com/en/actions/reference/limits
MOST_JOBS = 256
_ELSEWHERE = "details are in the team's report"


def shards(target: str, most: int, root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """Print the matrix of jobs that run a group, as JSON, and set it as the step's output ``matrix``.

    Args:
        most: targets in one job.
    """
    count = len(Document(root, environment).names([target]))
    of = math.ceil(count / most)
    if of > MOST_JOBS:
        least = math.ceil(count / MOST_JOBS)
        raise UsageError(f"--most {most}: expected at least {least}, as GitHub runs at most {MOST_JOBS} jobs")
    # An artifact's name must not contain a slash.
    include = [{"shard": f"{number}/{of}", "part": f"-{number}-of-{of}"} for number in range(1, of + 1)]
    matrix = msgspec.json.encode({"include": include}).decode()
    say(matrix)
    runner.set_outputs({"matrix": matrix, "targets": str(count)}, environment)
    return EXIT_OK


def targets_of(target: str, shard: str, root: Path, environment: Mapping[str, str]) -> list[str]:
    """The targets that a job runs."""
    names = Document(root, environment).names([target])
    return in_shard(names, shard_of(shard)) if shard else names


def all_private(targets: Collection[str], root: Path, environment: Mapping[str, str]) -> bool:
    """Whether every target declares that all its outputs are private."""
    return all(settings.target.private for settings in load_all(list(targets), root=root, environment=environment))


def overview_in(reports: Path) -> tuple[Path, Overview] | None:
    """The page over all from this job: the set's own one, as later ones only repeat failing items."""
    for file in sorted(reports.glob(f"*/{TARGETS}")):
        if not file.parent.is_symlink():
            try:
                return file.parent, read_overview(file.parent)
            except (OSError, ValueError):
                continue
    return None


def for_everybody(overview: Overview, reports: Path) -> Overview:
    """The public version, rebuilt from each target's results."""
    rows = []
    for row in overview.rows:
        try:
            shown = public_results(read_results(reports / row.folder), shipped()) if row.folder else None
        except (OSError, ValueError):
            shown = None
        if shown is None:
            rows.append(unreached(row.target, row.kind, _ELSEWHERE))
        else:
            rows.append(row_of(shown, folder=row.folder, waited=row.waited))
    ended = overview.ended if overview.ended == "finished" else "early"
    return msgspec.structs.replace(with_rows(overview, rows), ended=ended)


def keep_overview(folder: Path, overview: Overview, to: Path) -> None:
    """Write the page into another folder, beside the reports that it links to."""
    made = to / folder.name
    made.mkdir(parents=True, exist_ok=True)
    write_overview(overview, made)
