"""Aggregations: sum, avg, topk and so on, by or without labels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sandbox.figures.numbers import number
from sandbox.figures.promql.values import ExecutionError, Labels, Vector, ordered, unique, with_label
from sandbox.figures.promql.windows import quantile


def _stdvar(values: list[float]) -> float:
    return float(np.var(np.array(values)))


SIMPLE: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": lambda values: float(np.fmin.reduce(values)),
    "max": lambda values: float(np.fmax.reduce(values)),
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
    "stdvar": _stdvar,
    "stddev": lambda values: math.sqrt(_stdvar(values)),
}


def aggregate(op: str, vector: Vector, group_of: Callable[[Labels], Labels], parameter: float | str) -> Vector:
    """One aggregation at one step.

    Args:
        group_of: labels of the group that a sample belongs to.
        parameter: of topk, bottomk, quantile and count_values.
    """
    groups: dict[Labels, Vector] = {}
    for labels, value in vector:
        groups.setdefault(group_of(labels), []).append((labels, value))
    if op in SIMPLE:
        return [(group, float(SIMPLE[op]([value for _, value in members]))) for group, members in groups.items()]
    if op == "count_values":
        counted: dict[Labels, float] = {}
        for group, members in groups.items():
            for _, value in members:
                labels = with_label(group, str(parameter), number(value))
                counted[labels] = counted.get(labels, 0.0) + 1
        return unique(list(counted.items()))
    parameter = float(parameter)
    if op == "quantile":
        return [
            (group, quantile(parameter, np.array([value for _, value in members])))
            for group, members in groups.items()
        ]
    if op in ("topk", "bottomk"):
        return [sample for members in groups.values() for sample in _best(members, parameter, op == "topk")]
    raise ExecutionError(f"the aggregation {op} is not supported by the sandbox")


def _best(members: Vector, count: float, largest: bool) -> Vector:
    if math.isnan(count) or not -(2**63) <= count < 2**63:
        raise ExecutionError(f"Scalar value {count} overflows int64")
    return ordered(members, largest_first=largest)[: max(0, int(count))]
