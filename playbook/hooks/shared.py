"""What the hooks share: where pytest's configuration keeps the run, and small questions about a session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from playbook.core import door
from playbook.core.engine import REGISTRY, needs_of
from playbook.core.errors import UsageError
from playbook.hooks import collecting, load_options
from playbook.hooks.collecting import CHECK
from playbook.hooks.controller import Controller
from playbook.hooks.fixtures import RUNS
from playbook.run.run import Run
from playbook.run.turns import Turns

CONTROLLER = pytest.StashKey[Controller]()
WANTED = pytest.StashKey[collecting.Wanted]()
TURNS = pytest.StashKey[Turns]()  # with many targets

# A run begins with its first check, so options that execute none need no mention. These are listed for what would
# happen before that: xdist workers with their sandbox, and fixtures set up without a check.
_SHOW_ONLY = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test", "cacheshow")


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def only_shows(config: pytest.Config) -> bool:
    """Whether no check is executed, as something is only listed."""
    return any(getattr(config.option, name, False) for name in _SHOW_ONLY)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Report usage errors as pytest does: one sentence, exit code 4."""
    try:
        yield
    except UsageError as error:
        raise pytest.UsageError(door.text(str(error))) from None


def runs_by_target(config: pytest.Config) -> dict[str, Run]:
    """The run of each target of the session, in their order, whether it has begun or not."""
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        return {name: target.run for name, target in controller.targets.items()}
    return config.stash.get(RUNS, {})


def check_id(item: pytest.Item) -> str:
    """Id of a check, as in its record."""
    return item.stash.get(CHECK, None) or item.nodeid


def measure(run: Run, items: Iterable[pytest.Item]) -> None:
    """Start what these checks will ask for, side by side."""
    # An xdist worker does not know which checks it will get, so it measures on demand; with many targets it gets
    # all checks of a target. A load test begins with the first check that needs it, after all others are done.
    early = [item for item in items if not needs_load(item)]
    names = dict.fromkeys(name for item in early for name in getattr(item, "fixturenames", ()))
    run.measurements.start(name for name in names if name in REGISTRY)


def needs_load(item: pytest.Item) -> bool:
    """Whether a check waits for a load test."""
    return load_options.MEASUREMENT in needs_of(getattr(item, "fixturenames", ()))
