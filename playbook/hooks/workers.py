"""The workers of pytest-xdist: what the controller tells them, and what it hears of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from playbook.core.record import Timing
from playbook.hooks.removed import Selected
from playbook.hooks.shared import (
    CONTROLLER,
    usage_errors,
)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    controller = node.config.stash[CONTROLLER]
    with usage_errors():
        controller.start()
    node.workerinput["playbook_overlay"] = controller.overlay
    node.workerinput["playbook_mutations"] = controller.allow_mutations
    node.workerinput["playbook_histories"] = {
        name: str(target.history) for name, target in controller.targets.items()
    }


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    controller = config.stash.get(CONTROLLER, None)
    if controller is None or not controller.many:
        return None
    from playbook.run.spread import ByTarget

    return ByTarget(config, log, controller.targets)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    controller = node.config.stash[CONTROLLER]
    if not controller.has_begun:
        controller.note_ids(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    output, controller = getattr(node, "workeroutput", {}), node.config.stash[CONTROLLER]
    controller.note_expected(msgspec.json.decode(output.get("playbook_expected", b"{}"), type=dict[str, Selected]))
    if not controller.many:
        controller.first.timings += msgspec.json.decode(output.get("playbook_timings", b"[]"), type=list[Timing])
        controller.first.run.left_out |= output.get("playbook_left_out", {})
