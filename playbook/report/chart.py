"""Everything that is drawn, as paths, ticks and labels. Pure: the template ``drawing`` writes the SVG.

    draw(chart)            curves or bars over time, with limits and marked moments
    sparkline(values)      the past of one figure, as small as a word

Told apart without colour: each curve has its own dashes and its name at its end, each kind of bar its own filling,
and the numbers stand below. Why no library draws it: docs/decisions/038-drawing.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from playbook.core.evidence import Chart, Curve

# Units of the drawing. It is as wide as a phone's column, so that its letters can be read there.
WIDTH, HEIGHT = 400.0, 190.0
_LEFT, _TOP, _BOTTOM = 44.0, 16.0, 22.0
_RIGHT_PLAIN, _RIGHT_NAMED = 10.0, 120.0
_LINE = 12.0  # height of a line of text
_LETTER = 7.0  # about the width of one, as a phone draws it
_LONGEST_NAME = 15
_DATE_WIDTH = 62.0  # of a time below the drawing, with the room beside it
# More would be a tangle; the table below the drawing has them all.
MOST_CURVES = 6
# Bars tell how much of a whole, and need less height.
_BARS_HEIGHT = 130.0
_BETWEEN = 0.8  # two bars, and the least width of one
# A sparkline: runs, and the units of its drawing.
MOST_SPARKS = 30
SPARK_WIDTH, SPARK_HEIGHT = 96.0, 24.0
_SPARK_TOP = 3.0
_SPARK_CALM = 0.5  # of the distance to the nearest limit: the least that the height represents
_DAY = 86_400
_ROUND = (1, 2, 5, 10, 15, 30)  # seconds and minutes
_HOURS, _DAYS = (1, 3, 6, 12), (1, 2, 7, 14, 28, 91, 182, 365, 730)
_STEPS = (
    *_ROUND,
    *(60 * minutes for minutes in _ROUND),
    *(3600 * hours for hours in _HOURS),
    *(_DAY * days for days in _DAYS),
)
# How a mark is written, from this step on.
_PATTERNS = ((92 * _DAY, "%b %Y"), (_DAY, "%-d %b"), (60, "%H:%M"), (0, "%H:%M:%S"))


@dataclass(frozen=True)
class Tick:
    """A line across or a mark below, and its label; a limit's label begins at ``left``."""

    place: float
    text: str
    left: float = 0.0


@dataclass(frozen=True)
class Mark:
    """A moment that is marked by a line from top to bottom, and its label at the top.

    Attributes:
        leftward: the text ends at the line instead of beginning there, as it would leave the drawing.
        height: of the text; each mark has a line of its own, as two may lie close together.
    """

    place: float
    text: str
    leftward: bool
    height: float


@dataclass(frozen=True)
class Drawn:
    """One curve.

    Attributes:
        number: which dashes it has, from 0.
        path: of the line, as SVG writes it.
        dots: centres of single points.
        end: where the name's leader begins.
        label: position of the name; ``None`` where one curve needs no name.
    """

    number: int
    name: str
    path: str
    dots: tuple[tuple[float, float], ...]
    end: tuple[float, float]
    label: float | None


@dataclass(frozen=True)
class Drawing:
    """Everything to be drawn, in the units of the view box.

    Attributes:
        left, right, top, bottom: edges of the plot.
        beyond: limits that are too far off to be drawn, in words.
    """

    left: float
    right: float
    top: float
    bottom: float
    rows: tuple[Tick, ...]
    days: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    curves: tuple[Drawn, ...]
    beyond: tuple[str, ...]
    marks: tuple[Mark, ...] = ()
    bars: bool = False
    height: float = HEIGHT


def draw(chart: Chart) -> Drawing | None:
    """The drawing; ``None`` where there is nothing to draw."""
    curves = [curve for curve in chart.curves if curve.points][:MOST_CURVES]
    if not curves:
        return None
    named = len(curves) > 1 and not chart.bars
    height = _BARS_HEIGHT if chart.bars else HEIGHT
    # One line more below the words of marks, for the name of a limit at the upper edge.
    top = _TOP + (_LINE * (len(chart.marks) + bool(chart.limits)) if chart.marks else 0.0)
    right = WIDTH - (_RIGHT_NAMED if named else _RIGHT_PLAIN)
    bottom = height - _BOTTOM
    shown = _limits_in_sight(chart, curves)
    values = [v for curve in curves for v in curve.values]
    low, high = _extent([*values, *shown.values(), *([0.0] if chart.bars else [])])
    marks = _round_steps(low, high, whole=chart.bars)
    low, high = min(low, marks[0]), max(high, marks[-1])
    first = min(curve.points[0][0] for curve in curves)
    last = max(curve.points[-1][0] for curve in curves) + (_width(curves) if chart.bars else 0.0)

    decimals = len(f"{marks[1] - marks[0]:.6f}".rstrip("0").partition(".")[2])
    numbers = [_number(mark, decimals) for mark in marks]
    start = max(_LEFT, _LETTER * max(map(len, numbers)) + 6.0)

    def across(moment: float) -> float:
        return start + (right - start) * ((moment - first) / (last - first) if last > first else 0.5)

    def up(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    ends = [(across(curve.points[-1][0]), up(curve.points[-1][1])) for curve in curves]
    labels = _apart([y for _, y in ends], top, bottom) if named else [None] * len(curves)
    if chart.bars:
        drawn = _bars(curves, across, up)
    else:
        drawn = tuple(
            _drawn(number, curve, end, label, [(across(x), up(y)) for x, y in curve.points])
            for number, (curve, end, label) in enumerate(zip(curves, ends, labels, strict=True))
        )
    return Drawing(
        left=start,
        right=right,
        top=top,
        bottom=bottom,
        rows=tuple(Tick(up(mark), number) for mark, number in zip(marks, numbers, strict=True)),
        days=tuple(
            Tick(across(moment), text) for moment, text in _dates(first, last, (right - start) / _DATE_WIDTH)
        ),
        limits=_beside([(up(value), names) for names, value in _together(shown)], start),
        curves=drawn,
        beyond=tuple(
            f"{name} {value:,g} {chart.unit}" for name, value in chart.limits.items() if name not in shown
        ),
        marks=tuple(
            Mark(across(at), text, across(at) > (start + right) / 2, _TOP + _LINE * number + 9)
            for number, (text, at) in enumerate(chart.marks.items())
            if first <= at <= last
        ),
        bars=chart.bars,
        height=height,
    )


def _width(curves: list[Curve]) -> float:
    """Of a bar and the room beside it, in seconds."""
    moments = sorted({moment for curve in curves for moment, _ in curve.points})
    return median(later - earlier for earlier, later in pairwise(moments)) if len(moments) > 1 else 3600.0


def _bars(
    curves: list[Curve], across: Callable[[float], float], up: Callable[[float], float]
) -> tuple[Drawn, ...]:
    """Bars side by side within the time that they are about; one path for all of a kind."""
    width = _width(curves)
    share = width / (len(curves) + 0.25)
    drawn = []
    for number, curve in enumerate(curves):
        path = []
        for moment, value in curve.points:
            if not value:
                continue
            left = across(moment + (0.125 + number) * share)
            right = across(moment + (1.125 + number) * share)
            path.append(
                f"M{left:.1f} {up(0.0):.1f}V{up(value):.1f}H{max(right - 0.8, left + 0.8):.1f}V{up(0.0):.1f}z"
            )
        drawn.append(Drawn(number, curve.name, "".join(path), (), (0.0, 0.0), None))
    return tuple(drawn)


@dataclass(frozen=True)
class Spark:
    """The past of a figure, as small as a word.

    Attributes:
        path: of the line, as SVG writes it.
        end: where the newest value is.
        limit: how high the limit runs that is nearest to what was measured; None where none is in sight.
        words: the same for who does not see it.
    """

    path: str
    end: tuple[float, float]
    limit: float | None
    words: str


def sparkline(points: list[tuple[float, float]], limits: dict[str, float], unit: str) -> Spark | None:
    """The line of all values, newest on the right, one step for each run; None where there are fewer than two."""
    values = [value for _, value in points if math.isfinite(value)][-MOST_SPARKS:]
    if len(values) < 2:
        return None
    low, high = min(values), max(values)

    def away(value: float) -> float:
        return max(low - value, value - high, 0.0)

    nearest = min(limits.values(), key=away, default=None)
    distance = 0.0 if nearest is None else away(nearest)
    if distance > max(high - low, 1e-9):
        nearest = None
    low, high = _extent([*values, *([nearest] if nearest is not None else [])])
    # What is small beside the distance to the limit is drawn small: a line that jumps is to mean something.
    room = max(_SPARK_CALM * distance - (high - low), 0.0) / 2
    low, high = low - room, high + room

    def up(value: float) -> float:
        return _SPARK_TOP + (SPARK_HEIGHT - 2 * _SPARK_TOP) * (high - value) / (high - low)

    step = (SPARK_WIDTH - 2 * _SPARK_TOP) / (len(values) - 1)
    places = [(_SPARK_TOP + step * number, up(value)) for number, value in enumerate(values)]
    path = "".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(places))
    bounds = (f"{value:.4g}" for value in (min(values), max(values)))
    words = f"The last {len(values)} runs: {' to '.join(bounds)}{' ' + unit if unit else ''}"
    return Spark(path, places[-1], None if nearest is None else up(nearest), words)


def _limits_in_sight(chart: Chart, curves: list[Curve]) -> dict[str, float]:
    """The limit that is nearest to the values, and those that are not much farther off."""
    values = [value for curve in curves for value in curve.values]
    low, high = min(values), max(values)

    def away(value: float) -> float:
        return max(low - value, value - high, 0.0)

    nearest = min((away(value) for value in chart.limits.values()), default=0.0)
    most = 1.6 * max(nearest, high - low)
    return {name: value for name, value in chart.limits.items() if away(value) <= most}


def _together(limits: dict[str, float]) -> list[tuple[str, float]]:
    """Limits at the same place are one line with both names, the stricter first."""
    names: dict[float, list[str]] = {}
    for name, value in limits.items():
        names.setdefault(value, []).append(name)
    return [(", ".join(named), value) for value, named in names.items()]


def _beside(limits: list[tuple[float, str]], start: float) -> tuple[Tick, ...]:
    """The lines of the limits; a limit close to another has its name to the right of the other's."""
    ticks: list[Tick] = []
    for place, text in sorted(limits):
        left = start + 4
        if ticks and place - ticks[-1].place < _LINE:
            left = ticks[-1].left + _LETTER * len(ticks[-1].text) + 8
        ticks.append(Tick(place, text, left))
    return tuple(ticks)


def _extent(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        room = abs(high) * 0.05 or 1.0
        return low - room, high + room
    return low, high


def _round_steps(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Four to six round numbers from at most ``low`` to at least ``high``; whole ones of what is counted."""
    rough = max((high - low) / 4, 1.0) if whole else (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    sizes = (1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10)
    step = next(size * power for size in sizes if size * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * index for index in range(first, last + 1)]


def _number(value: float, decimals: int) -> str:
    if abs(value) >= 10_000 and decimals == 0:
        return f"{value / 1000:,g}k"
    if decimals > 4 or (decimals == 0 and abs(value) < 1 and value):
        return f"{value:.3g}"
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text and decimals > 1 else text


def _dates(first: float, last: float, most: float) -> list[tuple[float, str]]:
    """Years, days, hours or seconds, by how long it is; about as many as ``most`` at most; UTC."""
    step = next((step for step in _STEPS if (last - first) / step <= most), _STEPS[-1])
    moment = -(-first // step) * step
    pattern = next(pattern for least, pattern in _PATTERNS if step >= least)
    found = []
    while moment <= last:
        found.append((moment, datetime.fromtimestamp(moment, UTC).strftime(pattern)))
        moment += step
    return found or [(first, datetime.fromtimestamp(first, UTC).strftime("%-d %b %H:%M"))]


def _apart(places: list[float], top: float, bottom: float) -> list[float | None]:
    """The places moved so far that names do not run into each other, in the same order from top to bottom."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved: dict[int, float] = {}
    floor = top
    for index in order:
        moved[index] = floor = max(places[index], floor)
        floor += _LINE
    ceiling = bottom
    for index in reversed(order):
        moved[index] = ceiling = min(moved[index], ceiling)
        ceiling -= _LINE
    return [moved[index] for index in range(len(places))]


def _drawn(
    number: int, curve: Curve, end: tuple[float, float], label: float | None, places: list[tuple[float, float]]
) -> Drawn:
    name = curve.name if len(curve.name) <= _LONGEST_NAME else curve.name[: _LONGEST_NAME - 1] + "…"
    if curve.dots or len(places) == 1:
        return Drawn(number, name, "", tuple(places), end, label)
    moments = [moment for moment, _ in curve.points]
    usual = median(later - earlier for earlier, later in pairwise(moments))
    path = []
    before = -math.inf
    for moment, (x, y) in zip(moments, places, strict=True):
        # Where samples are missing, there is no line.
        path.append(f"{'L' if moment - before <= 2.5 * usual else 'M'}{x:.1f} {y:.1f}")
        before = moment
    return Drawn(number, name, "".join(path), (), end, label)
