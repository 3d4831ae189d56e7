"""How long an incident was failing: the sum of its failing times, without healthy and unmeasured times. Pure.

From one look at its items until the next is due, the state is that of the look. Time beyond that, and after a look
that could not measure, is unmeasured: it counts as neither failing nor healthy, and is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from playbook.core.clock import Moment, days
from playbook.history.standing import CANNOT_SEE, Kind, Standing

State = Literal["bad", "not measured", "well"]
BAD: State = "bad"
NOT_MEASURED: State = "not measured"
WELL: State = "well"
_MINUTE = timedelta(minutes=1)


class Lasted(msgspec.Struct, frozen=True, kw_only=True):
    """How long it was failing, up to the newest look.

    Attributes:
        bad, unmeasured: seconds, over all its streaks.
        spells: number of streaks: one, and one more for each reopening.
        looked: the newest look at it while it was open; None once it is closed.
        state: result of that look.
        known_until: when the next look is due, after which the state is unknown.
    """

    bad: float = 0.0
    unmeasured: float = 0.0
    spells: int = 1
    looked: Moment | None = None
    state: State = WELL
    known_until: Moment | None = None

    def until(self, now: datetime) -> Lasted:
        """The same with the time since the newest look added."""
        if self.looked is None:
            return self
        passed = max((now - self.looked).total_seconds(), 0.0)
        due = max(((self.known_until or self.looked) - self.looked).total_seconds(), 0.0)
        known = 0.0 if self.state == NOT_MEASURED else min(passed, due)
        return msgspec.structs.replace(
            self,
            bad=self.bad + (known if self.state == BAD else 0.0),
            unmeasured=self.unmeasured + passed - known,
            looked=max(now, self.looked),
        )

    @property
    def bad_time(self) -> timedelta:
        """How long it was failing."""
        return timedelta(seconds=self.bad)

    @property
    def unmeasured_time(self) -> timedelta:
        """How long its state was unknown."""
        return timedelta(seconds=self.unmeasured)

    @property
    def words(self) -> str:
        """``40 min in 4 spells, and 2 days not measured``."""
        spells = f" in {self.spells} spells" if self.spells > 1 else ""
        gap = self.unmeasured_time
        return f"{length(self.bad_time)}{spells}{f', and {length(gap)} not measured' if gap >= _MINUTE else ''}"


@dataclass(slots=True)
class Course:
    """Accumulates the looks at an incident, in order of time."""

    so_far: Lasted = Lasted(spells=0)  # noqa: RUF009 - frozen

    def begin(self, at: datetime, now: datetime) -> None:
        """Begin a streak: the incident opened or reopened by the looks from ``at`` to ``now``, all of them
        failing.
        """
        before = self.so_far
        self.so_far = msgspec.structs.replace(
            before, spells=before.spells + 1, looked=at, state=BAD, known_until=now
        )

    def look(self, at: datetime, kind: Kind, cause: str, items: Sequence[Standing]) -> None:
        """Add the next look at its items while it is open."""
        asked = [each for each in items if each.bad] or items
        known = max((each.known_until or at for each in asked), default=at)
        self.so_far = msgspec.structs.replace(
            self.so_far.until(at), state=_state(kind, cause, items), known_until=known
        )

    def end(self, at: datetime) -> None:
        """Close the incident."""
        self.so_far = msgspec.structs.replace(self.so_far.until(at), looked=None)


def _state(kind: Kind, cause: str, items: Sequence[Standing]) -> State:
    """State by the newest looks at the items: one failing item is enough; an unmeasured one weighs less."""
    unseen = [each for each in items if each.bad and not each.seen]
    if kind == CANNOT_SEE:
        return BAD if any(each.cause == cause for each in unseen) else WELL
    if any(each.bad and each.seen for each in items):
        return BAD
    return NOT_MEASURED if unseen else WELL


def length(time: timedelta) -> str:
    """``12 min``, ``5 h``, ``3 days``."""
    minutes = time.total_seconds() / 60
    return f"{minutes:.0f} min" if minutes < 120 else days(time)
