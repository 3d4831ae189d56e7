"""Removing private data from a history: as a dry run, in the files, and in the past of git."""

import os
import shlex
import subprocess
from datetime import timedelta

import msgspec
import pytest

from playbook.__main__ import main
from playbook.core.audience import Audience
from playbook.core.counters import Counted
from playbook.core.verdict import Verdict
from playbook.history import deliveries, runs
from playbook.history import drill_records as records
from playbook.history.cleansing import SQUASH, count_team_lines
from playbook.history.deliveries import Delivery
from playbook.history.drill_records import DrillRecord
from playbook.history.runs import UNION, Finding
from tests.history_factory import NOW, run_line

CANARY = "alice@10.98.76.54"
KPI = {"target": "> 90 %", "warning": "< 80 %"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An old history: messages, numbers, titles and causes, a damaged line, a failed delivery."""
    for name in ("PLAYBOOK_CONFIG", "PLAYBOOK_TARGET", "PLAYBOOK_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "history"
    told = {
        "daily.kpi.cache-hit-rate": Finding(verdict=Verdict.CRITICAL, value=61.0, limit=KPI, message=CANARY),
        "monthly.access.mfa": Finding(
            verdict=Verdict.CRITICAL, value=1.0, limit=KPI, message=f"{CANARY} has none"
        ),
        "daily.redis.alive": Finding(verdict=Verdict.UNKNOWN, message=CANARY, cause="Redis"),
        "daily.health.api": Finding(verdict=Verdict.UNKNOWN, message=CANARY, cause=CANARY),
        "daily.local.shops.answers.alice": Finding(verdict=Verdict.WARNING, message=CANARY, title=CANARY),
        "daily.local.shops.answers.bob": Finding(verdict=Verdict.OK, title=CANARY),
        "daily.clock.skew": Finding(verdict=Verdict.OK, value=0.1, limit={"target": CANARY}),
    }
    readings = {"redis": Counted(at=NOW, counts={"hits": 1.0}), "own": Counted(at=NOW, counts={CANARY: 1.0})}
    runs.append(folder, run_line(told, ended=f"stopped by {CANARY}", readings=readings))
    runs.append(folder, run_line({"daily.health.api": Verdict.OK}, target="staging", started=NOW + timedelta(1)))
    with (folder / "runs" / "2026.jsonl").open("a") as file:
        file.write(f'{{"id": "cut, {CANARY}\n')
    sent = {"when": NOW, "target": "production", "what": "events", "channel": "webhook", "to": "the webhook"}
    deliveries.note(folder, Delivery(**sent, delivered=False, error=f"no answer from {CANARY}"))
    deliveries.note(folder, Delivery(**sent, delivered=False, error="HTTP 503: a page"))
    deliveries.note(folder, Delivery(**sent, delivered=True))
    return folder


def everything(folder):
    """The contents of all files."""
    return "".join(file.read_text() for file in sorted(folder.rglob("*.jsonl")))


def test_dry_run_lists_removals_and_changes_nothing(folder, capsys):
    """Lists the lines of each file and counts the removals of each item, without showing the contents."""
    before = everything(folder)
    assert main(["history", "--cleanse", "--history", str(folder)]) == 0
    said = capsys.readouterr().out
    assert everything(folder) == before
    assert "runs/2026.jsonl: 2 of 3 lines would be changed, 1 unreadable line would be removed" in said
    assert "deliveries/2026.jsonl: 2 of 3 lines would be changed" in said
    assert "message of monthly.access.mfa: 1 ×" in said
    assert "value of monthly.access.mfa: 1 ×" in said
    assert "value of daily.kpi.cache-hit-rate" not in said
    assert "Nothing was changed. Add --write" in said
    assert CANARY not in said


def test_written_history_keeps_only_verdicts_and_public_figures(folder, capsys):
    """Causes from the playbook stay, so incidents stay the same; a second run has nothing to do."""
    assert count_team_lines(folder) == 5
    assert main(["history", "--cleanse", "--write", "--history", str(folder)]) == 0
    assert "git push --force origin HEAD:history" in capsys.readouterr().out
    assert CANARY not in everything(folder)
    assert "alice" not in everything(folder)
    assert count_team_lines(folder) == 0
    read = runs.read(folder)
    assert not read.problems
    line = read.runs[0]
    assert line.audience is Audience.PUBLIC
    assert line.ended == "ended early"
    assert list(line.readings) == ["redis"]
    found = line.items
    assert (found["daily.kpi.cache-hit-rate"].value, found["daily.kpi.cache-hit-rate"].limit) == (61.0, KPI)
    assert found["monthly.access.mfa"] == Finding(
        verdict=Verdict.CRITICAL,
        message="Second factor: out of bounds (details are in the team's report)",
    )
    assert found["daily.redis.alive"].cause == "Redis"
    assert found["daily.health.api"].cause == ""
    assert found["daily.local.shops"].verdict == "WARNING"
    assert (found["daily.clock.skew"].value, found["daily.clock.skew"].limit) == (None, {})
    assert [each.error for each in deliveries.read(folder)] == ["not delivered", "HTTP 503", ""]
    assert main(["history", "--cleanse", "--history", str(folder)]) == 0
    assert "The history contains nothing that is for the team only." in capsys.readouterr().out


def test_drill_record_keeps_date_and_outcome(folder, capsys):
    """Its place becomes a digest; an unreadable record stays counted, as it may have been a failed drill."""
    file = folder / "drills.jsonl"
    told = {"item": "weekly.backups.restores", "target": "staging", "kind": "staging", "when": NOW}
    drill = DrillRecord(**told, source="s3://alice", what=CANARY, seconds=4.0, ok=True, result=CANARY, by=CANARY)
    records.add(str(file), drill)
    with file.open("a") as opened:
        opened.write(f'{{"cut by {CANARY}\n')
    assert main(["history", "--cleanse", "--write", "--history", str(folder)]) == 0
    assert "place and words of a drill: 1 ×" in capsys.readouterr().out
    assert "alice" not in everything(folder)
    assert count_team_lines(folder) == 0
    known = records.read(str(file), NOW)
    assert [(one.seconds, one.ok, records.is_of(one, "s3://alice")) for one in known.found] == [(4.0, True, True)]
    assert len(known.damaged) == 1


def test_lines_of_a_private_target_stay_unchanged(folder, tmp_path, capsys):
    """The setting says so, and the output says that the lines were left."""
    (tmp_path / "playbook.toml").write_text("[targets.production]\nprivate = true\n")
    assert main(["history", "--cleanse", "--write", "--history", str(folder)]) == 0
    assert "production: left as it is, as targets.production.private is true" in capsys.readouterr().out
    assert f"{CANARY} has none" in everything(folder)
    assert runs.read(folder).runs[1].audience is Audience.PUBLIC


def test_write_alone_is_refused(folder, capsys):
    """It would silently do nothing."""
    assert main(["history", "--write", "--history", str(folder)]) == 4
    assert "--write: expected --cleanse with it" in capsys.readouterr().err


def test_unwritable_folder_leaves_the_file_complete(folder, monkeypatch, capsys):
    """As after a full disk."""
    before = everything(folder)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["history", "--cleanse", "--write", "--history", str(folder)]) == 4
    assert "cannot be written: No space left on device" in capsys.readouterr().err
    assert everything(folder) == before
    assert not list(folder.rglob("*.part"))


@pytest.mark.slow
def test_printed_commands_remove_the_data_from_the_past_of_git(folder, tmp_path):
    """Runs the commands as printed in a separate clone; the first commit stays, so later runs can merge."""
    (folder / ".gitattributes").write_text(UNION)
    origin, clone = tmp_path / "origin.git", tmp_path / "cleansed"

    def git(*arguments, at):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        ended = subprocess.run(["git", *who, *arguments], cwd=at, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    git("init", "--quiet", "--bare", "--initial-branch=history", str(origin), at=tmp_path)
    git("init", "--quiet", "--initial-branch=history", at=folder)
    git("add", ".gitattributes", at=folder)
    git("commit", "--quiet", "-m", "The beginning", at=folder)
    beginning = git("rev-parse", "HEAD", at=folder).strip()
    git("add", "--all", at=folder)
    git("commit", "--quiet", "-m", "A run", at=folder)
    git("push", "--quiet", str(origin), "history", at=folder)

    commands = [line.strip() for line in SQUASH.splitlines() if line.startswith("  git ")]
    assert len(commands) == 3
    script = commands[0].replace("URL", shlex.quote(str(origin)))
    environment = os.environ | {
        f"GIT_{who}_{what}": "t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert main(["history", "--cleanse", "--write", "--history", str(clone)]) == 0
    for each in commands[1:]:
        subprocess.run(["sh", "-ec", each], cwd=clone, env=environment, check=True, capture_output=True)
    past = git("log", "-p", "history", at=origin)
    assert CANARY not in past
    assert "monthly.access.mfa" in past
    assert git("rev-list", "--max-parents=0", "history", at=origin).strip() == beginning


def test_public_line_stays_unchanged(tmp_path):
    """New lines are made from public results; their sentences are better than generated ones."""
    line = msgspec.structs.replace(run_line({"daily.health.api": Verdict.CRITICAL}), audience=Audience.PUBLIC)
    runs.append(tmp_path, line)
    before = everything(tmp_path)
    assert main(["history", "--cleanse", "--write", "--history", str(tmp_path)]) == 0
    assert everything(tmp_path) == before
