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

from playbook.core.clock import Moment
from playbook.core.durations import one_unit
from playbook.history.standing import DOWN, Kind, Standing

State = Literal["bad", "not seen", "well"]
BAD: State = "bad"
NOT_SEEN: State = "not seen"
WELL: State = "well"
_MINUTE = timedelta(minutes=1)


class Lasted(msgspec.Struct, frozen=True, kw_only=True):
    """How long it was failing, up to the newest look.

    Attributes:
        bad, unseen, unmeasured: seconds, over all its spells: out of bounds, measured in vain, and not measured.
        was_down: it was out of bounds at some time; otherwise the time in which it could not be seen counts.
        spells: number of times it was open: one, and one more for each reopening.
        looked: the newest look at it while it was open; None once it is closed.
        state: result of that look.
        known_until: when the next look is due, after which the state is unknown.
    """

    bad: float = 0.0
    unseen: float = 0.0
    unmeasured: float = 0.0
    was_down: bool = False
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
        known = min(passed, due)
        return msgspec.structs.replace(
            self,
            bad=self.bad + (known if self.state == BAD else 0.0),
            unseen=self.unseen + (known if self.state == NOT_SEEN else 0.0),
            unmeasured=self.unmeasured + passed - known,
            looked=max(now, self.looked),
        )

    @property
    def bad_time(self) -> timedelta:
        """How long it was failing; if it was never seen out of bounds, how long it could not be seen."""
        return timedelta(seconds=self.bad if self.was_down else self.unseen)

    @property
    def unmeasured_time(self) -> timedelta:
        """How long its state was unknown."""
        return timedelta(seconds=self.unmeasured + (self.unseen if self.was_down else 0.0))

    @property
    def words(self) -> str:
        """``40 min in 4 spells, and 2 days not measured``."""
        spells = f" in {self.spells} spells" if self.spells > 1 else ""
        gap = self.unmeasured_time
        return (
            f"{one_unit(self.bad_time)}{spells}{f', and {one_unit(gap)} not measured' if gap >= _MINUTE else ''}"
        )


@dataclass(slots=True)
class Course:
    """Accumulates the looks at an incident, in order of time."""

    so_far: Lasted = Lasted(spells=0)  # noqa: RUF009 - frozen

    def begin(self, at: datetime, now: datetime, kind: Kind) -> None:
        """Begin a spell by the failing looks from ``at`` to ``now``; the first one found ``kind``."""
        self.so_far = msgspec.structs.replace(
            self.so_far,
            spells=self.so_far.spells + 1,
            looked=at,
            state=BAD if kind == DOWN else NOT_SEEN,
            was_down=self.so_far.was_down or kind == DOWN,
            known_until=now,
        )

    def look(self, at: datetime, cause: str, parts: Sequence[tuple[Standing, Kind]]) -> None:
        """Add the next look at its items while it is open; each with its worst kind since the opening."""
        items = [each for each, _ in parts]
        asked = [each for each in items if each.bad] or items
        known = max((each.known_until or at for each in asked), default=at)
        state = _state(cause, parts)
        was_down = self.so_far.was_down or state == BAD
        self.so_far = msgspec.structs.replace(
            self.so_far.until(at), state=state, was_down=was_down, known_until=known
        )

    def end(self, at: datetime) -> None:
        """Close the incident."""
        self.so_far = msgspec.structs.replace(self.so_far.until(at), looked=None)


def _state(cause: str, parts: Sequence[tuple[Standing, Kind]]) -> State:
    """State by the newest looks at the items: one failing item is enough; an unmeasured one weighs less."""
    if any(kind == DOWN and each.is_down for each, kind in parts):
        return BAD
    return NOT_SEEN if any(each.is_unseen_for(cause, kind) for each, kind in parts) else WELL
