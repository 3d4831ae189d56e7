"""``python -m playbook where ITEM``: every place of an item of the playbook."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

from playbook.core.catalogue import shipped
from playbook.core.engine import REGISTRY, needs_of
from playbook.core.errors import UsageError
from playbook.core.places import is_checkout, shipped_files
from playbook.core.suggestions import did_you_mean
from playbook.core.verdict import EXIT_OK
from playbook.run.run import load_providers

Say = Callable[[str], None]

CATALOGUE = Path("docs/playbook.md")
CHECKS = Path("checks")
TESTS = Path("tests/unit")
DEFAULTS = Path("playbook/defaults.toml")


class Place(NamedTuple):
    """One line of a file, and which part of the item is there."""

    what: str
    file: Path
    line: int
    name: str = ""

    def __str__(self) -> str:
        return f"{self.what:<12} {self.file}:{self.line}{f'  {self.name}' if self.name else ''}"


def add_parser(commands: Any, say: Say) -> None:
    """The command line of ``where``."""
    parser = commands.add_parser(
        "where",
        help="name every place of an item: catalogue, check, measurements, limits, faults, tests",
        description="Name every place of an item, as FILE:LINE: its entry in the catalogue, its check, the "
        "measurements that it asks for, its limits, the faults that prove it, and what is expected under each.",
    )
    parser.add_argument("item", metavar="ITEM", help="an item's id, such as daily.kpi.cache-hit-rate")
    parser.set_defaults(command=lambda options: run_where(options.item, Path.cwd(), say))


def run_where(item: str, root: Path, say: Say) -> int:
    """Say the places, the catalogue's first.

    Raises:
        UsageError: there is no such item, or this is no checkout.
    """
    if not is_checkout(root):
        raise UsageError(f"where: expected to be called in a checkout of the suite, got {root}")
    known = shipped().items
    if item not in known:
        raise UsageError(f"where: expected an item of {CATALOGUE}, got {item!r}{did_you_mean(item, known)}")
    for place in places(item, root):
        say(str(place))
    return EXIT_OK


def places(item: str, root: Path) -> list[Place]:
    """Every place of an item of the catalogue, with paths from ``root``."""
    found = [*_lines("catalogue", root, CATALOGUE, re.compile(rf"^### `{re.escape(item)}`"))]
    needs: set[str] = set()
    limits: set[str] = set()
    for file, check in check_functions(root):
        if item not in named_by(check):
            continue
        found.append(Place("check", file.relative_to(root), check.lineno, check.name))
        needs |= {argument.arg for argument in check.args.args}
        limits |= limits_of(check)
    found += _measured(root, needs)
    for name in sorted(limits):
        found += _lines("limit", root, DEFAULTS, re.compile(rf"^\[limits\.{re.escape(name)}\]"), name)
    return [*found, *_proofs(root, item)]


@cache
def _unit_tests(root: Path) -> list[Path]:
    return sorted((root / TESTS).rglob("test_*.py"))


def _lines(what: str, root: Path, file: Path, pattern: re.Pattern[str], name: str = "") -> Iterator[Place]:
    for number, line in enumerate((root / file).read_text(encoding="utf-8").splitlines(), 1):
        if pattern.search(line):
            yield Place(what, file, number, name)


@cache
def _functions(file: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def check_functions(root: Path) -> Iterator[tuple[Path, ast.FunctionDef]]:
    """Every function of the shipped checks, with its file."""
    for file in shipped_files(root / CHECKS):
        for function in _functions(file):
            yield file, function


@cache
def named_by(check: ast.FunctionDef) -> frozenset[str]:
    """Every text in the markers of a check: its items are among them."""
    texts = (
        part.value for mark in check.decorator_list for part in ast.walk(mark) if isinstance(part, ast.Constant)
    )
    return frozenset(text for text in texts if isinstance(text, str))


def limits_of(check: ast.FunctionDef) -> set[str]:
    """The names of the limits that a check judges by."""
    return {
        part.attr
        for part in ast.walk(check)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "limits"
    }


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let the checkout's own packages be imported, and leave ``sys.path`` as it was."""
    before = list(sys.path)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path[:] = before


def expectations(root: Path) -> Any:
    """The package that states what each fault makes the checks say."""
    with _importable(root):
        import_module("sandbox.faults")  # which they name
        return import_module("tests.checks.expectations")


def file_of_module(module: str) -> Path:
    """File of a module, from the root of the checkout."""
    return Path(*module.split(".")).with_suffix(".py")


def _measured(root: Path, names: set[str]) -> Iterator[Place]:
    """The measurements that are asked for, those that they are made of, and their tests."""
    load_providers()
    modules: set[str] = set()
    for name in sorted(needs_of(names & REGISTRY.keys())):
        module = REGISTRY.module_of(name)
        if REGISTRY[name].is_client:
            continue
        modules.add(module)
        yield from _lines("measurement", root, file_of_module(module), re.compile(rf"^def {name}\("), name)
    for module in sorted(modules):
        for file in _unit_tests(root):
            if file.stem == f"test_{module.rpartition('.')[2]}":
                yield Place("unit test", file.relative_to(root), 1)


def _proofs(root: Path, item: str) -> Iterator[Place]:
    """The faults under which something is expected of the item, and where that is stated."""
    package = expectations(root)
    faults = import_module("sandbox.faults").FAULTS
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        expected = getattr(import_module(module.name), "EXPECTATIONS", {})
        file = file_of_module(module.name)
        for fault in (fault for fault, items in expected.items() if item in items):
            if fault in faults:
                code = faults[fault].edit.__code__
                yield Place("fault", Path(code.co_filename).relative_to(root), code.co_firstlineno, fault)
            stated = [*_lines("expected", root, file, re.compile(re.escape(f'"{fault}"')))][:1]
            line = stated[0].line if stated else 1
            yield Place("expected", file, line, f"{fault}: {expected[fault][item][0]}")
