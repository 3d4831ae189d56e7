"""``python -m playbook ci``: the steps of the workflows: fetch, run, summary, push; pages; code-scanning."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from playbook.cli.ci import github, groups, runner, state
from playbook.cli.ci.annotations import annotations_of
from playbook.cli.ci.branches import HISTORY, REPORTS, Branches
from playbook.cli.ci.choosing import choose
from playbook.cli.ci.publishing import artifact, code_scanning, pages, push, whole_artifact
from playbook.cli.ci.reports import (
    REPORTS_FOLDER,
    TOKEN_VARIABLE,
    Say,
    is_private_place,
    main_report,
    with_repository,
    worst_verdict,
)
from playbook.cli.ci.setup import add_step, setup
from playbook.core.audience import AUDIENCE_VARIABLE, Audience
from playbook.core.catalogue import shipped
from playbook.core.command_line import whole
from playbook.core.errors import UsageError
from playbook.core.public import public_results
from playbook.core.signals import signals_to_end
from playbook.core.verdict import EXIT_OK, Verdict
from playbook.report.overview import summary as page_over_all
from playbook.report.summary import summary as words
from playbook.settings.sections.groups import PREFIX, is_group


def fetch(root: Path, names: Collection[str], say: Say, environment: Mapping[str, str]) -> int:
    """Check out what earlier jobs kept: the lines of all runs, and the newest reports. Note who can read them."""
    state.write_visibility(root, github.visibility(with_repository(root, environment)))
    branches = Branches(root, token=environment.get(TOKEN_VARIABLE, ""), say=say)
    if HISTORY in names:
        branches.fetch_history(root / state.HISTORY)
        say(str(state.HISTORY))
    if REPORTS in names:
        branches.fetch_reports(root / state.REPORTS)
        say(str(state.REPORTS))
    return EXIT_OK


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
    command += ["--reports", REPORTS_FOLDER, "--history", str(state.HISTORY)]
    command += ["--shard", options.shard] if options.shard else []
    command += ["--scheduled"] if options.scheduled == "true" else []
    command += [f"--fault={name}" for name in options.fault.split()]
    own = [f"--shape={options.shape}"] if options.shape else []
    own += ["--allow-mutations"] if options.allow_mutations == "true" else []
    command += ["--", *own] if own else []
    say(shlex.join(["python", *command[1:]]))
    audience = {} if _is_for_the_team(root, job.names, environment) else {AUDIENCE_VARIABLE: Audience.PUBLIC}
    with runner.no_commands(say, environment):
        code = run_command(command, root, {**os.environ, **audience})
    state.write_job(root, msgspec.structs.replace(job, code=code))
    report = None if targets else main_report(root / REPORTS_FOLDER)
    runner.set_outputs(
        {
            "code": str(code),
            "set": choice.set,
            "target": choice.target,
            "report": report[0].name if report else "",
            "verdict": worst_verdict(root, job) or str(Verdict.UNKNOWN),
        },
        environment,
    )
    return EXIT_OK


def _is_for_the_team(root: Path, targets: Collection[str], environment: Mapping[str, str]) -> bool:
    """Whether only the team reads what a job prints: on a machine of one's own, or in a private place."""
    return environment.get("GITHUB_ACTIONS") != "true" or is_private_place(root, targets, environment)


def run_command(command: Sequence[str], root: Path, environment: Mapping[str, str]) -> int:
    """Run to the end; being told to stop is passed on, so that the run can still write what it had."""
    with subprocess.Popen(command, cwd=root, env=environment) as process:

        def pass_on(signum: int, _: object) -> None:
            process.send_signal(signum)

        with signals_to_end(pass_on):
            return process.wait()


def summary(options: argparse.Namespace, root: Path, say: Say, environment: Mapping[str, str]) -> int:
    """The verdicts on the page of the workflow's run, with links to its artifacts; beside it what is red."""
    job = state.read_job(root)
    parts = []
    overview = groups.overview_in(root / REPORTS_FOLDER) if job and job.targets else None
    report = None if overview else main_report(root / REPORTS_FOLDER)
    archive = f"[archive of everything]({options.report})" if options.report else "artifact"
    if job and job.note:
        parts.append(f"> [!WARNING]\n> **{job.note}**\n")
    if job is None:
        parts.append("# ? UNKNOWN: nothing was run\n\nThe step that failed says why.\n")
    elif overview:
        folder, whole_page = overview
        private = is_private_place(root, job.names, environment)
        told_page = whole_page if private else groups.for_everybody(whole_page, root / REPORTS_FOLDER)
        parts.append(page_over_all(told_page))
        parts.append(f"\nThe reports are in the {archive}, from `{folder.name}/index.html` on.\n")
    elif report is None:
        how = "was cut off" if job.code is None else f"ended with code {job.code}"
        parts.append(
            f"# ? UNKNOWN: {job.set} checks of {job.target}\n\n"
            f"The run {how} and left no results, so nothing is known.\n"
        )
    else:
        folder, results = report
        private = is_private_place(root, job.names, environment)
        shown = results if private else public_results(results, shipped())
        parts.append(words(shown))
        for line in annotations_of(shown):
            say(line)
        all_of_it = whole_artifact(root, results, environment)
        page = f"[Open the report]({options.page}). " if options.page else ""
        subject = "It" if all_of_it else "The public part of it"
        parts.append(f"\n{page}{subject} is in the {archive} too, as `{folder.name}/index.html`.\n")
    runner.add_summary("\n".join(parts), environment)
    return EXIT_OK


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
        "--target",
        required=True,
        metavar="NAME",
        help="the target; the sandbox is checked instead if it was never configured",
    )
    step.add_argument("--group", default="", metavar="NAME", help="a group of the settings, instead of the target")
    step.add_argument("--shard", default="", metavar="N/M", help="only this part of a group")
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
    add("pages", "check whether the site can be published", lambda _: pages(root, say, environment))
    step = add(
        "setup",
        "say what is not set up at GitHub yet: environment, variables, Pages, schedules; with --write set it up",
        lambda options: setup(options, root, say, with_repository(root, environment)),
    )
    add_step(step)
    step = add(
        "code-scanning",
        "hand a report's security items to GitHub's code scanning",
        lambda options: code_scanning(root, options.report, say, environment),
    )
    step.add_argument("--report", required=True, metavar="NAME", help="of a report in data/reports")
