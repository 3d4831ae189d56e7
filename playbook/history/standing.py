"""The state of one item, run after run: what an incident waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from playbook.core.verdict import Verdict

Kind = Literal["down", "cannot see"]

DOWN: Kind = "down"
CANNOT_SEE: Kind = "cannot see"
KINDS: dict[Verdict, Kind] = {Verdict.CRITICAL: DOWN, Verdict.UNKNOWN: CANNOT_SEE}
WELL = frozenset({Verdict.OK, Verdict.WARNING})


@dataclass(slots=True)
class Standing:
    """The state of one item.

    Attributes:
        bad, well, seen: observations in a row; an item that is out of bounds is seen.
        since: by cause, when the first of the bad observations in a row was made, and what it found.
        down_for: the causes for which it was out of bounds in this row.
        is_down: the newest look found it out of bounds.
        good_at: by kind, when it was last what an incident of this kind waits for.
        cause: what the newest bad observation was put down to.
        gone: a whole run of its set no longer holds it.
        known_until: when it is due to be looked at again after the newest look.
    """

    bad: int = 0
    well: int = 0
    seen: int = 0
    since: dict[str, tuple[datetime, Kind]] = field(default_factory=dict)
    down_for: set[str] = field(default_factory=set)
    is_down: bool = False
    good_at: dict[Kind, datetime] = field(default_factory=dict)
    cause: str = ""
    gone: bool = False
    known_until: datetime | None = None

    def observe(self, verdict: Verdict, at: datetime, cause: str, reach: timedelta = timedelta()) -> None:
        """Take the next look; ``reach`` is how long it counts, until the item is due to be looked at again."""
        self.is_down = verdict is Verdict.CRITICAL
        self.cause, self.gone, self.known_until = cause, False, at + reach
        if verdict in WELL:
            self.bad, self.well, self.seen = 0, self.well + 1, self.seen + 1
            self.since.clear()
            self.down_for.clear()
            self.good_at = {DOWN: at, CANNOT_SEE: at}
            return
        self.bad, self.well = self.bad + 1, 0
        self.since.setdefault(cause, (at, KINDS[verdict]))
        if self.is_down:
            self.seen += 1
            self.down_for.add(cause)
            self.good_at[CANNOT_SEE] = at
        else:
            self.seen = 0

    def good(self, kind: Kind) -> int:
        """So often in a row it was what an incident of this kind waits for."""
        return self.well if kind == DOWN else self.seen
