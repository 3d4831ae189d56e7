"""Range vectors: each series' samples in a window that ends at each step, and functions on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.figures.promql.values import Labels
from sandbox.figures.series import Series

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """The samples of one series for one step.

    Attributes:
        times: milliseconds.
        start, end: edges of the window in milliseconds.
        now: evaluation time of the step in milliseconds, which ``offset`` and ``@`` do not shift.
    """

    times: Times
    values: Floats
    start: int
    end: int
    now: int


def by_times(series: Sequence[Series]) -> tuple[list[Times], NDArray[np.intp]]:
    """The times that they have, and which of them each has: one scrape brings many series of a target.

    Only the same array counts as the same times.
    """
    numbers: dict[int, int] = {}
    group = [numbers.setdefault(id(one.times), len(numbers)) for one in series]
    times = {id(one.times): one.times for one in series}
    return [times[key] for key in numbers], np.array(group, dtype=np.intp)


class RangeVector:
    """All series of a range vector that have samples, with the windows of all steps.

    Args:
        ends: right edge of the window for each step, milliseconds.
        nows: the moment of each step, milliseconds.

    Attributes:
        group: of each series; those of one group have the same times.
        times: of each group.
        lows, highs: first and last index (exclusive) of the window, by group and step.
    """

    def __init__(self, series: Sequence[Series], ends: Times, nows: Times, milliseconds: int) -> None:
        self.milliseconds = milliseconds
        self.ends = ends
        self._nows = nows
        series = [one for one in series if len(one.times)]
        times, group = by_times(series)
        edges = np.array([ends - milliseconds, ends])
        found = np.array([np.searchsorted(each, edges, side="right") for each in times], dtype=np.intp)
        self.lows, self.highs = found.reshape(len(times), 2, len(ends)).transpose(1, 0, 2)
        self.times = times
        filled = np.asarray((self.highs > self.lows).any(axis=1))[group]
        self.group = group[filled]
        self.series = [one for one, kept in zip(series, filled.tolist(), strict=True) if kept]
        self.labels = [one.labels for one in self.series]

    def at(self, step: int) -> list[tuple[Labels, Window]]:
        """The windows of one step that hold samples."""
        end, now = int(self.ends[step]), int(self._nows[step])
        lows, highs = self.lows[:, step].tolist(), self.highs[:, step].tolist()
        return [
            (one.labels, Window(one.times[low:high], one.values[low:high], end - self.milliseconds, end, now))
            for one, number in zip(self.series, self.group.tolist(), strict=True)
            if (high := highs[number]) > (low := lows[number])
        ]


# The value for a window, or None. ``parameter`` is the scalar argument, if there is one.
WindowFunction = Callable[[Window, float], float | None]


def _extrapolated(window: Window, *, counter: bool, per_second: bool) -> float | None:
    """rate, increase and delta: https://github.com/prometheus/prometheus/blob/main/promql/functions.go."""
    times, values = window.times, window.values
    if len(values) < 2:
        return None
    first = float(values[0])
    result = float(values[-1]) - first
    if counter:
        before, after = values[:-1], values[1:]
        result += float(before[after < before].sum())
    sampled = (int(times[-1]) - int(times[0])) / 1000
    average = sampled / (len(values) - 1)
    to_start = (int(times[0]) - window.start) / 1000
    to_end = (window.end - int(times[-1])) / 1000
    if to_start >= average * 1.1:
        to_start = average / 2
    if counter and result > 0 and first >= 0:
        # A counter cannot be below zero: do not extrapolate further back than its zero.
        to_start = min(to_start, sampled * (first / result))
    if to_end >= average * 1.1:
        to_end = average / 2
    factor = (sampled + to_start + to_end) / sampled
    if per_second:
        factor /= (window.end - window.start) / 1000
    return result * factor


def _last_two(window: Window, *, counter: bool) -> float | None:
    if len(window.values) < 2:
        return None
    before, last = float(window.values[-2]), float(window.values[-1])
    difference = last if counter and last < before else last - before
    if not counter:
        return difference
    seconds = (int(window.times[-1]) - int(window.times[-2])) / 1000
    return difference / seconds if seconds else None


def _regression(window: Window, intercept_at: int) -> tuple[float, float] | None:
    """Slope per second, and the value at a time in milliseconds, by least squares."""
    values = window.values
    if len(values) < 2:
        return None
    if (values == values[0]).all():
        return (0.0, float(values[0])) if math.isfinite(values[0]) else (math.nan, math.nan)
    x = (window.times - intercept_at) / 1000
    x_mean, y_mean = x.mean(), values.mean()
    slope = float(((x - x_mean) * (values - y_mean)).sum() / ((x - x_mean) ** 2).sum())
    return slope, float(y_mean - slope * x_mean)


def _deriv(window: Window, _: float) -> float | None:
    fit = _regression(window, int(window.times[0]))
    return fit[0] if fit else None


def _predict_linear(window: Window, ahead: float) -> float | None:
    fit = _regression(window, window.now)
    return fit[0] * ahead + fit[1] if fit else None


def quantile(q: float, values: Floats) -> float:
    """The φ-quantile with linear interpolation, as Prometheus does for samples."""
    if not len(values) or math.isnan(q):
        return math.nan
    if q < 0:
        return -math.inf
    if q > 1:
        return math.inf
    # Go's sort puts NaN first, numpy's last.
    ordered = np.roll(np.sort(values), np.count_nonzero(np.isnan(values)))
    low, high, weight = rank_of(q, len(ordered))
    return float(ordered[low] * (1 - weight) + ordered[high] * weight)


def rank_of(q: float, count: int) -> tuple[int, int, float]:
    """The two of ``count`` ordered values between which a quantile is, and the share of the second."""
    rank = q * (count - 1)
    low = max(0, math.floor(rank))
    return low, min(count - 1, low + 1), rank - math.floor(rank)


def _pairs(compare: Callable[[Floats, Floats], NDArray[np.bool_]]) -> WindowFunction:
    def count(window: Window, _: float) -> float:
        before, after = window.values[:-1], window.values[1:]
        return float(np.count_nonzero(compare(before, after)))

    return count


def _changed(before: Floats, after: Floats) -> NDArray[np.bool_]:
    both_missing = np.isnan(before) & np.isnan(after)
    return np.asarray((before != after) & ~both_missing, dtype=bool)


WINDOW_FUNCTIONS: dict[str, WindowFunction] = {
    "rate": lambda window, _: _extrapolated(window, counter=True, per_second=True),
    "increase": lambda window, _: _extrapolated(window, counter=True, per_second=False),
    "delta": lambda window, _: _extrapolated(window, counter=False, per_second=False),
    "irate": lambda window, _: _last_two(window, counter=True),
    "idelta": lambda window, _: _last_two(window, counter=False),
    "deriv": _deriv,
    "predict_linear": _predict_linear,
    "changes": _pairs(_changed),
    "resets": _pairs(lambda before, after: after < before),
    "avg_over_time": lambda window, _: float(window.values.mean()),
    "sum_over_time": lambda window, _: float(window.values.sum()),
    "min_over_time": lambda window, _: float(np.fmin.reduce(window.values)),
    "max_over_time": lambda window, _: float(np.fmax.reduce(window.values)),
    "count_over_time": lambda window, _: float(len(window.values)),
    "last_over_time": lambda window, _: float(window.values[-1]),
    "present_over_time": lambda window, _: 1.0,
    "stddev_over_time": lambda window, _: float(window.values.std()),
    "stdvar_over_time": lambda window, _: float(window.values.var()),
    "quantile_over_time": lambda window, q: quantile(q, window.values),
}
KEEPS_NAME = frozenset({"last_over_time"})
