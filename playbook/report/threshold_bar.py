"""A bar of a limit's zones with the position of a value, from good on the left to critical on the right. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.core.limits import Bound, Limit

# All zones have the same width, as limits such as 99.9, 99.5 and 99 % would coincide on a linear scale.
ZONE_WORDS = {
    "good": "on target",
    "within": "within limits",
    "short": "short of target",
    "warning": "warning",
    "critical": "critical",
}


@dataclass(frozen=True)
class Zone:
    """One zone of the bar; ``start`` and ``width`` in percent of its length."""

    name: str
    start: float
    width: float


@dataclass(frozen=True)
class ThresholdBar:
    """Zones of a limit, and the position of the value in percent from the left.

    Attributes:
        zone: name of the zone that contains the value.
        edges: position of each border between two zones, and the limit there.
    """

    zones: tuple[Zone, ...]
    position: float
    zone: str
    edges: tuple[tuple[float, str], ...]

    @property
    def word(self) -> str:
        """The zone in words, for readers who do not see the drawing."""
        return ZONE_WORDS[self.zone]


def threshold_bar(limit: Limit, value: float) -> ThresholdBar:
    """The bar of a limit with the position of a value."""
    # Zones begin where a bound is violated: a value that does not meet the target is short of it.
    steps = _without_empty([(name, bound) for name, bound in _bounds(limit) if bound])
    names = ["good" if limit.target else "within", *(name for name, _ in steps)]
    number = sum(_is_past(name, bound, value) for name, bound in steps)
    edges = [bound.number for _, bound in steps]
    width = 100 / len(names)
    return ThresholdBar(
        zones=tuple(Zone(name, i * width, width) for i, name in enumerate(names)),
        position=(number + _within(value, edges, number)) * width,
        zone=names[number],
        edges=tuple((i * width, limit.format(edge)) for i, edge in enumerate(edges, 1)),
    )


def _bounds(limit: Limit) -> tuple[tuple[str, Bound | None], ...]:
    return ("short", limit.target), ("warning", limit.warning), ("critical", limit.critical)


def _without_empty(steps: list[tuple[str, Bound]]) -> list[tuple[str, Bound]]:
    """Omit the empty zone where a limit begins at the target's end: ``< 25 h``, ``>= 25 h``."""
    if len(steps) > 1 and steps[0][0] == "short":
        target, limit = steps[0][1], steps[1][1]
        if target.number == limit.number and target.holds(limit.number) != limit.holds(limit.number):
            return steps[1:]
    return steps


def _is_past(name: str, bound: Bound, value: float) -> bool:
    return not bound.holds(value) if name == "short" else bound.holds(value)


def _within(value: float, edges: list[float], number: int) -> float:
    """Position within the zone, from 0 to 1; in open-ended zones it approaches the end without reaching it."""
    span = abs(edges[-1] - edges[0]) or abs(edges[0]) or 1.0
    if number == 0:
        return 1 - _towards_one(abs(edges[0] - value) / span) if len(edges) else 0.5
    if number == len(edges):
        return _towards_one(abs(value - edges[-1]) / span)
    low, high = edges[number - 1], edges[number]
    return min(max((value - low) / (high - low), 0.0), 1.0) if high != low else 0.5


def _towards_one(distance: float) -> float:
    return min(0.06 + 0.88 * distance / (distance + 0.6), 0.94)
