"""Whether a query of the operator's own is of the whole: of the window until now, and of its bad times as well.

A figure of the best minute, of the last sample or of an earlier week looks like the figure that is asked for. Only
good figures are in doubt: a bad one of a part is bad.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from playbook.clients.prometheus_ratio import unlike
from playbook.clients.prometheus_shares import of_growth, some_failures
from playbook.clients.promql_tree import (
    Doubt,
    Range,
    all_of,
    children_of,
    divisors_in,
    kind_of,
    outside_ranges,
    parsed,
    range_of,
)
from playbook.core.coverage import Coverage, lacking

# Figures that are good when they are high, and those that are good when they are low.
_HIGH = {"queries.availability", "queries.image_success", "queries.cache_hit_rate"}
_PERCENTILE = "queries.response_time"
_LOW = {"queries.error_rate", _PERCENTILE}
_LEAST = {"min": "the lowest", "last": "the last", "first": "the first"}
_BEST = {
    "last": "the last",
    "first": "the first",
    "max": "the highest",
    "quantile": "a quantile",
    "present": "the presence",
}
_OF_DAYS = re.compile(r":.*(?:[1-9]\d*[dw]|24h)$")  # recorded over as long a time, as slo:sli_error:ratio_rate1d
_LATE = timedelta(hours=1)  # what arrives late may be left out
# Of the application's own metrics, by their libraries' names.
_OTHERS = {
    "those that Prometheus sends for the metrics": re.compile(r"promhttp_metric_handler_"),
    "those that the application sends itself": re.compile(r"(?:\w*_)?(?:http_client|httpclient)_requests?_"),
}
_SAYS_WHOLE = re.compile(r"#[^\n]*\bwhole\b", re.IGNORECASE)
# Aggregations of which some series alone are left, and what makes the same of good and bad figures.
_SOME = {"limitk", "limit_ratio", "quantile"}
_LEVELLING = {"bool", "ceil", "clamp", "clamp_max", "clamp_min", "floor", "group", "round", "sgn"}
_RATES = {"rate", "irate", "deriv", "idelta"}
_FINE, _LITTLE = 0.1, 0.001  # a step of rounding in percent, and requests each second
_WHOLE = (100,)
_NEWEST = "queries.newest_sample"
_OWN_SAMPLES = re.compile(r"(?:up|scrape_\w+|ALERTS(?:_FOR_STATE)?|prometheus_\w+|vm_\w+)$")
_WINDOW = "the whole window"
_COMPARED = {"==", "!=", ">", "<", ">=", "<="}


def of_the_whole(setting: str, query: str) -> Coverage:
    """Not enough where the query leaves out what would make its figure worse, by its own functions."""
    if setting not in _HIGH | _LOW | {_NEWEST}:
        return Coverage()
    if (tree := parsed(query)) is None:
        return Coverage() if _SAYS_WHOLE.search(query) else _not_understood(setting)
    checks: tuple[Doubt | None, ...] = (
        _constant(tree),
        _earlier(tree),
        _best_time(setting, tree),
        of_growth(tree),
        some_failures(setting, tree),
        _levelled(setting, tree),
        _others_requests(setting, tree),
        unlike(tree, is_high=setting in _HIGH) if setting != _PERCENTILE else None,
    )
    checks = (_constant(tree), _always_fresh(tree)) if setting == _NEWEST else checks
    expected, got, hint = next(filter(None, checks), ("", "", ""))
    if not got:
        return Coverage()
    return lacking("a part of it", expected=f"{expected} from {setting}", got=got, hint=f"{hint} in {setting}.")


def _not_understood(setting: str) -> Coverage:
    return lacking(
        "query not understood",
        expected=f"PromQL from {setting}",
        got="a query that cannot be parsed here",
        hint=f"Write it in PromQL. Where it is of the whole window, of all series and of all failures, say so in "
        f"{setting} by the comment # whole.",
    )


def without_fallback(setting: str, query: str) -> str:
    """The query without the constant for a missing figure, as ``or vector(100)``; empty where it has none."""
    tree = parsed(query) if setting in _HIGH else None
    while tree is not None:
        if kind_of(tree) == "ParenExpr":
            tree = tree.expr
        elif kind_of(tree) == "BinaryExpr" and str(tree.op) == "or" and _is_constant(tree.rhs):
            return str(tree.lhs)
        elif kind_of(tree) == "BinaryExpr" and "NumberLiteral" in (kind_of(tree.lhs), kind_of(tree.rhs)):
            tree = tree.rhs if kind_of(tree.lhs) == "NumberLiteral" else tree.lhs
        else:
            return ""
    return ""


def of_percentiles(setting: str, query: str) -> str:
    """The query with the highest, or the 95th, of several percentiles in place of their mean; else empty.

    Percentiles of routes, instances or minutes have no mean that says something: those of quiet ones, with few
    requests, would hide those of busy ones.
    """
    tree = parsed(query) if setting == _PERCENTILE else None
    text = _highest(tree) if tree is not None else ""
    return text if tree is not None and text != str(tree) else ""


def of_the_worst(setting: str, query: str) -> str:
    """The query with the worst of several series in place of the best, ``min`` for ``max``; else empty."""
    best, worst = ("max", "min") if setting in _HIGH else ("min", "max")
    some = _SOME | ({"topk"} if setting in _HIGH else {"bottomk"})
    tree = parsed(query) if setting in _HIGH | _LOW else None
    if tree is None:
        return ""
    text = str(tree)
    for one in outside_ranges(tree):
        if kind_of(one) == "AggregateExpr" and str(one.op) == best:
            text = text.replace(str(one), worst + str(one)[len(best) :], 1)
        elif kind_of(one) == "AggregateExpr" and str(one.op) in some:
            text = text.replace(str(one), f"{worst}({one.expr})", 1)
    return text if text != str(tree) else ""


def _highest(node: Any) -> str:
    """The text of it with another function in place of each mean, except of buckets, which may be added up."""
    text = str(node)
    if kind_of(node) == "Call" and node.func.name == "histogram_quantile":
        return text
    for child in children_of(node):
        text = text.replace(str(child), _highest(child), 1)
    if kind_of(node) == "AggregateExpr" and str(node.op) == "avg":
        return "max" + text.removeprefix("avg")
    if kind_of(node) == "Call" and node.func.name == "avg_over_time":
        return text.replace("avg_over_time(", "quantile_over_time(0.95, ", 1)
    return text


def _others_requests(setting: str, tree: Any) -> Doubt | None:
    """Requests that are not those of visitors, by the name that Go's client, Micrometer, OpenTelemetry and
    prometheus-net give their counters.
    """
    for one in all_of(tree) if setting in _LOW else ():
        name = str(getattr(one, "name", "") or "")
        whose = next((whose for whose, pattern in _OTHERS.items() if pattern.match(name)), "")
        if whose:
            return "requests of visitors", f"{whose}, by the name {name}", "Name another metric"
    return None


def _always_fresh(tree: Any) -> Doubt | None:
    """Samples that a store makes by itself at each scrape and each rule, whether it was answered or not."""
    names = [str(one.name or "") for one in all_of(tree) if kind_of(one) == "VectorSelector"]
    if not names or not all(map(_OWN_SAMPLES.match, names)):
        return None
    return (
        "samples of the website itself",
        f"those that the store makes itself, by {names[0]}",
        "Name its own metric",
    )


def _constant(tree: Any) -> Doubt | None:
    if any(kind_of(one) == "VectorSelector" for one in all_of(tree)):
        return None
    return "a figure of some series", "a constant", "Name the series"


def _earlier(tree: Any) -> Doubt | None:
    times = list(_times(tree, timedelta(0), fixed=False))
    if not times or not all(fixed or offset > _LATE for offset, fixed in times):
        return None
    if all(fixed for _, fixed in times):
        return _WINDOW, "one at a fixed time, by @", "Leave the modifier @ out"
    earliest = max(offset for offset, _ in times)
    return _WINDOW, f"one that ended {earliest / timedelta(hours=1):g} h ago, by offset", "Leave the offset out"


def _times(node: Any, offset: timedelta, *, fixed: bool) -> Iterator[tuple[timedelta, bool]]:
    """Of each selector how far back it is moved, and whether it is at a time of its own."""
    if kind_of(node) in ("SubqueryExpr", "VectorSelector"):
        offset, fixed = offset + (node.offset or timedelta(0)), fixed or node.at is not None
    if kind_of(node) == "VectorSelector":
        yield offset, fixed
    for child in children_of(node):
        yield from _times(child, offset, fixed=fixed)


def _best_time(setting: str, tree: Any) -> Doubt | None:
    ranges = [one for node in outside_ranges(tree) if (one := range_of(node))]
    lenient = _BEST if setting in _HIGH else _LEAST
    words = [lenient.get(one.name.removesuffix("_over_time"), "") for one in ranges if not _is_of_days(one)]
    hint = "Write avg_over_time(…[$window]), or the rate of what succeeded by the rate of all"
    if words and all(words):
        return _WINDOW, f"{words[0]} of its samples, by {ranges[0].name}", hint
    if setting not in _HIGH:
        return None
    filtered = [one for one in ranges if _is_filtered(one.inner)]
    if any(one.name == "avg_over_time" for one in filtered):
        return (
            _WINDOW,
            "the mean of those samples only that a comparison leaves",
            f"{hint}, without the comparison",
        )
    if ranges and not filtered and all(one.name == "count_over_time" for one in ranges):
        return _WINDOW, "the number of samples and not their values, by count_over_time", hint
    return None


def _levelled(setting: str, tree: Any) -> Doubt | None:
    """What a function makes of a bad figure: a good one."""
    divisors = {id(part) for one in divisors_in(tree) for part in all_of(one)}
    for node in outside_ranges(tree):
        is_divisor = id(node) in divisors
        name = str(node.op) if kind_of(node) == "AggregateExpr" else ""
        if kind_of(node) == "Call":
            name = _levelling(node, is_high=(setting in _HIGH) is not is_divisor, is_divisor=is_divisor)
        if kind_of(node) == "BinaryExpr" and node.modifier is not None and node.modifier.return_bool:
            name = "bool"
        if name in _LEVELLING:
            return "the figure itself", f"what {name} makes of it", f"Leave {name} out"
    return None


def _levelling(call: Any, *, is_high: bool, is_divisor: bool) -> str:
    """The function, where it makes a figure better; empty where it does not."""
    name: str = call.func.name
    numbers = [float(one.val) for one in call.args if kind_of(one) == "NumberLiteral"]
    # Of a rate each second 1 is a lot, while a number of less than one request is none.
    per_second = any(one.func.name in _RATES for one in all_of(call) if kind_of(one) == "Call")
    match name:
        case "clamp_min" | "clamp" if is_divisor:
            return name if is_high and per_second and min(numbers, default=1.0) > _LITTLE else ""
        case "clamp_min" | "clamp" if is_high:
            return name if not numbers or min(numbers) > 0 else ""
        case "clamp_max" | "clamp" if not is_divisor:
            return name if not numbers or max(numbers) not in (1, *_WHOLE) else ""
        case "round":
            return name if max(numbers, default=1.0) > _FINE else ""
        case "ceil" | "floor":
            return name if (name == "ceil") is is_high else ""
    return name if name == "sgn" else ""


def _is_of_days(one: Range) -> bool:
    named = [node.name or "" for node in all_of(one.inner) if kind_of(node) == "VectorSelector"]
    return bool(named) and all(map(_OF_DAYS.search, named))


def _is_filtered(node: Any) -> bool:
    """Whether it is compared, so that only some of its samples are left."""
    return any(
        kind_of(one) == "BinaryExpr"
        and str(one.op) in _COMPARED
        and not (one.modifier is not None and one.modifier.return_bool)
        for one in all_of(node)
    )


def _is_constant(node: Any) -> bool:
    if kind_of(node) == "Call":
        return bool(node.func.name == "vector")
    children = children_of(node)
    return kind_of(node) == "NumberLiteral" or (bool(children) and all(map(_is_constant, children)))
