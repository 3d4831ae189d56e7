"""Parts of a PromQL expression: matchers, durations, groupings, operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import promql_parser as ast

from sandbox.figures.promql.binary import Operation
from sandbox.figures.promql.values import (
    NAME,
    ExecutionError,
    Labels,
    dropping,
    keeping,
)


def matcher_test(matcher: ast.Matcher) -> Callable[[dict[str, str]], bool]:
    name, value = matcher.name, matcher.value
    if matcher.op == ast.MatchOp.Equal:
        return lambda labels: labels.get(name, "") == value
    if matcher.op == ast.MatchOp.NotEqual:
        return lambda labels: labels.get(name, "") != value
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise ExecutionError(
            f"the regular expression {value!r} is not supported by the sandbox: {error}"
        ) from None
    wanted = matcher.op == ast.MatchOp.Re
    return lambda labels: bool(pattern.fullmatch(labels.get(name, ""))) == wanted


def milliseconds(span: timedelta | None) -> int:
    assert span is not None  # the parser requires it
    return round(span / timedelta(milliseconds=1))


def grouping_of(expression: ast.AggregateExpr) -> Callable[[Labels], Labels]:
    """Labels of the group that a series belongs to."""
    names = frozenset(expression.modifier.labels) if expression.modifier else frozenset()
    by = expression.modifier is None or expression.modifier.type == ast.AggModifierType.By
    return lambda labels: keeping(labels, names) if by else dropping(labels, names)


def operation_of(expression: ast.BinaryExpr) -> Operation:
    modifier = expression.modifier
    if modifier is None:
        return Operation(str(expression.op))
    if modifier.fill_values is not None and (modifier.fill_values.lhs, modifier.fill_values.rhs) != (None, None):
        raise ExecutionError("fill modifiers are not supported by the sandbox")
    many = ""
    if modifier.card == ast.VectorMatchCardinality.ManyToOne:
        many = "left"
    elif modifier.card == ast.VectorMatchCardinality.OneToMany:
        many = "right"
    labels = modifier.matching
    return Operation(
        str(expression.op),
        returns_bool=modifier.return_bool,
        names=frozenset(labels.labels) if labels else frozenset(),
        on=labels is not None and labels.type == ast.LabelModifierType.Include,
        many=many,
        included=tuple(modifier.group_labels or ()),
    )


def bare(expression: ast.Expr) -> ast.Expr:
    return bare(expression.expr) if isinstance(expression, ast.ParenExpr) else expression


def known_labels(expression: ast.Expr) -> Labels:
    """Labels that ``absent`` knows: those that the selector requires by equality, once."""
    expression = bare(expression)
    if isinstance(expression, ast.MatrixSelector):
        expression = expression.vector_selector
    if not isinstance(expression, ast.VectorSelector):
        return ()
    matchers = [matcher for matcher in expression.matchers.matchers if matcher.name != NAME]
    names = [matcher.name for matcher in matchers]
    return tuple(
        sorted(
            (matcher.name, matcher.value)
            for matcher in matchers
            if matcher.op == ast.MatchOp.Equal and names.count(matcher.name) == 1 and matcher.value
        )
    )
