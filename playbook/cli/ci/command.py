"""``python -m playbook ci``: its steps and their options. What they do is loaded with the first that is called."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playbook.core.command_line import whole

Say = Callable[[str], None]


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "ci",
        description="What .github/workflows does, step by step, in a clone with an origin. GitHub's files and "
        "variables are used where they are there.",
    )
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)

    def add(name: str, text: str) -> Any:
        def command(options: argparse.Namespace) -> int:
            from playbook.cli.ci.steps import STEPS

            return STEPS[name](options, Path.cwd(), say, os.environ)

        step = steps.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        step.set_defaults(command=command)
        return step

    step = add("fetch", "check out the branches history and reports, into data/")
    step.add_argument("--only", choices=("history", "reports"), help="one of them")
    step = add("run", "run a set; its exit code becomes an output")
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
    step = add("shards", "divide a group into parts for a matrix of jobs, as JSON")
    step.add_argument("--target", required=True, metavar="group:NAME", help="the group")
    step.add_argument("--most", type=whole(1), default=100, metavar="N", help="targets in one job (%(default)s)")
    step = add("summary", "write the verdicts to the job's summary")
    step.add_argument("--page", default="", metavar="URL", help="of the artifact that is the report's first page")
    step.add_argument("--report", default="", metavar="URL", help="of the artifact with all of the report")
    add("push", "push the lines of the run and its report")
    add("artifact", "gather the reports for the artifact of the run")
    add("pages", "check whether the site can be published")
    step = add(
        "setup",
        "say what is not set up at GitHub yet: environment, variables, Pages, schedules; with --write set it up",
    )
    step.add_argument(
        "--target", default="production", metavar="NAME", help="whose environment (default: production)"
    )
    step.add_argument("--repository", default="", metavar="OWNER/NAME", help="default: that of origin")
    step.add_argument(
        "--write", action="store_true", help="perform the steps, each after a question; default: list them"
    )
    step = add("code-scanning", "hand a report's security items to GitHub's code scanning")
    step.add_argument("--report", required=True, metavar="NAME", help="of a report in data/reports")
