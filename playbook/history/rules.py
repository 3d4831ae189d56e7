"""When an incident opens and closes, and when nobody is told."""

from __future__ import annotations

from datetime import datetime

import msgspec

OTHERS = "others"


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
    """

    bad_runs: dict[str, int] = {}
    good_runs: int = 1
    reopen_hours: float = 24.0
    flapping_times: int = 3
    ignore: tuple[str, ...] = ()

    def needed(self, item: str) -> int:
        """So many bad runs in a row open an incident of this item; 0 where it has no part in any."""
        return self.bad_runs.get(item.partition(".")[0], self.bad_runs.get(OTHERS, 1))


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A maintenance window; both moments are in UTC. ``target`` is whose it is; every target's where empty."""

    name: str
    start: datetime
    end: datetime
    target: str = ""
