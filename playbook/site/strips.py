"""A verdict per day, week or month, as cells of a strip, including periods without data. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from typing import Literal

from playbook.core.verdict import EXECUTED, SEVERITY, Verdict, worst
from playbook.core.wording import plural

Unit = Literal["day", "week", "month"]

# Number of cells, and the width of each with its gap. All strips have about the same width.
_CELLS: dict[Unit, int] = {"day": 90, "week": 13, "month": 12}
_PITCH: dict[Unit, int] = {"day": 4, "week": 28, "month": 30}
_OF_SET: dict[str, Unit] = {"weekly": "week", "monthly": "month"}
HEIGHT = 16
# Vertical centre of each verdict's bar. The stylesheet sets its height; a gap is not drawn.
_MIDDLES: dict[Verdict, tuple[float, ...]] = {
    Verdict.OK: (12.0,),
    Verdict.WARNING: (10.5,),
    Verdict.CRITICAL: (8.0,),
    Verdict.UNKNOWN: (2.0, 14.0),
    Verdict.WAIVED: (14.5,),
}


@dataclass(frozen=True)
class Cell:
    """A day, week or month with its worst verdict; None if nothing was checked."""

    first: date
    last: date
    verdict: Verdict | None

    @property
    def when(self) -> str:
        """``23 Nov 2026``, or first and last day."""
        if self.first == self.last:
            return f"{self.first:%-d %b %Y}"
        return f"{self.first:%-d %b} to {self.last:%-d %b %Y}"


@dataclass(frozen=True)
class Bars:
    """Cells of one verdict, as a stroked path that the stylesheet cuts into cells."""

    verdict: Verdict
    path: str


@dataclass(frozen=True)
class Strip:
    """Cells, oldest first."""

    unit: Unit
    cells: tuple[Cell, ...]

    @cached_property
    def counts(self) -> Counter[Verdict | None]:
        """Cells by verdict. Not configured counts as not checked."""
        return Counter(None if cell.verdict is Verdict.NOT_CONFIGURED else cell.verdict for cell in self.cells)

    @property
    def measured(self) -> int:
        """Cells in which something was measured: OK, WARNING or CRITICAL."""
        return sum(count for verdict, count in self.counts.items() if verdict in EXECUTED)

    @property
    def width(self) -> int:
        """Width of the drawing."""
        return len(self.cells) * _PITCH[self.unit] - 1

    @property
    def span(self) -> str:
        """``90 days``."""
        return plural(len(self.cells), self.unit)

    @property
    def coverage(self) -> str:
        """``86 of 90 days``."""
        return f"{self.measured} of {self.span}"

    @property
    def share(self) -> str:
        """``97.7 % OK on 86 of 90 days``: share of the measured cells, and their number."""
        if not self.measured and self.counts[Verdict.UNKNOWN]:
            # Parts of it may have been measured: the worst verdict represents the whole cell.
            return f"no whole {self.unit} measured in {self.span}"
        if not self.measured:
            return f"not measured in {self.span}"
        return f"{percent(self.counts[Verdict.OK], self.measured)} % OK on {self.coverage}"

    @property
    def words(self) -> str:
        """Text alternative of the drawing: ``90 days: 86 OK, 4 without data``."""
        return f"{self.span}: {self.told}"

    @property
    def told(self) -> str:
        """The same without its length."""
        counts = [f"{self.counts[verdict]} {verdict}" for verdict in reversed(SEVERITY) if self.counts[verdict]]
        if self.counts[None]:
            counts.append(f"{self.counts[None]} without data")
        critical = [cell.when for cell in self.cells if cell.verdict is Verdict.CRITICAL]
        last = f"; CRITICAL last on {critical[-1]}" if critical else ""
        return f"{', '.join(counts)}{last}"

    @property
    def bars(self) -> tuple[Bars, ...]:
        """The drawing. Neighbouring cells of one verdict are one stroke."""
        pitch = _PITCH[self.unit]
        paths: dict[Verdict, str] = {}
        for verdict, group in groupby(enumerate(self.cells), lambda pair: pair[1].verdict):
            cells = list(group)
            if verdict is None or verdict not in _MIDDLES:
                continue
            start, length = cells[0][0] * pitch, len(cells) * pitch - 1
            paths[verdict] = paths.get(verdict, "") + "".join(
                f"M{start} {middle:g}h{length}" for middle in _MIDDLES[verdict]
            )
        return tuple(Bars(verdict, paths[verdict]) for verdict in SEVERITY if verdict in paths)


def unit_of(set_name: str) -> Unit:
    """Weekly sets have a cell per week and monthly ones per month, so that days between two runs are no gaps."""
    return _OF_SET.get(set_name, "day")


def strip(said: Iterable[tuple[date, Verdict]], unit: Unit, last: date) -> Strip:
    """The strip that ends with the day ``last`` (or the week or month of that day)."""
    by_day: dict[date, list[Verdict]] = {}
    for day, verdict in said:
        by_day.setdefault(day, []).append(verdict)
    cells = []
    for first, end in _periods(unit, last):
        days = (first + timedelta(days=number) for number in range((end - first).days + 1))
        found = [verdict for day in days for verdict in by_day.get(day, ())]
        cells.append(Cell(first, end, worst(found) if found else None))
    return Strip(unit, tuple(cells))


def first_day(unit: Unit, last: date) -> date:
    """First day of the strip that ends with ``last``."""
    return _periods(unit, last)[0][0]


def percent(part: int, whole: int) -> str:
    """One decimal, and never 100 unless it is complete."""
    return f"{100 * part / whole:.1f}" if part == whole or 1000 * part / whole < 999.5 else "99.9"


def _periods(unit: Unit, last: date) -> list[tuple[date, date]]:
    found = []
    for _ in range(_CELLS[unit]):
        first = last.replace(day=1) if unit == "month" else last - timedelta(days=6 if unit == "week" else 0)
        found.append((first, last))
        last = first - timedelta(days=1)
    return found[::-1]
