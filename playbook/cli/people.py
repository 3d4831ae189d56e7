"""``python -m playbook attest`` and ``waive``: sign-offs and waivers, added to the ledger of a target."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from playbook.core.catalogue import Catalogue, Item
from playbook.core.clock import Clock
from playbook.core.command_line import USUAL_TARGET
from playbook.core.durations import hours_or_days
from playbook.core.errors import NotConfigured, Unmeasured, UsageError
from playbook.core.own_items import is_made_of_test
from playbook.core.sign_off import SignOff
from playbook.core.suggestions import did_you_mean
from playbook.core.verdict import EXIT_CRITICAL, EXIT_OK, EXIT_UNKNOWN, Verdict
from playbook.history import runs as history
from playbook.history.derive import titles
from playbook.history.folder import history_to_read
from playbook.history.people.attest import attest, moment, rule_for, window_of
from playbook.history.people.files import known, rules, sign_offs_of, waivers_of
from playbook.history.people.waivers import Accepted, Waiver, accepted_in, limited, waive
from playbook.history.runs import History, RunLine
from playbook.settings.chosen import settings_for
from playbook.settings.loading import require_targets
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.own_catalogue import catalogue_of

Say = Callable[[str], None]


def target_settings(target: str | None, root: Path) -> Settings:
    """Settings of a target; for a running sandbox (``$PLAYBOOK_SANDBOX``) with the files that it provides."""
    settings = settings_for(target, root)
    if settings.target.kind != SANDBOX:
        return settings
    from sandbox.launcher import ATTACH_VARIABLE, attach_or_start

    if not os.environ.get(ATTACH_VARIABLE, "").strip():
        raise UsageError(
            f"the sandbox stores nothing: choose a target with --target, or start `python -m playbook sandbox` "
            f"and set ${ATTACH_VARIABLE} as it says"
        )
    return settings_for(target, root, attach_or_start().settings)


def _catalogue(settings: Settings, say: Say) -> Catalogue:
    """Including own items; unreadable ones are reported and do not block the command."""
    found = catalogue_of(settings)
    for problem in found.unread.values():
        say(f"not read: {problem}")
    return found


# ------------------------------------------------------------------------------------------------------- sign-offs


def run_attest(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Sign an item off, or with ``--open`` list what is due. Exit code 1 if something is missing or expired."""
    clock = clock or Clock()
    settings = target_settings(options.target, root)
    catalogue = _catalogue(settings, say)
    if options.open:
        return _list_sign_offs(settings, catalogue, clock, say)
    if not options.item:
        raise UsageError("attest: which item? (--open lists what is due)")
    item = _signable(options.item, catalogue)
    name = _require(settings.people.attestations, settings, "attestations")
    for option in ("by", "note"):
        if not getattr(options, option):
            raise UsageError(f"attest: --{option} is needed, as a sign-off states who reviewed what")
    file = settings.path_of(name)
    line = attest(
        file,
        item.id,
        who=options.by,
        note=options.note,
        rule=rule_for(item.id, rules(settings)),
        now=clock.now(),
        evidence=options.evidence,
        root=settings.folder,
        targets=_about(options, settings, root),
        window=_window_ahead(settings, clock.now()) if item.set == "pre_maintenance" else "",
    )
    about = f" for {line.window}" if line.window else ""
    say(f"{item.id} is signed off{about} by {line.who} until {moment(line.expires)}; commit {file}")
    return EXIT_OK


def _about(options: argparse.Namespace, settings: Settings, root: Path) -> list[str]:
    """The targets that a line is about, by name or pattern."""
    require_targets(options.targets or (), root)
    return options.targets or [settings.target.name]


def _window_ahead(settings: Settings, now: datetime) -> str:
    """The next planned maintenance; empty where the settings have none."""
    ahead = (one for one in settings.maintenance.in_utc() if one.end > now)
    return next((window_of(one.start, one.end) for one in ahead), "")


def _signable(name: str, catalogue: Catalogue) -> Item:
    if is_made_of_test(name) and name not in catalogue.items:
        return Item(name, name, "", "", "", "")  # only its check knows whether it requires a sign-off
    item = catalogue.items.get(name)
    signable = [each.id for each in catalogue.items.values() if each.sign_off]
    if item is None:
        raise UsageError(f"unknown item {name!r}{did_you_mean(name, signable)} (attest --open lists them)")
    if not item.sign_off:
        raise UsageError(f"{name} is measured, so it cannot be signed off (attest --open lists what is signed)")
    return item


# Signed during a maintenance or an emergency, so never due by the calendar.
OCCASIONS = frozenset({"pre_maintenance", "post_maintenance", "emergency"})


def _list_sign_offs(settings: Settings, catalogue: Catalogue, clock: Clock, say: Say) -> int:
    _require(settings.people.attestations, settings, "attestations")
    try:
        ledger = sign_offs_of(settings, catalogue, clock.now())
    except Unmeasured as error:
        say(f"{error}. {error.hint}".rstrip())
        return EXIT_UNKNOWN
    signable = [item for item in catalogue.items.values() if item.sign_off]
    standing = [(item, ledger.of(item.id)) for item in signable if item.set not in OCCASIONS]
    due = [(item, sign_off) for item, sign_off in standing if not sign_off.valid or sign_off.near]
    for item, sign_off in sorted(due, key=lambda each: (each[1].valid, each[0].id)):
        say(f"{_word(sign_off):<8}  {item.id}: {sign_off.found}")
        say(f"          {item.title}; to sign off: {item.sign_off}")
    for problem in ledger.refused.get("", ()):
        say(f"refused   {problem}")
    say(f"{len(due)} of {len(standing)} sign-offs are due" if due else f"all {len(standing)} sign-offs count")
    for item, sign_off in standing:
        if sign_off.valid and not sign_off.near and sign_off.left and sign_off.newest:
            say(f"          {item.id}: {sign_off.newest.who}, for another {hours_or_days(sign_off.left)}")
    for item in (item for item in signable if item.set in OCCASIONS):
        say(f"when needed: {item.id}: {item.sign_off}")
    return EXIT_OK if all(sign_off.valid for _, sign_off in standing) else EXIT_CRITICAL


def _word(sign_off: SignOff) -> str:
    if sign_off.valid:
        return "soon"
    return "expired" if sign_off.newest else "missing"


# --------------------------------------------------------------------------------------------------------- waivers


def run_waive(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Waive an item, or with ``--open`` list the waivers, including expired ones."""
    clock = clock or Clock()
    settings = target_settings(options.target, root)
    catalogue = _catalogue(settings, say)
    name = _require(settings.people.waivers, settings, "waivers")
    if options.open:
        past = history.read(history_to_read(settings, root / "reports"))
        return _list_waivers(settings, catalogue, clock, say, past)
    if not options.item:
        raise UsageError("waive: which item? (--open lists the waivers)")
    if options.item not in catalogue.items and not is_made_of_test(options.item):
        raise UsageError(f"unknown item {options.item!r}{did_you_mean(options.item, known(catalogue))}")
    for option in ("until", "reason", "by"):
        if not getattr(options, option):
            raise UsageError(f"waive: --{option} is needed, as an exception has an end, a reason and a name")
    file, until, now = settings.path_of(name), _day(options.until), clock.now()
    line = waive(
        file,
        options.item,
        until=until,
        reason=options.reason,
        who=options.by,
        most_days=settings.people.waiver_days,
        now=now,
        covers=options.covers or _found_last(settings, catalogue, options.item, now, root),
        targets=_about(options, settings, root),
    )
    say(f"{line.item} is waived until {line.until} by {line.who}, accepted as {line.covers}; commit {file}")
    return EXIT_OK


def _found_last(settings: Settings, catalogue: Catalogue, item: str, now: datetime, root: Path) -> Accepted:
    """What a waiver accepts that does not say so: what the newest run found about the item.

    If that run found it waived, it is what the present waiver accepts.
    """
    past = history.read(history_to_read(settings, root / "reports")).of(settings.target.name)
    newest = next((run.items[item].verdict for run in reversed(past) if item in run.items), None)
    present = _present(settings, catalogue, item, now, past) if newest is Verdict.WAIVED else None
    found = present.covers if present else accepted_in(past, item, now)
    if found is None:
        raise UsageError(
            f"waive: --covers is needed (WARNING, UNKNOWN or CRITICAL): the history holds no run that last found "
            f"something bad about {item}"
        )
    return found


def _present(
    settings: Settings, catalogue: Catalogue, item: str, now: datetime, past: Sequence[RunLine]
) -> Waiver | None:
    try:
        ledger = waivers_of(settings, catalogue, now)
    except Unmeasured as error:
        raise UsageError(f"waive: {error}") from None
    return limited(ledger, lambda _: past).active(item)


def _titles(catalogue: Catalogue, past: History) -> Mapping[str, str]:
    """Titles by item; for items outside all catalogues the title of their newest run."""
    return {**titles(past.runs), **{item.id: item.title for item in catalogue.items.values()}}


def _list_waivers(settings: Settings, catalogue: Catalogue, clock: Clock, say: Say, past: History) -> int:
    try:
        ledger = waivers_of(settings, catalogue, clock.now())
    except Unmeasured as error:
        say(f"{error}. {error.hint}".rstrip())
        return EXIT_UNKNOWN
    ledger = limited(ledger, lambda _: past.of(settings.target.name))
    titles_of = _titles(catalogue, past)
    for waiver in sorted(ledger.newest.values(), key=lambda each: each.until):
        title = titles_of.get(waiver.item, waiver.item)
        say("\n".join(_waiver_lines(waiver, title, active=waiver.active(ledger.now))))
    for problems in ledger.refused.values():
        for problem in problems:
            say(f"refused   {problem}")
    if not ledger.newest and not ledger.refused:
        say("nothing is waived")
    return EXIT_OK


def _waiver_lines(waiver: Waiver, title: str, *, active: bool) -> Iterator[str]:
    accepted = f", accepted as {waiver.covers}" if waiver.covers else ""
    yield f"{'active' if active else 'expired':<8}  {waiver.item} until {waiver.until}, by {waiver.who}{accepted}"
    yield f"          {title}: {waiver.reason}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until: expected a date such as 2026-12-31, got {text!r}") from None


def _require(value: str | None, settings: Settings, key: str) -> str:
    try:
        return settings.require(value, f"people.{key}", key.capitalize())
    except NotConfigured as error:
        raise UsageError(f"{error}; add {error.add}") from None


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", metavar="NAME", help=f"whose item; {USUAL_TARGET}")
    parser.add_argument(
        "--for",
        nargs="+",
        dest="targets",
        metavar="NAME",
        help="where several targets have the same ledger: those that it is about, names or patterns such as "
        "'shop-*' (default: the target alone)",
    )


def add_parsers(commands: Any, say: Say) -> None:
    """The two commands, added to what ``argparse`` calls subparsers."""
    signing = commands.add_parser(
        "attest",
        description="Sign off an item that only a person can know: a line in the target's ledger, kept in git. "
        "Exit code of --open: 0 everything counts, 1 something is missing or expired, 10 there is no ledger.",
    )
    signing.add_argument("item", nargs="?", metavar="ITEM", help="id of the item, e.g. weekly.docs.updated")
    signing.add_argument("--by", metavar="NAME", help="who looked")
    signing.add_argument("--note", metavar="TEXT", help="what was reviewed, and what was found")
    signing.add_argument(
        "--evidence", nargs="+", type=Path, default=[], metavar="FILE", help="files that were reviewed"
    )
    signing.add_argument("--open", action="store_true", help="list what is missing, expired or soon to expire")
    _add_targets(signing)
    signing.set_defaults(command=lambda options: run_attest(options, Path.cwd(), say))

    waiving = commands.add_parser(
        "waive",
        description="Accept a finding until a day: its verdict becomes WAIVED; what it was stays in the report. "
        "A finding that becomes worse than the accepted one is not waived.",
    )
    waiving.add_argument("item", nargs="?", metavar="ITEM", help="id of the item, e.g. daily.kpi.cache-hit-rate")
    waiving.add_argument("--until", metavar="DATE", help="the last day on which it counts, e.g. 2026-12-31")
    waiving.add_argument("--reason", metavar="TEXT", help="why the finding is accepted")
    waiving.add_argument("--by", metavar="NAME", help="who decided it")
    waiving.add_argument(
        "--covers",
        choices=("WARNING", "UNKNOWN", "CRITICAL"),
        help="the verdict that is accepted; CRITICAL accepts all three. Default: what the newest run found",
    )
    waiving.add_argument("--open", action="store_true", help="list the waivers, the expired ones too")
    _add_targets(waiving)
    waiving.set_defaults(command=lambda options: run_waive(options, Path.cwd(), say))
