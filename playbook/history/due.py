"""When a set was and will be due, and whether its run is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from playbook.history.runs import RunLine
from playbook.settings.schedule import grace, missed, next_slot
from playbook.settings.sections.history import Schedule

SANDBOX = "sandbox"


class Due(NamedTuple):
    """Schedule of a set.

    Attributes:
        next: when it is due next.
        missing_after: when that run would be missing.
        missed: the newest slot whose run is missing after its grace period; None where there is none.
    """

    next: datetime
    missing_after: datetime
    missed: datetime | None


def due_sets(
    runs: Sequence[RunLine], schedules: Mapping[str, Schedule], now: datetime
) -> dict[tuple[str, str], Due]:
    """Schedule of each target and set that is due.

    A set is due where a schedule has run its target before, or where somebody has run it on a real system: from
    then on it must be checked. Only the sandbox is exempt. A slot before the target's first run does not count,
    and a partial run of a set does not count as a run of it.

    Args:
        runs: of all targets, oldest first.
        schedules: by target.
    """
    found = {}
    for target, schedule in schedules.items():
        own = [run for run in runs if run.target == target]
        if not own:
            continue
        first = own[0].slot or own[0].started
        scheduled = any(run.slot for run in own)
        for name in schedule.cron:
            newest = max((run.started for run in own if run.set == name and not run.partial), default=None)
            following = next_slot(schedule, name, now)
            if following is None or not (scheduled or (newest and own[-1].kind != SANDBOX)):
                continue
            slot = missed(schedule, name, now, newest)
            if slot and slot < first:
                slot = None
            found[target, name] = Due(following, following + grace(schedule, name), slot)
    return found
