"""Fixtures: every client and measurement by name, and the objects that a check judges with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from playbook.core.engine import REGISTRY
from playbook.core.errors import NotConfigured, Skipped, Unmeasured
from playbook.run.notes import Notes
from playbook.run.run import Run, load_providers

if TYPE_CHECKING:
    from redis import Redis

    from playbook.clients.digitalocean import DigitalOceanApi
    from playbook.clients.http import HttpClient
    from playbook.clients.redis import ReadOnlyRedis
    from playbook.clients.transport import httpx
    from playbook.core.clock import Clock
    from playbook.core.judge import Judge
    from playbook.settings.model import Settings
    from playbook.settings.sections.limits import Limits

RUNS = pytest.StashKey[dict[str, Run]]()  # by target, of those that have begun
TARGET = pytest.StashKey[str]()  # of a check
NOTES = pytest.StashKey[Notes]()


def run_of(node: pytest.Item) -> Run:
    """The run of the check's target."""
    return node.config.stash[RUNS][node.stash[TARGET]]


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """Compares what was measured with what was expected: ``judge(value, limit)`` or ``judge.that(…)``."""
    return request.node.stash[NOTES].judge  # type: ignore[no-any-return]


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of the chosen target."""
    return run_of(request.node).settings


@pytest.fixture
def limits(settings: Settings) -> Limits:
    """The limits, by name."""
    return settings.limits


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Clock:
    """The time of the run."""
    return run_of(request.node).clock


@pytest.fixture
def playbook_target(request: pytest.FixtureRequest) -> str:
    """Name of the target that the check is run for."""
    return str(request.node.stash[TARGET])


# The libraries' own clients, for checks that want to ask for themselves. One for each check, so that none inherits
# the other's cookies or a client that it has closed.


@pytest.fixture
def httpx_client(website: HttpClient) -> Iterator[httpx.Client]:
    """An httpx.Client of the website that sends GET, HEAD and OPTIONS only: ``.get("/health").status_code``."""
    from playbook.clients.libraries.httpx_client import open_httpx

    with open_httpx(website) as client:
        yield client


@pytest.fixture
def redis_client(redis: ReadOnlyRedis) -> Iterator[Redis]:
    """A redis.Redis of the target that sends only what reads: ``.get("key")``; its answers are strings."""
    from playbook.clients.libraries.redis_client import open_redis

    with closing(open_redis(redis)) as client:
        yield client


@pytest.fixture
def pydo_client(digitalocean: DigitalOceanApi) -> Any:
    """A pydo.Client of the target's account, GET only: ``.apps.list()``."""
    from playbook.clients.libraries.pydo_client import open_pydo_client

    return open_pydo_client(digitalocean)


def _provider_fixture(name: str) -> Callable[..., Any]:
    def provide(request: pytest.FixtureRequest) -> Any:
        run = run_of(request.node)
        outcome = run.measurements.outcome(name)
        if outcome.absent:
            # An item is judged on the parts that the product has; a check that was named reports a missing one.
            if request.node.get_closest_marker("item") is None:
                where = f"targets.{run.settings.target.name}.without"
                raise Skipped(f"{name} is about what is not part of this product ({where})")
            return None
        notes = request.node.stash[NOTES]
        notes.look(outcome)
        if isinstance(outcome.error, NotConfigured | Unmeasured) and _is_one_of_several(name, request):
            notes.without(name, outcome.error)
            return None
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    _provided[name] = provide
    return pytest.fixture(name=name)(provide)


def _is_one_of_several(name: str, request: pytest.FixtureRequest) -> bool:
    """Whether an item is judged on other measurements too, so that this one may be None, as if it were absent.

    All of them are started, as a worker measures only what a check requests.
    """
    if request.node.get_closest_marker("item") is None or "judge" not in request.fixturenames:
        return False
    several = [one for one in request.fixturenames if one in REGISTRY and not REGISTRY[one].is_client]
    run_of(request.node).measurements.start(several)
    return name in several and len(several) > 1


def describe() -> None:
    """Say of each what it gives, for ``--fixtures``: that is known to the modules, which this imports."""
    for name, provide in _provided.items():
        provide.__doc__ = REGISTRY[name].summary


_provided: dict[str, Callable[..., Any]] = {}
load_providers()
for _name in REGISTRY:
    globals()[f"_{_name}_fixture"] = _provider_fixture(_name)
