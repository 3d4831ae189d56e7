"""Which items do not apply to this product, as it lacks what they are about. Pure.

An item is about what its check measures. Where the product has none of that, the item is left out; where it has
some of it, the item is judged on the rest. A check without an item, which was not written for partial products, is
left out where anything is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from playbook.core.engine import REGISTRY, missing_parts
from playbook.core.places import CHECKS, shipped_files
from playbook.core.record import LeftOut
from playbook.core.registry import Provider
from playbook.settings.sections.parts import PARTS, absent_parts

_MARK = "pytest.mark."


def missing_for(
    names: Iterable[str],
    marked: Iterable[str],
    absent: Collection[str],
    *,
    needs_all: bool = False,
    registry: Mapping[str, Provider] = REGISTRY,
) -> frozenset[str]:
    """The absent parts for which a check is left out; none where it is run.

    Args:
        names: names it requests; those of neither clients nor measurements are ignored.
        marked: the parts that ``@pytest.mark.part`` names.
        needs_all: leave it out where anything is missing, and not only where everything is.
    """
    by_mark = frozenset(marked) & frozenset(absent)
    if by_mark:
        return by_mark
    missing = [missing_parts(name, absent, registry) for name in names if name in registry]
    if not missing or not (any(missing) if needs_all else all(missing)):
        return frozenset()
    # A part that all inputs lack explains more than one that only some lack as well.
    return frozenset.intersection(*filter(None, missing)) or frozenset().union(*missing)


def part_of(missing: Collection[str], without: Sequence[str]) -> str:
    """The part, as the setting names it, that makes these missing."""
    return next(name for name in without if absent_parts([name]) & set(missing))


def left_out(items: Mapping[str, str], without: Sequence[str]) -> list[LeftOut]:
    """Every part that is left out, including those without an item here.

    Args:
        items: by id, the part for which each is left out.
    """
    return [
        LeftOut(name, PARTS[name].what, sorted(item for item, part in items.items() if part == name))
        for name in dict.fromkeys(without)
    ]


def left_out_of_the_catalogue(
    without: Sequence[str], folder: Path = CHECKS, *, absent: Collection[str] = ()
) -> dict[str, str]:
    """Items of the shipped checks that are left out, by id, with the part. Imports none of the checks.

    Args:
        absent: parts that are absent without being named in the setting.
    """
    absent = absent_parts(without) | set(absent) if without else frozenset()
    found: dict[str, str] = {}
    for item, names, marked in shipped_checks(folder) if absent else ():
        missing = missing_for(names, marked, absent)
        if missing:
            found[item] = part_of(missing, without)
    return found


def shipped_checks(folder: Path = CHECKS) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each shipped check's item, the names it requests, and the parts it is marked with. Imports none."""
    for file in shipped_files(folder):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                item, marked = _marks(node)
                if item:
                    yield item, [one.arg for one in node.args.args], marked


def _marks(check: ast.FunctionDef) -> tuple[str, list[str]]:
    """The item and the parts in a check's markers."""
    item, parts = "", []
    for mark in check.decorator_list:
        if isinstance(mark, ast.Call) and mark.args and isinstance(mark.args[0], ast.Constant):
            if ast.unparse(mark.func) == f"{_MARK}item":
                item = str(mark.args[0].value)
            elif ast.unparse(mark.func) == f"{_MARK}part":
                parts = [str(one.value) for one in mark.args if isinstance(one, ast.Constant)]
    return item, parts
