"""State of one item over the runs, on which incidents are based."""

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
    """Current state of one item.

    Attributes:
        bad, well, seen: observations in a row; an item out of bounds also counts as seen.
        since: by cause, time and kind of the first observation of the failing streak.
        down_for: causes for which it was out of bounds in this streak.
        is_down: whether the newest observation found it out of bounds.
        good_at: by kind, when it was last in the state that closes an incident of this kind.
        cause: root cause of the newest failing observation.
        gone: a whole run of its set no longer holds it.
        known_until: when the next look is due.
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
        """Add the next observation; ``reach`` is how long it is valid."""
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

    def is_unseen_for(self, cause: str, kind: Kind) -> bool:
        """Whether it cannot be seen now, as far as an incident of this cause is concerned.

        Args:
            kind: the worst that was found of it for the cause since the incident opened. An item that was only
                unseen for it, and is unseen for another cause by now, does not matter.
        """
        return bool(self.bad) and not self.is_down and (kind == DOWN or self.cause == cause)

    def good(self, kind: Kind) -> int:
        """Number of observations in a row in the state that closes an incident of this kind."""
        return self.well if kind == DOWN else self.seen
