"""The collected checks and the item of each. A mistake in a file affects that file only."""

from __future__ import annotations

import copy
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from playbook.core.catalogue import Catalogue, Item, read_runbook
from playbook.core.check_ids import PARAMETER, target_in, without_target
from playbook.core.engine import needs_of
from playbook.core.errors import UsageError
from playbook.core.own_items import first_sentence, item_of_test, slug
from playbook.core.suggestions import did_you_mean
from playbook.hooks.fixtures import TARGET
from playbook.settings.gate import GATE

ITEM = pytest.StashKey[Item]()
CHECK = pytest.StashKey[str]()  # its node id without the target's name, for runs of many targets
_AMBIGUOUS = pytest.StashKey[bool]()


# ------------------------------------------------------------------------------------------------------ each file


@contextmanager
def imported_apart(collector: pytest.Collector) -> Iterator[None]:
    """Import a file by its path if another file of its name is loaded: by name, both would be one module."""
    if not _is_taken(collector):
        yield
        return
    option = collector.config.option
    usual, option.importmode = option.importmode, "importlib"
    try:
        yield
    finally:
        option.importmode = usual


def _is_taken(collector: pytest.Collector) -> bool:
    if not isinstance(collector, pytest.Module) or (collector.path.parent / "__init__.py").exists():
        return False
    other = getattr(sys.modules.get(collector.path.stem), "__file__", None)
    return other is not None and other != str(collector.path)


def note_names(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Record which checks of one function have parameters with equal ids, whichever of them will run."""
    if isinstance(collector, pytest.Session):  # its report contains the files named on the command line
        return
    seen: Counter[tuple[str, str, str]] = Counter()
    for node in report.result or ():
        if isinstance(node, pytest.Function):
            callspec = getattr(node, "callspec", None)
            target = str(callspec.params.get(PARAMETER, "")) if callspec else ""
            look = (node.originalname, target, slug(_parameters(node)))
            node.stash[_AMBIGUOUS] = seen[look] > 0
            seen[look] += 1


def report_of_mistake(file: str, mistake: str) -> pytest.CollectReport:
    """A collect report for a file with a mistake, as pytest reports an import error."""
    return pytest.CollectReport(nodeid=file, outcome="failed", longrepr=mistake, result=[])


def without_secrets(report: pytest.CollectReport, redact: Callable[[str], str]) -> None:
    """Redact the report of an unreadable file: traceback, values (with --showlocals) and output."""
    if report.failed and (clean := redact(report.longreprtext)) != report.longreprtext:
        report.longrepr = clean
    report.sections = [(name, redact(text)) for name, text in report.sections]


# ------------------------------------------------------------------------------------------------- each target


def by_target(items: Iterable[pytest.Item], targets: Sequence[str]) -> dict[str, list[pytest.Item]]:
    """Checks of each target, each with its target in its stash.

    Functions are parametrized by target. Tests without parametrization (unittest) are copied.
    """
    found: dict[str, list[pytest.Item]] = {name: [] for name in targets}
    for item in items:
        if len(targets) == 1:
            item.stash[TARGET] = targets[0]
            found[targets[0]].append(item)
            continue
        callspec = getattr(item, "callspec", None)
        name = callspec.params.get(PARAMETER) if callspec else None
        for target in [name] if name else targets:
            mine = item if name else _copied(item, target)
            mine.stash[TARGET] = target
            mine.stash[CHECK] = without_target(mine.nodeid, target)
            found[target].append(mine)
    return found


class Wanted:
    """Checks requested for some targets only: ``checks/redis/test_redis.py::test_alive[shop-a]``.

    pytest matches the text in brackets against all parameters of a check, so the target is removed from it, and
    other targets' checks that match are deselected.
    """

    def __init__(self, arguments: list[str], targets: Sequence[str]) -> None:
        """Initialise from pytest's own list of arguments, which is changed."""
        self._targets: dict[str, set[str]] = {}
        whole = set()
        for argument in arguments:
            target = target_in(argument, targets) if "::" in argument else None
            check = without_target(argument, target) if target else argument
            if target:
                self._targets.setdefault(check, set()).add(target)
            else:
                whole.add(check)
        for check in whole & self._targets.keys():
            del self._targets[check]
        arguments[:] = dict.fromkeys(
            without_target(argument, target)
            if "::" in argument and (target := target_in(argument, targets)) and argument.endswith(f"[{target}]")
            else argument
            for argument in arguments
        )

    def is_wanted(self, item: pytest.Item) -> bool:
        """Whether a check is requested for its target."""
        check, target = item.stash[CHECK], item.stash[TARGET]
        asked = [targets for one, targets in self._targets.items() if check == one or check.startswith(f"{one}[")]
        return not asked or any(target in targets for targets in asked)


def _copied(item: pytest.Item, target: str) -> pytest.Item:
    made: Any = copy.copy(item)
    made._id = item.id.with_params(target)
    made.stash = made._store = pytest.Stash()
    if hasattr(made, "_initrequest"):
        made._initrequest()
    return made  # type: ignore[no-any-return]


# ----------------------------------------------------------------------------------------------------- each check


def understood(
    items: Iterable[pytest.Item], catalogue: Catalogue, prepare: Callable[[pytest.Item], None]
) -> tuple[list[pytest.Item], dict[str, str]]:
    """Checks of files without a mistake, each with its item in its stash; and the mistakes by file.

    Args:
        prepare: completes a check; may raise UsageError.
    """
    items = list(items)
    sets = {known.set for known in catalogue.items.values()}
    mistakes: dict[str, str] = {}
    made: dict[str, str] = {}
    for item in items:
        file = file_of(item)
        try:
            item.stash[ITEM] = _stands_for(item, catalogue, sets)
            if not _marked(item):
                _require_one_file(item, made)
            require_mark_of_mutation(item)
            if runbook_of(item):
                read_runbook(runbook_of(item))
            prepare(item)
        except UsageError as error:
            mistakes.setdefault(file, f"{_place(item)}: {error}")
    return [item for item in items if file_of(item) not in mistakes], mistakes


def file_of(item: pytest.Item) -> str:
    """Path of a check's file from the root."""
    return item.nodeid.partition("::")[0]


def _place(item: pytest.Item) -> str:
    """``checks/local/test_shop.py:12 (test_answers)``."""
    _, line, _ = item.location
    return f"{file_of(item)}:{(line or 0) + 1} ({item.nodeid.rpartition('::')[2]})"


def _parameters(item: pytest.Item) -> str:
    """The check's own parameters, without the target."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return ""
    target = callspec.params.get(PARAMETER)
    return without_target(f"[{callspec.id}]", target)[1:-1] if target else str(callspec.id)


def _marked(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("item")
    return bool(marker and marker.args)


def _stands_for(item: pytest.Item, catalogue: Catalogue, sets: set[str]) -> Item:
    """The catalogue item that the check's marker names, or an item made from the check if it names none."""
    marker = item.get_closest_marker("item")
    if marker and marker.args:
        known = catalogue.items.get(str(marker.args[0]))
        if known is None:
            close = did_you_mean(str(marker.args[0]), catalogue.items)
            unread = "".join(f" ({problem})" for problem in catalogue.unread.values())
            raise UsageError(f"{marker.args[0]!r} is not in docs/playbook.md{close}{unread}")
        return known
    made = item_of_test(
        path=file_of(item),
        name=getattr(item, "originalname", item.name),
        parameters=_parameters(item),
        doc=_doc(item),
        set_name=next((mark.name for mark in item.iter_markers() if mark.name in sets), "own"),
        classes=[node.name for node in item.listchain() if isinstance(node, pytest.Class)],
        ambiguous=item.stash.get(_AMBIGUOUS, False),
    )
    return catalogue.items.get(made.id, made)


def _require_one_file(item: pytest.Item, made: dict[str, str]) -> None:
    """Require that an id used in history and waivers refers to one check file."""
    known, file = item.stash[ITEM].id, file_of(item)
    first = made.setdefault(known, file)
    if first != file:
        raise UsageError(
            f"expected an item of its own, got {known}, which {first} stands for: rename the file or the test"
        )


def _doc(item: pytest.Item) -> str:
    return inspect.cleandoc(getattr(getattr(item, "function", None), "__doc__", None) or "")


def rule_of(item: pytest.Item) -> str:
    """First sentence of the check's docstring; without one, the item's own statement."""
    if not _marked(item):
        return first_sentence(item.stash[ITEM].holds)
    return first_sentence(_doc(item)) or item.stash[ITEM].holds


def runbook_of(item: pytest.Item) -> str:
    """Runbook to follow if the check fails; empty if it names none."""
    marker = item.get_closest_marker("item")
    return str(marker.kwargs.get("runbook") or "") if marker else ""


def require_mark_of_mutation(item: pytest.Item) -> bool:
    """Require that exactly the checks that use the gate have its marker, which selects them."""
    changes = GATE in needs_of(getattr(item, "fixturenames", ()))
    if changes != (item.get_closest_marker("mutates") is not None):
        raise UsageError(f"expected @pytest.mark.mutates where a measurement needs {GATE}, and only there")
    return changes
