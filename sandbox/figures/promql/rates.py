"""Range vectors of all steps at once: rates, and functions of the samples in each window.

Results equal those of the functions for one window (windows.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sandbox.figures.promql.tables import Numbers, Table, made
from sandbox.figures.promql.values import nameless
from sandbox.figures.promql.windows import KEEPS_NAME, Floats, RangeVector, quantile, rank_of

# rate and the like: is it for counters, and is it per second
EXTRAPOLATED = {"rate": (True, True), "increase": (True, False), "delta": (False, False)}
_MOST = 1 << 20  # samples copied at a time


def extrapolated(name: str, windows: RangeVector) -> Table | None:
    """``rate``, ``increase`` or ``delta``; None if each step has to be computed separately."""
    counter, per_second = EXTRAPOLATED[name]
    enough = windows.highs - windows.lows >= 2
    low, high = np.where(enough, windows.lows, 0), np.where(enough, windows.highs - 1, 0)
    there = enough[windows.group]
    found = np.zeros(there.shape)
    if there.any():
        edged = [(one, low[group], high[group]) for one, group in zip(windows.series, windows.group, strict=True)]
        first = np.array([one.values[lowest] for one, lowest, _ in edged])[there]
        last = np.array([one.values[highest] for one, _, highest in edged])[there]
        with np.errstate(invalid="ignore"):  # infinity less infinity
            result = last - first
        if counter:
            lost = np.array([one.lost(lowest, highest) for one, lowest, highest in edged])[there]
            if not np.isfinite(lost).all():
                return None  # differences of infinite values are undefined
            result += lost
        edges = _Edges(*(part[windows.group][there] for part in _edges(windows, low, high)))
        found[there] = _rates(first, result, edges, counter=counter)
        if per_second:
            found /= windows.milliseconds / 1000
    return made(windows.labels, found, there).called([nameless(labels) for labels in windows.labels])


def _edges(windows: RangeVector, low: Numbers, high: Numbers) -> tuple[Floats, ...]:
    """``_Edges`` for each group and step."""
    begins = np.array([times[at] for times, at in zip(windows.times, low, strict=True)])
    finishes = np.array([times[at] for times, at in zip(windows.times, high, strict=True)])
    to_start, to_end = begins - (windows.ends - windows.milliseconds), windows.ends - finishes
    return (finishes - begins) / 1000, (high - low).astype(np.float64), to_start / 1000, to_end / 1000


@dataclass(frozen=True, slots=True)
class _Edges:
    """Windows and their samples.

    Attributes:
        sampled: seconds from the first sample to the last.
        gaps: number of samples, less one.
        to_start, to_end: seconds from the window's edges.
    """

    sampled: Floats
    gaps: Floats
    to_start: Floats
    to_end: Floats


def _rates(first: Floats, result: Floats, edges: _Edges, *, counter: bool) -> Floats:
    """``windows._extrapolated`` for all windows; see there."""
    sampled, to_start, to_end = edges.sampled, edges.to_start, edges.to_end
    average = sampled / edges.gaps
    to_start = np.where(to_start >= average * 1.1, average / 2, to_start)
    if counter:
        above = (result > 0) & (first >= 0)
        reach = sampled * np.divide(first, result, out=np.full_like(first, np.inf), where=above)
        to_start = np.minimum(to_start, reach)
    to_end = np.where(to_end >= average * 1.1, average / 2, to_end)
    return np.asarray(result * ((sampled + to_start + to_end) / sampled), dtype=np.float64)


# Values, first and last index (exclusive) of windows → a value for each.
Reduction = Callable[[Floats, Numbers, Numbers], "Floats | Numbers"]


def _least(combine: np.ufunc) -> Reduction:
    def reduced(values: Floats, low: Numbers, high: Numbers) -> Floats:
        # Every other result is a window; those between are the gaps between two windows.
        first, last = int(low.min()), int(high.max())
        edges = np.column_stack((low, high)).ravel() - first
        return np.asarray(combine.reduceat(np.append(values[first:last], 0.0), edges)[::2])

    return reduced


def _each_length(function: Callable[[Floats], Floats]) -> Reduction:
    """By a function of several windows with the same number of samples."""

    def reduced(values: Floats, low: Numbers, high: Numbers) -> Floats:
        found = np.empty(len(low))
        lengths = high - low
        for length in np.unique(lengths).tolist():
            windows = sliding_window_view(values, length)
            chosen = np.flatnonzero(lengths == length)
            for part in np.array_split(chosen, math.ceil(len(chosen) * length / _MOST)):
                found[part] = function(windows[low[part]])
        return found

    return reduced


def _quantiles(q: float, windows: Floats) -> Floats:
    if not 0 <= q <= 1 or np.isnan(windows).any():
        return np.array([quantile(q, window) for window in windows])
    low, high, weight = rank_of(q, windows.shape[1])
    ordered = np.partition(windows, (low, high), axis=1)
    return np.asarray(ordered[:, low] * (1 - weight) + ordered[:, high] * weight)


# Window functions, except rates, that are computed for all steps at once.
WINDOWED: dict[str, Reduction] = {
    "count_over_time": lambda _, low, high: high - low,
    "present_over_time": lambda _, low, high: np.ones(len(low)),
    "last_over_time": lambda values, _, high: values[high - 1],
    "min_over_time": _least(np.fmin),
    "max_over_time": _least(np.fmax),
    "sum_over_time": _each_length(lambda windows: windows.sum(axis=1)),
    "avg_over_time": _each_length(lambda windows: windows.mean(axis=1)),
}


def over_windows(name: str, windows: RangeVector) -> Table | None:
    """One of ``WINDOWED``; None if each step has to be computed separately."""
    return _reduced(WINDOWED[name], windows, keeps_name=name in KEEPS_NAME)


def quantiles(q: float, windows: RangeVector) -> Table | None:
    """``quantile_over_time``; None if each step has to be computed separately."""
    return _reduced(_each_length(partial(_quantiles, q)), windows, keeps_name=False)


def _reduced(reduction: Reduction, windows: RangeVector, *, keeps_name: bool) -> Table | None:
    filled = windows.highs > windows.lows
    groups = [
        (there, lows[there], highs[there])
        for there, lows, highs in zip(filled, windows.lows, windows.highs, strict=True)
    ]

    def make(rows: Numbers) -> Floats:
        found = np.zeros((len(rows), filled.shape[1]))
        for place, row in enumerate(rows.tolist()):
            there, low, high = groups[windows.group[row]]
            found[place, there] = reduction(windows.series[row].values, low, high)
        return found

    table = Table(windows.labels, filled[windows.group], make)
    return table if keeps_name else table.called([nameless(labels) for labels in windows.labels])
