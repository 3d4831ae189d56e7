"""An incident while the runs that show it are read: what is known of it from one run to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from playbook.history.lengths import Course
from playbook.history.standing import CANNOT_SEE, DOWN, Kind

if TYPE_CHECKING:
    from playbook.history.incidents import Event


@dataclass(slots=True)
class Part:
    """An item of an open incident.

    Attributes:
        kind: ``down`` once it was out of bounds for the incident's cause since the incident opened.
        failing: False where it was good meanwhile; it fails again once that is confirmed.
    """

    kind: Kind = CANNOT_SEE
    failing: bool = True


@dataclass(slots=True)
class Case:
    """An incident while its runs are read."""

    target: str
    kind: Kind
    cause: str
    fingerprint: str
    number: int
    opened: datetime
    message: str
    closed: datetime | None = None
    items: dict[str, Part] = field(default_factory=dict)
    down: dict[str, None] = field(default_factory=dict)  # the items that were ever out of bounds, in order
    told_down: bool = False  # since it opened for the last time
    was_wrong: bool = False  # it cannot be seen, and was out of bounds when it last could
    reopened: int = 0
    flapping: bool = False
    gone: bool = False
    events: list[Event] = field(default_factory=list)
    course: Course = field(default_factory=Course)

    @property
    def was_down(self) -> bool:
        """An item was out of bounds since it opened for the last time."""
        return any(part.kind == DOWN for part in self.items.values())


@dataclass(slots=True)
class Bad:
    """The bad items of one run with one cause."""

    cause: str
    items: dict[str, Kind] = field(default_factory=dict)
    message: str = ""
    told_by: tuple[bool, bool] = (False, False)  # whether the message names the cause, and is of what is down

    def add(self, item: str, kind: Kind, message: str) -> None:
        """Add an item; kept is the message that names the cause, or else one of what is out of bounds."""
        self.items[item] = kind
        told_by = self.cause in message, kind == DOWN
        if not self.message or told_by > self.told_by:
            self.message, self.told_by = message, told_by
