"""Whether a share is one of all failures, by their growth. Pure.

Otherwise a day on which much failed may look like a good one; only good figures are in doubt.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from playbook.clients.promql_tree import Doubt, all_of, kind_of, outside_ranges, range_of

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


def some_failures(setting: str, tree: Any) -> Doubt | None:
    """Failures of one status alone."""
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
