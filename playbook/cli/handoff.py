"""``python -m playbook handoff``: write the page that one week or month hands to the next."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playbook.core.clock import Clock
from playbook.core.command_line import USUAL_TARGET
from playbook.core.door.records import leaving
from playbook.core.errors import NotConfigured, PlaybookError, Unreachable, UsageError
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN
from playbook.history.folder import history_to_read
from playbook.history.handoff_files import read_pages
from playbook.history.handoff_page import DAYS, Ending, Page, Period, make_page
from playbook.history.runs import read
from playbook.measure.people import endings
from playbook.report.handoff import write_page
from playbook.report.handoff_public import public_page
from playbook.report.words import not_part
from playbook.run.everybody import runs_for_everybody
from playbook.run.run import Run, load_providers
from playbook.settings.chosen import settings_of_all
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.profile import left_out, left_out_of_the_catalogue

Say = Callable[[str], None]

_FOLDER = Path("reports/handoffs")
# A page written again within this time replaces the last one, and shows changes since the one before.
_AGAIN = timedelta(hours=1)
_LOOK_BACK = timedelta(days=400)


def run_handoff(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Write the page of the week or month that ends now, and print its files."""
    clock = clock or Clock()
    with ExitStack() as stack:
        found = _settings(options.target, root, stack)
        if len(found) == 1:
            _write(options, found[0], root, say, clock)
            return EXIT_OK
        code = EXIT_OK
        for owner in found:
            try:
                _write(options, owner, root, say, clock)
            except PlaybookError as error:  # costs its own page
                say(f"{owner[0].target.name}: {error}")
                code = EXIT_UNKNOWN
    return code


def _write(
    options: argparse.Namespace, whose: tuple[Settings, str | None], root: Path, say: Say, clock: Clock
) -> None:
    """Write the page of one target.

    Args:
        whose: the target's settings, and its folder of pages; None where it keeps none.

    Raises:
        PlaybookError: it cannot be made or written.
    """
    (settings, kept), period = whose, _period(options)
    folder = options.to or (settings.path_of(kept) if kept else root / _FOLDER)
    history = history_to_read(settings, root / options.reports, chosen=options.history)
    page = collect(settings, period, history, folder, clock, public=options.public)
    try:
        files = write_page(folder, page)
    except OSError as error:
        raise UsageError(f"{folder}: the page cannot be written ({error.strerror})") from None
    for file in files:
        say(str(file))
    say(f"{len(page.problems)} open, {len(page.changes)} changed, {len(page.endings)} ending soon or not known")


def _period(options: argparse.Namespace) -> Period:
    return "monthly" if options.monthly else "weekly"


def collect(
    settings: Settings, period: Period, history: Path, folder: Path, clock: Clock, *, public: bool = False
) -> Page:
    """The page of a target, from its ``history`` and current measurements. Secrets are removed.

    Args:
        public: everybody may read it.
    """
    load_providers()
    run, without = Run(settings, clock), settings.target.without
    try:
        now = clock.now()
        found = _Found(run, now + timedelta(days=DAYS[period]))
        found.look()
        # Runs before the last period only matter for how old a problem is.
        past = read(history, since=now - _LOOK_BACK)
        absent = left_out_of_the_catalogue(without, absent=settings.nowhere)
        page = leaving(
            make_page(
                runs_for_everybody(past.runs) if public else past.runs,
                run.catalogue,
                target=settings.target.name,
                period=period,
                now=now,
                last_made=_last_made(folder, settings.target.name, period, now),
                endings=found.endings,
                on_call=found.on_call,
                not_read=[*past.problems, *run.catalogue.unread.values(), *found.not_read],
                time_zone=settings.target.time_zone,
                left_out=[not_part(part) for part in left_out(absent, without)],
            )
        )
        return public_page(page) if public else page
    finally:
        run.measurements.close()


class _Found:
    """What expires, who is on call, and what could not be determined."""

    def __init__(self, run: Run, until: datetime) -> None:
        self._run, self._until = run, until
        self.endings: list[Ending] = []
        self.on_call: list[str] = []
        self.not_read: list[str] = []

    def look(self) -> None:
        """Measure concurrently what can expire; what is not configured is left out."""
        until, measurements = self._until, self._run.measurements
        measurements.start(("certificates", "backup_retention", "on_call", "attestations"))
        self._take(lambda: endings.of_certificates(measurements.get("certificates"), until))
        if not measurements.is_absent("backup_retention"):
            self._take(lambda: endings.of_backups(measurements.get("backup_retention"), until))
        self._take(
            lambda: endings.of_sign_offs(measurements.get("attestations").sign_offs, self._run.catalogue, until)
        )
        self._take(lambda: endings.of_waivers(self._run.waivers, until))
        self._take(lambda: endings.of_on_call(measurements.get("on_call"), until))
        try:
            self.on_call = list(endings.watch(measurements.get("on_call")))
        except PlaybookError as error:
            self.on_call = [f"Not known: {error}"]

    def _take(self, look: Callable[[], Iterable[Ending]]) -> None:
        try:
            self.endings += look()
        except NotConfigured:
            return
        except PlaybookError as error:
            self.not_read.append(str(error))


def _last_made(folder: Path, target: str, period: Period, now: datetime) -> datetime | None:
    try:
        kept = read_pages(folder, target, period).kept
    except Unreachable:  # the first page creates the folder
        return None
    return next((each.page.made for each in reversed(kept) if now - each.page.made > _AGAIN), None)


def _settings(targets: Sequence[str] | None, root: Path, stack: ExitStack) -> list[tuple[Settings, str | None]]:
    """The settings of each target, and its folder of pages; a sandbox started for this command keeps none."""
    found = settings_of_all(targets or (), root)
    if all(settings.target.kind != SANDBOX for settings in found):
        return [(settings, settings.people.handoffs) for settings in found]
    from sandbox.launcher import ATTACH_VARIABLE, attach_or_start

    sandbox = stack.enter_context(attach_or_start())
    is_kept = bool(os.environ.get(ATTACH_VARIABLE))
    return [
        (settings, settings.people.handoffs if is_kept or settings.target.kind != SANDBOX else None)
        for settings in settings_of_all(targets or (), root, sandbox.settings)
    ]


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "handoff",
        description="Write a handoff page as HTML, Markdown and JSON: open problems with their age, what changed "
        "since the last page, what ends in the next period, who is on call.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--weekly", action="store_true", help="of the week that ends now")
    which.add_argument("--monthly", action="store_true", help="of the month that ends now")
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAME",
        help=f"or group:NAME for a page of each; repeatable; {USUAL_TARGET}",
    )
    parser.add_argument(
        "--public", action="store_true", help="name no person, address or reason: for a place that everybody reads"
    )
    parser.add_argument(
        "--history", metavar="DIR", help="the history of runs (default: as runs themselves have it)"
    )
    parser.add_argument("--reports", default="reports", metavar="DIR", help="folder of reports (default: reports)")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="where the page goes; default: people.handoffs, else reports/handoffs",
    )
    parser.set_defaults(command=lambda options: run_handoff(options, Path.cwd(), say))
