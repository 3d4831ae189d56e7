"""``python -m loadtests plan``: a plan's file for processes that are started by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from loadtests.__main__ import main
from loadtests.plans import read
from sandbox.launcher import ATTACH_VARIABLE, attach_address, start
from tests.unit.loadtests import locusts
from tests.unit.loadtests.locusts import ROOT
from tests.unit.loadtests.plans import plan_of


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the settings' defaults alone, as the current one."""
    shutil.copy(ROOT / "pytest.ini", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(ATTACH_VARIABLE, raising=False)
    return tmp_path


@pytest.mark.slow
def test_plan_of_running_sandbox_is_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the suite would make it, for this many workers; the outcome goes beside it."""
    with start() as sandbox:
        monkeypatch.setenv(ATTACH_VARIABLE, attach_address(sandbox.control, sandbox.token))
        assert main(["plan", "--shape", "ramp", "--workers", "3"]) == 0
        plan = read(project / "plan.json")
        assert plan.host == sandbox.settings["web"]["url"]
    assert (plan.shape, plan.workers) == ("ramp", 3)
    assert plan.outcome == str(project / "load.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "$PLAYBOOK_SANDBOX is not set"),
        (["--target", "elsewhere"], "elsewhere"),
        (["--out", "none/plan.json"], "$PLAYBOOK_SANDBOX is not set"),
    ],
    ids=["no sandbox", "no such target", "no folder"],
)
def test_unplannable_test_is_one_sentence_with_code_4(
    arguments: list[str], message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 4, and no file."""
    assert main(["plan", *arguments]) == 4
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list(project.glob("*.json"))


def test_production_requires_repeated_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same permission as the suite asks for: the settings must say so, and the command line must repeat it."""
    (project / "playbook.toml").write_text(
        '[targets.production]\nkind = "production"\n'
        '[targets.production.web]\nurl = "https://portfolio.example"\n'
        '[targets.production.load]\nhosts = ["portfolio.example"]\n'
    )
    command = ["plan", "--target", "production", "--load-production", "production"]
    assert main(command) == 4
    assert "production = true" in capsys.readouterr().err
    with (project / "playbook.toml").open("a") as file:
        file.write("production = true\n")
    assert main(command[:3]) == 4
    assert "--load-production production" in capsys.readouterr().err
    assert main(command) == 0
    assert read(project / "plan.json").host == "https://portfolio.example:443"


def test_plan_paths_are_relative_to_its_folder(tmp_path: Path) -> None:
    """So that a folder with both can be taken to another machine."""
    (tmp_path / "plan.json").write_bytes(msgspec.json.encode(plan_of(80, outcome="load.json", ca="ca.pem")))
    plan = read(tmp_path / "plan.json")
    assert (plan.outcome, plan.ca) == (str(tmp_path / "load.json"), str(tmp_path / "ca.pem"))


@pytest.mark.slow
def test_unwritable_outcome_is_one_sentence(tmp_path: Path) -> None:
    """Before anything is asked; no traceback."""
    process = locusts.begin(plan_of(80, outcome="none/load.json"), tmp_path)
    said = locusts.finish(process)
    assert process.returncode == 4, said
    assert said.splitlines()[-1].startswith("the load test cannot start: ")
    assert said.splitlines()[-1].endswith("cannot be written: No such file or directory")
