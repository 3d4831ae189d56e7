"""``python -m playbook ci``: the steps of the workflows: fetch, run, summary, push; pages; code-scanning."""

from __future__ import annotations

import argparse
import base64
import gzip
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from playbook.ci import github, groups, runner, state
from playbook.ci.annotations import annotations_of
from playbook.ci.branches import HISTORY, REPORTS, Branches
from playbook.ci.choosing import choose
from playbook.ci.setup import add_step, setup
from playbook.core.audience import AUDIENCE_VARIABLE, Audience
from playbook.core.catalogue import shipped
from playbook.core.command_line import whole
from playbook.core.errors import UnknownTarget, UsageError
from playbook.core.public import public_results
from playbook.core.record import Results
from playbook.core.verdict import EXIT_OK, Verdict
from playbook.history import runs as history
from playbook.history.cleansing import DRILLS, cleanse_file, kind_of, team_lines
from playbook.report import for_everybody, read_results
from playbook.report.handoff_public import HANDOFFS, is_for_everybody
from playbook.report.overview import summary as page_over_all
from playbook.report.sarif import security_records
from playbook.report.summary import summary as words
from playbook.report.words import plural
from playbook.run.everybody import known_as_ours
from playbook.settings.loading import SANDBOX, load, private_targets
from playbook.settings.sections.groups import PREFIX, is_group

Say = Callable[[str], None]

# GitHub's word for its own token; steps that need it are handed it by this name, and no other step is.
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 - a name
# Also to a repository that everybody can read the artifact is the whole report.
WHOLE_VARIABLE = "PLAYBOOK_WHOLE_ARTIFACT"
_REPORTS = "reports"


def fetch(root: Path, names: Collection[str], say: Say, environment: Mapping[str, str]) -> int:
    """Check out what earlier jobs kept: the lines of all runs, and the newest reports. Note who can read them."""
    state.write_visibility(root, github.visibility(_with_repository(root, environment)))
    branches = Branches(root, token=environment.get(TOKEN_VARIABLE, ""), say=say)
    if HISTORY in names:
        branches.fetch_history(root / state.HISTORY)
        say(str(state.HISTORY))
    if REPORTS in names:
        branches.fetch_reports(root / state.REPORTS)
        say(str(state.REPORTS))
    return EXIT_OK


def _with_repository(root: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """With the repository's name also where no job of GitHub Actions says it, from the address of ``origin``."""
    name = "" if environment.get("GITHUB_REPOSITORY") else Branches(root).repository()
    return {**environment, "GITHUB_REPOSITORY": name} if name else environment


def run(options: argparse.Namespace, root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """Run a set. The code of the run becomes an output and not ours, so that all that follows is done first."""
    if options.shard and not options.group:
        raise UsageError(f"--shard: expected --group beside it, of which {options.shard} is a part")
    choice = choose(
        set_name=options.set,
        cron=options.cron,
        target=f"{PREFIX}{options.group}" if options.group else options.target,
        root=root,
        lines=None if options.fetched == "false" else root / state.HISTORY,
        environment=environment,
    )
    names = groups.targets_of(choice.target, options.shard, root, environment)
    targets = names if is_group(choice.target) else []
    job = state.Job(set=choice.set, target=choice.target, note=choice.note, targets=targets)
    state.write_job(root, job)
    if choice.note:
        say(runner.notice(choice.note, "warning"))
    command = [sys.executable, "-m", "playbook", "run", choice.set, "--target", choice.target]
    command += ["--reports", _REPORTS, "--history", str(state.HISTORY)]
    command += ["--shard", options.shard] if options.shard else []
    command += ["--scheduled"] if options.scheduled == "true" else []
    command += [f"--fault={name}" for name in options.fault.split()]
    own = [f"--shape={options.shape}"] if options.shape else []
    own += ["--allow-mutations"] if options.allow_mutations == "true" else []
    command += ["--", *own] if own else []
    say(shlex.join(["python", *command[1:]]))
    audience = {} if _is_for_the_team(root, job.names, environment) else {AUDIENCE_VARIABLE: Audience.PUBLIC}
    with runner.no_commands(say, environment):
        code = _run(command, root, {**os.environ, **audience})
    state.write_job(root, msgspec.structs.replace(job, code=code))
    report = None if targets else _main_report(root / _REPORTS)
    runner.set_outputs(
        {
            "code": str(code),
            "set": choice.set,
            "target": choice.target,
            "report": report[0].name if report else "",
            "verdict": _worst(root, job) or str(Verdict.UNKNOWN),
        },
        environment,
    )
    return EXIT_OK


def _is_for_the_team(root: Path, targets: Collection[str], environment: Mapping[str, str]) -> bool:
    """Whether only the team reads what a job prints: on a machine of one's own, or in a private place."""
    return environment.get("GITHUB_ACTIONS") != "true" or _is_private_place(root, targets, environment)


def _is_private_place(root: Path, targets: Collection[str], environment: Mapping[str, str]) -> bool:
    """Whether the repository is private, and each target says that all that it keeps there is."""
    return state.is_private(root) and groups.all_private(targets, root, environment)


def _run(command: Sequence[str], root: Path, environment: Mapping[str, str]) -> int:
    """Run to the end; being told to stop is passed on, so that the run can still write what it had."""
    with subprocess.Popen(command, cwd=root, env=environment) as process:

        def pass_on(signum: int, _: object) -> None:
            process.send_signal(signum)

        before = {
            number: signal.signal(number, pass_on)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            return process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def summary(options: argparse.Namespace, root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """The verdicts on the page of the workflow's run, with links to its artifacts; beside it what is red."""
    job = state.read_job(root)
    parts = []
    report = _main_report(root / _REPORTS)
    overview = groups.overview_in(root / _REPORTS) if job and job.targets else None
    if job and job.note:
        parts.append(f"> [!WARNING]\n> **{job.note}**\n")
    if job is None:
        parts.append("# ? UNKNOWN: nothing was run\n\nThe step that failed says why.\n")
    elif overview:
        folder, whole_page = overview
        private = _is_private_place(root, job.names, environment)
        told_page = whole_page if private else groups.for_everybody(whole_page, root / _REPORTS)
        parts.append(page_over_all(told_page))
        archive = f"[archive of everything]({options.report})" if options.report else "artifact"
        parts.append(f"\nThe reports are in the {archive}, from `{folder.name}/index.html` on.\n")
    elif report is None:
        how = "was cut off" if job.code is None else f"ended with code {job.code}"
        parts.append(
            f"# ? UNKNOWN: {job.set} checks of {job.target}\n\n"
            f"The run {how} and left no results, so nothing is known.\n"
        )
    else:
        folder, results = report
        private = _is_private_place(root, job.names, environment)
        shown = results if private else public_results(results, shipped())
        parts.append(words(shown))
        for line in annotations_of(shown):
            say(line)
        all_of_it = _whole_artifact(root, results, environment)
        page = f"[Open the report]({options.page}). " if options.page else ""
        archive = f"[archive of everything]({options.report})" if options.report else "artifact"
        told = "It" if all_of_it else "The public part of it"
        parts.append(f"\n{page}{told} is in the {archive} too, as `{folder.name}/index.html`.\n")
    runner.add_summary("\n".join(parts), environment)
    return EXIT_OK


def artifact(root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """Gather the reports of this job for the artifact: whole, or the public part where everybody can read it.

    Whoever has an account can download the artifacts of a public repository.
    """
    to = root / state.ARTIFACT
    shutil.rmtree(to, ignore_errors=True)
    for folder, results in _reports(root / _REPORTS):
        if _whole_artifact(root, results, environment):
            shutil.copytree(folder, to / folder.name)
        else:
            for_everybody(folder, to / folder.name, shipped())
            say(f"{folder.name}: only the public part, because this repository is not known to be private")
    overview = groups.overview_in(root / _REPORTS)
    if overview:
        all_of_it = all(_whole_artifact(root, results, environment) for _, results in _reports(root / _REPORTS))
        page_of_all = overview[1] if all_of_it else groups.for_everybody(overview[1], root / _REPORTS)
        groups.keep_overview(overview[0], page_of_all, to)
        runner.set_outputs({"page": ""}, environment)  # it leads to the others, and says little by itself
        return EXIT_OK
    report = _main_report(root / _REPORTS)
    page = _page(root, to / report[0].name) if report else ""
    runner.set_outputs({"page": page}, environment)
    return EXIT_OK


def _whole_artifact(root: Path, results: Results, environment: Mapping[str, str]) -> bool:
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
        say("history: fetched at last, and the lines of this run added to it")
    state.write_visibility(root, github.visibility(_with_repository(root, environment)))
    private = _is_private_place(root, job.names, environment)
    if not private and (root / state.HISTORY / DRILLS).is_file():
        cleanse_file(root / state.HISTORY / DRILLS, *known_as_ours())
    _require_public(root, branches, job.names, environment)
    worst = _worst(root, job) or "no results"
    if branches.push_history(root / state.HISTORY, f"{job.target} {job.set}: {worst}"):
        say("history: pushed")
    new = [folder if private else _public_form(root, folder) for folder, _ in _reports(root / _REPORTS)]
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
    private = [name for name in targets if load(name, root=root, environment=environment).target.private]
    why = f"targets.{private[0]}.private is true, and " if private else ""
    raise UsageError(
        f"nothing was pushed: {why}{environment.get('GITHUB_REPOSITORY') or 'the repository'} is not known to be "
        f"private, and {plural(team, 'line')} of the history would tell everybody what is for the team alone; "
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
            if _is_private_place(root, [results.target], environment):
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
                problem=f"{', '.join(sorted(private))} is private, and Pages of this repository are for everybody."
            )
    if found.problem:
        said = f"The site is built and kept as an artifact, and not published: {found.problem}"
        say(runner.notice(said))
        runner.add_summary(f"{said}\n", environment)
    runner.set_outputs({"publish": "false" if found.problem else "true", "url": found.url}, environment)
    return EXIT_OK


def code_scanning(root: Path, name: str, say: Say, environment: Mapping[str, str]) -> int:
    """Hand the security items of a kept report to code scanning."""
    folder = root / state.REPORTS / name
    try:
        results, findings = read_results(folder), (folder / "playbook.sarif").read_bytes()
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{folder} is no kept report with findings: {error}") from None
    reason = _nothing_to_tell(results)
    if reason:
        say(runner.notice(f"Code scanning is told nothing: {reason}."))
        return EXIT_OK
    data = base64.b64encode(gzip.compress(findings, mtime=0)).decode()
    say(f"code scanning: {github.upload_sarif(data, environment)}")
    return EXIT_OK


def _nothing_to_tell(results: Results) -> str:
    if results.kind == SANDBOX:
        return "the sandbox was checked, and its findings are nobody's"
    if results.partial:
        return "a part of the set was checked, and the alerts of the rest would be closed as fixed"
    return "" if security_records(results) else "this set has no security items"


def _reports(folder: Path) -> list[tuple[Path, Results]]:
    """The reports that this job made, oldest first."""
    made = []
    for file in folder.glob("*/results.json"):
        if not file.parent.is_symlink():
            try:
                made.append((file.parent, read_results(file.parent)))
            except (OSError, msgspec.MsgspecError):
                continue
    return sorted(made, key=lambda report: (report[1].started, report[0].name))


def _page(root: Path, report: Path) -> str:
    """A copy of a report's first page whose name no other run has, from ``root``; empty where there is none."""
    if not (report / "index.html").is_file():
        return ""
    page = state.DATA / "pages" / f"{report.name}.html"
    (root / page).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(report / "index.html", root / page)
    return str(page)


def _main_report(folder: Path) -> tuple[Path, Results] | None:
    """The set's own; what follows it only looks at its bad items again."""
    return next(iter(_reports(folder)), None)


def _worst(root: Path, job: state.Job) -> str:
    """The verdict of the run; empty where it left none."""
    if job.targets and (overview := groups.overview_in(root / _REPORTS)):
        return str(overview[1].verdict)
    report = _main_report(root / _REPORTS)
    # Of several targets one alone says too little.
    return str(report[1].verdict) if report and len(job.names) == 1 else ""


def _keep(root: Path, environment: Mapping[str, str]) -> int:
    return load(None, root=root, environment=environment).history.keep_reports


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "ci",
        description="What .github/workflows does, step by step, in a clone with an origin. GitHub's files and "
        "variables are used where they are there.",
    )
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)

    def add(name: str, text: str, command: Callable[[argparse.Namespace], int]) -> Any:
        step = steps.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        step.set_defaults(command=command)
        return step

    root, environment = Path.cwd(), os.environ
    step = add(
        "fetch",
        "check out the branches history and reports, into data/",
        lambda options: fetch(root, [options.only] if options.only else [HISTORY, REPORTS], say, environment),
    )
    step.add_argument("--only", choices=(HISTORY, REPORTS), help="one of them")
    step = add(
        "run", "run a set; its exit code becomes an output", lambda options: run(options, root, say, environment)
    )
    # Given as they are in a workflow, where what is not given is empty.
    step.add_argument("--set", default="", metavar="NAME", help="what is run; else the set that is due at --cron")
    step.add_argument("--cron", default="", metavar="LINE", help="line of the schedule that started this")
    step.add_argument(
        "--target", required=True, metavar="NAME", help="the sandbox instead, where it was never configured"
    )
    step.add_argument("--group", default="", metavar="NAME", help="of the settings, in place of the target")
    step.add_argument("--shard", default="", metavar="N/M", help="of a group only this part")
    step.add_argument(
        "--scheduled", default="false", choices=("true", "false", ""), help="the schedule started this"
    )
    step.add_argument(
        "--fetched",
        default="true",
        choices=("true", "false"),
        help="false: there is a history, and it could not be fetched",
    )
    step.add_argument("--fault", default="", metavar="NAMES", help="sandbox only: faults, separated by spaces")
    step.add_argument("--shape", default="", metavar="NAME", help="of a load test")
    step.add_argument(
        "--allow-mutations",
        default="false",
        choices=("true", "false", ""),
        help="let drills change a staging target; never production",
    )
    step = add(
        "shards",
        "divide a group into parts for a matrix of jobs, as JSON",
        lambda options: groups.shards(options.target, options.most, root, say, environment),
    )
    step.add_argument("--target", required=True, metavar="group:NAME", help="the group")
    step.add_argument("--most", type=whole(1), default=100, metavar="N", help="targets in one job (%(default)s)")
    step = add(
        "summary",
        "write the verdicts to the job's summary",
        lambda options: summary(options, root, say, environment),
    )
    step.add_argument("--page", default="", metavar="URL", help="of the artifact that is the report's first page")
    step.add_argument("--report", default="", metavar="URL", help="of the artifact with all of the report")
    add("push", "push the lines of the run and its report", lambda _: push(root, say, environment))
    add(
        "artifact",
        "gather the reports for the artifact of the run",
        lambda _: artifact(root, say, environment),
    )
    add("pages", "tell whether the site can be published", lambda _: pages(root, say, environment))
    step = add(
        "setup",
        "say what is not set up at GitHub yet: environment, variables, Pages, schedules; with --write set it up",
        lambda options: setup(options, root, say, _with_repository(root, environment)),
    )
    add_step(step)
    step = add(
        "code-scanning",
        "hand a report's security items to GitHub's code scanning",
        lambda options: code_scanning(root, options.report, say, environment),
    )
    step.add_argument("--report", required=True, metavar="NAME", help="of a report in data/reports")
