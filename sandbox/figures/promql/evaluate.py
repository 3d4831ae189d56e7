"""From the parsed expression to values: one function of the step for each node of the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

import numpy as np
import promql_parser as ast

from sandbox.figures.promql import functions, rates, tables
from sandbox.figures.promql.aggregate import aggregate
from sandbox.figures.promql.binary import SETS
from sandbox.figures.promql.expressions import (
    bare,
    grouping_of,
    known_labels,
    matcher_test,
    milliseconds,
    operation_of,
)
from sandbox.figures.promql.values import (
    ExecutionError,
    Labels,
    Node,
    ParseError,
    Points,
    Rows,
    ScalarNode,
    Value,
    Vector,
    VectorNode,
    nameless,
    unique,
)
from sandbox.figures.promql.windows import KEEPS_NAME, WINDOW_FUNCTIONS, RangeVector, Times
from sandbox.figures.series import Series, View

LOOKBACK = 5 * 60 * 1000
SUBQUERY_STEP = 60 * 1000  # Prometheus' default evaluation interval


@lru_cache(maxsize=1_000)
def parse(text: str) -> ast.Expr:
    """The parsed expression; ParseError if it is invalid."""
    try:
        return ast.parse(text)
    except ValueError as error:
        raise ParseError(f"parse error: {error}") from None


def value_type(expression: ast.Expr) -> str:  # noqa: PLR0911 - one for each kind of node
    """``scalar``, ``vector``, ``matrix`` or ``string``."""
    match expression:
        case ast.NumberLiteral():
            return "scalar"
        case ast.StringLiteral():
            return "string"
        case ast.MatrixSelector() | ast.SubqueryExpr():
            return "matrix"
        case ast.ParenExpr() | ast.UnaryExpr():
            return value_type(expression.expr)
        case ast.BinaryExpr():
            both = {value_type(expression.lhs), value_type(expression.rhs)}
            return "scalar" if both == {"scalar"} else "vector"
        case ast.Call():
            return "scalar" if expression.func.return_type == ast.ValueType.Scalar else "vector"
    return "vector"


def instant(view: View, expression: ast.Expr, time: float) -> float | str | Rows:
    """The value at one time (Unix seconds)."""
    compiler = _Compiler(view, np.array([round(time * 1000)], dtype=np.int64))
    if value_type(expression) == "matrix":
        windows = compiler.range_vector(expression).at(0)
        rows = [
            (labels, [(int(t) / 1000, float(v)) for t, v in zip(window.times, window.values, strict=True)])
            for labels, window in windows
        ]
        return Rows(True, sorted(rows))
    value = compiler.node(expression)(0)
    if isinstance(value, list):
        return Rows(False, [(labels, [(time, number)]) for labels, number in unique(value)])
    return value


def over(view: View, expression: ast.Expr, times: list[float], end: float) -> list[tuple[Labels, Points]]:
    """The values at several times (Unix seconds, ascending), by series.

    Args:
        end: value of ``@ end()``: the query's end, which the last step need not reach.
    """
    steps = np.array([round(time * 1000) for time in times], dtype=np.int64)
    compiler = _Compiler(view, steps, (int(steps[0]), round(end * 1000)))
    table = compiler.table(expression)
    if table is not None and table.called(table.labels):
        return sorted(tables.points_of(table, times))
    node = compiler.node(expression)
    series: dict[Labels, Points] = {}
    for step, time in enumerate(times):
        value = node(step)
        for labels, number in unique(value) if isinstance(value, list) else [((), cast(float, value))]:
            series.setdefault(labels, []).append((time, number))
    return sorted(series.items())


def matching(view: View, selectors: Iterable[ast.Expr], start: float, end: float) -> set[Labels]:
    """Labels of series with samples in a time range; all series without a selector."""
    selectors = list(selectors)
    if not all(isinstance(selector, ast.VectorSelector) for selector in selectors):
        raise ParseError("parse error: expected a series selector")
    found = (
        {labels for selector in selectors for labels in _matched(view, cast(ast.VectorSelector, selector))}
        if selectors
        else {labels for name in view.names() for labels in view.labels(name)}
    )
    if start == float("-inf") and end == float("inf"):
        return found
    alive = set()
    for labels in found:
        times = view.series(labels).times
        first, last = np.searchsorted(times, [start * 1000, end * 1000])
        if last > first:
            alive.add(labels)
    return alive


def _matched(view: View, selector: ast.VectorSelector) -> list[Labels]:
    if selector.matchers.or_matchers:
        raise ParseError("parse error: unexpected or between label matchers")
    tests = [matcher_test(matcher) for matcher in selector.matchers.matchers]
    names = [selector.name] if selector.name else view.names()
    return [
        labels
        for name in names
        for labels, told in ((each, dict(each)) for each in view.labels(name))
        if all(test(told) for test in tests)
    ]


class _Compiler:
    """Compiles expressions for fixed steps.

    Args:
        steps: times in milliseconds, ascending.
        bounds: start and end of the whole query, for ``@ start()`` and ``@ end()``.
    """

    def __init__(self, view: View, steps: Times, bounds: tuple[int, int] | None = None) -> None:
        self._view = view
        self._steps = steps
        self._bounds = bounds or (int(steps[0]), int(steps[-1]))
        # By the text of the expression, as PromQL has no names and queries repeat their subexpressions.
        self._tables: dict[str, tables.Table | None] = view.memory.tables.setdefault(
            (steps.tobytes(), *self._bounds), {}
        )

    def node(self, expression: ast.Expr) -> Node:  # noqa: PLR0911
        """The expression as a function of the step number."""
        table = self.table(expression)
        if table is not None:
            return tables.node_of(table)
        match expression:
            case ast.NumberLiteral() | ast.StringLiteral():
                value = expression.val
                return lambda _: value
            case ast.ParenExpr():
                return self.node(expression.expr)
            case ast.UnaryExpr():
                return _negative(self.node(expression.expr))
            case ast.BinaryExpr():
                return self._binary(expression)
            case ast.AggregateExpr():
                return self._aggregation(expression)
            case ast.Call():
                return self._call(expression)
        raise ExecutionError(f"{type(expression).__name__} is not supported by the sandbox here")

    def table(self, expression: ast.Expr) -> tables.Table | None:
        """The expression at all steps at once, if supported."""
        if isinstance(expression, ast.ParenExpr):
            return self.table(expression.expr)
        if isinstance(expression, ast.BinaryExpr) and str(expression.op) not in SETS:
            return None
        text = str(expression)
        if text not in self._tables:
            self._tables[text] = self._made_table(expression)
        return self._tables[text]

    def _made_table(self, expression: ast.Expr) -> tables.Table | None:  # noqa: PLR0911
        match expression:
            case ast.VectorSelector():
                return tables.selected(self._series(expression), self._moments(expression), LOOKBACK)
            case ast.Call() if expression.func.name == "timestamp":
                first = bare(expression.args[0])
                if not isinstance(first, ast.VectorSelector):
                    return None
                table = self._timestamps(first)
                return table.called(table.labels)
            case ast.Call() if expression.func.name in rates.EXTRAPOLATED:
                return rates.extrapolated(expression.func.name, self.range_vector(expression.args[0]))
            case ast.Call() if expression.func.name in rates.WINDOWED:
                return rates.over_windows(expression.func.name, self.range_vector(expression.args[0]))
            case ast.Call() if expression.func.name == "quantile_over_time":
                q = bare(expression.args[0])
                if not isinstance(q, ast.NumberLiteral):
                    return None
                return rates.quantiles(q.val, self.range_vector(expression.args[1]))
            case ast.Call() if expression.func.name == "label_replace":
                inner = self.table(expression.args[0])
                texts = [cast(str, self.node(each)(0)) for each in expression.args[1:]]
                changed = functions.replacing(*texts)
                return inner if inner is None else inner.called([changed(labels) for labels in inner.labels])
            case ast.BinaryExpr():  # a set
                return self._joined(expression)
            case ast.AggregateExpr() if str(expression.op) in tables.COMBINED:
                inner = self.table(expression.expr)
                grouping = grouping_of(expression)
                return inner if inner is None else tables.aggregated(str(expression.op), inner, grouping)
        return None

    def _joined(self, expression: ast.BinaryExpr) -> tables.Table | None:
        left = self.table(expression.lhs)
        right = None if left is None else self.table(expression.rhs)
        if left is None or right is None:
            return None
        operation = operation_of(expression)
        return tables.joined(operation.op, left, right, operation.signature)

    def range_vector(self, expression: ast.Expr) -> RangeVector:
        """A range selector or a subquery."""
        while isinstance(expression, ast.ParenExpr):
            expression = expression.expr
        if isinstance(expression, ast.MatrixSelector):
            selector = expression.vector_selector
            moments = self._moments(selector)
            return RangeVector(self._series(selector), moments, self._steps, milliseconds(expression.range))
        if isinstance(expression, ast.SubqueryExpr):
            return self._subquery(expression)
        raise ExecutionError(f"{type(expression).__name__} is not supported by the sandbox as a range vector")

    def _moments(self, selector: Any) -> Times:
        """Steps shifted by ``@`` and ``offset``."""
        moments = self._steps
        at = selector.at
        if at is not None:
            if at.type == ast.AtModifierType.Start:
                fixed = self._bounds[0]
            elif at.type == ast.AtModifierType.End:
                fixed = self._bounds[1]
            else:
                fixed = round(at.at.timestamp() * 1000)
            moments = np.full_like(moments, fixed)
        return moments - (milliseconds(selector.offset) if selector.offset else 0)

    def _subquery(self, expression: ast.SubqueryExpr) -> RangeVector:
        moments = self._moments(expression)
        width = milliseconds(expression.range)
        step = milliseconds(expression.step) if expression.step else SUBQUERY_STEP
        first = (int(moments.min()) - width) // step * step + step
        grid = np.arange(first, int(moments.max()) + 1, step, dtype=np.int64)
        found = []
        if len(grid):
            inner = _Compiler(self._view, grid, self._bounds)
            table = inner.table(expression.expr)
            if table is None:
                found = tables.gathered(cast(VectorNode, inner.node(expression.expr)), grid)
            else:
                found = tables.series_of(table, grid)
        return RangeVector(found, moments, self._steps, width)

    def _series(self, selector: ast.VectorSelector) -> list[Series]:
        key = selector.name, str(selector.matchers)
        selected = self._view.memory.selected
        if key not in selected:
            selected[key] = [self._view.series(labels) for labels in _matched(self._view, selector)]
        return selected[key]

    def _timestamps(self, selector: ast.VectorSelector) -> tables.Table:
        return tables.timestamps(self._series(selector), self._moments(selector), LOOKBACK)

    def _binary(self, expression: ast.BinaryExpr) -> Node:
        left, right = self.node(expression.lhs), self.node(expression.rhs)
        operation = operation_of(expression)
        return lambda step: operation(left(step), right(step))

    def _aggregation(self, expression: ast.AggregateExpr) -> VectorNode:
        inner = cast(VectorNode, self.node(expression.expr))
        parameter = self.node(expression.param) if expression.param is not None else lambda _: 0.0
        op = str(expression.op)
        group_of = grouping_of(expression)

        def node(step: int) -> Vector:
            given = parameter(step)
            assert not isinstance(given, list)
            return aggregate(op, inner(step), group_of, given)

        return node

    def _call(self, call: ast.Call) -> Node:  # noqa: PLR0911
        name, arguments = call.func.name, list(call.args)
        if name in WINDOW_FUNCTIONS:
            return self._window_call(name, arguments)
        if name == "absent_over_time":
            windows = self.range_vector(arguments[0])
            labels = known_labels(arguments[0])
            return lambda step: [] if windows.at(step) else [(labels, 1.0)]
        if name == "time":
            return lambda step: int(self._steps[step]) / 1000
        first = bare(arguments[0]) if arguments else None
        if name == "timestamp" and isinstance(first, ast.VectorSelector):
            at = tables.node_of(self._timestamps(first))
            return lambda step: unique(at(step))
        each = functions.ELEMENTWISE.get(name) or functions.CALENDAR.get(name)
        if each is None and name not in functions.FUNCTIONS and name not in ("absent", "timestamp"):
            raise ExecutionError(f"the function {name}() is not supported by the sandbox")
        nodes = [self.node(argument) for argument in arguments]
        now: ScalarNode = lambda step: int(self._steps[step]) / 1000  # noqa: E731
        if name == "absent":
            told = known_labels(arguments[0])
            return lambda step: [] if nodes[0](step) else [(told, 1.0)]
        if name in functions.CALENDAR and not nodes:
            return lambda step: [((), functions.CALENDAR[name](now(step)))]
        if name == "timestamp":
            return lambda step: _mapped(lambda _: now(step), nodes[0](step))
        if each:
            return lambda step: _mapped(each, nodes[0](step))
        return lambda step: _unique_value(functions.FUNCTIONS[name](*(node(step) for node in nodes)))

    def _window_call(self, name: str, arguments: list[ast.Expr]) -> VectorNode:
        function = WINDOW_FUNCTIONS[name]
        ranged = next(argument for argument in arguments if value_type(argument) == "matrix")
        windows = self.range_vector(ranged)
        others = [self.node(argument) for argument in arguments if argument is not ranged]

        def node(step: int) -> Vector:
            parameter = cast(float, others[0](step)) if others else 0.0
            found = []
            for labels, window in windows.at(step):
                value = function(window, parameter)
                if value is not None:
                    found.append((labels if name in KEEPS_NAME else nameless(labels), value))
            return unique(found)

        return node


def _negative(node: Node) -> Node:
    def negative(step: int) -> Value:
        value = node(step)
        return _mapped(lambda number: -number, value) if isinstance(value, list) else -cast(float, value)

    return negative


def _mapped(function: Callable[[float], float], value: Value) -> Vector:
    return unique([(nameless(labels), function(number)) for labels, number in cast(Vector, value)])


def _unique_value(value: Value) -> Value:
    return unique(value) if isinstance(value, list) else value
