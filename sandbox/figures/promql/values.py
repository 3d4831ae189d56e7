"""Values of expressions, and errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]
Vector = list[Sample]
Value = float | str | Vector
Points = list[tuple[float, float]]

# A compiled expression: step number → its value.
Node = Callable[[int], Value]
VectorNode = Callable[[int], Vector]
ScalarNode = Callable[[int], float]

NAME = "__name__"


class ParseError(Exception):
    """The text is not valid PromQL."""


class ExecutionError(Exception):
    """The expression cannot be evaluated on these samples, or is not supported by the sandbox."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to an instant query.

    Attributes:
        ranged: a range vector; else each row has one point.
        rows: labels, and points of Unix seconds and value.
    """

    ranged: bool
    rows: list[tuple[Labels, Points]]


@lru_cache(maxsize=20_000)
def nameless(labels: Labels) -> Labels:
    """Without the metric name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


@lru_cache(maxsize=20_000)
def keeping(labels: Labels, names: frozenset[str]) -> Labels:
    """Only these labels."""
    return tuple(pair for pair in labels if pair[0] in names)


@lru_cache(maxsize=20_000)
def dropping(labels: Labels, names: frozenset[str]) -> Labels:
    """Without these labels and the metric name."""
    return tuple(pair for pair in labels if pair[0] not in names and pair[0] != NAME)


def with_label(labels: Labels, name: str, value: str) -> Labels:
    """With one label set; an empty value removes it."""
    changed = {**dict(labels), name: value}
    return tuple(sorted((key, text) for key, text in changed.items() if text))


def unique(vector: Vector) -> Vector:
    """The vector; an error if two samples have the same labels."""
    if len({labels for labels, _ in vector}) < len(vector):
        raise ExecutionError("vector cannot contain metrics with the same labelset")
    return vector


def ordered(vector: Vector, *, largest_first: bool) -> Vector:
    """The samples by value; NaN comes last either way."""
    sign = -1 if largest_first else 1
    return sorted(vector, key=lambda sample: (math.isnan(sample[1]), sign * sample[1]))


def shown(labels: Iterable[tuple[str, str]]) -> str:
    """Labels in a message, as Prometheus writes them: ``{a="b", c="d"}``."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"
