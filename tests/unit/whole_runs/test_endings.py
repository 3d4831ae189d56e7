"""The end of a run holds: full disks, files that cannot be written, signals, and a terminal that is gone."""

from __future__ import annotations

import errno
import re
import signal
import subprocess
from pathlib import Path

import pytest

from playbook.__main__ import main
from playbook.core.verdict import EXIT_CRITICAL, EXIT_NOT_KEPT, EXIT_OK, EXIT_UNKNOWN
from tests.preloaded import Begin, start_pytest
from tests.project import AWAY, BAD, GOOD, Project
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

CLOSING = {EXIT_OK: "✓ OK", EXIT_CRITICAL: "✕ CRITICAL", EXIT_UNKNOWN: "? UNKNOWN"}
NOWHERE = "/proc/no-folder-can-be-made-here"
HANGS = """
import pathlib
import threading

@check("daily.redis.alive")
def test_hangs(judge):
    "It hangs."
    pathlib.Path("hanging").touch()
    threading.Event().wait(60)
"""


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in."""
    return Project(tmp_path)


def started(project, *arguments, **begin):
    """A run in a session of its own, so that nothing reaches it but what it is sent."""
    return start_pytest(*arguments, cwd=project.folder, env=project.environment, begin=Begin(**begin))


def saying(project, stdout):
    """A run whose output goes there, in a process that loads all itself: how Python ends counts too."""
    return subprocess.Popen(
        project.command(),
        cwd=project.folder,
        env=project.environment,
        start_new_session=True,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
    )


CASES = [(GOOD, EXIT_OK), (GOOD + BAD, EXIT_CRITICAL), (GOOD + AWAY, EXIT_UNKNOWN)]


@pytest.mark.parametrize("most", [0, 700, 20_000], ids=["nothing", "a-part-of-a-record", "a-part-of-a-page"])
@pytest.mark.parametrize(("text", "code"), CASES, ids=["ok", "critical", "unknown"])
def test_full_disk_keeps_verdict(project, text, code, most):
    """It is printed, what could not be written is said, and a good one that was not kept has a code of its own."""
    project.write(text)
    run = started(project, "-m", "daily", largest_file=most)
    said = run.communicate(timeout=100)[0]
    kept = bool(list(project.folder.glob("reports/staging-*/results.json")))
    assert run.returncode == (code if kept or code != EXIT_OK else EXIT_NOT_KEPT), said
    assert CLOSING[code] in said
    assert "not written: " in said
    assert os_word(errno.EFBIG) in said
    assert "INTERNALERROR" not in said
    assert "Traceback" not in said
    assert kept == (most == 20_000)


def os_word(number):
    """As the system calls an error."""
    return OSError(number, __import__("os").strerror(number)).strerror.lower()


@pytest.mark.parametrize(("text", "code"), CASES, ids=["ok", "critical", "unknown"])
def test_unwritable_folder_keeps_verdict(project, text, code):
    """A file system that is read-only, or has no inodes left: all is measured, and said."""
    project.write(text)
    ended = project.run("-m", "daily", f"--reports={NOWHERE}")
    assert ended.returncode == (code or EXIT_NOT_KEPT), ended.stdout + ended.stderr
    assert CLOSING[code] in ended.stdout
    assert "report: none" in ended.stdout
    assert "not written: the report's folder (" in ended.stdout
    assert "not in the history: " in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_unwritable_junit_of_pytest_affects_only_itself(project):
    """pytest's own JUnit, on a disk that is full: our files are there, and the code is the verdict's."""
    project.write(GOOD)
    ended = project.run("-m", "daily", "--junitxml=/dev/full")
    assert ended.returncode == EXIT_OK, ended.stdout + ended.stderr
    assert project.results().verdict == "OK"
    assert "no space left on device" in ended.stdout


def test_failing_pytest_html_affects_only_itself(project):
    """Whatever goes wrong in it."""
    (project.folder / "conftest.py").write_text(
        'pytest_plugins = ["playbook.plugin"]\n'
        "def pytest_html_results_summary(prefix):\n"
        '    raise KeyError("colour")\n'
    )
    project.write(GOOD)
    ended = project.run()
    assert ended.returncode == EXIT_OK, ended.stdout + ended.stderr
    assert project.results().verdict == "OK"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM], ids=["sighup", "sigterm"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with-workers"])
def test_signal_ends_run_with_report(project, number, workers):
    """A terminal that is closed is no reason to lose what was measured; and no worker is left."""
    project.write(GOOD + HANGS)
    run = started(project, "-m", "daily", *workers, heard=(signal.SIGHUP,))
    wait_for((project.folder / "hanging").exists, "the check that hangs")
    wait_for(lambda: list(project.folder.glob("reports/*/records.jsonl")), "the first record")
    below = _below(run.pid)
    run.send_signal(number)
    said = run.communicate(timeout=200)[0]
    assert run.returncode == pytest.ExitCode.INTERRUPTED, said
    verdicts = {record.check.rpartition("_")[2]: str(record.verdict) for record in project.results().records}
    assert verdicts == {"good": "OK", "hangs": "UNKNOWN"}
    assert project.results().ended == f"interrupted by {number.name}"
    assert list((project.folder / "reports/history/runs").iterdir())
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "the end of all workers")


WHILE_WRITING = """
from playbook.run.target_run import TargetRun
write_down = TargetRun.write_down

def with_signal(self, results):
    os.kill(os.getpid(), signal.SIGTERM)
    return write_down(self, results)

TargetRun.write_down = with_signal
"""
IN_ANOTHER_PLUGIN = """
def pytest_sessionfinish():
    os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.mark.parametrize("when", [WHILE_WRITING, IN_ANOTHER_PLUGIN], ids=["while-writing", "in-another-plugin"])
@pytest.mark.parametrize(("text", "code"), CASES, ids=["ok", "critical", "unknown"])
def test_signal_after_last_check_loses_nothing(project, text, code, when):
    """All checks are done, so the results, the history line and the code are those of a run that finished."""
    (project.folder / "conftest.py").write_text(
        f'import os\nimport signal\n\npytest_plugins = ["playbook.plugin"]\n{when}'
    )
    project.write(text)
    ended = project.run()
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert CLOSING[code] in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert project.results().ended == "finished"
    assert list((project.folder / "reports/history/runs").iterdir())


def _below(pid):
    """The processes that a process has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return children.read_text().split() if children.exists() else []


def test_ignored_signal_stays_ignored(project):
    """As nohup has it for SIGHUP."""
    project.write(GOOD + HANGS.replace("wait(60)", "wait(3)").replace('"It hangs."', '"It waits."'))
    run = started(project, "-m", "daily", ignored=(signal.SIGHUP,))
    wait_for((project.folder / "hanging").exists, "the check that waits")
    run.send_signal(signal.SIGHUP)
    run.communicate(timeout=60)
    assert project.results().ended == "finished"


def test_killed_run_can_be_reported(project, capsys):
    """By whatever: nothing can be done about SIGKILL but to have written what there was."""
    project.write(GOOD + BAD + HANGS)
    run = started(project, "-m", "daily")
    wait_for((project.folder / "hanging").exists, "the check that hangs")
    run.kill()
    run.communicate(timeout=60)
    (folder,) = project.folder.glob("reports/staging-*")
    assert not (folder / "results.json").exists()
    assert main(["report", str(folder)]) == EXIT_OK
    assert capsys.readouterr().out == f"CRITICAL: {folder / 'index.html'}\n"
    verdicts = {record.item: str(record.verdict) for record in project.results().records}
    assert verdicts == {
        "daily.health.api": "OK",
        "daily.kpi.availability": "CRITICAL",
        "daily.redis.alive": "UNKNOWN",
    }


@pytest.mark.parametrize(("text", "code"), CASES, ids=["ok", "critical", "unknown"])
def test_unwritable_output_keeps_exit_code(project, text, code):
    """A log file on a full disk, or a pipe whose reader has gone."""
    project.write(text)
    with Path("/dev/full").open("w") as full:
        assert saying(project, full).wait(100) == code
    assert project.results().exit_code == code
    gone = saying(project, subprocess.PIPE)
    gone.stdout.close()
    assert gone.wait(100) == code


BROKEN = {
    "syntax": ("x = (\n", "SyntaxError", 1),
    "import": ("import nothing_of_this_name\n", "ModuleNotFoundError", 1),
    "crash": ("\n\nx = 1 / 0\n", "ZeroDivisionError", 3),
    "no-text": (b"x = '\xff'\n", "SyntaxError", None),
    "null": (b"x = 1\x00\n", "", None),
    "exit": ("import sys\nsys.exit(0)\n", "exits with 0", None),
}


def assert_told(project, kind, file):
    """A broken file is UNKNOWN, by what is wrong with it and where."""
    _, word, line = BROKEN[kind]
    (record,) = (record for record in project.results().records if record.check == f"checks/{file}")
    assert str(record.verdict) == "UNKNOWN"
    assert word in record.message
    assert file in record.message
    if line is not None:
        said = rf"checks/{file}: expected a file of checks, got {word}: .* \(.*checks/{file}:{line}\)"
        assert re.fullmatch(said, record.message), record.message
    name = file.removeprefix("test_").removesuffix(".py").replace("_", "-")
    assert record.item == f"daily.local.{name}.file"


def broken(project, name, file):
    """Write a broken file of checks."""
    content = BROKEN[name][0]
    (project.folder / "checks" / file).write_bytes(content if isinstance(content, bytes) else content.encode())


def others(project):
    """Verdicts of the checks in whole files."""
    return [str(record.verdict) for record in project.results().records if "::" in record.check]


@pytest.mark.parametrize("name", BROKEN)
def test_unreadable_file_affects_only_its_checks(project, name):
    """It is UNKNOWN with its name and line in the report; the other file's checks are judged."""
    project.write(GOOD)
    broken(project, name, "test_broken.py")
    ended = project.run("-m", "daily")
    assert ended.returncode == EXIT_UNKNOWN, ended.stdout + ended.stderr
    assert len(project.results().records) == 2
    assert_told(project, name, "test_broken.py")
    assert others(project) == ["OK"]


def test_unreadable_files_affect_only_their_checks_with_workers(project):
    """Of each kind one, in one run: the workers outlive them all."""
    project.write(GOOD)
    files = {name: f"test_broken_{name.replace('-', '_')}.py" for name in BROKEN}
    for name, file in files.items():
        broken(project, name, file)
    ended = project.run("-m", "daily", "-n", "2")
    assert ended.returncode == EXIT_UNKNOWN, ended.stdout + ended.stderr
    assert len(project.results().records) == 1 + len(BROKEN)
    for name, file in files.items():
        assert_told(project, name, file)
    assert others(project) == ["OK"]


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}], ids=str
)
def test_narrow_encoding_keeps_verdict(project, environment):
    """What it cannot show is escaped."""
    project.write(GOOD + BAD)
    ended = project.run(**environment)
    assert ended.returncode == EXIT_CRITICAL, ended.stdout + ended.stderr
    assert "CRITICAL" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert project.results().verdict == "CRITICAL"


def test_scheduled_run_on_full_disk_keeps_code(project):
    """Nothing that it needs itself is a file."""
    project.write(GOOD)
    command = [project.command()[0], "-m", "playbook", "run", "daily", "--reports", NOWHERE]
    run = subprocess.run(
        command,
        cwd=project.folder,
        env=project.environment | {"TMPDIR": NOWHERE},
        capture_output=True,
        text=True,
        timeout=100,
        preexec_fn=Begin(largest_file=0),
        check=False,
    )
    assert run.returncode == EXIT_NOT_KEPT, run.stdout + run.stderr
    assert "code 11" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
