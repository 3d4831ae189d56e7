"""Functions on instant vectors and scalars."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.figures.promql.values import (
    ExecutionError,
    Labels,
    Value,
    Vector,
    keeping,
    nameless,
    ordered,
    with_label,
)


def _guarded(function: Callable[[float], float], below: float) -> Callable[[float], float]:
    """Go's mathematics: -Inf for 0 at a pole of the function, NaN outside its domain."""

    def guarded(value: float) -> float:
        if math.isnan(value) or value < 0:
            return math.nan
        if value == 0:
            return below
        return function(value) if math.isfinite(value) else math.inf

    return guarded


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(function(value)) if math.isfinite(value) else value


def _sign(value: float) -> float:
    return value if math.isnan(value) or value == 0 else math.copysign(1.0, value)


def _calendar(part: Callable[[datetime], int]) -> Callable[[float], float]:
    def of(seconds: float) -> float:
        if not math.isfinite(seconds):
            return math.nan
        try:
            return float(part(datetime.fromtimestamp(math.floor(seconds), UTC)))
        except (ValueError, OverflowError, OSError):
            raise ExecutionError(f"the sandbox's calendar does not reach {seconds:g}") from None

    return of


# Applied to each sample; the metric name is dropped.
ELEMENTWISE: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "floor": _whole(math.floor),
    "exp": _exp,
    "sqrt": _guarded(math.sqrt, 0.0),
    "ln": _guarded(math.log, -math.inf),
    "log2": _guarded(math.log2, -math.inf),
    "log10": _guarded(math.log10, -math.inf),
    "sgn": _sign,
}
# The same for Unix times; by default the evaluation time.
CALENDAR: dict[str, Callable[[float], float]] = {
    "minute": _calendar(lambda moment: moment.minute),
    "hour": _calendar(lambda moment: moment.hour),
    "day_of_week": _calendar(lambda moment: moment.isoweekday() % 7),
    "day_of_month": _calendar(lambda moment: moment.day),
    "day_of_year": _calendar(lambda moment: moment.timetuple().tm_yday),
    "days_in_month": _calendar(lambda moment: calendar.monthrange(moment.year, moment.month)[1]),
    "month": _calendar(lambda moment: moment.month),
    "year": _calendar(lambda moment: moment.year),
}


def _vector(value: Value) -> Vector:
    assert isinstance(value, list)
    return value


def _number(value: Value) -> float:
    assert isinstance(value, float)
    return value


def _text(value: Value) -> str:
    assert isinstance(value, str)
    return value


def scalar(*arguments: Value) -> float:
    """The only sample's value; NaN if there is none or several."""
    vector = _vector(arguments[0])
    return vector[0][1] if len(vector) == 1 else math.nan


def _round(*arguments: Value) -> Vector:
    # Prometheus divides by the inverse, which is more exact for fractions such as 0.1.
    inverse = 1 / _number(arguments[1]) if len(arguments) > 1 else 1.0
    return [
        (nameless(labels), math.floor(value * inverse + 0.5) / inverse if math.isfinite(value) else value)
        for labels, value in _vector(arguments[0])
    ]


def _clamp(vector: Vector, low: float, high: float) -> Vector:
    if low > high:
        return []
    if math.isnan(low) or math.isnan(high):
        return [(nameless(labels), math.nan) for labels, _ in vector]
    return [
        (nameless(labels), value if math.isnan(value) else max(low, min(high, value))) for labels, value in vector
    ]


def _label_replace(*arguments: Value) -> Vector:
    vector = _vector(arguments[0])
    changed = replacing(*map(_text, arguments[1:]))
    return [(changed(labels), value) for labels, value in vector]


def replacing(target: str, replacement: str, source: str, pattern: str) -> Callable[[Labels], Labels]:
    """``label_replace`` as a function of a series' labels."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        raise ExecutionError(f"invalid regular expression in label_replace(): {pattern}") from None
    _require_label_name(target, "label_replace")

    def changed(labels: Labels) -> Labels:
        match = compiled.fullmatch(dict(labels).get(source, ""))
        return with_label(labels, target, _expand(replacement, match)) if match else labels

    return changed


def _expand(template: str, match: re.Match[str]) -> str:
    """Go's ``Regexp.Expand``: ``$1``, ``${1}``, ``$name``, ``$$``; missing groups are empty."""

    def one(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        if name.isdigit():
            return (match[int(name)] or "") if int(name) <= match.re.groups else ""
        return match.groupdict().get(name) or ""

    return re.sub(r"\$(?:\{(\w+)\}|(\w+)|\$)", one, template)


def _label_join(*arguments: Value) -> Vector:
    vector = _vector(arguments[0])
    target, separator, *sources = map(_text, arguments[1:])
    _require_label_name(target, "label_join")
    return [
        (with_label(labels, target, separator.join(dict(labels).get(name, "") for name in sources)), value)
        for labels, value in vector
    ]


def _require_label_name(name: str, function: str) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ExecutionError(f"invalid destination label name in {function}(): {name}")


def histogram_quantile(*arguments: Value) -> Vector:
    """The φ-quantile of classic histograms, interpolated within their buckets."""
    q = _number(arguments[0])
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in _vector(arguments[1]):
        edge = dict(labels).get("le")
        try:
            upper = float(edge or "")
        except ValueError:
            continue
        group = keeping(nameless(labels), frozenset(name for name, _ in labels if name != "le"))
        groups.setdefault(group, []).append((upper, value))
    return [(group, _bucket_quantile(q, buckets)) for group, buckets in groups.items()]


def _bucket_quantile(q: float, buckets: list[tuple[float, float]]) -> float:  # noqa: PLR0911
    if math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return math.copysign(math.inf, q)
    merged: dict[float, float] = {}
    for upper, count in sorted(buckets):
        merged[upper] = merged.get(upper, 0.0) + count
    edges = list(merged)
    if edges[-1] != math.inf or len(edges) < 2:
        return math.nan
    counts: list[float] = []
    for count in merged.values():  # decreasing counts come from scrapes during a change of the histogram
        counts.append(max(count, counts[-1]) if counts else count)
    if not counts[-1] or math.isnan(counts[-1]):
        return math.nan
    rank = q * counts[-1]
    index = next((i for i, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if index == len(counts) - 1:
        return edges[-2]
    if index == 0 and edges[0] <= 0:
        return edges[0]
    below = (edges[index - 1], counts[index - 1]) if index else (0.0, 0.0)
    return below[0] + (edges[index] - below[0]) * ((rank - below[1]) / (counts[index] - below[1]))


# All other functions that need nothing but their arguments.
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "scalar": scalar,
    "vector": lambda value: [((), value)],
    "round": _round,
    "clamp": _clamp,
    "clamp_min": lambda vector, low: _clamp(vector, low, math.inf),
    "clamp_max": lambda vector, high: _clamp(vector, -math.inf, high),
    "label_replace": _label_replace,
    "label_join": _label_join,
    "histogram_quantile": histogram_quantile,
    "sort": lambda vector: ordered(vector, largest_first=False),
    "sort_desc": lambda vector: ordered(vector, largest_first=True),
    "pi": lambda: math.pi,
}
KEEPS_NAME = frozenset({"sort", "sort_desc", "label_replace", "label_join"})
