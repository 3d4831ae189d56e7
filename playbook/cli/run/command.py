"""The command that a schedule calls: runs a set, repeats failing checks once, sends notifications."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playbook.core import door
from playbook.core.clock import Clock
from playbook.core.command_line import USUAL_TARGET, positive, require_set
from playbook.core.errors import UsageError
from playbook.core.places import ROOT, has_checks
from playbook.settings.chosen import settings_of_all
from playbook.settings.model import SANDBOX
from playbook.settings.sections.groups import shard_of

if TYPE_CHECKING:
    from playbook.cli.run.runner import Runner

Say = Callable[[str], None]


def run_set(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Run a set of a target; the exit code of its run.

    Raises:
        UsageError: settings, target or options are wrong; nothing was run.
    """
    if not has_checks(root):
        raise UsageError(
            "run: expected a checkout of the playbook, or a folder where it is installed, "
            f"got {root}, which is neither; change to {ROOT}"
        )
    require_set("run", options.set, root)
    shard = shard_of(options.shard) if getattr(options, "shard", None) else None
    found = settings_of_all(options.target or (), root, shard=shard)
    for settings in found:
        if options.fault and settings.target.kind != SANDBOX:
            raise UsageError(f"--fault only works on the sandbox, and the target is {settings.target.name}")
    if options.limit is not None and not options.limit > 0:
        raise UsageError(f"--limit: expected minutes, more than 0, got {options.limit:g}")

    def tell_line(line: str) -> None:
        say(f"run: {door.text(line)}")

    from playbook.cli.run.runner import Runner  # after the usage is known to be right: it takes as long to load

    runner: Runner
    if len(found) > 1:
        from playbook.cli.run.many import ManyRunner

        runner = ManyRunner(options, found, root, tell_line, clock or Clock())
    else:
        runner = Runner(options, found[0], root, tell_line, clock or Clock())
    with runner.passing_signals_on():
        return runner.run()


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "run",
        description="Run a set, repeat its failing checks once (incidents.recheck), and send notifications. "
        "Exit code: that of the run. Arguments after -- are passed to pytest: run daily -- -n 2",
    )
    parser.add_argument("set", metavar="SET", help="daily, weekly, monthly, or another marker")
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAME",
        help=f"or group:NAME for all of a group; repeatable; {USUAL_TARGET}",
    )
    parser.add_argument(
        "--shard", metavar="N/M", help="check only this part of the targets: 3/8 is the third of eight"
    )
    parser.add_argument("--scheduled", action="store_true", help="started by the schedule: the run fills its slot")
    parser.add_argument("--reports", default="reports", metavar="DIR", help="folder of reports (default: reports)")
    parser.add_argument("--history", metavar="DIR", help="folder of the history (default: as pytest has it)")
    parser.add_argument("--limit", type=positive, metavar="MINUTES", help="default: running.limit_minutes")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="sandbox only: switch on a fault"
    )
    parser.set_defaults(command=lambda options: run_set(options, Path.cwd(), say), takes_extra=True)
