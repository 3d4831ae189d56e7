"""The branches that outlive a job: two clones and a bare repository, and both push at once."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from playbook.cli.ci import branches as module
from playbook.cli.ci.branches import Branches, newest
from playbook.core.errors import UsageError

pytestmark = pytest.mark.slow


def git(*arguments: str, at: Path) -> str:
    """What git says; a failure fails the test."""
    ended = subprocess.run(["git", *arguments], cwd=at, capture_output=True, text=True, timeout=120, check=True)
    return ended.stdout.strip()


@pytest.fixture
def clones(tmp_path):
    """Two clones of one bare repository that has one commit."""
    origin = tmp_path / "origin.git"
    git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), at=tmp_path)
    git("clone", "--quiet", str(origin), "seed", at=tmp_path)
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    git(*who, "commit", "--quiet", "--allow-empty", "-m", "first", at=tmp_path / "seed")
    git("push", "--quiet", "origin", "HEAD:main", at=tmp_path / "seed")
    for name in ("a", "b"):
        git("clone", "--quiet", str(origin), name, at=tmp_path)
    return origin, tmp_path / "a", tmp_path / "b"


def add_line(folder: Path, line: str) -> None:
    """A line of a run."""
    (folder / "runs").mkdir(exist_ok=True)
    with (folder / "runs" / "2026.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def lines_of(origin: Path) -> list[str]:
    """What the branch holds."""
    return sorted(git("show", "history:runs/2026.jsonl", at=origin).splitlines())


def a_report(folder: Path, name: str) -> Path:
    """A report's folder."""
    report = folder / "made" / name
    report.mkdir(parents=True)
    for file in ("results.json", "index.html", "pytest-html.html"):
        (report / file).write_text(name, encoding="utf-8")
    return report


def void(_: object) -> None:
    """Nothing."""


def no_wait(_: float) -> None:
    """Tests do not sleep for luck."""


def test_first_push_creates_history_branch(clones):
    """Where there is no branch, the first push makes it; the next job has the lines."""
    origin, a, b = clones
    first = Branches(a)
    first.fetch_history(a / "data" / "history")
    assert first.push_history(a / "data" / "history", "nothing") is False
    add_line(a / "data" / "history", "one")
    assert first.push_history(a / "data" / "history", "Run one") is True
    second = Branches(b)
    second.fetch_history(b / "data" / "history")
    add_line(b / "data" / "history", "two")
    second.push_history(b / "data" / "history", "Run two")
    assert lines_of(origin) == ["one", "two"]
    assert git("log", "--format=%s", "history", at=origin).splitlines() == ["Run two", "Run one", "The beginning"]
    assert git("log", "-1", "--format=%an", "history", at=origin) == "github-actions[bot]"


@pytest.mark.parametrize("begun", [True, False], ids=["a-branch", "no-branch-yet"])
def test_two_concurrent_pushes_keep_all_lines(clones, begun):
    """Both took the same tip; the slower one is refused, merges, and pushes again."""
    origin, a, b = clones
    if begun:
        git("clone", "--quiet", str(origin), "c", at=a.parent)
        before = Branches(a.parent / "c")
        before.fetch_history(a.parent / "c" / "data")
        add_line(a.parent / "c" / "data", "before")
        before.push_history(a.parent / "c" / "data", "Before")
    said: list[str] = []
    # On a busy machine the holder of the branch's lock may stall, and all immediate attempts fail.
    both = [Branches(clone, say=said.append, wait=lambda seconds: time.sleep(seconds / 4)) for clone in (a, b)]
    for each, clone in zip(both, (a, b), strict=True):
        each.fetch_history(clone / "data")
        add_line(clone / "data", clone.name)
    threads = [
        threading.Thread(target=each.push_history, args=(clone / "data", f"Run {clone.name}"))
        for each, clone in zip(both, (a, b), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert lines_of(origin) == sorted(["a", "b"] + ["before"] * begun)
    assert any("push 1 of 6 failed" in line for line in said)


def test_push_onto_outdated_tip_keeps_all_lines(clones):
    """A job that took an hour pushes onto what five others have added meanwhile."""
    origin, a, b = clones
    slow = Branches(a, wait=no_wait)
    slow.fetch_history(a / "data")
    add_line(a / "data", "slow")
    fast = Branches(b, wait=no_wait)
    for number in range(5):
        fast.fetch_history(b / "data")
        add_line(b / "data", f"fast {number}")
        fast.push_history(b / "data", "Fast")
    slow.push_history(a / "data", "Slow")
    assert lines_of(origin) == [*(f"fast {number}" for number in range(5)), "slow"]


def test_repeatedly_refused_push_ends_with_reason(clones):
    """After a bounded number of tries; the commit is still here."""
    origin, a, _ = clones
    hook = origin / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'protected branch' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    waits: list[float] = []
    mine = Branches(a, wait=waits.append)
    mine.fetch_history(a / "data")
    add_line(a / "data", "one")
    with pytest.raises(UsageError, match=r"could not be pushed in 6 tries: .*protected branch"):
        mine.push_history(a / "data", "Run")
    assert len(waits) == 5
    assert waits == sorted(waits)
    assert git("log", "-1", "--format=%s", at=a / "data") == "Run"


def test_unpushed_changes_are_not_discarded(clones):
    """Fetching again into the same folder would lose them."""
    _, a, _ = clones
    mine = Branches(a)
    mine.fetch_history(a / "data")
    add_line(a / "data", "one")
    with pytest.raises(UsageError, match="never pushed"):
        mine.fetch_history(a / "data")


def test_unreachable_origin_is_one_sentence(clones):
    """No traceback, no second history."""
    origin, a, _ = clones
    origin.rename(origin.with_name("gone"))
    waits: list[float] = []
    with pytest.raises(UsageError, match=r"origin cannot be read: .*does not"):
        Branches(a, wait=waits.append).fetch_history(a / "data")
    assert len(waits) == 2


def test_local_lines_are_added_to_existing_branch(clones):
    """What the branch holds stays; what nobody can fetch leaves the folder as it was."""
    origin, a, b = clones
    mine, other = Branches(a, wait=no_wait), Branches(b)
    add_line_to_new(a / "data", "mine")
    away = origin.rename(origin.with_name("gone"))
    with pytest.raises(UsageError, match="cannot be read"):
        mine.adopt(a / "data")
    assert (a / "data" / "runs" / "2026.jsonl").read_text(encoding="utf-8") == "mine\n"
    assert not (a / "data-alone").exists()

    away.rename(origin)
    other.fetch_history(b / "data")
    add_line(b / "data", "theirs")
    other.push_history(b / "data", "theirs")
    mine.adopt(a / "data")
    assert mine.push_history(a / "data", "mine")
    assert lines_of(origin) == ["mine", "theirs"]
    assert not (a / "data-alone").exists()


def add_line_to_new(folder: Path, line: str) -> None:
    """A line in a folder that no branch was checked out into."""
    folder.mkdir()
    add_line(folder, line)


def test_temporary_fetch_failure_is_retried(clones):
    """A short outage must not cost a day's run."""
    origin, a, _ = clones
    away = origin.rename(origin.with_name("gone"))
    said: list[str] = []
    Branches(a, say=said.append, wait=lambda _: void(away.rename(origin))).fetch_history(a / "data")
    assert (a / "data" / ".gitattributes").is_file()
    assert ["try 1 of 3, failed" in line for line in said] == [True]


def test_reports_branch_has_one_commit_of_newest_reports(clones):
    """Old ones leave nothing behind, and the copy that only repeats is left out."""
    origin, a, _ = clones
    mine = Branches(a)
    mine.fetch_reports(a / "kept")
    assert list((a / "kept").glob("*/")) == []
    for day in range(1, 6):
        mine.push_reports(a / "kept", [a_report(a, f"production-daily-2026110{day}T061700Z")], keep=2)
    names = git("ls-tree", "--name-only", "reports", at=origin).splitlines()
    assert names == ["production-daily-20261104T061700Z", "production-daily-20261105T061700Z"]
    assert git("rev-list", "--count", "reports", at=origin) == "1"
    files = git("ls-tree", "-r", "--name-only", "reports", at=origin)
    assert "results.json" in files
    assert "pytest-html.html" not in files


def test_two_concurrent_report_pushes_keep_both(clones):
    """The slower one's lease is over, so it takes the faster one's in and tries again."""
    origin, a, b = clones
    one, two = Branches(a, wait=no_wait), Branches(b, wait=no_wait)
    fetch, raced = two._fetch, []

    def late(branch: str) -> str | None:
        tip = fetch(branch)
        if not raced:
            raced.append(one.push_reports(a / "kept", [a_report(a, "x-daily-20261101T061700Z")], keep=9))
        return tip

    two._fetch = late  # type: ignore[method-assign]
    two.push_reports(b / "kept", [a_report(b, "x-weekly-20261101T061700Z")], keep=9)
    assert git("ls-tree", "--name-only", "reports", at=origin).splitlines() == [
        "x-daily-20261101T061700Z",
        "x-weekly-20261101T061700Z",
    ]


def test_newest_report_of_each_set_is_kept():
    """Else thirty daily runs would push out the month's only report."""
    daily = [f"p-daily-202611{day:02}T061700Z" for day in range(1, 29)]
    weekly = [f"p-weekly-202611{day:02}T072300Z" for day in (2, 9)]
    monthly = [f"p-monthly-{year}{month:02}01T074100Z" for year in (2025, 2026) for month in range(1, 12)]
    names = [*daily, *weekly, *monthly, "p-daily-20261128T061700Z-2"]
    assert newest(names, 3) == [
        "p-daily-20261128T061700Z-2",
        "p-daily-20261128T061700Z",
        "p-daily-20261127T061700Z",
        "p-weekly-20261109T072300Z",
        *monthly[:-13:-1],
    ]
    assert newest(["what is this"], 0) == ["what is this"]


def test_token_is_in_no_command_and_no_file(clones, monkeypatch):
    """It reaches git by a variable, for GitHub's own address only."""
    _, a, _ = clones
    seen = []
    run = subprocess.run

    def watched(command, **options):
        seen.append((command, options["env"]))
        return run(command, **options)

    monkeypatch.setattr(module.subprocess, "run", watched)
    Branches(a, token="ghs_0123456789abcdef0123").fetch_history(a / "data")
    monkeypatch.undo()
    assert seen
    for _, env in seen:
        (name,) = (name for name, value in env.items() if value == "http.https://github.com/.extraheader")
        assert env[name.replace("KEY", "VALUE")].startswith("AUTHORIZATION: basic ")
    assert not any("ghs_" in part for command, _ in seen for part in command)
    for file in (a / ".git").rglob("config*"):
        assert "AUTHORIZATION" not in file.read_text(encoding="utf-8")


def test_git_runs_without_hooks_and_signatures(clones, monkeypatch):
    """Whatever this clone or its user wants otherwise; what is set by variable already stays."""
    origin, a, _ = clones
    for name in ("pre-commit", "pre-push", "post-checkout", "reference-transaction"):
        hook = a / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {a}/ran-{name}\nexit 1\n", encoding="utf-8")
        hook.chmod(0o755)
    git("config", "commit.gpgSign", "true", at=a)
    git("config", "gpg.program", "false", at=a)
    for name, value in {"COUNT": "1", "KEY_0": "core.abbrev", "VALUE_0": "12"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    mine = Branches(a)
    mine.fetch_history(a / "data")
    add_line(a / "data", "one")
    assert mine.push_history(a / "data", "one")
    assert lines_of(origin) == ["one"]
    assert not list(a.glob("ran-*"))
    assert len(mine._git("rev-parse", "--short", "HEAD")) == 12


def test_git_environment_contains_no_secret(clones, monkeypatch, tmp_path):
    """A hook, a helper or a transport of git's reads what it is given."""
    _, here, _ = clones
    shown = tmp_path / "shown"
    helper = tmp_path / "git-remote-shown"
    helper.write_text(f"#!/bin/sh\nenv > {shown}\nexit 1\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    given = {
        "DIGITALOCEAN_TOKEN": "canary",
        "PGPASSWORD": "canary",
        "https_proxy": "http://p",
        "GIT_TRACE": "0",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    git("remote", "set-url", "origin", "shown::x", at=here)
    with pytest.raises(UsageError):
        Branches(here, wait=void).fetch_history(here / "history")
    told = shown.read_text()
    assert "https_proxy=http://p" in told
    assert "GIT_TRACE=0" in told
    assert "canary" not in told
