"""Whether a share is one of all failures, by their growth, over one time. Pure.

Otherwise a day on which much failed may look like a good one; only good figures are in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from playbook.clients.promql_tree import all_of, children_of, divisions_in, kind_of, outside_ranges, range_of

Doubt = tuple[str, str, str]  # what was expected, what the query gives, and what to do

FAILURES = ("500", "502", "503", "504")
_GOOD = "200"
_CLASSES = {"5xx", "5"}  # as haproxy, nginx-vts and Envoy name them
_OF_FAILURES = {"queries.error_rate", "queries.availability"}
# Counters by their names. What is read of them is what they have counted since their process was started.
_COUNTER = re.compile(r"\w+_(?:total|bucket)$")
_READ = {
    f"{name}_over_time" for name in ("avg", "sum", "min", "max", "last", "first", "quantile", "median", "mad")
}
_LAST_TWO = {"irate", "idelta"}
_GROWTH = {"rate", "increase", "delta"}
_LONG = timedelta(hours=1)
_NOT_COMPARED = {"__name__", "le"}
_PLAIN = re.compile(r"[\w:/-]*")


def some_failures(setting: str, tree: Any) -> Doubt | None:
    """Failures of one status alone, or of a part of the requests that they are divided by."""
    if setting not in _OF_FAILURES:
        return None
    failing = [one for one in _selectors(tree) if _status_of(one)]
    counted = {code for one in failing for code in _codes_of(one)}
    if failing and set(FAILURES) - counted:
        texts = [
            f"{'without ' if _is_negative(match) else ''}{match.value}"
            for one in failing
            for match in _on(one, _status_of(one))
        ]
        return (
            "all failed requests",
            f"only those of status {', '.join(dict.fromkeys(texts))}",
            'Count each failure, as status=~"5.." does,',
        )
    for failed, every in _pairs(tree):
        apart = _matchers(failed) - _matchers(every)
        if apart:
            label, sign, value = min(apart)
            return (
                "the failures of all requests that they are divided by",
                f"only those with {label}{sign}{value!r}",
                "Write the same labels in both selectors",
            )
    return None


def of_growth(tree: Any) -> Doubt | None:
    """What counters have counted since they began to, or their last two samples, and not the window's growth."""
    grown = {
        name for one in all_of(tree) if (found := range_of(one)) and found.name in _GROWTH for name in _names(one)
    }
    for node in outside_ranges(tree):
        found = range_of(node)
        if found is None:
            continue
        if found.name in _LAST_TWO and kind_of(found.inner) == "MatrixSelector" and found.inner.range >= _LONG:
            return "the whole window", f"its last two samples, by {found.name}", "Write rate in its place"
        name = _counter_in(found.inner)
        if found.name in _READ and name and name not in grown and not _is_difference(tree, name):
            return (
                "what was counted in the window",
                f"what {name} has counted since its process was started, by {found.name}",
                f"Write increase({name}[$window])",
            )
    return None


def over_two_times(tree: Any) -> Doubt | None:
    """A rate that is divided by one over another time."""
    for one in divisions_in(tree):
        above, below = (set(_growths(side)) for side in (one.lhs, one.rhs))
        if above and below and not above & below:
            return (
                "a share of one time",
                f"what {_shown(max(above))} counted by what {_shown(max(below))} did",
                "Write $window in all ranges",
            )
    return None


def _status_of(selector: Any) -> str:
    """The label by which a selector picks failed requests; empty where it does not."""
    for one in selector.matchers.matchers:
        if str(one.op) in ("MatchOp.Equal", "MatchOp.Re") and one.name not in _NOT_COMPARED:
            codes = [code for code in (_GOOD, *FAILURES) if _matches(one, code)]
            if (codes and _GOOD not in codes) or one.value in _CLASSES:
                return str(one.name)
    return ""


def _codes_of(selector: Any) -> list[str]:
    own = _on(selector, _status_of(selector))
    whole = any(one.value in _CLASSES for one in own)
    return [code for code in FAILURES if whole or all(_matches(one, code) for one in own)]


def _on(selector: Any, label: str) -> list[Any]:
    return [one for one in selector.matchers.matchers if one.name == label]


def _matches(one: Any, text: str) -> bool:
    try:
        found = one.value == text if "Equal" in str(one.op) else bool(re.fullmatch(one.value, text))
    except re.error:
        return False
    return found is not _is_negative(one)


def _is_negative(one: Any) -> bool:
    return "Not" in str(one.op)


def _sign(one: Any) -> str:
    return {(False, True): "=", (True, True): "!=", (False, False): "=~", (True, False): "!~"}[
        _is_negative(one), "Equal" in str(one.op)
    ]


def _pairs(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Each selector of failures, and that of the requests that they are divided by, of the same metric."""
    for division in divisions_in(tree):
        above, below = (_selectors(side) for side in (division.lhs, division.rhs))
        failed, every = filter(_status_of, above), [one for one in below if not _status_of(one)]
        yield from ((one, other) for one, other in product(failed, every) if one.name == other.name)


def _matchers(selector: Any) -> set[tuple[str, str, str]]:
    """Its labels without that of the status; a pattern without any special character is a text."""
    status = _status_of(selector)
    found = set()
    for one in selector.matchers.matchers:
        if one.name in _NOT_COMPARED or one.name == status:
            continue
        sign = _sign(one)
        found.add((one.name, sign.replace("~", "") if _PLAIN.fullmatch(one.value) else sign, one.value))
    return found


def _counter_in(inner: Any) -> str:
    """The counter that is read; empty where it is none, or where a function of it is."""
    if kind_of(inner) != "MatrixSelector":
        return ""
    name = inner.vector_selector.name or ""
    return name if _COUNTER.match(name) else ""


def _is_difference(tree: Any, name: str) -> bool:
    """Whether what it counted at one time is taken from what it counted at another."""
    differences = [one for one in all_of(tree) if kind_of(one) == "BinaryExpr" and str(one.op) == "-"]
    return any(name in _names(one.lhs) and name in _names(one.rhs) for one in differences)


def _names(node: Any) -> set[str]:
    return {one.name or "" for one in _selectors(node)}


def _selectors(node: Any) -> list[Any]:
    return [one for one in all_of(node) if kind_of(one) == "VectorSelector"]


def _growths(node: Any) -> Iterator[timedelta]:
    """How long the ranges are of which a rate or an increase is taken, but not within another range."""
    if found := range_of(node):
        if found.name in _GROWTH and kind_of(found.inner) == "MatrixSelector":
            yield found.inner.range
        return
    for child in children_of(node):
        yield from _growths(child)


def _shown(time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return f"{hours:g} h" if hours >= 1 else f"{60 * hours:g} min"
