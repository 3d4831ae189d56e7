"""An incident while its runs are read: its state from one run to the next."""

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
        failing: False if it was healthy meanwhile; it counts as failing again once that is confirmed.
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
    down: dict[str, None] = field(default_factory=dict)  # items that were ever out of bounds, in order
    reported_down: bool = False  # since it last opened
    was_wrong: bool = False  # it cannot be seen, and was out of bounds when it last could
    reopened: int = 0
    flapping: bool = False
    gone: bool = False
    events: list[Event] = field(default_factory=list)
    course: Course = field(default_factory=Course)

    @property
    def was_down(self) -> bool:
        """Whether an item was out of bounds since it last opened."""
        return any(part.kind == DOWN for part in self.items.values())


@dataclass(slots=True)
class Bad:
    """The failing items of one run with one cause."""

    cause: str
    items: dict[str, Kind] = field(default_factory=dict)
    message: str = ""
    # Whether the message names the cause, and whether it is of an item out of bounds.
    message_rank: tuple[bool, bool] = (False, False)

    def add(self, item: str, kind: Kind, message: str) -> None:
        """Add an item; the message that names the cause is kept, otherwise one of an item out of bounds."""
        self.items[item] = kind
        message_rank = self.cause in message, kind == DOWN
        if not self.message or message_rank > self.message_rank:
            self.message, self.message_rank = message, message_rank
