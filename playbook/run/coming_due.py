"""What is due within the next two weeks, from settings, ledgers and past runs; nothing is measured for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from playbook.core.catalogue import Catalogue
from playbook.core.clock import iso
from playbook.core.errors import PlaybookError
from playbook.core.record import Due
from playbook.core.verdict import EXECUTED
from playbook.history.due import due_sets
from playbook.history.people.files import sign_offs_of
from playbook.history.people.waivers import Waivers
from playbook.history.runs import RunLine
from playbook.settings.model import Settings

HORIZON = timedelta(days=14)
# Items whose value is the number of days until something expires.
_DAYS_LEFT = {"weekly.security.certificate": "The first certificate to end"}


def coming_due(
    settings: Settings, catalogue: Catalogue, waivers: Waivers, runs: Sequence[RunLine], now: datetime
) -> list[Due]:
    """What is due, soonest first. An unreadable ledger is omitted here: a check reports it.

    Args:
        runs: of the history, oldest first; other targets' runs are ignored.
    """
    mine = [run for run in runs if run.target == settings.target.name]
    found = [
        *_runs(settings, mine, now),
        *_sign_offs(settings, catalogue, now),
        *_waivers(catalogue, waivers),
        *_maintenance(settings),
        *_days_left(mine),
    ]
    within = [(at, what) for at, what in found if now < at <= now + HORIZON]
    return [Due(what, iso(at)) for at, what in sorted(within)]


def _runs(settings: Settings, runs: Sequence[RunLine], now: datetime) -> Iterator[tuple[datetime, str]]:
    for (_, name), due in due_sets(runs, {settings.target.name: settings.schedule}, now).items():
        yield due.next, f"The {name} checks run"


def _sign_offs(settings: Settings, catalogue: Catalogue, now: datetime) -> Iterator[tuple[datetime, str]]:
    try:
        sign_offs = sign_offs_of(settings, catalogue, now)
    except PlaybookError:
        return
    for item in catalogue.items.values():
        until = sign_offs.of(item.id).until if item.sign_off else None
        if until:
            yield until, f"Sign-off ends: {item.title}"


def _waivers(catalogue: Catalogue, waivers: Waivers) -> Iterator[tuple[datetime, str]]:
    for waiver in waivers.newest.values():
        item = catalogue.items.get(waiver.item)
        yield waiver.ends, f"Waiver ends: {item.title if item else waiver.item}"


def _maintenance(settings: Settings) -> Iterator[tuple[datetime, str]]:
    for window in settings.maintenance.in_utc():
        yield window.start, f"Maintenance begins: {window.name}"


def _days_left(runs: Sequence[RunLine]) -> Iterator[tuple[datetime, str]]:
    for item, words in _DAYS_LEFT.items():
        for run in reversed(runs):
            found = run.items.get(item)
            if found and found.verdict in EXECUTED and found.value is not None:
                yield run.started + timedelta(days=min(found.value, 10_000)), words
                break
