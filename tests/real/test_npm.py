"""The real npm, where there is one, against the sandbox's registry: it says what the stand-in says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from playbook.clients.npm import Npm, npm
from playbook.core.errors import Denied, Malformed, Unmeasured, Unreachable
from playbook.settings.loading import load
from sandbox.security.npm import NpmService
from sandbox.serving.service import Context
from sandbox.world.npm import Advisory, NpmState
from tests.real.servers import program

pytestmark = pytest.mark.slow


class Registry:
    """The sandbox's registry and project, and the real npm and the stand-in to ask about them."""

    def __init__(self, service: NpmService, loop: asyncio.AbstractEventLoop, world: SimpleNamespace) -> None:
        self.service, self.loop, self.world = service, loop, world

    @property
    def state(self) -> NpmState:
        return self.service.state

    def show(self) -> None:
        """Take what was changed in the state."""
        asyncio.run_coroutine_threadsafe(self.service.apply(cast(Any, self.world)), self.loop).result(10)

    def ask(self, command: str | None = None) -> Npm:
        settings = self.service.settings()["npm"]
        target = {"kind": "sandbox", "npm": {**settings, **({"command": command} if command else {})}}
        return npm(load("sandbox", environment={}, overlay={"targets": {"sandbox": target}}))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    world = SimpleNamespace(npm=NpmState(), gone=set())
    context = Context(folder=tmp_path, ca=cast(Any, None), clock=cast(Any, None), world=cast(Any, world))
    service = NpmService()
    asyncio.run_coroutine_threadsafe(service.start(context), loop).result(10)
    try:
        yield Registry(service, loop, world)
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def real() -> str:
    return program("npm")


def test_stand_in_audit_matches_npm(registry, real):
    registry.state.advisories.append(Advisory("qs", "high", "A crafted query exhausts memory", "<6.14.0", 7))
    ours, theirs = registry.ask().audit(), registry.ask(real).audit()
    assert ours.vulnerabilities.keys() == theirs.vulnerabilities.keys() == {"pino", "qs", "express"}
    for name, mine in ours.vulnerabilities.items():
        other = theirs.vulnerabilities[name]
        assert (mine.severity, mine.isDirect, mine.via) == (other.severity, other.isDirect, other.via)
    assert ours.metadata == theirs.metadata


def test_stand_in_outdated_matches_npm(registry, real):
    ours, theirs = registry.ask().outdated(), registry.ask(real).outdated()
    assert ours == theirs
    assert ours.keys() == registry.ask().read().direct.keys()  # also what is at its newest


def test_unlisted_package_is_silently_omitted(registry, real):
    registry.state.unlisted.add("sharp")
    for command in (None, real):
        assert registry.ask(command).read().direct.keys() - registry.ask(command).outdated() == {"sharp"}


def test_audit_counts_match_lock_file(registry, real):
    for command in (None, real):
        assert registry.ask(command).audit().looked_at == registry.ask(command).read().packages == 7


def test_registry_without_advisories_is_detected(registry, real):
    for command in (None, real):
        assert registry.ask(command).knows_weaknesses()
    registry.state.blind = True
    for command in (None, real):
        assert registry.ask(command).audit().vulnerabilities == {}
        assert not registry.ask(command).knows_weaknesses()


def test_healthy_project_matches_npm(registry, real):
    registry.state.advisories.clear()
    for package in registry.state.packages.values():
        package.latest = package.locked
    registry.show()
    for command in (None, real):
        assert registry.ask(command).audit().vulnerabilities == {}
        found = registry.ask(command).outdated()
        assert {name: one.latest for name, one in found.items()} == registry.ask(command).read().locked


@pytest.mark.parametrize(("lever", "kind"), [("refuses", Denied), ("garbage", Malformed)])
def test_stand_in_refusals_match_npm(registry, real, lever, kind):
    setattr(registry.state, lever, True)
    for command in (None, real):
        for ask in (registry.ask(command).audit, registry.ask(command).outdated):
            with pytest.raises(Unmeasured) as caught:
                ask()
            assert type(caught.value) is kind, (command, caught.value)


def test_gone_registry_is_unreachable(registry, real):
    registry.world.gone = {"npm"}
    registry.show()
    for command in (None, real):
        for ask in (registry.ask(command).audit, registry.ask(command).outdated):
            with pytest.raises(Unreachable, match="ECONNREFUSED"):
                ask()


def test_project_settings_cannot_hide_outdated_packages(registry, real):
    (registry.service.project / ".npmrc").write_text("workspaces=false\nomit=dev\n", encoding="utf-8")
    assert "express" in registry.ask(real).outdated()
