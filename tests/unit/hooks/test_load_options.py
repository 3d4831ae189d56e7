"""What starts a load test, what does not, and what is refused before anything is sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from playbook.hooks.load_options import chooses
from tests.preloaded import run_pytest

pytestmark = pytest.mark.slow

FILE = "checks/load/test_load.py"
ROOT = Path(__file__).resolve().parents[3]
STAGING = '[targets.staging.web]\nurl = "https://staging.example"\n'
HOSTS = '[targets.staging.load]\nhosts = ["staging.example"]\n'
PRODUCTION = (
    '[targets.production.web]\nurl = "https://portfolio.example"\n'
    '[targets.production.load]\nhosts = ["portfolio.example"]\n'
)
ALLOWED = PRODUCTION + "production = true\n"


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("load", True),
        ("load or daily", True),
        ("daily or load", True),
        ("load and not daily", True),
        ("(load)", True),
        ("", False),
        ("daily", False),
        ("not daily", False),
        ("not load", False),
        ("not (daily and load)", False),
        ("load or not load", False),
        ("not daily or load", False),
        ("load and daily", False),
        ("((", False),
    ],
)
def test_load_test_is_selected_only_by_its_marker(expression, chosen):
    """An expression that would choose the check without its marker did not ask for load."""
    assert chooses(expression, {"load", "item"}) is chosen


def run(tmp_path, text, *arguments, **environment):
    """pytest on the playbook with this playbook.toml, which nothing may come of."""
    file = tmp_path / "playbook.toml"
    file.write_text(text)
    own = {"PATH": os.environ["PATH"], "PLAYBOOK_CONFIG": str(file), "PYTHONDONTWRITEBYTECODE": "1"}
    arguments = (f"--reports={tmp_path / 'reports'}", *arguments)
    return run_pytest(*arguments, cwd=ROOT, env=own | environment, timeout=110)


REFUSED = {
    "unknown shape": (STAGING + HOSTS, ("--target", "staging", "--shape", "smok"), "did you mean 'smoke'?"),
    "over the cap": (
        STAGING + HOSTS + "most_users = 9\n",
        ("--target", "staging"),
        "load.shapes.smoke has 10 users, and load.most_users allows 9",
    ),
    "too many workers": (STAGING + HOSTS, ("--target", "staging", "--workers", "99"), "load.most_workers allows"),
    "xdist": (STAGING + HOSTS, ("--target", "staging", "-n", "2"), "omit -n (--workers N shares"),
    "another host": (
        STAGING + HOSTS.replace("staging.example", "other.example"),
        ("--target", "staging"),
        "no load goes to staging.example: targets.staging.web.url leads there",
    ),
    "production's host": (
        PRODUCTION
        + STAGING.replace("staging.example", "portfolio.example")
        + HOSTS.replace("staging.e", "portfolio.e"),
        ("--target", "staging"),
        "leads to portfolio.example, which is production's (targets.production.web.url)",
    ),
    "production once": (
        ALLOWED,
        ("--target", "production"),
        "repeated with --load-production production, got nothing",
    ),
    "production's other half": (
        PRODUCTION,
        ("--target", "production", "--load-production", "production"),
        "targets.production.load does not say production = true",
    ),
    "another's name": (
        ALLOWED,
        ("--target", "production", "--load-production", "staging"),
        "got --load-production staging",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_load_test_is_one_sentence_with_code_4(tmp_path, case):
    """Before anything is sent, and no report is left."""
    text, arguments, sentence = REFUSED[case]
    ended = run(tmp_path, text, "-m", "load", *arguments)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 4, said
    assert sentence in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("reports/*"))


@pytest.mark.parametrize("option", ["--load-production production", "--load-production=production"])
def test_production_name_from_variable_is_refused(tmp_path, option):
    """It would be for ever, unseen."""
    ended = run(tmp_path, ALLOWED, "-m", "load", "--target", "production", PYTEST_ADDOPTS=option)
    assert ended.returncode == 4
    assert "--load-production is accepted on the command line only" in ended.stdout + ended.stderr


def test_production_name_from_ini_file_is_refused(tmp_path):
    """The same."""
    arguments = ("-o", "addopts=-p no:locust --load-production production", "-m", "load", "--target", "production")
    ended = run(tmp_path, ALLOWED, *arguments)
    assert ended.returncode == 4
    assert "--load-production is accepted on the command line only" in ended.stdout + ended.stderr


@pytest.mark.parametrize("option", [("--shape", "smoke"), ("--workers", "1"), ("--load-production", "production")])
def test_load_option_without_load_marker_is_usage_error(tmp_path, option):
    """The option without a load set is a usage error."""
    ended = run(tmp_path, STAGING + HOSTS, "-m", "daily", "--target", "staging", *option)
    assert ended.returncode == 4
    assert f"{option[0]} is for load tests: expected -m load beside it" in ended.stdout + ended.stderr


def test_load_test_without_allowed_hosts_is_not_configured(tmp_path):
    """Each check says so, with the line to add; nothing was measured, so the run is UNKNOWN."""
    ended = run(tmp_path, STAGING, "-m", "load", "--target", "staging")
    assert ended.returncode == 10, ended.stdout + ended.stderr
    assert "[targets.staging.load]\n" in ended.stdout
    assert 'hosts = ["staging.example"]' in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("checks/load/test_load.py",),
        ("-m", "not daily", "checks/load/test_load.py"),
        ("-k", "load", "checks/load/test_load.py"),
    ],
)
def test_path_or_keyword_selects_no_load_test(tmp_path, arguments):
    """A path, a word and an expression that only leaves others out choose none of its checks."""
    ended = run(tmp_path, STAGING + HOSTS, "--target", "staging", *arguments)
    assert ended.returncode == 5, ended.stdout + ended.stderr
    assert "7 deselected" in ended.stdout
