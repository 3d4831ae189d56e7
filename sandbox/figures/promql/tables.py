"""Vectors of all steps at once: selectors, rates, windows, sums, counts and sets, of which most queries consist.

Results equal those of the functions for one step (windows.py, aggregate.py), in a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from sandbox.figures.promql.values import Labels, Points, VectorNode, nameless
from sandbox.figures.promql.windows import Floats, Times, by_times
from sandbox.figures.series import Series

Flags = NDArray[np.bool_]
Numbers = NDArray[np.intp]
_FEW = 64  # steps for which numpy combines all rows sooner than each


@dataclass(frozen=True)
class Table:
    """A vector at all steps.

    Attributes:
        labels: of each series.
        there: at which steps each series has a value.
        make: values of the series with these numbers at all steps; called once they are needed, as sets, counts
            and a series that is nowhere need none.
    """

    labels: Sequence[Labels]
    there: Flags
    make: Callable[[Numbers], Floats]

    @cached_property
    def values(self) -> Floats:
        """Of each series at each step; any number where it is not there."""
        return self.make(np.arange(len(self.labels)))

    def at(self, there: Flags) -> Table:
        """The same series at other steps; without those that are nowhere."""
        rows = np.flatnonzero(there.any(axis=1))
        known = self.__dict__.get("values")
        return Table(
            [self.labels[row] for row in rows.tolist()],
            there[rows],
            lambda chosen: self.make(rows[chosen]) if known is None else known[rows[chosen]],
        )

    def called(self, labels: Sequence[Labels]) -> Table | None:
        """With other labels; None if two are equal, an error at steps at which both have a value."""
        return Table(labels, self.there, self.rows) if len(set(labels)) == len(labels) else None

    def rows(self, chosen: Numbers) -> Floats:
        """Values of the series with these numbers."""
        return self.values[chosen] if "values" in self.__dict__ else self.make(chosen)


def made(labels: Sequence[Labels], values: Floats, there: Flags) -> Table:
    """A table whose values are known."""
    return Table(labels, there, lambda rows: values[rows])


# Neutral value for missing samples, and the binary operation.
COMBINED: dict[str, tuple[float, np.ufunc]] = {
    "sum": (0.0, np.add),
    "count": (0.0, np.add),
    "min": (np.nan, np.fmin),
    "max": (np.nan, np.fmax),
}


def node_of(table: Table) -> VectorNode:
    """The same as a function of the step number."""
    rows = list(zip(table.labels, table.there.tolist(), table.values.tolist(), strict=True))
    return lambda step: [(labels, values[step]) for labels, there, values in rows if there[step]]


def points_of(table: Table, times: Sequence[float]) -> Iterable[tuple[Labels, Points]]:
    """Time and value at each step, by series."""
    for labels, there, values in zip(table.labels, table.there, table.values, strict=True):
        if there.any():
            yield labels, list(zip(compress(times, there), values[there].tolist(), strict=True))


def series_of(table: Table, grid: Times) -> list[Series]:
    """Each series that exists at one of these times; those at the same times share them."""
    shared: dict[bytes, Times] = {}
    found = []
    for labels, there, values in zip(table.labels, table.there, table.values, strict=True):
        if there.any():
            times = shared.setdefault(there.tobytes(), grid[there])
            found.append(Series(labels, times, values[there]))
    return found


def selected(series: Sequence[Series], moments: Times, lookback: int) -> Table:
    """The newest sample of each series at each step, unless it is too old."""
    series, group, index = _newest(series, moments, lookback)

    def make(rows: Numbers) -> Floats:
        return _stacked([series[row].values[index[group[row]]] for row in rows.tolist()], moments)

    return Table([one.labels for one in series], (index >= 0)[group], make)


def timestamps(series: Sequence[Series], moments: Times, lookback: int) -> Table:
    """The time of that sample."""
    series, group, index = _newest(series, moments, lookback)

    def make(rows: Numbers) -> Floats:
        return _stacked([series[row].times[index[group[row]]] / 1000 for row in rows.tolist()], moments)

    return Table([nameless(one.labels) for one in series], (index >= 0)[group], make)


def _newest(
    series: Sequence[Series], moments: Times, lookback: int
) -> tuple[Sequence[Series], Numbers, NDArray[np.intp]]:
    """Series with samples, their groups, and for each group and step the newest sample; -1 if there is none."""
    series = [one for one in series if len(one.times)]
    groups, group = by_times(series)
    index = np.empty((len(groups), len(moments)), dtype=np.intp)
    for number, times in enumerate(groups):
        newest = np.searchsorted(times, moments, side="right") - 1
        recent = (newest >= 0) & (times[newest] > moments - lookback)
        index[number] = np.where(recent, newest, -1)
    return series, group, index


def _stacked(rows: Sequence[Floats], steps: Times) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(steps))


def aggregated(op: str, table: Table, group_of: Callable[[Labels], Labels]) -> Table:
    """One of ``COMBINED`` by groups, combined in the order of the rows."""
    absent, combine = COMBINED[op]
    numbers: dict[Labels, int] = {}
    groups = [numbers.setdefault(group_of(labels), len(numbers)) for labels in table.labels]
    values = table.there if op == "count" else np.where(table.there, table.values, absent)
    found = np.full((len(numbers), table.there.shape[1]), absent)
    there = np.zeros(found.shape, dtype=bool)
    if found.shape[1] < _FEW:
        combine.at(found, groups, values)
        np.logical_or.at(there, groups, table.there)
    else:
        for row, group in enumerate(groups):
            combine(found[group], values[row], out=found[group])
            there[group] |= table.there[row]
    return made(list(numbers), found, there)


def joined(op: str, left: Table, right: Table, signature: Callable[[Labels], Labels]) -> Table:
    """``and``, ``or`` or ``unless``: rows match by the signature of their labels, at each step separately."""
    chosen, other = (right, left) if op == "or" else (left, right)
    met: dict[Labels, Flags] = {}
    for labels, there in zip(other.labels, other.there, strict=True):
        key = signature(labels)
        met[key] = met[key] | there if key in met else there
    never = np.zeros(chosen.there.shape[1], dtype=bool)
    matched = np.array([met.get(signature(labels), never) for labels in chosen.labels], dtype=bool)
    matched = matched.reshape(chosen.there.shape)
    kept = chosen.at(chosen.there & (matched if op == "and" else ~matched))
    return _united(left, kept) if op == "or" else kept


def _united(left: Table, right: Table) -> Table:
    """Both. Equal labels are one series, whose value at a step is the left one or else the right one."""
    if not len(right.labels):
        return left
    numbers = {labels: number for number, labels in enumerate(left.labels)}
    values, flags = list(left.values), list(left.there)
    for labels, found, there in zip(right.labels, right.values, right.there, strict=True):
        if labels in numbers:
            number = numbers[labels]
            values[number] = np.where(flags[number], values[number], found)
            flags[number] = flags[number] | there
        else:
            numbers[labels] = len(values)
            values.append(found)
            flags.append(there)
    return made(list(numbers), np.array(values), np.array(flags))


def gathered(node: VectorNode, grid: Times) -> list[Series]:
    """Each series that exists at one of these times."""
    points: dict[Labels, tuple[list[int], list[float]]] = {}
    for number, moment in enumerate(grid.tolist()):
        value = node(number)
        for labels, found in value if isinstance(value, list) else [((), value)]:
            times, values = points.setdefault(labels, ([], []))
            times.append(moment)
            values.append(found)
    return [
        Series(labels, np.array(times, dtype=np.int64), np.array(values, dtype=np.float64))
        for labels, (times, values) in points.items()
    ]
