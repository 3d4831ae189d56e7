"""Whether a query of the operator's own divides what belongs together: of one time, and of the same requests.

The failures of the last five minutes divided by the requests of a day are few on the worst day, and so are those
of one page divided by the requests of all. Only what makes a figure better is looked for: a figure that is too bad
is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from playbook.clients.promql_tree import Doubt, children_of, kind_of, range_of

# Labels by which requests are of another page, program or place; others may tell whether they failed.
_POPULATION = frozenset(
    {
        *("job", "instance", "pod", "node", "host", "hostname", "server", "server_name", "namespace", "cluster"),
        *("region", "zone", "env", "environment", "app", "application", "service", "service_name", "container"),
        *("component", "deployment", "method", "http_method", "http_request_method", "request_method", "verb"),
        *("path", "route", "handler", "endpoint", "uri", "url", "http_route", "action", "controller", "page"),
        *("target", "backend", "frontend", "proxy", "ingress", "vhost", "domain", "site", "entrypoint", "router"),
        *("exported_service", "exported_job", "scheme", "protocol", "tenant", "customer"),
    }
)
_SOURCE = frozenset({"job", "namespace", "cluster", "env", "environment", "app", "application", "service"})
_ANYTHING = frozenset(
    {("MatchOp.NotEqual", ""), ("MatchOp.Re", ".*"), ("MatchOp.Re", ".+"), ("MatchOp.NotRe", "")}
)
_SIGNS = {"MatchOp.Re": "MatchOp.Equal", "MatchOp.NotRe": "MatchOp.NotEqual"}
_PLAIN = re.compile(r"[\w:/-]*")
_PER_SECOND = frozenset({"rate", "irate"})
_GROWTH = frozenset({"increase", "delta"})
_OF_ONE = frozenset({"avg", "min", "max"})
_SAME = timedelta(hours=1)  # what arrives late may be left out
_ONE_RATIO = "a ratio of what belongs together"


class _Around(NamedTuple):
    """What is around a selector.

    Attributes:
        up: it makes its side larger, and is not subtracted.
        function: the outermost function over time; empty where there is none.
        window: what that is over; zero for none.
        offset: how far back it is moved.
        aggregate: the outermost aggregation; empty where there is none.
    """

    up: bool = True
    function: str = ""
    window: timedelta = timedelta(0)
    offset: timedelta = timedelta(0)
    aggregate: str = ""


@dataclass(frozen=True, slots=True)
class _Term:
    """One selector of a side of a ratio.

    Attributes:
        metric: its name.
        labels: its matchers by label, without those that match anything.
    """

    metric: str
    labels: dict[str, frozenset[tuple[str, str]]]
    around: _Around


def unlike(tree: Any, *, is_high: bool) -> Doubt | None:
    """What makes the figure better as the two sides of a ratio in it are of different things.

    Args:
        is_high: the figure is good when it is high.
    """
    for up, above, below in _ratios(tree, up=True):
        over, under = list(_terms(above, _Around())), list(_terms(below, _Around()))
        if not over or not under:
            continue
        found = _times(over, under) or _counts(over, under, better_up=up is is_high)
        found = found or _requests(over, under, better_up=up is is_high)
        if found:
            return found
    return None


def _ratios(node: Any, *, up: bool) -> Iterator[tuple[bool, Any, Any]]:
    """Each division: whether it makes the figure larger, and its two sides."""
    if kind_of(node) != "BinaryExpr":
        for child in children_of(node):
            yield from _ratios(child, up=up is not (kind_of(node) == "UnaryExpr"))
        return
    operation = str(node.op)
    if operation == "/":
        yield up, node.lhs, node.rhs
    yield from _ratios(node.lhs, up=up)
    if operation not in ("and", "unless"):
        yield from _ratios(node.rhs, up=up is not (operation in ("-", "/")))


def _terms(node: Any, around: _Around) -> Iterator[_Term]:
    """The selectors of a side that count in it; not those that only choose series of others."""
    kind = kind_of(node)
    if kind in ("VectorSelector", "SubqueryExpr"):
        around = around._replace(offset=around.offset + (node.offset or timedelta(0)))
    if kind == "VectorSelector":
        yield _Term(node.name or "", _labels_of(node), around)
    elif kind == "BinaryExpr":
        yield from _terms(node.lhs, around)
        operation = str(node.op)
        if operation not in ("and", "unless", "/"):
            yield from _terms(node.rhs, around._replace(up=around.up is not (operation == "-")))
    else:
        if kind == "UnaryExpr":
            around = around._replace(up=not around.up)
        if kind == "AggregateExpr" and not around.aggregate and not around.function:
            around = around._replace(aggregate=str(node.op))
        ranged = range_of(node)
        if ranged and not around.function:
            around = around._replace(function=ranged.name, window=ranged.inner.range)
        for child in children_of(node):
            yield from _terms(child, around)


def _labels_of(selector: Any) -> dict[str, frozenset[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for one in selector.matchers.matchers:
        if (str(one.op), one.value) not in _ANYTHING:
            # A pattern without any special character is a text.
            sign = _SIGNS.get(str(one.op)) if _PLAIN.fullmatch(one.value) else None
            found.setdefault(one.name, set()).add((sign or str(one.op), one.value))
    return {label: frozenset(matchers) for label, matchers in found.items()}


def _times(over: list[_Term], under: list[_Term]) -> Doubt | None:
    """What is divided is of another time than what it is divided by."""
    moved, base = (min(one.around.offset for one in side) for side in (over, under))
    if abs(moved - base) > _SAME:
        hours = abs(moved - base) / timedelta(hours=1)
        return _ONE_RATIO, f"one whose two sides are {hours:g} h apart, by offset", "Leave the offset out"
    above, below = _windows(over), _windows(under)
    if above and below and not above & below:
        shown = " and ".join(_duration(min(side)) for side in (above, below))
        return _ONE_RATIO, f"one of two times, {shown}", "Write the same range on both sides"
    return None


def _windows(side: list[_Term]) -> set[timedelta]:
    """The times over which a side is; empty where that is not known, as of recorded series."""
    if any(not one.around.function and ":" in one.metric for one in side):
        return set()
    # A counter less what it was a while ago.
    if not any(one.around.function for one in side) and any(one.around.offset for one in side):
        return {max(one.around.offset for one in side)}
    return {one.around.window for one in side}


def _duration(window: timedelta) -> str:
    minutes = window / timedelta(minutes=1)
    return "the present" if not minutes else f"{minutes / 60:g} h" if minutes >= 60 else f"{minutes:g} min"


def _counts(over: list[_Term], under: list[_Term], *, better_up: bool) -> Doubt | None:
    """One side is counted otherwise: each second, as a mean of series, or in each of several buckets."""
    larger, smaller = (over, under) if better_up else (under, over)
    first, second = larger[0].around, smaller[0].around
    functions = [{one.around.function for one in side} for side in (larger, smaller)]
    if functions[0] <= _GROWTH and functions[1] <= _PER_SECOND:
        got = f"one of a growth and of a rate each second, by {first.function} and {second.function}"
        return _ONE_RATIO, got, "Write the same function on both sides"
    aggregates = [{one.around.aggregate for one in side} for side in (larger, smaller)]
    if aggregates[0] == {"sum"} and aggregates[1] <= _OF_ONE:
        return _ONE_RATIO, f"one of a sum and of {second.aggregate} of the series", "Write sum on both sides"
    if any(map(_in_each_bucket, larger)) and not any(map(_in_each_bucket, smaller)):
        name = next(one.metric for one in larger if _in_each_bucket(one))
        got = f"one with requests that are counted in each bucket, by {name}"
        return _ONE_RATIO, got, 'Name one bucket (le="+Inf"), or the metric that ends with _count,'
    return None


def _in_each_bucket(one: _Term) -> bool:
    return one.metric.endswith("_bucket") and "le" not in one.labels


def _requests(over: list[_Term], under: list[_Term], *, better_up: bool) -> Doubt | None:
    """One side is of some requests, and the other of all, so that the figure is better."""
    for one in over:
        same = [other for other in under if other.metric == one.metric]
        for other in same or under:
            told = _POPULATION if same else _SOURCE
            contrary = {
                label
                for label in told & one.labels.keys() & other.labels.keys()
                if one.labels[label] != other.labels[label]
            }
            some, every = (other, one) if better_up is one.around.up else (one, other)
            narrower = (told & some.labels.keys()) - every.labels.keys() if same else set()
            if label := min(contrary | narrower, default=""):
                got = f"one of different requests, by {label} in {one.metric or 'its selector'}"
                return _ONE_RATIO, got, f"Choose by {label} on both sides"
    return None
