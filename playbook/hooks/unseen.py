"""Checks that are in a file and that pytest never sees: Python replaces one by the next of its name, or pytest
collects none of a class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import pytest

from playbook.core.places import CHECKS, OWN

_MAKES = {"__init__", "__new__"}  # pytest collects no class that has one of these
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def mistake_in(collector: pytest.Collector) -> str:
    """What of a readable file of own checks is never seen, with its line; empty if nothing."""
    if not isinstance(collector, pytest.Module) or _is_shipped(collector):
        return ""
    try:
        body = ast.parse(collector.path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ""  # no file of Python, such as a file of doctests
    return next((f"{collector.nodeid}:{line}: {said}" for line, said in _found(body, collector)), "")


def _is_shipped(collector: pytest.Collector) -> bool:
    path = collector.path
    return path.is_relative_to(CHECKS) and path.relative_to(CHECKS).parts[0] != OWN


def _found(body: Sequence[ast.stmt], collector: pytest.Module) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    for node in body:
        is_class = isinstance(node, ast.ClassDef) and _is_of_checks(node, collector)
        if not is_class and not (isinstance(node, _Function) and collector.funcnamefilter(node.name)):
            continue
        assert isinstance(node, ast.ClassDef | _Function)
        if first.setdefault(node.name, node.lineno) != node.lineno:
            said = f"got a second {node.name}, which replaces that of line {first[node.name]}"
            yield node.lineno, f"expected each check once, {said}"
        if isinstance(node, ast.ClassDef):
            yield from _found(node.body, collector)
            functions = {one.name for one in node.body if isinstance(one, _Function)}
            if _MAKES & functions and not node.bases and any(map(collector.funcnamefilter, functions)):
                made = sorted(_MAKES & functions)[0]
                yield (
                    node.lineno,
                    f"expected a class of checks, got one with {made}, of which pytest collects none",
                )


def _is_of_checks(node: ast.ClassDef, collector: pytest.Module) -> bool:
    return collector.classnamefilter(node.name) or any("TestCase" in ast.unparse(base) for base in node.bases)
