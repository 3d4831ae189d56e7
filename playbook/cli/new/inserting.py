"""Edits of files that are there already: text is only added, beside others of its kind. Pure."""

from __future__ import annotations

import ast
import re


def with_entry(catalogue: str, item: str, entry: str) -> str:
    """The catalogue with an entry behind the last of the same first two words; of the same set, if there is none.

    Raises:
        ValueError: the catalogue has no entry of that set.
    """
    words = item.split(".")
    for start in (".".join(words[:2]), words[0]):
        headings = list(re.finditer(rf"^### `{re.escape(start)}\.[^`]*`", catalogue, re.MULTILINE))
        if headings:
            break
    else:
        raise ValueError(f"no entry of the set {words[0]}")
    following = re.compile(r"^##+ ", re.MULTILINE).search(catalogue, headings[-1].end())
    if following is None:
        return f"{catalogue.rstrip()}\n\n{entry}"
    return f"{catalogue[: following.start()]}{entry}\n{catalogue[following.start() :]}"


def with_types(source: str, imports: list[str]) -> str:
    """A module that imports these lines under TYPE_CHECKING, before those that it has there."""
    tree = ast.parse(source)
    known = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    missing = [line for line in imports if _imported(line) not in known]
    if not missing:
        return source
    lines = source.splitlines()
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            at, left = node.body[0].lineno - 1, node.body
            if len(left) == 1 and isinstance(left[0], ast.Pass):
                del lines[at]
            break
    else:
        last = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
        lines[last:last] = ["from typing import TYPE_CHECKING", "", "if TYPE_CHECKING:"]
        at = last + 3
    lines[at:at] = [f"    {line}" for line in missing]
    return "\n".join(lines) + "\n"


def _imported(line: str) -> tuple[str | None, str]:
    (node,) = ast.parse(line).body
    assert isinstance(node, ast.ImportFrom)
    return node.module, node.names[0].name


def with_expected(source: str, fault: str, entry: str) -> str:
    """Expectations with one more item under a fault.

    What a fault makes the checks say is a dictionary, or a function's value, which then becomes a part of one.

    Raises:
        ValueError: the module has no EXPECTATIONS.
    """
    table = _table(source)
    lines = source.splitlines(keepends=True)
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == fault:
            if isinstance(value, ast.Dict):
                return _added(source, lines, value, entry)
            start, end = _at(lines, value.lineno, value.col_offset), _at(lines, *_end(value))
            return f"{source[:start]}{{\n**{source[start:end]},\n{entry}\n}}{source[end:]}"
    return _added(source, lines, table, f'"{fault}": {{{entry}}},')


def _table(source: str) -> ast.Dict:
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "EXPECTATIONS":
            if not isinstance(node.value, ast.Dict):
                break
            return node.value
    raise ValueError("no table EXPECTATIONS")


def _added(source: str, lines: list[str], table: ast.Dict, entry: str) -> str:
    end = _at(lines, *_end(table)) - 1
    before = source[:end].rstrip()
    comma = "" if before.endswith((",", "{")) else ","
    return f"{before}{comma}\n{entry}\n{source[end:]}"


def _end(node: ast.expr) -> tuple[int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


def _at(lines: list[str], line: int, column: int) -> int:
    """Where a place of the syntax tree is in the text: it counts columns in bytes."""
    return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())
