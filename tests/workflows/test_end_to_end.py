"""The workflows from their trigger to the published site, on this machine: healthy, failing, recovered,
cancelled.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbook.history import runs as history
from playbook.history.folding import incidents
from playbook.history.incidents import Incident
from playbook.history.rules import Rules
from playbook.history.runs import RunLine
from tests.leisure import AT_LEISURE
from tests.shared import made_once
from tests.workflows.actions import Cancel, Repository
from tests.workflows.bytecode import compile_all
from tests.workflows.github_api import github_api

ROOT = Path(__file__).resolve().parents[2]
# Several runs of a whole set, on a machine with other load.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# No minute between a run and its re-check.
_SETTINGS = f"[incidents]\nrecheck_after_seconds = 0.0\n{AT_LEISURE}"
_DAILY = "17 6 * * *"


@pytest.fixture(scope="module")
def origin(tmp_path_factory) -> Path:
    """The folder of a bare repository with this working tree, as in a fork, and of its bytecode."""
    return made_once(tmp_path_factory, "origin", _commit_all)


def _commit_all(folder: Path) -> None:
    seed, bare = folder / "seed", folder / "origin.git"
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z", at=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (seed / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, seed / name)
    (seed / "playbook.toml").write_text(_SETTINGS, encoding="utf-8")
    _git("init", "--quiet", "--initial-branch=main", at=seed)
    _git("add", "--force", ".", at=seed)
    _git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "A fork", at=seed)
    _git("clone", "--quiet", "--bare", str(seed), str(bare), at=folder)
    # As a host keeps it: else each clone of a job compresses all of it anew.
    _git("repack", "-adq", at=bare)
    compile_all(ROOT, folder / "bytecode")


@pytest.fixture
def repository(tmp_path, origin) -> Iterator[Repository]:
    """A fork without any configuration."""
    bare = tmp_path / "origin.git"
    shutil.copytree(origin / "origin.git", bare)
    with github_api() as api:
        yield Repository(tmp_path, bare, Path(sys.executable).parent, api, bytecode=origin / "bytecode")


def _git(*arguments: str, at: Path) -> str:
    ended = subprocess.run(["git", *arguments], cwd=at, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def lines_of(repository: Repository) -> tuple[RunLine, ...]:
    """Content of the branch history."""
    with tempfile.TemporaryDirectory(dir=repository.folder) as folder:
        _git("clone", "--quiet", "--branch=history", str(repository.origin), folder, at=repository.folder)
        read = history.read(Path(folder))
    assert not read.problems
    return read.runs


def incidents_of(repository: Repository) -> list[Incident]:
    """Incidents in the lines, where one failing run and its re-check suffice."""
    return incidents(lines_of(repository), Rules(bad_runs={"daily": 2}))


def test_failure_and_recovery_in_a_fork(repository):
    """Schedule, failure and recovery are right in history, incident, summary, artifact and site."""
    repository.api.pages = True

    healthy = repository.run("schedule.yml", "schedule", schedule=_DAILY)
    assert {name: job.result for name, job in healthy.jobs.items()} == {
        "playbook": "success",
        "playbook/run": "success",
        "playbook/site": "success",
        "playbook/site/site": "success",
        "playbook/code-scanning": "skipped",
    }, healthy.step("playbook/run", "Run").log
    assert healthy.summary.startswith("> [!WARNING]\n> **This is a demonstration: the target production is not")
    assert "# ✓ OK: daily checks of sandbox" in healthy.summary
    assert what_may_command(healthy.step("playbook/run", "Run").log) == ["stop-commands", "resumed", "nothing"]
    (line,) = lines_of(repository)
    assert (line.target, line.set, line.verdict) == ("sandbox", "daily", "OK")
    assert line.slot is not None
    assert (line.slot.hour, line.slot.minute) == (6, 17)
    (report,) = (healthy.artifacts / "report-production-1").iterdir()
    assert report.name == line.report
    page = healthy.artifacts / f"{report.name}.html"
    assert page.read_bytes() == (report / "index.html").read_bytes()
    assert f"[Open the report](https://github.example/artifacts/{page.name})" in healthy.summary
    assert "OK" in (repository.pages / "index.html").read_text(encoding="utf-8")

    bad = repository.run(
        "schedule.yml",
        "workflow_dispatch",
        inputs={"target": "sandbox", "set": "daily", "fault": "redis-cold-cache"},
    )
    assert {name: job.result for name, job in bad.jobs.items()} == {
        "playbook": "failure",
        "playbook/run": "failure",
        "playbook/site": "success",
        "playbook/site/site": "success",
        "playbook/code-scanning": "skipped",
    }
    failed = {name for name, step in bad.jobs["playbook/run"].steps.items() if step.outcome == "failure"}
    assert failed == {"Verdict"}, "everything else happens first"
    assert bad.summary.startswith("# ✕ CRITICAL: daily checks of sandbox")
    made = sorted(folder.name for folder in (bad.artifacts / "report-sandbox-1").iterdir())
    first, second = lines_of(repository)[1:]
    assert made == sorted([first.report, second.report])
    assert (first.verdict, second.verdict, second.confirms) == ("CRITICAL", "CRITICAL", first.id)
    assert first.slot is None
    assert any(incident.is_open for incident in incidents_of(repository))
    assert "CRITICAL" in (repository.pages / "index.html").read_text(encoding="utf-8")

    again = repository.run("schedule.yml", "workflow_dispatch", inputs={"target": "sandbox", "set": "daily"})
    assert again.jobs["playbook/run"].result == "success"
    assert len(lines_of(repository)) == 4
    (incident,) = incidents_of(repository)
    assert not incident.is_open
    kept = _git("ls-tree", "--name-only", "reports", at=repository.origin).splitlines()
    assert kept == sorted(run.report for run in lines_of(repository))
    assert _git("rev-list", "--count", "reports", at=repository.origin) == "1"
    assert_no_token_shows(repository)


def what_may_command(log: str) -> list[str]:
    """Workflow commands are stopped around the output of a run, until an unguessable token."""
    lines = log.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("::stop-commands::"))
    word = lines[start].rpartition("::")[2]
    assert len(word) == 32
    assert lines[start + 1].startswith("run: daily on sandbox")
    end = lines.index(f"::{word}::")
    after = [line for line in lines[end + 1 :] if line]
    return ["stop-commands", "resumed", after[0] if after else "nothing"]


def test_unreachable_history_does_not_prevent_the_run(repository):
    """The job fails, but the system was checked; the line is pushed as soon as possible, or kept as an
    artifact.
    """
    away = repository.origin.with_name("away.git")
    asked = {"target": "sandbox", "set": "links"}
    repository.run("schedule.yml", "workflow_dispatch", inputs=asked)
    repository.before = {
        "History": lambda: repository.origin.rename(away),
        "Push history": lambda: away.rename(repository.origin),
    }
    back = repository.run("schedule.yml", "workflow_dispatch", inputs=asked)
    steps = back.jobs["playbook/run"].steps
    assert {name for name, step in steps.items() if step.outcome == "failure"} == {"History"}
    assert steps["Lines"].outcome == "skipped"
    assert back.jobs["playbook/run"].result == "failure"
    assert back.jobs["playbook/site"].result == "success"
    assert back.summary.startswith("> [!WARNING]\n> **The history could not be fetched")
    assert "# ✓ OK: links checks of sandbox" in back.summary
    assert len(lines_of(repository)) == 2

    repository.before = {
        "History": lambda: repository.origin.rename(away),
        "Verdict": lambda: away.rename(repository.origin),
    }
    lost = repository.run("schedule.yml", "workflow_dispatch", inputs=asked)
    steps = lost.jobs["playbook/run"].steps
    assert {name for name, step in steps.items() if step.outcome == "failure"} == {"History", "Push history"}
    (line,) = history.read(lost.artifacts / "history-sandbox-1").runs
    assert (lost.artifacts / "report-sandbox-1" / line.report / "index.html").is_file()
    assert len(lines_of(repository)) == 2


def assert_no_token_shows(repository: Repository) -> None:
    """Neither in what is published nor in what is stored."""
    for folder in (repository.pages, *repository.folder.glob("run-*/artifacts")):
        for file in filter(Path.is_file, folder.rglob("*")):
            assert repository.token.encode() not in file.read_bytes(), file
    for file in repository.folder.glob("run-*/*/*/workspace/.git/config"):
        assert "AUTHORIZATION" not in file.read_text(encoding="utf-8")


def test_cancelled_run_leaves_report_line_and_summary(repository):
    """The run step is signalled during something long; the steps after it run."""
    cancel = Cancel("run", "reports/*/load.json")  # the load has begun
    inputs = {"target": "sandbox", "shape": "steady"}
    run = repository.run("load.yml", "workflow_dispatch", inputs=inputs, cancel=cancel)
    steps = run.jobs["load/run"].steps
    assert {
        name: step.outcome for name, step in steps.items() if name in {"Summary", "Report", "Push history"}
    } == {
        "Summary": "success",
        "Report": "success",
        "Push history": "success",
    }, steps["Run"].log
    assert run.jobs["load/run"].result == "cancelled"
    assert run.jobs["load/site"].result == "skipped"
    (line,) = lines_of(repository)
    assert line.ended != "finished"
    assert line.verdict == "UNKNOWN"
    (report,) = (run.artifacts / "report-sandbox-1").iterdir()
    assert {"results.json", "index.html"} <= {file.name for file in report.iterdir()}
    assert run.summary.startswith("# ? UNKNOWN: load checks of sandbox")


def test_configured_repository_checks_its_own_target(repository):
    """Secrets reach only the run step, findings are uploaded; lost settings do not select the sandbox.

    The target's address does not answer, so everything remote is UNKNOWN.
    """
    secret = "rediss://user:correct-horse-battery@127.0.0.1:9"
    repository.variables = {
        "": {"PLAYBOOK_CODE_SCANNING": "true"},
        "staging": {"STAGING_URL": "https://127.0.0.1:9"},
    }
    repository.secrets = {"staging": {"STAGING_REDIS_URL": secret}}
    asked = {"target": "staging", "set": "links"}
    run = repository.run("schedule.yml", "workflow_dispatch", inputs={**asked, "set": "weekly"})
    assert run.jobs["playbook/run"].result == "failure"
    assert "demonstration" not in run.summary
    handed = {name for name, step in run.jobs["playbook/run"].steps.items() if secret in step.environment.values()}
    assert handed == {"Run"}
    assert run.step("playbook/site/site", "Deploy").outcome == "skipped"
    assert "::notice::The site is built and kept as an artifact" in run.step("playbook/site/site", "Pages").log
    assert "Pages are not switched on" in run.summary
    assert (run.artifacts / "github-pages-1" / "index.html").is_file()
    (finding,) = repository.api.findings
    assert finding["commit_sha"] == _git("rev-parse", "main", at=repository.origin)
    assert repository.api.tokens == {repository.token}

    repository.variables, repository.secrets = {}, {}
    repository.api.pages = True
    _git("branch", "other", "main", at=repository.origin)
    lost = repository.run("schedule.yml", "workflow_dispatch", inputs=asked, ref="other")
    assert lost.jobs["playbook/run"].result == "failure"
    assert lost.jobs["playbook/site"].result == "skipped", "the environment of Pages lets no other branch in"
    assert not repository.pages.exists()
    assert lost.summary.startswith("# ? UNKNOWN: links checks of staging")
    assert {line.target for line in lines_of(repository)} == {"staging"}
    for path in repository.folder.glob("run-*/artifacts/**/*"):
        assert not path.is_file() or b"correct-horse" not in path.read_bytes()


def test_drills_run_on_schedule_and_the_site_is_built_from_the_history(repository):
    """On the sandbox where nothing is configured; hours later the site is built without a run."""
    repository.api.pages = True
    run = repository.run("drills.yml", "schedule", schedule="37 4 * * 1")
    assert run.jobs["drills/run"].result == "success", run.step("drills/run", "Run").log
    assert "# ✓ OK: mutates checks of sandbox" in run.summary
    (line,) = lines_of(repository)
    assert (line.set, line.verdict) == ("mutates", "OK")

    site = repository.run("site.yml", "schedule", schedule="29 */4 * * *")
    assert {name: job.result for name, job in site.jobs.items()} == {"site": "success"}
    assert (repository.pages / "index.html").is_file()


def test_load_test_is_an_ordinary_run(repository):
    """With its shape; its line is in the history."""
    run = repository.run("load.yml", "workflow_dispatch", inputs={"target": "sandbox", "shape": "smoke"})
    assert run.jobs["load/run"].result == "success", run.step("load/run", "Run").log
    assert "# ✓ OK: load checks of sandbox" in run.summary
    (line,) = lines_of(repository)
    assert (line.set, line.verdict) == ("load", "OK")
    (report,) = (run.artifacts / "report-sandbox-1").iterdir()
    assert report.name == line.report


def test_tag_becomes_a_release_with_its_build(repository):
    """Its section of the changelog, source and wheel with an attestation each; a different version is refused."""
    clone = repository.folder / "clone"
    _git("clone", "--quiet", str(repository.origin), str(clone), at=repository.folder)
    changelog, package = clone / "CHANGELOG.md", clone / "playbook" / "__init__.py"
    text, source = changelog.read_text(encoding="utf-8"), package.read_text(encoding="utf-8")
    assert "\n## Unreleased\n" in text
    version = re.search(r'__version__ = "(\d+)(.+)"', source)
    assert version
    next_version = f"{int(version[1]) + 1}{version[2]}"
    package.write_text(source.replace(f"{version[1]}{version[2]}", next_version), encoding="utf-8")
    sections = f"\n## Unreleased\n\n## {next_version} (2026-12-01)\n\n- A change.\n"
    changelog.write_text(text.replace("\n## Unreleased\n", sections, 1), encoding="utf-8")
    _git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "Release", at=clone)
    for tag in (f"v{next_version}", "v99.0.0"):
        _git("push", "--quiet", "origin", f"HEAD:refs/tags/{tag}", at=clone)
    told = repository.folder / "told"
    program = repository.folder / "programs" / "gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{told}\n', encoding="utf-8")
    program.chmod(0o755)

    other = repository.run("release.yml", "push", ref="v99.0.0")
    assert {name: job.result for name, job in other.jobs.items()} == {"build": "failure", "publish": "skipped"}
    assert "no release: expected __version__" in other.step("build", "Notes").log
    assert not told.exists()

    made = repository.run("release.yml", "push", ref=f"v{next_version}")
    assert {name: job.result for name, job in made.jobs.items()} == {"build": "success", "publish": "success"}
    files = [f"operations_playbook-{next_version}.tar.gz", f"operations_playbook-{next_version}-py3-none-any.whl"]
    assert made.attested == files
    notes = (made.artifacts / "release" / "notes.md").read_text(encoding="utf-8")
    assert notes.startswith("- ")
    assert told.read_text(encoding="utf-8").splitlines() == [
        *("release", "create", f"v{next_version}", "--repo", "owner/playbook", "--verify-tag"),
        *("--title", f"v{next_version}", "--notes-file", "dist/notes.md", *(f"dist/{file}" for file in files)),
    ]
