"""The suite as an installed package: a project has its settings, its people and its own checks."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement

from playbook.core import installed as project
from playbook.core import places
from playbook.core.catalogue import read_catalogue
from playbook.core.record import Results
from tests.leisure import AT_LEISURE

ROOT = Path(__file__).resolve().parents[3]
DAILY = len(read_catalogue().ids_of("daily"))
OWN = '''
import msgspec
import pytest

from playbook.settings.sections.mistakes import sentence
from playbook.settings.sections.target import Target

@pytest.mark.daily
def test_shop_answers(website):
    """The shop answers."""
    assert website.get("/").status == 200

@pytest.mark.daily
def test_library_asserts():
    """Only a function of the suite asserts something, which is no judgement."""
    sentence(msgspec.ValidationError("wrong"), "playbook.toml", "shop", Target)
'''


# ------------------------------------------------------------------------------------------------- without a build


def test_every_ini_setting_is_assigned():
    """A new one must be said to be for projects, or for a checkout alone."""
    known = {*project._DEFAULTS, *project._LISTS, *project._CHECKOUT}
    assert set(project.shipped_ini()) == known


def test_package_requirements_match_requirements_txt():
    """The same packages as requirements.txt, and its versions are allowed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {each.name: each for each in map(Requirement, project["dependencies"])}
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    pinned = {each.name: each for each in map(Requirement, filter(None, lines))}
    assert asked.keys() == pinned.keys()
    for name, one in pinned.items():
        version = str(one.specifier).removeprefix("==")
        assert asked[name].specifier.contains(version)
        assert str(asked[name].marker) == str(one.marker)


@pytest.mark.parametrize(
    ("check", "path", "file"),
    [
        (
            "playbook.checks.web.test_web::test_x[a.b::c]",
            "playbook/checks/web/test_web.py",
            ROOT / "playbook/checks/web/test_web.py",
        ),
        ("checks/local/test_web.py::test_x", "checks/local/test_web.py", Path("/team/checks/local/test_web.py")),
    ],
)
def test_check_id_leads_to_its_file(check, path, file):
    """The shipped ones by their module, own ones by their path."""
    assert places.path_of(check) == path
    assert places.file_of(check, Path("/team")) == file


# ---------------------------------------------------------------------------------------------------- from a wheel


def results(folder):
    """Of the newest run there."""
    *_, newest = sorted(folder.glob("reports/*/results.json"))
    return msgspec.json.decode(newest.read_bytes(), type=Results)


def written(environment):
    """What lies in the environment, to find what was written into it."""
    return {path for path in environment.parent.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.slow
def test_daily_runs_from_empty_folder(installed, call, tmp_path, tmp_path_factory):
    """On the embedded system; report and history are in that folder, and nothing in the package."""
    before = written(installed)
    settings = tmp_path_factory.mktemp("settings") / "playbook.toml"
    settings.write_text(AT_LEISURE)
    ended = call("playbook", "run", "daily", "--target", "sandbox", PLAYBOOK_CONFIG=str(settings))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    run = results(tmp_path)
    assert (run.verdict, len(run.records), run.partial) == ("OK", DAILY, False)
    assert {path.name for path in (tmp_path / "reports").iterdir()} >= {"history", "latest"}
    assert {path.name for path in tmp_path.iterdir()} == {"reports", ".pytest_cache"}
    assert written(installed) == before


@pytest.mark.slow
@pytest.mark.parametrize(("conftest", "more"), [("", ("-n", "2")), ('pytest_plugins = ["playbook.plugin"]\n', ())])
def test_own_checks_run_beside_shipped_ones(call, run_installed, tmp_path, conftest, more):
    """Also from a file named as a shipped one, and where the project's conftest.py asks for the plugin itself.

    With workers all of it are processes that load what is installed.
    """
    (tmp_path / "checks" / "local").mkdir(parents=True)
    (tmp_path / "checks" / "local" / "test_web.py").write_text(OWN)
    (tmp_path / "playbook.toml").write_text('default_target = "sandbox"\n')
    if conftest:
        (tmp_path / "conftest.py").write_text(conftest)
    arguments = ("-m", "daily", *more)
    ended = call("python", "-m", "pytest", *arguments) if more else run_installed(*arguments)
    assert ended.returncode == 10, ended.stdout + ended.stderr
    told = {record.check: record for record in results(tmp_path).records}
    assert len(told) == DAILY + 2
    assert told["checks/local/test_web.py::test_shop_answers"].verdict == "OK"
    assert told["checks/local/test_web.py::test_library_asserts"].verdict == "UNKNOWN"
    shipped = told["playbook.checks.web.test_web::test_homepage_answers_fast"]
    assert (shipped.verdict, shipped.subject) == ("OK", "web")
    assert shipped.look_again.endswith(
        "pytest --pyargs playbook.checks.web.test_web::test_homepage_answers_fast --target sandbox"
    )


@pytest.mark.slow
def test_failing_checks_are_repeated_by_name(call, tmp_path):
    """By the names that the first run gave them."""
    (tmp_path / "playbook.toml").write_text("[incidents]\nrecheck_after_seconds = 0.0\n")
    ended = call("playbook", "run", "daily", "--fault", "redis-gone")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "repeated: 4 of 4 checks still bad" in ended.stdout


@pytest.mark.slow
def test_shipped_checks_are_named_by_package(run_installed):
    """As pytest names what is installed; one of them too."""
    every = run_installed("--pyargs", "playbook.checks", "-m", "daily", "--collect-only", "-q")
    one = run_installed("--pyargs", "playbook.checks.tls.test_tls", "--collect-only", "-q")
    assert re.search(rf"^{DAILY}/\d+ tests collected", every.stdout, re.MULTILINE)
    assert "playbook.checks.tls.test_tls::" in one.stdout
    assert "test_web" not in one.stdout


@pytest.mark.slow
def test_naming_package_runs_whole_set(run_installed, tmp_path):
    """So that its floor counts; with one file of it that says nothing."""
    (tmp_path / "playbook.toml").write_text("")
    for named, partial in (("playbook.checks", False), ("playbook.checks.app.test_clock", True)):
        run_installed("--pyargs", named, "-m", "daily")
        assert results(tmp_path).partial is partial


@pytest.mark.slow
def test_other_projects_are_unaffected(call, tmp_path):
    """Pytest runs their tests as if the playbook were not installed."""
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    assert True\n")
    ended = call("python", "-m", "pytest")
    assert "1 passed" in ended.stdout
    assert "target" not in ended.stdout + ended.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.slow
def test_checkout_takes_precedence_over_package(call):
    """Also with the package installed: its plugin, its checks and its pytest.ini."""
    ended = call(
        "python", "-m", "pytest", "-m", "daily", "--collect-only", "-q", "-p", "no:cacheprovider", cwd=ROOT
    )
    assert "checks/web/test_web.py::test_homepage_answers_fast" in ended.stdout
    assert "playbook.checks" not in ended.stdout
    where = "import playbook.plugin, sys; print(playbook.plugin.__file__)"
    assert str(ROOT) in call("python", "-c", where, cwd=ROOT).stdout


@pytest.mark.slow
def test_help_shows_program_name(call):
    """In its help, which comes with no command at all."""
    ended = call("playbook")
    assert ended.returncode == 0
    assert ended.stdout.startswith("usage: playbook ")
