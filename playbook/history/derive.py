"""The incidents of a target, by its settings. Used by everything that shows or reports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playbook.core.catalogue import shipped
from playbook.history.folding import incidents
from playbook.history.incidents import Incident
from playbook.history.rules import Rules, Window
from playbook.history.runs import RunLine
from playbook.settings.model import Settings
from playbook.settings.schedule import reach_hours


def incidents_of(settings: Settings, runs: Sequence[RunLine]) -> list[Incident]:
    """The incidents of the settings' target, oldest first; runs of other targets are left out."""
    target = settings.target.name
    mine = [run for run in runs if run.target == target]
    return incidents(mine, rules_of(settings), windows_of(settings), titles(mine))


def titles(runs: Sequence[RunLine]) -> Mapping[str, str]:
    """The catalogue's title of each item; for items not in it, the title of their newest run."""
    own = {item: found.title for run in runs for item, found in run.items.items() if found.title}
    return {**own, **{item.id: item.title for item in shipped().items.values()}}


def rules_of(settings: Settings) -> Rules:
    """When an incident opens and closes."""
    mine = settings.incidents
    return Rules(
        bad_runs=mine.bad_runs,
        good_runs=mine.good_runs,
        reopen_hours=mine.reopen_hours,
        flapping_times=mine.flapping_times,
        ignore=mine.ignore,
        reach_hours={name: reach_hours(settings.schedule, name) for name in settings.schedule.cron},
    )


def windows_of(settings: Settings) -> list[Window]:
    """The target's maintenance windows."""
    return [
        Window(name=one.name, start=one.start, end=one.end, target=settings.target.name)
        for one in settings.maintenance.in_utc()
    ]
