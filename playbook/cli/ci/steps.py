"""The steps of the workflows, by name: fetch, run, summary, push; pages; code scanning."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

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
from playbook.cli.ci.setup import setup
from playbook.core.audience import AUDIENCE_VARIABLE, Audience
from playbook.core.catalogue import shipped
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


Step = Callable[[argparse.Namespace, Path, Say, Mapping[str, str]], int]

STEPS: dict[str, Step] = {
    "fetch": lambda options, root, say, environment: fetch(
        root, [options.only] if options.only else [HISTORY, REPORTS], say, environment
    ),
    "run": run,
    "shards": lambda options, root, say, environment: groups.shards(
        options.target, options.most, root, say, environment
    ),
    "summary": summary,
    "push": lambda _, root, say, environment: push(root, say, environment),
    "artifact": lambda _, root, say, environment: artifact(root, say, environment),
    "pages": lambda _, root, say, environment: pages(root, say, environment),
    "setup": lambda options, root, say, environment: setup(options, root, say, with_repository(root, environment)),
    "code-scanning": lambda options, root, say, environment: code_scanning(root, options.report, say, environment),
}
"""What ``python -m playbook ci NAME`` does; its exit code."""
