"""``python -m playbook notify``: deliver what the history shows and was not delivered yet."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playbook.core import lines
from playbook.core.clock import Clock
from playbook.core.command_line import USUAL_TARGET, require_set
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN
from playbook.history.folder import history_to_read
from playbook.settings.chosen import settings_for

Say = Callable[[str], None]


def run_notify(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Deliver it. Failures are printed and recorded, and with ``--strict`` the exit code is 10."""
    from playbook.notify.telling import PATIENCE, Telling

    if options.digest is not None:
        require_set("notify", options.digest, root)
    settings = settings_for(options.target, root)
    folder = history_to_read(settings, root / options.reports, chosen=options.history)
    with lines.alone(folder, PATIENCE):
        telling = Telling(settings, folder, say, clock or Clock(), dry_run=options.dry_run)
        telling.tell(options.digest)
    return EXIT_UNKNOWN if options.strict and telling.problems else EXIT_OK


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "notify",
        description="Deliver the incidents of the history to everybody under [notifications], each event once, "
        "and keep an issue for each. Exit code 0, also if something was not delivered; the next run delivers it.",
    )
    parser.add_argument("--target", metavar="NAME", help=USUAL_TARGET)
    parser.add_argument("--history", metavar="DIR", help="folder of the history")
    parser.add_argument(
        "--reports", default="reports", metavar="DIR", help="where the runs are (default: reports)"
    )
    parser.add_argument("--digest", metavar="SET", help="also send a digest of the newest run of this set")
    parser.add_argument("--dry-run", action="store_true", help="show what would be delivered, and deliver nothing")
    parser.add_argument(
        "--strict", action="store_true", help="exit code 10 where something was not delivered or not read"
    )
    parser.set_defaults(command=lambda options: run_notify(options, Path.cwd(), say))
