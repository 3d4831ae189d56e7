"""What load tests share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from loadtests import launch
from tests.unit.loadtests import locusts
from tests.unit.loadtests.forked import CAN_FORK, Server


@pytest.fixture(scope="session")
def _forking() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Locust of the test is a fork of one that was loaded before, where that is possible."""
    if CAN_FORK:
        server: Server = request.getfixturevalue("_forking")
        stand_in = SimpleNamespace(**{**vars(subprocess), "Popen": server.popen})
        for module in (launch, locusts):
            monkeypatch.setattr(module, "subprocess", stand_in)
