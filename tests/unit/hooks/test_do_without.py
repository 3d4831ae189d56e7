"""Every shipped check that is judged on several measurements can do without any one of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from playbook.core.engine import REGISTRY
from playbook.core.places import CHECKS
from playbook.run.run import load_providers


def _checks() -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in sorted(CHECKS.glob("*/test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{file.stem}.{node.name}", node


def _taken(check: ast.FunctionDef) -> list[str]:
    load_providers()
    return [each.arg for each in check.args.args if each.arg in REGISTRY and not REGISTRY[each.arg].is_client]


def _named(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _uses(node: ast.AST, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Names that are read, with their lines, where no condition around them has named them."""
    match node:
        case ast.Name(id=name) if name not in known:
            yield name, node.lineno
        case ast.If() | ast.IfExp():
            body = node.body if isinstance(node.body, list) else [node.body]
            other = node.orelse if isinstance(node.orelse, list) else [node.orelse]
            yield from _condition(node.test, known)
            for each in body:
                yield from _uses(each, known | _named(node.test))
            for each in other:
                yield from _uses(each, known)
        case ast.BoolOp(op=ast.And()):
            yield from _condition(node, known)
        case _:
            for each in ast.iter_child_nodes(node):
                yield from _uses(each, known)


def _condition(test: ast.expr, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    """``a``, and ``a and a.b``: a name alone is the question whether there is a value."""
    for each in test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]:
        if not isinstance(each, ast.Name):
            yield from _uses(each, known)
        known |= _named(each)


SEVERAL = {name: (check, taken) for name, check in _checks() if len(taken := _taken(check)) > 1}


@pytest.mark.parametrize("name", sorted(SEVERAL))
def test_measurement_that_cannot_be_read_is_asked_for(name):
    """A measurement is None where it could not be read, so each use is behind ``if``: the others still count."""
    check, taken = SEVERAL[name]
    uses = [use for statement in check.body for use in _uses(statement, frozenset())]
    assert [(used, line) for used, line in uses if used in taken] == []


def test_there_are_such_checks():
    """The search finds them: one that found none would prove nothing."""
    assert len(SEVERAL) > 30
