"""Checks that another plugin or a conftest.py takes away after pytest has collected them.

The run misses them: what was not looked at is not good. What the command line leaves out, and what ``-m`` does not
choose, was not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from playbook.core.catalogue import Item
from playbook.hooks import load_options
from playbook.hooks.collecting import ITEM
from playbook.hooks.fixtures import TARGET
from playbook.hooks.shared import check_id, only_shows
from playbook.readers.load.order import MARKER

_COLLECTED = pytest.StashKey[list[pytest.Item]]()
EXPECTED = pytest.StashKey[list[pytest.Item]]()  # what a whole run has to execute, taken away or not
_BY_TARGET = pytest.StashKey[dict[str, dict[str, Item | None]]]()

Selected = tuple[str, str, Item | None]  # target, id of the check without the target, and item


def pytest_itemcollected(item: pytest.Item) -> None:
    if not only_shows(item.config):
        item.config.stash.setdefault(_COLLECTED, []).append(item)


def taken_away(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The checks that ``-m`` chooses and that are not among these any more."""
    there = set(map(id, items))
    collected = config.stash.get(_COLLECTED, [])
    config.stash[_COLLECTED] = []
    return [item for item in collected if id(item) not in there and _is_chosen(item)]


def expected_of(config: pytest.Config, target: str) -> dict[str, Item | None]:
    """The checks of one target that a whole run has to execute, by their id without the target."""
    if _BY_TARGET not in config.stash:
        by_target = config.stash[_BY_TARGET] = {}
        for item in config.stash.get(EXPECTED, ()):
            by_target.setdefault(item.stash[TARGET], {})[check_id(item)] = item.stash.get(ITEM, None)
    return config.stash[_BY_TARGET].get(target, {})


def _is_chosen(item: pytest.Item) -> bool:
    expression = item.config.option.markexpr or ""
    names = {mark.name for mark in item.iter_markers()}
    if MARKER in names and not load_options.chooses(expression, names):
        return False
    return not expression or load_options.selects(expression, names) is True


def selected(items: list[pytest.Item]) -> dict[str, Selected]:
    """What the controller has to know of these checks, by node id."""
    return {item.nodeid: (item.stash[TARGET], check_id(item), item.stash.get(ITEM, None)) for item in items}
