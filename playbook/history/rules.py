"""When an incident opens and closes, and when nobody is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

OTHERS = "others"
_DAY_HOURS = 24.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """When an incident opens and closes; the settings hold the same under ``[incidents]``.

    Attributes:
        bad_runs: by set (the first word of an item's id), so many runs in a row must find an item bad; a
            confirming re-check counts as one. With 0 its items neither open one nor join one. ``others`` is for
            sets that are not named, else 1.
        good_runs: so many runs in a row must find every item well to close it.
        reopen_hours: a relapse within so many hours after recovery reopens the incident.
        flapping_times: reopened so often, it is flapping.
        ignore: ids of items that open none, e.g. of checks that are no longer there to recover.
        reach_hours: by set, how long after a run the next one is due, at the latest. What is beyond was not
            measured, and is no part of an incident's length. Of sets that are not named a day.
    """

    bad_runs: dict[str, int] = {}
    good_runs: int = 1
    reopen_hours: float = 24.0
    flapping_times: int = 3
    ignore: tuple[str, ...] = ()
    reach_hours: dict[str, float] = {}

    def reach(self, item: str, set_name: str) -> timedelta:
        """How long a look at an item speaks for; ``set_name`` is the run's, for items without a set of theirs."""
        hours = self.reach_hours.get(item.partition(".")[0], self.reach_hours.get(set_name, _DAY_HOURS))
        return timedelta(hours=hours)

    def needed(self, item: str) -> int:
        """So many bad runs in a row open an incident of this item; 0 where it has no part in any."""
        return self.bad_runs.get(item.partition(".")[0], self.bad_runs.get(OTHERS, 1))


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A maintenance window; both moments are in UTC. ``target`` is whose it is; every target's where empty."""

    name: str
    start: datetime
    end: datetime
    target: str = ""
