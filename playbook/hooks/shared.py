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
from playbook.run import Run
from playbook.run.turns import Turns
from playbook.settings.loading import Settings

CONTROLLER = pytest.StashKey[Controller]()
WANTED = pytest.StashKey[collecting.Wanted]()
TURNS = pytest.StashKey[Turns]()  # where there are many targets

# A run begins with its first check, so what executes none needs no mention. These are named for what would come
# before that: the workers of xdist with their sandbox, and fixtures that are set up for no check.
_SHOW_ONLY = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test", "cacheshow")


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def only_shows(config: pytest.Config) -> bool:
    """Whether no check is executed, as something is only listed."""
    return any(getattr(config.option, name, False) for name in _SHOW_ONLY)


@contextmanager
def usage_errors() -> Iterator[None]:
    """What whoever started pytest has got wrong, as pytest says that: in a sentence, with code 4."""
    try:
        yield
    except UsageError as error:
        raise pytest.UsageError(door.text(str(error))) from None


def targets_of(config: pytest.Config) -> list[str]:
    """The names of the session's targets, in their order."""
    controller = config.stash.get(CONTROLLER, None)
    return list(controller.targets if controller else config.stash.get(RUNS, {}))


def settings_by_target(config: pytest.Config) -> dict[str, Settings]:
    """The settings of each target."""
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        return {name: target.settings for name, target in controller.targets.items()}
    return {name: run.settings for name, run in config.stash[RUNS].items()}


def check_id(item: pytest.Item) -> str:
    """The id of a check, as a record has it."""
    return item.stash.get(CHECK, None) or item.nodeid


def measure(run: Run, items: Iterable[pytest.Item]) -> None:
    """Start what these checks will ask for, side by side."""
    # A worker of xdist does not know which checks it will get, so it measures what they ask for when they do; of
    # many targets it gets all checks of one.
    # A load test begins when the first check asks for it, which is after all others are done.
    early = [item for item in items if not needs_load(item)]
    names = dict.fromkeys(name for item in early for name in getattr(item, "fixturenames", ()))
    run.measurements.start(name for name in names if name in REGISTRY)


def needs_load(item: pytest.Item) -> bool:
    """Whether a check waits for a load test."""
    return load_options.MEASUREMENT in needs_of(getattr(item, "fixturenames", ()))
