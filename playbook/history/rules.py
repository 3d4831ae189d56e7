"""When an incident opens and closes, and when nobody is notified."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

OTHERS = "others"
_DAY_HOURS = 24.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """When an incident opens and closes; the settings have the same under ``[incidents]``.

    Attributes:
        bad_runs: by set (the first word of an item's id), number of runs in a row that must find an item failing;
            a confirming re-check counts as one. With 0 its items neither open nor join an incident. ``others`` is
            for sets that are not named, otherwise 1.
        good_runs: number of runs in a row that must find every item healthy to close it.
        reopen_hours: a relapse within this time after recovery reopens the incident.
        flapping_times: number of reopenings from which on it is flapping.
        ignore: ids of items that open none, e.g. of removed checks that cannot recover.
        reach_hours: by set, the latest time after a run at which the next one is due. Time beyond that was not
            measured, and does not count in an incident's duration. One day for sets that are not named.
    """

    bad_runs: dict[str, int] = {}
    good_runs: int = 1
    reopen_hours: float = 24.0
    flapping_times: int = 3
    ignore: tuple[str, ...] = ()
    reach_hours: dict[str, float] = {}

    def reach(self, item: str, set_name: str) -> timedelta:
        """How long a look at an item is valid; ``set_name`` is the run's, for items without a set of their own."""
        hours = self.reach_hours.get(item.partition(".")[0], self.reach_hours.get(set_name, _DAY_HOURS))
        return timedelta(hours=hours)

    def needed(self, item: str) -> int:
        """Failing runs in a row that open an incident of this item; 0 where it takes part in none."""
        return self.bad_runs.get(item.partition(".")[0], self.bad_runs.get(OTHERS, 1))


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A maintenance window; both moments are in UTC. ``target`` is empty for every target."""

    name: str
    start: datetime
    end: datetime
    target: str = ""
