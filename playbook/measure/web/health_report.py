"""What a health endpoint says, read into a report: the states of the service and of what it depends on."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.measure.web.health_words import State


class UnknownShapeError(ValueError):
    """The text says nothing of health that is understood; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One thing that the service needs, by its own account.

    Attributes:
        status: as it stands there.
        state: None where that is not understood.
        remark: an error or latency that stands beside it; may be empty.
    """

    name: str
    status: str
    state: State | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A health endpoint's text, as far as it is understood.

    Attributes:
        status: the service's own word; ``not stated`` where only dependencies are listed.
        state: the worst of all that it says.
        unclear: what says neither good nor bad, as it stands there.
        read: how many statements there are.
    """

    status: str
    state: State
    dependencies: tuple[Dependency, ...] = ()
    unclear: tuple[str, ...] = ()
    read: int = 1
