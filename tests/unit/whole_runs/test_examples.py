"""The worked examples of docs/examples: each with an installed suite, on a sandbox made like its product."""

import re
import shutil
import tomllib

import msgspec
import pytest

from playbook.core.places import ROOT
from playbook.core.record import Results
from playbook.settings.loading import load
from sandbox.launcher import ATTACH_VARIABLE, attach_address, start
from tests.leisure import AT_LEISURE

FOLDER = ROOT / "docs" / "examples"
EXAMPLES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
SETS = ("daily", "weekly", "monthly")


def copied(name, folder):
    """The example as a project, for the sandbox instead of production: what its page says to try it.

    Its limits of times are left out, and the usual ones are not of a busy machine.
    """
    shutil.copytree(FOLDER / name, folder, dirs_exist_ok=True)
    file = folder / "playbook.toml"
    text = file.read_text().replace("[targets.production", "[targets.sandbox").replace('"production"', '"sandbox"')
    of_times = r'\[targets\.sandbox\.limits\.\w+\]\n((target|warning|critical) = "[<>] [\d.]+ (s|ms)"\n)+'
    file.write_text(re.sub(of_times, "", text) + AT_LEISURE)


def results(folder, set_name):
    """Of the newest run of a set."""
    *_, newest = sorted(folder.glob(f"reports/sandbox-{set_name}-*/results.json"))
    return msgspec.json.decode(newest.read_bytes(), type=Results)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_loads(name):
    """And names the variables it needs, of which none is a secret by itself."""
    settings = load("production", root=FOLDER / name, environment={"SITE_URL": "https://a.example"})
    assert settings.target.without
    assert settings.target.digitalocean.token is None


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_readme_covers_parts_variables_and_checks(name):
    """Its page names every part that it does without, every variable, and each file of own checks."""
    page = (FOLDER / name / "README.md").read_text()
    text = (FOLDER / name / "playbook.toml").read_text()
    target = tomllib.loads(text)["targets"]["production"]
    wanted = [*target["without"], *re.findall(r"\"\$\{(\w+)\}", text)]
    wanted += [path.name for path in (FOLDER / name / "checks" / "local").glob("test_*.py")]
    assert [word for word in dict.fromkeys(wanted) if f"`{word}`" not in page and f"${word}" not in page] == []


@pytest.fixture(scope="module", params=EXAMPLES)
def product(request):
    """An example, and a sandbox that is such a product."""
    with start(product=request.param) as sandbox:
        yield request.param, sandbox


@pytest.fixture
def pytest_on(run_installed, product, tmp_path):
    """Run pytest on that sandbox, in the example's project."""
    name, sandbox = product
    copied(name, tmp_path)

    def run(*arguments):
        attach = {ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token)}
        return run_installed(*arguments, **attach)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("set_name", SETS)
def test_example_is_ok_on_its_product(pytest_on, product, tmp_path, set_name):
    """Everything that its product has is executed and OK, its own checks too, and its floors fit."""
    name, sandbox = product
    sandbox.set_faults([])
    target = tomllib.loads((tmp_path / "playbook.toml").read_text())["targets"]["sandbox"]
    ended = pytest_on("-m", set_name)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    run = results(tmp_path, set_name)
    assert {record.item: str(record.verdict) for record in run.records if record.verdict != "OK"} == {}
    own = [record for record in run.records if record.check.startswith("checks/local/")]
    assert bool(own) is (set_name == "daily" or (name == "django-shop" and set_name == "weekly"))
    assert [part.part for part in run.left_out] == target["without"]
    assert target["floors"][set_name] <= len(run.records) - len(own)


@pytest.mark.slow
def test_example_detects_faults(pytest_on, product, tmp_path):
    """With what it does without, nothing else is lost."""
    fault, item = {
        "static-site": ("app-not-active", "daily.app.active"),
        "django-shop": ("redis-gone", "daily.health.api"),
    }[product[0]]
    ended = pytest_on("-m", "daily", "--fault", fault)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert item in {record.item for record in results(tmp_path, "daily").records if record.verdict == "CRITICAL"}
