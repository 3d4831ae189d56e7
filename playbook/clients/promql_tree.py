"""The parts of a query in PromQL, and of MetricsQL as far as it means the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import promql_parser

# Words of MetricsQL that PromQL says in others. https://docs.victoriametrics.com/victoriametrics/metricsql/
_METRICSQL = (
    (re.compile(r"\bkeep_metric_names\b"), ""),
    (re.compile(r"\bdefault\s+(\d[\d.]*)"), r"or vector(\1)"),
    (re.compile(r"\bdefault\b"), "or"),
    (re.compile(r"\bifnot\b"), "unless"),
    (re.compile(r"\bif\b"), "and"),
    (re.compile(r"\bany\s*\("), "limitk(1, "),
    (re.compile(r"\bunion\s*\((?=[^,]*\Z)"), "("),
    (re.compile(r"\$__(?:rate_)?interval\b"), "5m"),  # of Grafana
)

Doubt = tuple[str, str, str]
"""Why a query is doubted: what was expected, what it gives, and what to do."""


class Range(NamedTuple):
    """A function over time that no other such function is around: its name, and what it is over."""

    name: str
    inner: Any


@lru_cache(256)  # a long query takes milliseconds; several measurements, and all targets, ask the same ones
def parsed(query: str) -> Any:
    """The tree of a query; None for one that is not understood, as VictoriaMetrics knows more functions."""
    try:
        return promql_parser.parse(query)
    except ValueError:
        pass
    for words, same in _METRICSQL:
        query = words.sub(same, query)
    try:
        return promql_parser.parse(query)
    except ValueError:
        return None


def kind_of(node: Any) -> str:
    """``Call``, ``BinaryExpr``, …"""
    return type(node).__name__


def children_of(node: Any) -> list[Any]:
    """Its operands."""
    match kind_of(node):
        case "Call":
            return list(node.args)
        case "BinaryExpr":
            return [node.lhs, node.rhs]
        case "MatrixSelector":
            return [node.vector_selector]
        case "ParenExpr" | "UnaryExpr" | "AggregateExpr" | "SubqueryExpr":
            return [node.expr]
        case _:
            return []


def all_of(node: Any) -> Iterator[Any]:
    """Every part of it, itself first."""
    yield node
    for child in children_of(node):
        yield from all_of(child)


def divisors_in(node: Any) -> Iterator[Any]:
    """What something is divided by."""
    return (one.rhs for one in all_of(node) if kind_of(one) == "BinaryExpr" and str(one.op) == "/")


def outside_ranges(node: Any) -> Iterator[Any]:
    """Every part that is not within a function over time; these functions themselves, but nothing in them."""
    yield node
    if not range_of(node):
        for child in children_of(node):
            yield from outside_ranges(child)


def range_of(node: Any) -> Range | None:
    """The function over time that a node is; None for others."""
    if kind_of(node) != "Call":
        return None
    over = next((one for one in node.args if kind_of(one) in ("MatrixSelector", "SubqueryExpr")), None)
    return over and Range(node.func.name, over)
