"""Where the steps of the workflows find the reports of earlier steps, and who may read them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from playbook.cli.ci import groups, state
from playbook.cli.ci.branches import Branches
from playbook.core.record import Results
from playbook.report import read_results

Say = Callable[[str], None]


# GitHub's word for its own token; steps that need it are handed it by this name, and no other step is.
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - a name


REPORTS_FOLDER = "reports"


def with_repository(root: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """With the repository's name also where no job of GitHub Actions says it, from the address of ``origin``."""
    name = "" if environment.get("GITHUB_REPOSITORY") else Branches(root).repository()
    return {**environment, "GITHUB_REPOSITORY": name} if name else environment


def is_private_place(root: Path, targets: Collection[str], environment: Mapping[str, str]) -> bool:
    """Whether the repository is private, and each target says that all that it keeps there is."""
    return state.is_private(root) and groups.all_private(targets, root, environment)


def reports_in(folder: Path) -> list[tuple[Path, Results]]:
    """The reports that this job made, oldest first."""
    made = []
    for file in folder.glob("*/results.json"):
        if not file.parent.is_symlink():
            try:
                made.append((file.parent, read_results(file.parent)))
            except (OSError, msgspec.MsgspecError):
                continue
    return sorted(made, key=lambda report: (report[1].started, report[0].name))


def page_of(root: Path, report: Path) -> str:
    """A copy of a report's first page whose name no other run has, from ``root``; empty where there is none."""
    if not (report / "index.html").is_file():
        return ""
    page = state.DATA / "pages" / f"{report.name}.html"
    (root / page).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(report / "index.html", root / page)
    return str(page)


def main_report(folder: Path) -> tuple[Path, Results] | None:
    """The set's own; what follows it only looks at its bad items again."""
    return next(iter(reports_in(folder)), None)


def worst_verdict(root: Path, job: state.Job) -> str:
    """The verdict of the run; empty where it left none."""
    if job.targets and (overview := groups.overview_in(root / REPORTS_FOLDER)):
        return str(overview[1].verdict)
    report = main_report(root / REPORTS_FOLDER)
    # Of several targets one alone says too little.
    return str(report[1].verdict) if report and len(job.names) == 1 else ""
