"""The plugin by the front door: pytest in a process of its own, on checks that judge made-up numbers."""

import re
import signal
import subprocess
from datetime import UTC, datetime

import pytest

from playbook.history.runs import read
from playbook.settings.loading import load
from playbook.settings.schedule import slot_of
from tests.preloaded import start_pytest
from tests.project import AWAY, BAD, CRASH, DAILY, GOOD, NOT_CONFIGURED, UNJUDGED, WARNED, Project
from tests.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in."""
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        (GOOD, "OK", 0),
        (GOOD + WARNED, "WARNING", 0),
        (GOOD + BAD, "CRITICAL", 1),
        (GOOD + AWAY, "UNKNOWN", 10),
        (GOOD + AWAY + BAD, "CRITICAL", 1),
        (GOOD + NOT_CONFIGURED, "OK", 0),
        (NOT_CONFIGURED, "UNKNOWN", 10),  # nothing was executed
        (GOOD + UNJUDGED, "UNKNOWN", 10),
        (GOOD + CRASH, "UNKNOWN", 10),
    ],
    ids=["ok", "warning", "critical", "unknown", "both", "skipped", "all-skipped", "unjudged", "crash"],
)
def test_worst_verdict_decides_exit_code(project, text, verdict, code):
    """The worst verdict is the run's, and the exit code says it."""
    project.write(text)
    ended = project.run()
    assert ended.returncode == code, ended.stdout + ended.stderr
    results = project.results()
    assert (results.verdict, results.exit_code) == (verdict, code)


def test_two_workers_produce_same_verdicts_and_one_report(project):
    """Each record crosses from its worker; the controller writes one folder."""
    project.write(GOOD + WARNED + BAD + AWAY + NOT_CONFIGURED + UNJUDGED)
    assert project.run("-m", "daily", "-n", "2").returncode == 1
    results = project.results()
    assert {record.item: str(record.verdict) for record in results.records} == {
        "daily.health.api": "OK",
        "daily.kpi.cache-hit-rate": "WARNING",
        "daily.kpi.availability": "CRITICAL",
        "daily.redis.alive": "UNKNOWN",
        "daily.app.active": "NOT CONFIGURED",
        "daily.app.components": "UNKNOWN",
    }
    assert {record.worker for record in results.records} <= {"gw0", "gw1"}


def test_first_line_names_target_and_set(project):
    """Before anything of pytest's own."""
    project.write(GOOD)
    first = project.run().stdout.splitlines()[0]
    assert first.startswith("operations playbook · target: staging · set: daily · ")


def test_run_below_floor_is_unknown(project):
    """A run that measured little is not green, unless a part was asked for."""
    project.write(GOOD + WARNED)
    project.floors(3)
    assert project.run().returncode == 10
    assert project.results().floor == 3


def test_partial_run_needs_one_executed_check(project):
    """``-k`` is an answer to a question, not the morning check; and it says that it is partial."""
    project.write(GOOD + WARNED)
    project.floors(3)
    assert project.run("-m", "daily", "-k", "good").returncode == 0
    assert project.results().partial


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-m", "dialy"), "Unknown marker(s)"),
        (("-m", "daily", "--target", "stagin"), "unknown target 'stagin'"),
        (("-m", "daily", "--target", "a", "--target", "b"), "unknown target 'a'"),
        (("-m", "daily", "--target", "group:a"), "unknown group 'a': there is none"),
        (("-m", "daily", "--target", "staging", "--shard", "3"), "--shard: expected a part such as 3/8"),
        (("-m", "daily", "--target", "staging", "--shard", "2/2"), "--shard 2/2: expected at most as many parts"),
        (("-m", "daily", "--fault", "redis-gone"), "--fault only works on the sandbox, and the target is staging"),
        (("-m", "daily", "--target", "sandbox", "--fault", "redis-gon"), "unknown fault 'redis-gon'"),
    ],
    ids=["marker", "target", "two-targets", "group", "shard", "empty-shard", "fault-on-staging", "fault"],
)
def test_command_line_mistake_is_one_sentence_with_code_4(project, arguments, sentence):
    """No traceback, and no report is left."""
    project.write(GOOD)
    ended = project.run(*arguments)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert sentence in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "html report" not in ended.stdout  # there is none to lead to
    assert not list(project.folder.glob("reports/*"))


def test_settings_mistake_is_one_sentence_with_code_4(project):
    """It names the setting and the file."""
    project.write(GOOD)
    (project.folder / "playbook.toml").write_text("[limits.cpu]\nwarning = 'lots'\n")
    ended = project.run()
    assert ended.returncode == 4
    assert "playbook.toml:1: limits.cpu: expected a comparison" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_unknown_item_id_is_reported_at_collection(project):
    """Said at collection, before anything is measured, with what may have been meant; the file counts for none."""
    project.write(GOOD.replace("daily.health.api", "daily.health.apo"))
    ended = project.run("checks")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    sentence = "'daily.health.apo' is not in docs/playbook.md; did you mean 'daily.health.api'?"
    assert f"checks/test_made_up.py:9 (test_good): {sentence}" in ended.stdout
    assert not list(project.folder.glob("reports/*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_interrupted_run_keeps_finished_records(project, number):
    """The check that passed is recorded, the others are UNKNOWN, and the report is written."""
    project.write(
        GOOD
        + """
import pathlib
import threading

@check("daily.redis.alive")
def test_hangs(judge):
    "It hangs."
    pathlib.Path("hanging").touch()
    threading.Event().wait(30)

@check("daily.logs.errors")
def test_never_reached(judge):
    "It is never reached."
"""
    )
    process = start_pytest(*DAILY, cwd=project.folder, env=project.environment)
    try:
        wait_for((project.folder / "hanging").exists, "the beginning of the check")
        process.send_signal(number)
        output, _ = process.communicate(timeout=200)
    finally:
        process.kill()
    assert process.returncode == 2, output
    results = project.results()
    assert results.ended.startswith("interrupted")
    verdicts = {record.item: str(record.verdict) for record in results.records}
    assert verdicts == {"daily.health.api": "OK", "daily.redis.alive": "UNKNOWN", "daily.logs.errors": "UNKNOWN"}
    assert results.verdict == "UNKNOWN"
    (line,) = history_of(project)
    assert (line.ended, line.exit_code) == (results.ended, 2)
    assert (next(project.folder.glob("reports/staging-*")) / "index.html").is_file()


def test_check_timeout_is_unknown_and_run_continues(project):
    """pytest-timeout ends it; the message says so."""
    project.write(
        """
import threading

@pytest.mark.timeout(0.2, func_only=True)
@check("daily.redis.alive")
def test_hangs(judge):
    "It hangs."
    threading.Event().wait(30)
"""
        + GOOD
    )
    assert project.run().returncode == 10
    messages = {record.item: record.message for record in project.results().records}
    assert messages["daily.redis.alive"] == "Redis alive: the check did not finish within 0.2s"
    assert messages["daily.health.api"].startswith("Cache hit rate: expected over 90 %, got 95 %")


def test_no_secret_appears_in_terminal_or_report(project):
    """Not in the terminal, nor in any file of the report, also where a check crashes with it."""
    project.write(
        """
@check("daily.redis.alive")
def test_leaks(judge, settings):
    "It leaks."
    print(settings.target.redis.url.reveal())
    raise ValueError(f"cannot use {settings.target.redis.url.reveal()}")
"""
    )
    ended = project.run("-m", "daily", STAGING_REDIS_URL="rediss://:topsecret42@cache.example:1")
    assert ended.returncode == 10
    files = [path for path in project.folder.rglob("reports/*/**/*") if path.is_file()]
    assert {"results.json", "index.html", "junit.xml", "summary.md", "pytest-html.html"} <= {f.name for f in files}
    assert [file.parent.name for file in files if file.suffix == ".jsonl"] == ["runs"]
    for text in (ended.stdout, ended.stderr, *(file.read_text(encoding="utf-8") for file in files)):
        assert "topsecret42" not in text
    assert "cannot use [redacted]" in project.results().records[0].message


# ------------------------------------------------------------------------------------------- the history of runs


def history_of(project, folder="reports/history"):
    """What the history of a project says, without problems."""
    found = read(project.folder / folder)
    assert found.problems == ()
    return found.runs


def test_each_run_appends_one_line_to_history(project):
    """Also with workers; it says what results.json says, and leads to it."""
    project.write(GOOD + WARNED + AWAY)
    project.run()
    project.run("-m", "daily", "-n", "2", PLAYBOOK_SCHEDULED="1")
    # Both may begin in the same second, and then the history has them in any order.
    first, second = sorted(history_of(project), key=lambda run: run.slot is not None)
    assert {item: str(each.verdict) for item, each in second.items.items()} == {
        "daily.health.api": "OK",
        "daily.kpi.cache-hit-rate": "WARNING",
        "daily.redis.alive": "UNKNOWN",
    }
    assert (second.target, second.set, second.exit_code) == ("staging", "daily", 10)
    assert (project.folder / "reports" / second.report / "results.json").is_file()
    assert first.slot is None
    schedule = load("staging", root=project.folder, environment={}).schedule
    assert second.slot == slot_of(schedule, "daily", second.started, {"PLAYBOOK_SCHEDULED": "1"})


def test_two_concurrent_runs_keep_both_results(project):
    """Each has its folder and its line."""
    project.write(GOOD)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = project.command()
    runs = [subprocess.Popen(command, cwd=project.folder, env=project.environment, **quiet) for _ in range(3)]
    assert [run.wait(100) for run in runs] == [0, 0, 0]
    kept = {run.report for run in history_of(project)}
    assert kept == {folder.name for folder in project.folder.glob("reports/staging-*")}
    assert len(kept) == 3


def test_history_folder_precedence_is_option_environment_settings(project):
    """On the command line before the environment, and that before the settings."""
    project.write(GOOD)
    with (project.folder / "playbook.toml").open("a") as file:
        file.write('[history]\nfolder = "by-setting"\n')
    project.run()
    project.run(PLAYBOOK_HISTORY="by-variable")
    project.run("-m", "daily", "--history=by-option", "--confirms=that-run", PLAYBOOK_HISTORY="by-variable")
    assert [len(history_of(project, f"by-{name}")) for name in ("setting", "variable", "option")] == [1, 1, 1]
    assert history_of(project, "by-option")[0].confirms == "that-run"
    assert not (project.folder / "reports" / "history").exists()


def test_unwritable_history_affects_neither_report_nor_verdict(project):
    """It is said at the end."""
    project.write(GOOD + BAD)
    (project.folder / "blocked").touch()
    ended = project.run("-m", "daily", "--history=blocked")
    assert ended.returncode == 1
    assert project.results().exit_code == 1
    assert "not in the history: " in ended.stdout.splitlines()[-1]
    assert "is to hold the history, and is no folder" in ended.stdout


def test_history_that_cannot_be_read_is_told(project):
    """What earlier runs have seen is compared with this one, so that a lost line may hide what is gone."""
    project.write(GOOD)
    runs = project.folder / "reports" / "history" / "runs"
    runs.mkdir(parents=True)
    year = datetime.now(UTC).year
    (runs / f"{year}.jsonl").write_text('{"schema":1,"id":"cut\n')
    ended = project.run()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = "  1 line of the history cannot be read: python -m playbook history"
    assert said in ended.stdout.splitlines()


def test_command_line_mistake_adds_no_history_line(project):
    """So nothing is added."""
    project.write(GOOD)
    assert project.run("-m", "daily", "--target", "stagin").returncode == 4
    assert project.run("-m", "yearly").returncode == 4
    assert not list(project.folder.rglob("*.jsonl"))


def test_list_faults_prints_one_per_line_without_a_run(project):
    """A line each, ready for grep, and no run."""
    ended = project.run("--list-faults")
    assert ended.returncode == 0
    assert re.search(r"^redis-gone +Nobody listens where Redis should be$", ended.stdout, re.MULTILINE)
    assert ended.stderr == ""
    assert not list(project.folder.glob("reports/*"))


LEAVES = """
import os, threading, time
import pytest

@pytest.mark.daily
def test_leaves():
    {left}
    assert os.getpid()

@pytest.mark.daily
def test_more():
    assert 200
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left", "code", "verdicts"),
    [
        ("threading.Thread(target=time.sleep, args=[300]).start()", 0, ["OK", "OK"]),
        ("os.fork() and os.wait()", 0, ["OK", "OK"]),
        ("os._exit(0)", 10, []),
    ],
)
def test_what_a_check_does_to_its_process_neither_hangs_nor_passes(project, left, code, verdicts):
    """A thread that never ends, a child that would go on with the run, and an end without any result."""
    (project.folder / "checks" / "test_leaves.py").write_text(LEAVES.format(left=left))
    with (project.folder / "conftest.py").open("a") as file:
        file.write("\nfrom playbook.hooks import leaving\n\nleaving._WAIT = 0.5\n")
    ended = project.run()
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ("threads that the checks have left are not waited for any longer: Thread-1" in ended.stderr) == (
        "Thread" in left
    )
    if verdicts:
        assert [record.verdict for record in project.results().records] == verdicts
        assert len(read(project.folder / "reports" / "history").runs) == 1
