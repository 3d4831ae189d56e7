"""The registry of faults."""

import gc
import weakref
from datetime import UTC, datetime

import pytest

from playbook.core.errors import UsageError
from sandbox.faults import FAULTS, describe, fault, require_known, world_with
from sandbox.world import SERVICES, World

NOW = datetime(2026, 3, 9, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_fault_changes_healthy_world(name):
    assert name.replace("-", "").isalnum()
    assert name == name.lower()
    assert world_with([name], NOW) != World.healthy(NOW)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_be_gone(service):
    assert service in world_with([f"{service}-gone"], NOW).gone


def test_healthy_world_is_independent_of_previous():
    for name in FAULTS:
        world_with([name], NOW)
    assert world_with([], NOW) == World.healthy(NOW)


def test_world_is_freed_without_garbage_collection():
    """A sandbox freezes each new world with all else that is loaded, and one in a cycle would stay for ever."""
    gc.disable()
    try:
        assert [name for name in FAULTS if weakref.ref(world_with([name], NOW))() is not None] == []
    finally:
        gc.enable()


def test_faults_combine_and_count_once():
    world = world_with(["redis-cold-cache", "web-gone", "redis-cold-cache"], NOW)
    assert world.redis.hit_rate == 60
    assert world.gone == {"web"}


def test_unknown_fault_is_refused_with_suggestion():
    with pytest.raises(UsageError, match=r"unknown fault 'redis-cold-cach'; did you mean 'redis-cold-cache'\?"):
        require_known(["web-gone", "redis-cold-cach"])


def test_unrelated_fault_name_has_no_suggestion():
    with pytest.raises(UsageError, match=r"^unknown fault 'xyzzy' \(--list-faults"):
        require_known(["xyzzy"])


def test_fault_list_contains_summaries():
    lines = describe().splitlines()
    assert len(lines) == len(FAULTS)
    assert lines == sorted(lines)
    assert next(line for line in lines if line.startswith("web-gone ")).endswith(FAULTS["web-gone"].summary)


def test_duplicate_fault_name_is_refused():
    with pytest.raises(ValueError, match="web-gone is registered twice"):
        fault("web-gone", "again")(lambda world: None)
