"""A folder with checks of its own, to run the plugin in by the front door."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from playbook.core.record import Results
from playbook.history.people.waivers import waive
from tests.preloaded import run_pytest

ROOT = Path(__file__).resolve().parents[1]
DAILY = ("-m", "daily")

PRELUDE = """
import pytest

from playbook.core.errors import Unreachable

def check(item):
    return lambda function: pytest.mark.daily(pytest.mark.item(item)(function))
"""

INI = """
[pytest]
strict = true
testpaths = checks
addopts = -p no:locust -p no:valkey -p no:anyio -p no:hypothesispytest -p no:cacheprovider --capture=sys
timeout = 60
timeout_method = signal
enable_assertion_pass_hook = true
verbosity_assertions = 2
markers =
    daily: daily
    weekly: weekly
    load: load
    item(id, runbook=None): item
"""


class Project:
    """A folder with checks of its own, on a staging target that has no services."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "checks").mkdir()
        (folder / "conftest.py").write_text('pytest_plugins = ["playbook.plugin"]\n')
        (folder / "pytest.ini").write_text(INI)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PLAYBOOK_TARGET": "staging",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.floors(1)

    def floors(self, daily):
        """Set the floor."""
        (self.folder / "playbook.toml").write_text(f"[targets.staging.floors]\ndaily = {daily}\n")

    def write(self, text, name="test_made_up"):
        """Write a file of checks."""
        (self.folder / "checks" / f"{name}.py").write_text(PRELUDE + text)

    def command(self, *arguments):
        """The command line."""
        return [sys.executable, "-m", "pytest", *(arguments or DAILY)]

    def run(self, *arguments, **environment):
        """Run pytest to its end."""
        return run_pytest(*(arguments or DAILY), cwd=self.folder, env=self.environment | environment, timeout=200)

    def python(self, *command):
        """Run another command in the folder to its end."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def waive(self, item):
        """Accept what is found about an item, for today."""
        with (self.folder / "playbook.toml").open("a") as file:
            file.write('[people]\nwaivers = "waivers.jsonl"\n')
        now = datetime.now(UTC)
        accepted = {"until": now.date() + timedelta(days=1), "reason": "it moves", "who": "Ada", "most_days": 30}
        accepted["covers"] = "CRITICAL"
        waive(self.folder / "waivers.jsonl", item, now=now, **accepted)

    def results(self):
        """The newest results.json."""
        (file,) = sorted(self.folder.glob("reports/staging-*/results.json"))
        return msgspec.json.decode(file.read_bytes(), type=Results)


GOOD = """
@check("daily.health.api")
def test_good(judge, limits):
    "It is good. Really."
    judge(95, limits.cache_hit_rate)
"""
WARNED = """
@check("daily.kpi.cache-hit-rate")
def test_warned(judge, limits):
    "It is so so."
    judge(75, limits.cache_hit_rate)
"""
BAD = """
@check("daily.kpi.availability")
def test_bad(judge, limits):
    "It is bad."
    judge(60, limits.cache_hit_rate)
"""
AWAY = """
@check("daily.redis.alive")
def test_away(judge):
    "It is away."
    raise Unreachable("Redis: connection refused", service="Redis")
"""
NOT_CONFIGURED = """
@check("daily.app.active")
def test_not_configured(judge, settings):
    "It is not configured."
    settings.require(settings.target.redis.url, "redis.url", "Redis")
"""
UNJUDGED = """
@check("daily.app.components")
def test_unjudged():
    "It judges nothing."
"""
CRASH = """
@check("daily.deployments.recent")
def test_crash():
    "It crashes."
    raise ValueError("it crashes")
"""
WAIVED = """
@check("daily.logs.errors")
def test_waived(judge, limits):
    "It is bad, and that is accepted."
    judge(60, limits.cache_hit_rate)
"""
FAILING_TEARDOWN = """
@pytest.fixture
def closing():
    yield
    raise OSError("cannot close")

@check("daily.probe.homepage")
def test_teardown(closing, judge, limits):
    "Its teardown fails."
    judge(95, limits.cache_hit_rate)
"""
