"""Binary operators between scalars and vectors, and vector matching."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.figures.promql.values import (
    NAME,
    ExecutionError,
    Labels,
    Value,
    Vector,
    dropping,
    keeping,
    nameless,
    shown,
    unique,
    with_label,
)


def _divide(a: float, b: float) -> float:
    if b:
        return a / b
    if a == 0 or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def _modulo(a: float, b: float) -> float:
    return math.fmod(a, b) if b and math.isfinite(a) else math.nan


def _power(a: float, b: float) -> float:
    try:
        result = a**b
    except ZeroDivisionError:
        odd = b % 2 == 1
        return math.copysign(math.inf, a) if odd else math.inf
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    return math.nan if isinstance(result, complex) else float(result)


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "atan2": math.atan2,
}
COMPARISON: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
SETS = frozenset({"and", "or", "unless"})


@dataclass(frozen=True)
class Operation:
    """An operator with its modifiers.

    Attributes:
        op: ``+``, ``>`` or ``and``.
        returns_bool: ``bool`` was given.
        names: of ``on`` or ``ignoring``.
        on: ``on`` was given.
        many: the side that may have several samples for a match: ``left``, ``right``, or none.
        included: labels of ``group_left`` or ``group_right``, taken from the other side.
    """

    op: str
    returns_bool: bool = False
    names: frozenset[str] = frozenset()
    on: bool = False
    many: str = ""
    included: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.op not in ARITHMETIC and self.op not in COMPARISON and self.op not in SETS:
            raise ExecutionError(f"the operator {self.op} is not supported by the sandbox")

    def __call__(self, left: Value, right: Value) -> Value:
        """The value at one step."""
        if isinstance(left, list) and isinstance(right, list):
            return self._sets(left, right) if self.op in SETS else self._vectors(left, right)
        if isinstance(left, list) and isinstance(right, float):
            return self._vector_scalar(left, right, swapped=False)
        if isinstance(right, list) and isinstance(left, float):
            return self._vector_scalar(right, left, swapped=True)
        assert isinstance(left, float)
        assert isinstance(right, float)
        if self.op in COMPARISON:
            return float(COMPARISON[self.op](left, right))
        return ARITHMETIC[self.op](left, right)

    def _pair(self, left: float, right: float, kept: float) -> float | None:
        """The result for two samples; None where a comparison filters it out."""
        if self.op in ARITHMETIC:
            return ARITHMETIC[self.op](left, right)
        holds = COMPARISON[self.op](left, right)
        if self.returns_bool:
            return float(holds)
        return kept if holds else None

    @property
    def _drops_name(self) -> bool:
        return self.op in ARITHMETIC or self.returns_bool

    def _vector_scalar(self, vector: Vector, scalar: float, *, swapped: bool) -> Vector:
        found = []
        for labels, value in vector:
            pair = (scalar, value) if swapped else (value, scalar)
            result = self._pair(*pair, kept=value)
            if result is not None:
                found.append((nameless(labels) if self._drops_name else labels, result))
        return unique(found)

    def signature(self, labels: Labels) -> Labels:
        """Labels that samples of both sides must share to match."""
        return keeping(labels, self.names) if self.on else dropping(labels, self.names)

    def _sets(self, left: Vector, right: Vector) -> Vector:
        other = {self.signature(labels) for labels, _ in (left if self.op == "or" else right)}
        if self.op == "or":
            return unique(left + [sample for sample in right if self.signature(sample[0]) not in other])
        return [sample for sample in left if (self.signature(sample[0]) in other) == (self.op == "and")]

    def _vectors(self, left: Vector, right: Vector) -> Vector:
        many, one = (right, left) if self.many == "right" else (left, right)
        side = "left" if self.many == "right" else "right"
        by_signature: dict[Labels, tuple[Labels, float]] = {}
        for labels, value in one:
            signature = self.signature(labels)
            if signature in by_signature:
                both = f"{shown(labels)}, {shown(by_signature[signature][0])}"
                raise ExecutionError(
                    f"found duplicate series for the match group {shown(signature)} on the {side} hand-side of "
                    f"the operation: [{both}];many-to-many matching not allowed: matching labels must be "
                    "unique on one side"
                )
            by_signature[signature] = labels, value
        found: Vector = []
        matched: set[tuple[Labels, Labels]] = set()
        for labels, value in many:
            signature = self.signature(labels)
            if signature not in by_signature:
                continue
            one_labels, one_value = by_signature[signature]
            pair = (one_value, value) if self.many == "right" else (value, one_value)
            result = self._pair(*pair, kept=pair[0])
            metric = self._metric(labels, one_labels)
            if result is None:
                continue
            # Without group_left each match may occur once; with it each resulting label set.
            key = (signature, metric if self.many else ())
            if key in matched:
                reason = (
                    "grouping labels must ensure unique matches"
                    if self.many
                    else "many-to-one matching must be explicit (group_left/group_right)"
                )
                raise ExecutionError(f"multiple matches for labels: {reason}")
            matched.add(key)
            found.append((metric, result))
        return unique(found)

    def _metric(self, many: Labels, one: Labels) -> Labels:
        metric = nameless(many) if self._drops_name else many
        if not self.many:
            metric = (
                keeping(metric, self.names)
                if self.on
                else tuple(pair for pair in metric if pair[0] == NAME or pair[0] not in self.names)
            )
        known = dict(one)
        for name in self.included:
            metric = with_label(metric, name, known.get(name, ""))
        return metric
