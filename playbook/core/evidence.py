"""What a check looked at, in four shapes that every report can show.

Each states its ``audience``, the team by default.
"""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import msgspec

from playbook.core.audience import Audience


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows under column heads. Cells are texts for people."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    audience: Audience = Audience.TEAM


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Names and values."""

    title: str
    facts: dict[str, str]
    audience: Audience = Audience.TEAM


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """Verbatim lines, e.g. of a log."""

    title: str
    lines: list[str]
    audience: Audience = Audience.TEAM


class Curve(msgspec.Struct, frozen=True):
    """One line of a chart.

    Attributes:
        points: Unix seconds and value, in order of time; values that are not finite are omitted.
        dots: single moments, not connected by a line.
    """

    name: str
    points: list[tuple[float, float]]
    dots: bool = False

    def __post_init__(self) -> None:
        """Omit NaN and infinity, which JSON does not have."""
        finite = [point for point in self.points if all(map(math.isfinite, point))]
        msgspec.structs.force_setattr(self, "points", finite)

    @property
    def values(self) -> list[float]:
        """In order of time."""
        return [value for _, value in self.points]


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """Values over time.

    Attributes:
        limits: horizontal lines by their label: ``warning`` → 80.
        bars: each point is a count from its time to the next, drawn as a bar from 0.
        marks: moments in Unix seconds by their label: ``since 06:30 UTC`` → 1795415400.
    """

    title: str
    unit: str
    curves: list[Curve]
    limits: dict[str, float] = {}
    audience: Audience = Audience.TEAM
    bars: bool = False
    marks: dict[str, float] = {}

    @property
    def summary(self) -> list[Summary]:
        """Text equivalent of the drawing, for each curve that has values."""
        decimals = self._decimals
        found = []
        for curve in self.curves:
            values = curve.values
            if values:
                weighed = min(values), median(values), max(values), values[-1]
                lowest, middle, highest, last = (f"{value:,.{decimals}f}" for value in weighed)
                found.append(Summary(curve.name, lowest, middle, highest, last, curve.dots))
        return found

    @property
    def lines(self) -> list[str]:
        """The summary as lines of text, with the limits at the end; ``none`` where there are no values."""
        unit = f" {self.unit}" if self.unit else ""
        lines = [
            f"{one.name}: lowest {one.lowest}, median {one.median}, highest {one.highest}, last {one.last}{unit}"
            for one in self.summary
        ]
        limits = ", ".join(f"{name} {value:,g}" for name, value in self.limits.items())
        marks = ", ".join(self.marks)
        return [
            *(lines or ["none"]),
            *([f"Limits: {limits}{unit}"] if limits else []),
            *([f"Marked: {marks}"] if marks else []),
        ]

    @property
    def _decimals(self) -> int:
        if self.bars:  # counts
            return 0
        values = [value for curve in self.curves for value in curve.values]
        span = max(values, default=0.0) - min(values, default=0.0)
        # Two significant figures of the difference between lowest and highest.
        return min(max(1 - math.floor(math.log10(span)), 0), 4) if span > 0 else 2


class Summary(msgspec.Struct, frozen=True):
    """A curve in numbers, formatted, in the chart's unit."""

    name: str
    lowest: str
    median: str
    highest: str
    last: str
    dots: bool = False


Evidence = Table | Facts | Lines | Chart


def evidence_of(value: Any) -> list[Evidence]:
    """Evidence of a measured value; empty for clients and plain values."""
    show = getattr(value, "evidence", None)
    if not callable(show):
        return []
    shown = show()
    return list(shown) if isinstance(shown, list | tuple) else [shown]
