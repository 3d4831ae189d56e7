"""Whether a value grows, how fast, and when it meets a limit. Pure, robust, and silent where nothing is certain.

The growth is the median of the slopes between pairs of values (Theil 1950, Sen 1968), here of pairs that are whole
seasons apart: the same hour of two days, the same weekday of two weeks (Hirsch, Slack and Smith 1982,
https://doi.org/10.1029/WR018i001p00107). So no daily swing counts as growth, and up to a third of the values may
be outliers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from playbook.settings.sections.trends import Trends

DAY = 86_400.0
_FADING = 0.5  # of the earlier growth
_WELL_BELOW = 0.95  # of a limit
# Median absolute deviation → standard deviation, for normally distributed values.
ROBUST = 1.4826

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trend:
    """The trend of values.

    Attributes:
        pairs: number of comparisons; with 0 of them the other figures mean nothing.
        slope: per day, in the values' unit.
        agreement: percent of the pairs with the direction of the slope.
        spread: usual scatter of a value about the growth, in the values' unit.
        slower_half: the slope in the half of the time that shows less of the trend; 0 where a half has nothing to
            compare.
        span: days from the first value to the last that it could be compared with.
        level: current level: the highest value of the last season.
        rest: growth that is still to come where it fades, as that of a cache that fills; infinite elsewhere.
    """

    pairs: int
    slope: float
    agreement: float
    slower_half: float
    spread: float
    span: float
    level: float
    rule: Trends
    rest: float = math.inf

    @property
    def known(self) -> bool:
        """Whether there was enough to compare."""
        return self.pairs >= self.rule.least_pairs

    @property
    def steady(self) -> bool:
        """Whether the values do go up, or down: most pairs agree, both halves show it, and it exceeds their
        scatter.

        A single step up, as with a release that needs more memory, is seen in one half at most.
        """
        return (
            self.known
            and self.slope != 0
            and self.agreement >= self.rule.agreement_percent
            and 100 * self.slower_half / self.slope >= self.rule.half_percent
            and abs(self.slope) * self.span >= self.rule.times_the_spread * self.spread
        )

    def days_until(self, limit: float) -> float | None:
        """Days until steady growth meets ``limit``; ``None`` where it does not, or beyond its reach."""
        if self.level >= limit:
            return 0.0
        if not self.steady or self.slope <= 0 or self.level + self.rest < _WELL_BELOW * limit:
            return None
        days = (limit - self.level) / self.slope
        return days if days <= self.rule.reach * self.span else None

    def describe(self, unit: str) -> str:
        """``+1.2 points a day; 91 % of 504 comparisons agree``, or a statement that nothing is steady."""
        if not self.known:
            return f"unknown: {self.pairs} comparisons, {self.rule.least_pairs} are needed"
        agreement = f"{self.agreement:.0f} % of {self.pairs:,} comparisons agree"
        if not self.steady:
            return f"none that is steady ({agreement})"
        figures = max(2 - math.floor(math.log10(abs(self.slope))), 0) if self.slope else 0
        return f"{self.slope:+,.{min(figures, 4)}f} {unit} a day; {agreement}"


def fit(parts: Sequence[Sequence[Point]], season: float, rule: Trends) -> Trend:
    """The trend of values on a regular grid.

    Args:
        parts: Unix seconds and value, in order of time; values of different parts are not compared, e.g. those
            before and after a restart.
        season: seconds after which the usual swing repeats: a day for hours, a week for days.
    """
    moves = _moves(parts, season)
    level = _level(parts, season)
    if not moves:
        return Trend(0, 0.0, 0.0, 0.0, 0.0, 0.0, level, rule)
    slopes = [change / apart * DAY for apart, change in moves]
    slope = median(slopes)
    way = math.copysign(1.0, slope)
    agree = sum(1.0 if one * way > 0 else 0.5 if one == 0 else 0.0 for one in slopes)
    # The difference of two values scatters √2 times as far as one value about the line.
    spread = ROBUST * median(abs(change - slope * apart / DAY) for apart, change in moves) / math.sqrt(2)
    earlier, later = (_slope(half, season) for half in _halves(parts))
    slower = min(earlier, later, key=lambda one: one * way)
    span = max(apart for apart, _ in moves) / DAY
    rest = _rest(earlier, later, span / 2)
    return Trend(len(slopes), slope, 100 * agree / len(slopes), slower, spread, span, level, rule, rest)


def _rest(earlier: float, later: float, days: float) -> float:
    """Growth to come if each half goes on to have the same share of the growth of the one before.

    So do caches and the heaps of new processes. What a leak takes is about the same each day, and on a weekend
    still more than half of that.
    """
    if earlier <= 0 or not 0 <= later < _FADING * earlier:
        return math.inf
    share = later / earlier
    return later * days * share / (1 - share)


def fit_of_newest(
    parts: Sequence[Sequence[Point]], season: float, rule: Trends, *, begin: float = 0.0
) -> tuple[Trend, float | None]:
    """The trend of all parts; or that of the last one, and when it began, where only that one grows steadily.

    What ran before says nothing about a release that leaks: it would hide its growth for half of the time.

    Args:
        begin: Unix seconds from which the last part counts, e.g. of the newest deployment.
    """
    every = fit(parts, season, rule)
    newest = [point for part in parts[-1:] for point in part if point[0] >= begin]
    if every.steady or len(newest) == sum(map(len, parts)):
        return every, None
    last = fit([newest], season, rule)
    return (last, newest[0][0]) if last.steady and last.slope > 0 else (every, None)


def fit_days(days: Sequence[Point], rule: Trends, *, restarts: bool) -> Trend:
    """The trend of daily values, by weekday.

    Args:
        restarts: a fall is the end of a process, or of files that were deleted, and no weekend; where only what
            came after the newest one grows steadily, it is the trend of that.
    """
    every = fit([days], 7 * DAY, rule)
    if not restarts or every.steady:
        return every
    last = fit(split_at_falls(days, rule.restart_points)[-1:], 7 * DAY, rule)
    return last if last.steady and last.slope > 0 else every


def split_at_falls(points: Sequence[Point], fall: float) -> list[list[Point]]:
    """The points in parts, with a new one wherever a value falls by more than ``fall``."""
    parts: list[list[Point]] = []
    for point in points:
        if not parts or parts[-1][-1][1] - point[1] > fall:
            parts.append([])
        parts[-1].append(point)
    return parts


def by_grid(points: Sequence[Point], step: float) -> list[Point]:
    """The median of each interval of ``step`` seconds with points, at its beginning."""
    grouped: dict[float, list[float]] = {}
    for moment, value in points:
        grouped.setdefault(moment // step * step, []).append(value)
    return [(moment, median(values)) for moment, values in sorted(grouped.items())]


def _moves(parts: Sequence[Sequence[Point]], season: float) -> list[tuple[float, float]]:
    """Time and change between each two points of a part that are whole seasons apart."""
    found = []
    for part in parts:
        phases: dict[int, list[Point]] = {}
        for moment, value in part:
            phases.setdefault(round(moment % season), []).append((moment, value))
        found += [
            (later - earlier, after - before)
            for alike in phases.values()
            for (earlier, before), (later, after) in combinations(alike, 2)
        ]
    return found


def _slope(parts: Sequence[Sequence[Point]], season: float) -> float:
    moves = _moves(parts, season)
    return median(change / apart * DAY for apart, change in moves) if moves else 0.0


def _halves(parts: Sequence[Sequence[Point]]) -> tuple[list[list[Point]], list[list[Point]]]:
    moments = [moment for part in parts for moment, _ in part]
    middle = (min(moments) + max(moments)) / 2
    return (
        [[point for point in part if point[0] < middle] for part in parts],
        [[point for point in part if point[0] >= middle] for part in parts],
    )


def _level(parts: Sequence[Sequence[Point]], season: float) -> float:
    last = [part for part in parts if part][-1:]
    if not last:
        return math.nan
    end = last[0][-1][0]
    return max(value for moment, value in last[0] if moment > end - season)
