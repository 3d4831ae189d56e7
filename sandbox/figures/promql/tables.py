"""Vectors of all steps at once: selectors, rates, sums, counts and sets, of which most queries consist.

Results equal those of the functions for one step (windows.py, aggregate.py), in a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.figures.promql.values import Labels, VectorNode, nameless
from sandbox.figures.promql.windows import KEEPS_NAME, Floats, RangeVector, Times


@dataclass(frozen=True, slots=True)
class Row:
    """One series of a vector.

    Attributes:
        values: one for each step.
        there: at which steps it has a value.
    """

    labels: Labels
    values: Floats
    there: NDArray[np.bool_]


Table = list[Row]
# rate and the like: is it for counters, and is it per second
EXTRAPOLATED = {"rate": (True, True), "increase": (True, False), "delta": (False, False)}
# Neutral value for missing samples, and the binary operation.
COMBINED: dict[str, tuple[float, Callable[[Floats, Floats], Floats]]] = {
    "sum": (0.0, np.add),
    "count": (0.0, np.add),
    "min": (np.nan, np.fmin),
    "max": (np.nan, np.fmax),
}
# Window functions, except rates, that are computed for all steps at once.
WINDOWED = frozenset({"count_over_time", "present_over_time", "last_over_time", "min_over_time", "max_over_time"})


def node_of(table: Table) -> VectorNode:
    """The same as a function of the step number."""
    rows = [(row.labels, row.there.tolist(), row.values.tolist()) for row in table]
    return lambda step: [(labels, values[step]) for labels, there, values in rows if there[step]]


def aggregated(op: str, table: Table, group_of: Callable[[Labels], Labels]) -> Table:
    """One of ``COMBINED`` by groups, combined in the order of the rows."""
    absent, combine = COMBINED[op]
    groups: dict[Labels, Row] = {}
    for row in table:
        group = group_of(row.labels)
        values, there = np.where(row.there, 1.0 if op == "count" else row.values, absent), row.there
        if group in groups:
            values, there = combine(groups[group].values, values), groups[group].there | there
        groups[group] = Row(group, values, there)
    return list(groups.values())


def distinct(table: Table) -> Table | None:
    """The table; None if two rows have the same labels, an error at steps at which both have a value."""
    return table if len({row.labels for row in table}) == len(table) else None


def relabelled(table: Table, changed: Callable[[Labels], Labels]) -> Table | None:
    """Each row with other labels; None if two rows become equal."""
    return distinct([Row(changed(row.labels), row.values, row.there) for row in table])


def joined(op: str, left: Table, right: Table, signature: Callable[[Labels], Labels]) -> Table:
    """``and``, ``or`` or ``unless``: rows match by the signature of their labels, at each step separately."""
    chosen, other = (right, left) if op == "or" else (left, right)
    met: dict[Labels, NDArray[np.bool_]] = {}
    for row in other:
        key = signature(row.labels)
        met[key] = met[key] | row.there if key in met else row.there
    kept = []
    for row in chosen:
        there = met.get(signature(row.labels), np.zeros_like(row.there))
        kept.append(Row(row.labels, row.values, row.there & (there if op == "and" else ~there)))
    if op != "or":
        return kept
    # Equal labels on both sides are one series, whose value at a step is the left one or else the right one.
    rows = {row.labels: row for row in left}
    for row in kept:
        first = rows.get(row.labels, Row(row.labels, row.values, np.zeros_like(row.there)))
        values = np.where(first.there, first.values, row.values)
        rows[row.labels] = Row(row.labels, values, first.there | row.there)
    return list(rows.values())


def gathered(node: VectorNode, grid: Times) -> list[tuple[Labels, Times, Floats]]:
    """Times and values of each series that exists at one of these times."""
    points: dict[Labels, tuple[list[int], list[float]]] = {}
    for number, moment in enumerate(grid.tolist()):
        value = node(number)
        for labels, found in value if isinstance(value, list) else [((), value)]:
            times, values = points.setdefault(labels, ([], []))
            times.append(moment)
            values.append(found)
    return [
        (labels, np.array(times, dtype=np.int64), np.array(values, dtype=np.float64))
        for labels, (times, values) in points.items()
    ]


def extrapolated(name: str, windows: RangeVector) -> Table | None:
    """``rate``, ``increase`` or ``delta``; None if each step has to be computed separately."""
    counter, per_second = EXTRAPOLATED[name]
    rows = []
    for labels, times, values, lows, highs in windows.series:
        first, last = int(lows.min()), int(highs.max())
        seen = values[first:last]
        lost = np.zeros(len(seen))  # total of all counter resets so far
        if counter and len(seen) > 1:
            before, after = seen[:-1], seen[1:]
            np.cumsum(np.where(after < before, before, 0.0), out=lost[1:])
        if not np.isfinite(lost[-1:]).all():
            return None  # differences of infinite values are undefined
        there = highs - lows >= 2
        samples = _Samples(times[first:last], seen, lost, lows[there] - first, highs[there] - 1 - first)
        found = np.zeros(len(there))
        found[there] = _rates(samples, windows.ends[there], windows.milliseconds, counter=counter)
        if per_second:
            found /= windows.milliseconds / 1000
        rows.append(Row(nameless(labels), found, there))
    return distinct(rows)


def over_windows(name: str, windows: RangeVector) -> Table | None:
    """One of ``WINDOWED``; None if each step has to be computed separately."""
    rows = []
    for labels, _, values, lows, highs in windows.series:
        there = highs > lows
        low, high = lows[there], highs[there]
        found = np.zeros(len(there))
        if name == "count_over_time":
            found[there] = high - low
        elif name == "present_over_time":
            found[there] = 1.0
        elif name == "last_over_time":
            found[there] = values[high - 1]
        elif len(low):
            least = np.fmin if name == "min_over_time" else np.fmax
            # Every other result is a window; those between are the gaps between two windows.
            first, last = int(low.min()), int(high.max())
            edges = np.column_stack((low, high)).ravel() - first
            found[there] = least.reduceat(np.append(values[first:last], 0.0), edges)[::2]
        rows.append(Row(labels if name in KEEPS_NAME else nameless(labels), found, there))
    return distinct(rows)


@dataclass(frozen=True, slots=True)
class _Samples:
    """Samples of one series; ``low`` and ``high`` are the first and the last in the window of each step."""

    times: Times
    values: Floats
    lost: Floats
    low: NDArray[np.intp]
    high: NDArray[np.intp]


def _rates(samples: _Samples, ends: Times, milliseconds: int, *, counter: bool) -> Floats:
    """``windows._extrapolated`` for all steps; see there."""
    low, high, times = samples.low, samples.high, samples.times
    first = samples.values[low]
    result = samples.values[high] - first + (samples.lost[high] - samples.lost[low])
    sampled = (times[high] - times[low]) / 1000
    average = sampled / (high - low)
    to_start = (times[low] - (ends - milliseconds)) / 1000
    to_end = (ends - times[high]) / 1000
    to_start = np.where(to_start >= average * 1.1, average / 2, to_start)
    if counter:
        above = (result > 0) & (first >= 0)
        reach = sampled * np.divide(first, result, out=np.full_like(first, np.inf), where=above)
        to_start = np.minimum(to_start, reach)
    to_end = np.where(to_end >= average * 1.1, average / 2, to_end)
    return np.asarray(result * ((sampled + to_start + to_end) / sampled), dtype=np.float64)
