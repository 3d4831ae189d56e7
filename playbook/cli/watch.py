"""``python -m playbook watch``: polls until several observations in a row are healthy. Read-only."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from playbook.core import door
from playbook.core.clock import Clock
from playbook.core.command_line import USUAL_TARGET, positive, whole
from playbook.core.errors import PlaybookError, Unmeasured, UsageError
from playbook.core.severity import NONE
from playbook.core.verdict import EXIT_CRITICAL, EXIT_OK, EXIT_UNKNOWN
from playbook.core.wording import plural
from playbook.measure.people.emergency import Look, take_look
from playbook.measure.people.emergency_calls import calls_for
from playbook.run.run import load_providers
from playbook.settings.chosen import settings_for
from playbook.settings.model import SANDBOX, Settings

Say = Callable[[str], None]
Looking = Callable[[Settings, Clock], Look]

_UNKNOWN = "?"


def run_watch(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Watch a target; exit code 0 stable, 1 the last observation showed an emergency, 10 neither is certain.

    Raises:
        UsageError: settings, target or options are wrong.
        KeyboardInterrupt: it was interrupted; everything so far has been printed.
    """
    settings, clock = settings_for(options.target, root), clock or Clock()
    load_providers()
    with ExitStack() as stack:
        if settings.target.kind == SANDBOX:
            from sandbox.faults import require_known
            from sandbox.launcher import attach_or_start

            require_known(options.fault)
            sandbox = stack.enter_context(attach_or_start(options.fault))
            settings = settings_for(options.target, root, sandbox.settings)
        elif options.fault:
            raise UsageError(f"faults are for the sandbox only, and the target is {settings.target.name}")
        return watch(
            settings,
            clock,
            every=_or(options.every, settings.emergency.watch_seconds),
            stable_for=_or(options.stable_for, settings.emergency.looks),
            at_most=timedelta(minutes=_or(options.at_most, settings.emergency.watch_minutes)),
            say=say,
        )


def watch(
    settings: Settings,
    clock: Clock,
    *,
    every: float,
    stable_for: int,
    at_most: timedelta,
    say: Say,
    look_at: Looking = take_look,
) -> int:
    """Print one line per observation, until ``stable_for`` in a row are healthy or ``at_most`` has passed.

    Args:
        every: seconds from the end of an observation to the next.
    """
    say(
        f"watching {settings.target.name} every {every:g} s, until {stable_for} observations in a row "
        f"show no emergency, for {at_most.total_seconds() / 60:g} min at most; Ctrl-C ends it"
    )
    ends = clock.now() + at_most
    healthy_in_a_row, called, severity = 0, NONE, _UNKNOWN
    while True:
        severity, line, look = _look(settings, clock, look_at)
        healthy_in_a_row = healthy_in_a_row + 1 if severity == NONE else 0
        say(door.text(f"{clock.now():%H:%M:%S} UTC  {severity or 'ok':<2}  {line}"))
        if look and severity not in (NONE, _UNKNOWN) and (called == NONE or severity < called):
            called = severity  # printed once, and again when it gets worse
            say(door.text(f"  {calls_for(look, settings, clock).found}"))
        if healthy_in_a_row >= stable_for:
            say(f"stable: {plural(healthy_in_a_row, 'observation')} in a row without an emergency")
            return EXIT_OK
        if clock.now() + timedelta(seconds=every) > ends:
            break
        clock.sleep(every)
    say(f"not stable after {at_most.total_seconds() / 60:g} min: {_last_words(severity, healthy_in_a_row)}")
    return EXIT_CRITICAL if severity not in (NONE, _UNKNOWN) else EXIT_UNKNOWN


def _look(settings: Settings, clock: Clock, look_at: Looking) -> tuple[str, str, Look | None]:
    """Severity (``?`` if unknown), one line, and the observation itself; an error never ends the watch."""
    try:
        look = look_at(settings, clock)
    except Unmeasured as error:
        return _UNKNOWN, str(error), None
    certain = look.severity or look.coverage.enough
    return (look.severity if certain else _UNKNOWN), look.line, look


def _last_words(severity: str, well: int) -> str:
    if severity == NONE:
        return f"only {plural(well, 'observation')} in a row without an emergency"
    return (
        "the last observation was inconclusive"
        if severity == _UNKNOWN
        else f"the last observation showed {severity}"
    )


def _or(chosen: Any, default: Any) -> Any:
    return default if chosen is None else chosen


def add_parser(commands: Any, say: Say) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "watch",
        description="Observe homepage, health, the app, response time, errors and alerts at short intervals; a "
        "line for each observation, and whom to call. It only reads. Exit code: 0 stable, 1 the last observation "
        "showed an emergency, 10 it could not tell or there were too few observations, 4 wrong usage, 130 "
        "interrupted.",
    )
    parser.add_argument("--target", metavar="NAME", help=USUAL_TARGET)
    parser.add_argument("--every", type=positive, metavar="SECONDS", help="from one observation to the next")
    parser.add_argument(
        "--stable-for",
        type=whole(1),
        metavar="N",
        help="healthy observations in a row to be stable (default: settings)",
    )
    parser.add_argument("--at-most", type=positive, metavar="MINUTES", help="then it ends (default: settings)")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="sandbox only; repeatable")
    parser.set_defaults(command=lambda options: _command(options, say))


def _command(options: argparse.Namespace, say: Say) -> int:
    try:
        return run_watch(options, Path.cwd(), say)
    except UsageError:
        raise
    except PlaybookError as error:  # not configured: nothing to watch
        raise UsageError(str(error)) from None
