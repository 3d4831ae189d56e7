"""Templates are compiled once for all runs, and anew where they changed."""

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from playbook.report.compiled import Compiled


def rendered(folder: Path, text: str) -> str:
    environment = Environment(loader=DictLoader({"page": text}), bytecode_cache=Compiled(folder), autoescape=True)
    return environment.get_template("page").render(name="Ada")


@pytest.fixture(autouse=True)
def _writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_second_run_compiles_no_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(tmp_path, "Hello {{ name }}") == "Hello Ada"
    monkeypatch.setattr(Environment, "compile", lambda *_: pytest.fail("compiled again"))
    assert rendered(tmp_path, "Hello {{ name }}") == "Hello Ada"


def test_changed_template_is_recompiled(tmp_path: Path) -> None:
    rendered(tmp_path, "Hello {{ name }}")
    assert rendered(tmp_path, "Good morning {{ name }}") == "Good morning Ada"


def test_damaged_cache_file_is_recompiled(tmp_path: Path) -> None:
    rendered(tmp_path, "Hello {{ name }}")
    (file,) = (tmp_path / "__pycache__").iterdir()
    file.write_bytes(file.read_bytes()[:60])
    assert rendered(tmp_path, "Hello {{ name }}") == "Hello Ada"


def test_no_cache_is_written_without_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path, "Hello {{ name }}") == "Hello Ada"
    assert list(tmp_path.iterdir()) == []


def test_unwritable_cache_folder_is_ignored(tmp_path: Path) -> None:
    assert rendered(tmp_path / "missing" / "far", "Hello {{ name }}") == "Hello Ada"
