"""Doctor says who may read what a target's runs leave."""

import pytest

from playbook.cli.audiences import who_may_read
from playbook.core.verdict import Verdict
from playbook.history import runs
from playbook.settings.loading import load
from tests.history_factory import run_line


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What is said of production, by whether it is private."""
    for name in ("PLAYBOOK_CONFIG", "PLAYBOOK_TARGET", "PLAYBOOK_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def say(private):
        own = {"targets": {"production": {"private": private}}}
        return list(who_may_read(load("production", root=tmp_path, environment={}, overlay=own)))

    return say


def test_default_audience_is_public_and_names_setting(told):
    """With where the rest stands."""
    assert told(False) == [
        "WHO MAY READ WHAT",
        "everybody verdicts, figures of public items, sentences without private details "
        "(targets.production.private is false)",
        "team      the report in the run's folder, and what is printed on the terminal",
    ]


def test_private_target_says_everything_is_kept(told):
    """And what that asks of the repository."""
    lines = told(True)
    assert lines[1].startswith("team      all of it: targets.production.private is true")
    assert "refuses a repository unless it is known to be private" in lines[2]


def test_old_lines_with_team_data_are_counted(told, tmp_path):
    """Of a private target they are as they should be."""
    runs.append(tmp_path / "reports" / "history", run_line({"daily.health.api": Verdict.CRITICAL}))
    assert told(False)[-1] == (
        "warning   1 line in reports/history may hold what only the team reads: `history --cleanse` lists them"
    )
    assert not any("warning" in line for line in told(True))
