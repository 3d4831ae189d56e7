"""Report of a health endpoint: the states of the service and of its dependencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playbook.measure.web.health_values import (
    instead,
    short,
)
from playbook.measure.web.health_words import State


class UnknownShapeError(ValueError):
    """The text contains no health information that is understood; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One dependency of the service, as the service reports it.

    Attributes:
        status: as given.
        state: None if that is not understood.
        remark: an error or latency beside it; may be empty.
        passing: it is a finding, which is told only while it is bad.
    """

    name: str
    status: str
    state: State | None
    remark: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A health endpoint's report, as far as it is understood.

    Attributes:
        status: the service's own word; ``not stated`` if only dependencies are listed.
        state: the worst of everything reported.
        unclear: statements that are neither healthy nor failing, as given.
        read: number of statements.
        told: amounts of work that are no statements, such as ``queue failed 9``.
    """

    status: str
    state: State
    dependencies: tuple[Dependency, ...] = ()
    unclear: tuple[str, ...] = ()
    read: int = 1
    told: tuple[str, ...] = ()


OWN = ""


@dataclass(slots=True)
class Statements:
    """Statements collected while an answer is read.

    Attributes:
        own: statements about the service itself.
        others: statements about its dependencies.
        errors: reported errors, with the name of the dependency concerned.
        told: amounts of work.
    """

    own: list[tuple[str, State]] = field(default_factory=list)
    others: list[Dependency] = field(default_factory=list)
    errors: list[tuple[str, Dependency]] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def report(self, value: Any, text: str) -> Report:
        """Report of all statements; UnknownShapeError if none of them is understood."""
        bad = {one.name for one in self.others if one.state}
        more = [error for name, error in self.errors if not name or name not in bad]
        others = list(dict.fromkeys([*self.others, *more]))
        remarked = {(one.name, one.status) for one in others if one.remark}
        others = [one for one in others if one.remark or (one.name, one.status) not in remarked]
        others = _each_once(others)
        states = [state for _, state in self.own] + [one.state for one in others if one.state is not None]
        unclear = tuple(dict.fromkeys(self.unclear))
        if not states:
            raise UnknownShapeError(instead(value, text, unclear))
        status = max(self.own, key=lambda statement: statement[1])[0] if self.own else "not stated"
        stated = len(self.own) + sum(one.state is not None for one in others)
        told = tuple(dict.fromkeys(self.told))
        return Report(status, max(states), tuple(others), unclear, stated + len(unclear), told)

    def note(self, name: str, status: str, state: State) -> None:
        """Note a dependency."""
        self.others.append(Dependency(name, short(status), state))

    def finding(self, name: str, status: str, state: State) -> None:
        """Note something bad that is told only while it is so."""
        self.others.append(Dependency(name, short(status), state, passing=True))

    def state(self, name: str, status: str, state: State | None, remark: str = "") -> None:
        """Note the state of a dependency, or of the service itself if the name is ``OWN``; None is unclear."""
        if state is None:
            self.unclear.append(f"{name or 'the status'} {short(status)!r}")
            if name:
                self.others.append(Dependency(name, short(status), None, remark))
        elif name:
            self.others.append(Dependency(name, short(status), state, remark))
        else:
            self.own.append((short(status), state))


def _each_once(others: list[Dependency]) -> list[Dependency]:
    """Without later healthy statements about the same thing."""
    kept: dict[str, list[Dependency]] = {}
    for one in others:
        kept.setdefault(one.name, []).append(one)
    return [one for same in kept.values() for one in same if one is same[0] or one.state is not State.HEALTHY]
