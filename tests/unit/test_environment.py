"""What threads and the programs that they start get of an environment that changes meanwhile."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from playbook.environment import environment
from playbook.guard import Guard

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


def test_children_get_the_environment_or_what_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never none: that would be the one that changes."""
    monkeypatch.setenv("MINE", "yes")
    given = []
    start = subprocess.Popen

    def popen(*arguments: Any, **named: Any) -> Any:
        given.append(named["env"])
        return start(*arguments, **named)

    monkeypatch.setattr(subprocess, "Popen", popen)
    guard = Guard(tmp_path)
    try:
        for number, variables in enumerate((None, {"PATH": os.environ["PATH"]})):
            output = tmp_path / f"log{number}"
            guard.spawn(["env"], b"", output, variables=variables).wait(60)
            assert ("MINE=yes" in output.read_text()) == (variables is None)
    finally:
        guard.end()
    assert all(isinstance(each, dict) for each in given)
