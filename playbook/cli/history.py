"""``python -m playbook history``: the newest run of each set, and unreadable parts of the history."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from playbook.core.clock import Clock
from playbook.core.durations import one_unit
from playbook.core.errors import UsageError
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN
from playbook.core.wording import plural
from playbook.history.cleansing import SQUASH, cleanse_file, cleansings
from playbook.history.folder import history_to_read
from playbook.history.runs import History, RunLine, read
from playbook.settings.chosen import settings_for
from playbook.settings.loading import private_targets
from playbook.settings.model import Settings
from playbook.settings.schedule import missed

Say = Callable[[str], None]


def run_history(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Print the newest runs, or what cannot be read, in which case the exit code is 10."""
    clock = clock or Clock()
    settings = settings_for(options.target, root)
    folder = history_to_read(settings, root / options.reports, chosen=options.history)
    if options.history and not folder.is_dir():
        raise UsageError(f"history: expected the folder of a history, got {folder}, which is not there")
    if options.write and not options.cleanse:
        raise UsageError("--write: expected --cleanse with it")
    if options.cleanse:
        return _cleanse(folder, root, say, written=options.write)
    history = read(folder)
    if not options.problems:
        for line in _lines(history, settings, clock.now(), own=bool(options.target)):
            say(line)
    for problem in history.problems:
        say(problem)
    unread = f", {plural(len(history.problems), 'problem')}" if history.problems else ""
    say(f"{plural(len(history.runs), 'run')} in {folder}{unread}")
    return EXIT_UNKNOWN if history.problems else EXIT_OK


def _cleanse(folder: Path, root: Path, say: Say, *, written: bool) -> int:
    """Print what in the history is reserved to the team, and with ``written`` remove it."""
    from playbook.report.handoff_public import HANDOFFS, team_files
    from playbook.run.everybody import known_as_ours

    catalogue, ours = known_as_ours()
    private = private_targets({run.target for run in read(folder).runs}, root)
    does = "" if written else "would be "
    total = 0
    try:
        found = list(cleansings(folder, catalogue, ours, private))
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from None
    for one in found:
        total += one.changed + one.removed
        where = one.file.relative_to(folder)
        gone = f", {plural(one.removed, 'unreadable line')} {does}removed" if one.removed else ""
        say(f"{where}: {one.changed:,} of {plural(one.lines, 'line')} {does}changed{gone}")
        for what, times in sorted(one.lost.items()):
            say(f"  {what}: {times:,} ×")
        if written and (one.changed or one.removed):
            cleanse_file(one.file, catalogue, ours, private)
    for file in team_files(folder / HANDOFFS, private):
        total += 1
        say(f"{file.relative_to(folder)}: {does}removed, as it is a team page")
        if written:
            file.unlink()
    for name in sorted(private):
        say(f"{name}: left as it is, as targets.{name}.private is true")
    if not total:
        say("The history contains nothing that is for the team only.")
        return EXIT_OK
    say(SQUASH if written else "Nothing was changed. Add --write to do it.")
    return EXIT_OK


def _lines(history: History, settings: Settings, now: datetime, *, own: bool) -> Iterator[str]:
    """The newest run of each set, by target; for the chosen target also overdue sets."""
    newest: dict[tuple[str, str], RunLine] = {}
    for run in history.runs:
        if not run.confirms and (not own or run.target == settings.target.name):
            newest[run.target, run.set] = run
    for (target, name), run in sorted(newest.items()):
        part = ", a part of it" if run.partial else ""
        yield f"{target:<12} {name:<20} {run.verdict:<14} {one_unit(now - run.started)} ago{part}"
    if own:
        for name in settings.schedule.cron:
            # A partial run does not count as a run of the set.
            whole = [run.started for run in history.of(settings.target.name, name) if not run.partial]
            due = missed(settings.schedule, name, now, max(whole, default=None))
            if due:
                yield f"{settings.target.name:<12} {name:<20} {'NO DATA':<14} was due {one_unit(now - due)} ago"


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "history",
        description="Show the newest run of each set with its verdict and age; with --target also the sets that "
        "did not run when they were due. With --cleanse, list what only the team may read, and with --write "
        "remove it. Exit code: 0 all of the history could be read, 10 some could not.",
    )
    parser.add_argument("--target", metavar="NAME", help="only this target (default: all of them)")
    parser.add_argument("--problems", action="store_true", help="only what cannot be read")
    parser.add_argument(
        "--cleanse", action="store_true", help="list what only the team may read, and how to remove it"
    )
    parser.add_argument("--write", action="store_true", help="with --cleanse: remove it from the files")
    parser.add_argument("--history", metavar="DIR", help="folder of the history (default: as pytest has it)")
    parser.add_argument("--reports", default="reports", metavar="DIR", help="folder of reports (default: reports)")
    parser.set_defaults(command=lambda options: run_history(options, Path.cwd(), say))
