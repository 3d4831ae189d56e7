"""Steps of the workflows that make what others read: artifact, branches, pages, code scanning."""

from __future__ import annotations

import base64
import gzip
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from playbook.cli.ci import github, groups, runner, state
from playbook.cli.ci.branches import Branches
from playbook.cli.ci.reports import (
    REPORTS_FOLDER,
    TOKEN_VARIABLE,
    Say,
    is_private_place,
    page_of,
    reports_in,
    with_repository,
    worst_verdict,
)
from playbook.core.audience import Audience
from playbook.core.catalogue import shipped
from playbook.core.errors import UnknownTarget, UsageError
from playbook.core.record import Results
from playbook.core.verdict import EXIT_OK
from playbook.core.wording import plural
from playbook.history import runs as history
from playbook.history.cleansing import DRILLS, cleanse_file, kind_of, team_lines
from playbook.report import for_everybody, read_results
from playbook.report.handoff_public import HANDOFFS, is_for_everybody
from playbook.report.sarif import security_records
from playbook.run.everybody import known_as_ours
from playbook.settings.loading import load, load_all, private_targets
from playbook.settings.model import SANDBOX

# Also to a repository that everybody can read the artifact is the whole report.
WHOLE_VARIABLE = "PLAYBOOK_WHOLE_ARTIFACT"


def artifact(root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """Gather the reports of this job for the artifact: whole, or the public part where everybody can read it.

    Everybody with an account can download the artifacts of a public repository.
    """
    to = root / state.ARTIFACT
    shutil.rmtree(to, ignore_errors=True)
    reports = reports_in(root / REPORTS_FOLDER)
    all_of_it = True
    for folder, results in reports:
        if whole_artifact(root, results, environment):
            shutil.copytree(folder, to / folder.name)
        else:
            all_of_it = False
            for_everybody(folder, to / folder.name, shipped())
            say(f"{folder.name}: only the public part, because this repository is not known to be private")
    overview = groups.overview_in(root / REPORTS_FOLDER)
    if overview:
        page_of_all = overview[1] if all_of_it else groups.for_everybody(overview[1], root / REPORTS_FOLDER)
        groups.keep_overview(overview[0], page_of_all, to)
        runner.set_outputs({"page": ""}, environment)  # it leads to the others, and says little by itself
        return EXIT_OK
    page = page_of(root, to / reports[0][0].name) if reports else ""
    runner.set_outputs({"page": page}, environment)
    return EXIT_OK


def whole_artifact(root: Path, results: Results, environment: Mapping[str, str]) -> bool:
    asked = environment.get(WHOLE_VARIABLE, "").strip() == "true"
    return results.kind == SANDBOX or state.is_private(root) or asked


def push(root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """Push the lines that the run added, and then its report."""
    job = state.read_job(root)
    if job is None:
        say("nothing was run, so nothing is pushed")
        return EXIT_OK
    branches = Branches(root, token=environment.get(TOKEN_VARIABLE, ""), say=say)
    if (root / state.HISTORY).is_dir() and not (root / state.HISTORY / ".git").exists():
        branches.adopt(root / state.HISTORY)
        say("history: could be fetched now; the lines of this run were added")
    state.write_visibility(root, github.visibility(with_repository(root, environment)))
    private = is_private_place(root, job.names, environment)
    if not private and (root / state.HISTORY / DRILLS).is_file():
        cleanse_file(root / state.HISTORY / DRILLS, *known_as_ours())
    _require_public(root, branches, job.names, environment)
    worst = worst_verdict(root, job) or "no results"
    if branches.push_history(root / state.HISTORY, f"{job.target} {job.set}: {worst}"):
        say("history: pushed")
    new = [folder if private else _public_form(root, folder) for folder, _ in reports_in(root / REPORTS_FOLDER)]
    if new:
        mend = _mender(root, environment)
        kept = branches.push_reports(root / state.REPORTS, new, _keep(root, environment), mend)
        say(f"reports: {len(kept)} kept")
    return EXIT_OK


def _require_public(
    root: Path, branches: Branches, targets: Collection[str], environment: Mapping[str, str]
) -> None:
    """Raises UsageError where what is the team's would go to a repository that is not known to be private."""
    folder = root / state.HISTORY
    if not folder.is_dir() or state.is_private(root):
        return
    team = 0
    for name, content in branches.added(folder):
        if kind_of(name) == HANDOFFS:
            team += not is_for_everybody(folder / name)
        else:
            team += team_lines(content, kind_of(name))
    if not team:
        return
    runner.set_outputs({"lines": "withheld"}, environment)
    found = load_all(list(targets), root=root, environment=environment)
    private = [settings.target.name for settings in found if settings.target.private]
    why = f"targets.{private[0]}.private is true, and " if private else ""
    raise UsageError(
        f"nothing was pushed: {why}{environment.get('GITHUB_REPOSITORY') or 'the repository'} is not known to be "
        f"private, and {plural(team, 'line')} of the history would publish details that are for the team only; "
        f"set private to false, or take it out: python -m playbook history --cleanse --write "
        f"--history={state.HISTORY}"
    )


def _public_form(root: Path, folder: Path) -> Path:
    to = root / state.PUBLIC / folder.name
    shutil.rmtree(to, ignore_errors=True)
    for_everybody(folder, to, shipped())
    return to


def _mender(root: Path, environment: Mapping[str, str]) -> Callable[[Path], None]:
    """What makes a report of earlier days one for everybody, unless all of its readers are the team."""

    def mend(folder: Path) -> None:
        try:
            results = read_results(folder)
        except (OSError, msgspec.MsgspecError):
            shutil.rmtree(folder)  # nobody can tell what it holds
            return
        with suppress(UnknownTarget):
            if is_private_place(root, [results.target], environment):
                return
        if results.audience is Audience.TEAM:
            made = _public_form(root, folder)
            shutil.rmtree(folder)
            shutil.copytree(made, folder)

    return mend


def pages(root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """Whether this repository has Pages that a workflow can publish to, and their address, as outputs."""
    found = github.pages(environment)
    if not found.problem and found.is_public:
        private = private_targets({run.target for run in history.read(root / state.HISTORY).runs}, root)
        if private:
            found = github.Pages(
                problem=f"{', '.join(sorted(private))} is private, and the Pages of this repository are public."
            )
    if found.problem:
        notice_text = f"The site is built and kept as an artifact, and not published: {found.problem}"
        say(runner.notice(notice_text))
        runner.add_summary(f"{notice_text}\n", environment)
    runner.set_outputs({"publish": "false" if found.problem else "true", "url": found.url}, environment)
    return EXIT_OK


def code_scanning(root: Path, name: str, say: Say, environment: Mapping[str, str]) -> int:
    """Hand the security items of a kept report to code scanning."""
    folder = root / state.REPORTS / name
    try:
        results, findings = read_results(folder), (folder / "playbook.sarif").read_bytes()
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{folder} is not a stored report with findings: {error}") from None
    reason = _nothing_to_tell(results)
    if reason:
        say(runner.notice(f"Nothing was sent to code scanning: {reason}."))
        return EXIT_OK
    data = base64.b64encode(gzip.compress(findings, mtime=0)).decode()
    say(f"code scanning: {github.upload_sarif(data, environment)}")
    return EXIT_OK


def _nothing_to_tell(results: Results) -> str:
    if results.kind == SANDBOX:
        return "only the sandbox was checked"
    if results.partial:
        return "a part of the set was checked, and the alerts of the rest would be closed as fixed"
    return "" if security_records(results) else "this set has no security items"


def _keep(root: Path, environment: Mapping[str, str]) -> int:
    return load(None, root=root, environment=environment).history.keep_reports
