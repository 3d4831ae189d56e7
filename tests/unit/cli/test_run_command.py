"""``python -m playbook run``: a set as a schedule runs it, with its second look, its notifications and its end."""

import argparse
import errno
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import msgspec
import pytest

from playbook.__main__ import main
from playbook.cli.run import runner
from playbook.cli.run.command import run_set
from playbook.core.audience import Audience
from playbook.core.clock import FixedClock
from playbook.core.errors import UsageError
from playbook.core.places import ROOT
from playbook.core.verdict import Verdict
from playbook.history.derive import incidents_of
from playbook.history.handoff_page import Page
from playbook.history.runs import append, line_of, read
from playbook.report.handoff_public import is_for_everybody
from playbook.settings.loading import load
from tests.factories import record, results
from tests.history_factory import NOW
from tests.project import AWAY, BAD, GOOD, NOT_CONFIGURED, Project
from tests.waiting import hear_of_closed_terminals, wait_for

pytestmark = pytest.mark.slow

# What the first run leaves behind, the second look finds.
ONCE = """
import pathlib

@check("daily.kpi.availability")
def test_bad_once(judge, limits):
    "It is bad the first time."
    seen = pathlib.Path("seen")
    value = 95 if seen.exists() else 60
    seen.touch()
    judge(value, limits.cache_hit_rate)
"""
WEEKLY = """
import pathlib

@pytest.mark.weekly
@pytest.mark.item("weekly.handoff")
def test_finds_the_page(judge):
    "The page is there."
    pages = sorted(pathlib.Path("pages").glob("*.json"))
    pathlib.Path("found").write_text(pages[-1].name if pages else "none")
    judge.that(True, "Page", expected="any", found="any")
"""
HANGING = """
import pathlib
import signal
import threading

@check("daily.redis.alive")
def test_hangs(judge):
    "It hangs."
    pathlib.Path("hanging").touch()
    threading.Event().wait(19)
"""

_PAGES = "weekly = 1\n[targets.staging.people]\n"


class Running:
    """The command in this process, pytest in a process of its own; notifications are recorded."""

    def __init__(self, project, monkeypatch):
        self.project, self.said, self.told = project, [], []
        for name in ("PLAYBOOK_SCHEDULED", "PLAYBOOK_HISTORY", "PYTEST_ADDOPTS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in project.environment.items():
            monkeypatch.setenv(name, value)
        self.bodies = []
        monkeypatch.setattr(runner, "ping", self._ping)
        monkeypatch.setattr(runner, "tell", lambda *_: self.told.append("incidents"))

    def _ping(self, _, name, how, __, *, body, **___):
        self.told.append((name, how))
        self.bodies.append(body)

    def settings(self, text):
        """Add to playbook.toml."""
        with (self.project.folder / "playbook.toml").open("a") as file:
            file.write(text)

    def run(self, *extra, name="daily", **options):
        """The exit code."""
        given = {"target": None, "scheduled": False, "reports": "reports", "history": None, "limit": None}
        given |= {"fault": [], "set": name, "extra": list(extra), **options}
        # A clock that stands still: waiting for the second look takes no time.
        return run_set(argparse.Namespace(**given), self.project.folder, self.said.append, FixedClock(NOW))

    def lines(self):
        """The history."""
        found = read(self.project.folder / "reports" / "history")
        assert found.problems == ()
        return found.runs

    def incidents(self):
        """What these runs opened."""
        return incidents_of(load("staging", root=self.project.folder, environment={}), self.lines())


@pytest.fixture
def running(tmp_path, monkeypatch):
    """The command on a staging target with checks of its own."""
    return Running(Project(tmp_path), monkeypatch)


def test_ok_run_is_reported_as_success(running):
    """One line each for what was done; nothing is looked at again."""
    running.project.write(GOOD)
    assert running.run() == 0
    assert running.told == [("daily", "start"), "incidents", ("daily", "success")]
    assert [run.slot for run in running.lines()] == [None]
    assert running.said[0] == "run: daily on staging, for 45 min at most"
    assert running.said[1].startswith("run: daily of staging: OK, code 0, 1 OK, ")


def test_failing_checks_are_run_again(running):
    """Exactly that; its line says whose it is, and the verdict stays that of the first run."""
    running.project.write(GOOD + ONCE)
    assert running.run(scheduled=True) == 1
    first, again = running.lines()
    assert (str(first.verdict), first.partial, first.confirms) == ("CRITICAL", False, "")
    assert (str(again.verdict), again.partial, again.confirms) == ("OK", True, first.id)
    assert (again.set, list(again.items)) == ("daily", ["daily.kpi.availability"])
    assert first.slot is not None
    assert again.slot is None
    assert "run: 1 bad check will be run again in 60 s" in running.said
    assert any(line.startswith("run: repeated: 0 of 1 check still bad; ") for line in running.said)
    assert running.told[-1] == ("daily", "fail")
    assert running.bodies[-1].endswith("; repeated: 0 of 1 check still bad")
    assert running.incidents() == []


def test_confirmed_failure_and_unknown_are_incidents(running):
    """Both then are incidents: one of what is down, and one of what cannot be seen."""
    running.project.write(GOOD + BAD + AWAY)
    assert running.run() == 1
    again = running.lines()[1]
    assert {item: str(each.verdict) for item, each in again.items.items()} == {
        "daily.kpi.availability": "CRITICAL",
        "daily.redis.alive": "UNKNOWN",
    }
    assert any("2 of 2 checks still bad" in line for line in running.said)
    assert sorted(each.kind for each in running.incidents()) == ["cannot see", "down"]


@pytest.mark.parametrize("number", range(8))
def test_second_look_in_same_second_sorts_after_first(tmp_path, number):
    """Whatever the digests in their ids are: times have no fractions, and a quick run takes less than a second."""
    made = results([record(Verdict.CRITICAL, number)])
    first = line_of(made, report="x", slot=None)
    again = line_of(made, report="x-2", slot=None, confirms=first.id)
    for line in (again, first):
        append(tmp_path, line)
    assert read(tmp_path).runs == (first, again)


@pytest.mark.parametrize(
    ("text", "settings", "extra", "code"),
    [
        (GOOD + BAD, "[incidents]\nrecheck = []\n", (), 1),
        (NOT_CONFIGURED, "", (), 10),
        (GOOD, "", ("--allow-mutations", "-k", "nothing-like-it"), 5),
    ],
    ids=["not-of-this-set", "nothing-bad", "nothing-run"],
)
def test_not_configured_and_below_floor_are_not_run_again(running, text, settings, extra, code):
    """Nor where too few checks were executed and those were well."""
    running.project.write(text)
    running.settings(settings)
    assert running.run(*extra) == code
    assert all(not run.confirms for run in running.lines())
    assert running.told[-1] == ("daily", "fail")


def test_mutating_checks_are_not_run_again(running):
    """A second look would do it again."""
    running.project.write(GOOD + BAD)
    assert running.run("--allow-mutations") == 1
    assert len(running.lines()) == 1
    assert any("mutations are made once" in line for line in running.said)


def test_extra_arguments_are_passed_to_first_run_only(running):
    """And play no part in the second look, which has its own choice."""
    running.project.write(GOOD + BAD)
    assert running.run("-k", "good") == 0
    (line,) = running.lines()
    assert (line.partial, list(line.items)) == (True, ["daily.health.api"])


def test_missing_results_are_a_failure(running):
    """Whatever the exit code said."""
    running.project.write(GOOD)
    assert running.run("--collect-only") == 10
    assert running.told[-1] == ("daily", "fail")
    assert running.lines() == ()


def test_failed_notification_does_not_change_exit_code(running, monkeypatch):
    """It is said."""

    def broken(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(runner, "tell", broken)
    monkeypatch.setattr(runner, "ping", broken)
    running.project.write(GOOD)
    assert running.run() == 0
    failed = [line for line in running.said if "failed: OSError: no route to host" in line]
    steps = [line.removeprefix("run: ").partition(" failed")[0] for line in failed]
    assert steps == ["ping start", "notifications", "ping success"]


def test_process_start_failure_is_reported_as_failure(running, monkeypatch):
    """In a sentence, with code 10; and where only the second look has no room, the rest goes on."""
    running.project.write(GOOD + BAD)
    real, room = runner.RunChannel.__enter__, [True, False, False]

    def enter(ear):
        if not room.pop(0):
            raise OSError(errno.EMFILE, "Too many open files")
        return real(ear)

    monkeypatch.setattr(runner.RunChannel, "__enter__", enter)
    assert running.run() == 1
    assert running.told == [("daily", "start"), "incidents", ("daily", "fail")]
    assert "run: repeated: no results; code 10" in running.said
    running.told.clear()
    assert running.run() == 10
    assert running.told == [("daily", "start"), "incidents", ("daily", "fail")]
    assert "run: pytest could not be run: OSError: [Errno 24] Too many open files" in running.said


def test_internal_error_still_pings_failure(running, monkeypatch):
    """Who was told of the start is not left waiting for the end."""
    monkeypatch.setattr(runner, "read_results", lambda _: 1 / 0)
    running.project.write(GOOD)
    with pytest.raises(ZeroDivisionError):
        running.run()
    assert running.told == [("daily", "start"), ("daily", "fail")]


def test_signal_during_notification_ends_only_notification(running, monkeypatch):
    """The run was over, and its code stands."""

    def slow(*_):
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it went on")

    monkeypatch.setattr(runner, "tell", slow)
    running.project.write(GOOD)
    assert running.run() == 0
    assert "run: notifications: stopped" in running.said
    assert running.told[-1] == ("daily", "success")


def test_signal_before_run_runs_nothing(running, monkeypatch):
    """And the exit code is 128 plus the signal, as in shells."""
    monkeypatch.setattr(runner, "ping", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    running.project.write(GOOD)
    assert running.run() == 128 + signal.SIGTERM
    assert running.lines() == ()


def an_hour_after_it_hangs(running, monkeypatch):
    """The command's clock is put on once the check hangs, however long pytest took to come so far."""
    hangs = running.project.folder / "hanging"
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600 * hangs.exists())
    monkeypatch.setattr(runner, "time", clock)


def test_overlong_run_is_terminated_and_keeps_its_results(running, monkeypatch):
    """It writes what it had, and is not looked at again."""
    an_hour_after_it_hangs(running, monkeypatch)
    running.project.write(GOOD + HANGING)
    assert running.run(limit=30.0) == 2
    (line,) = running.lines()
    assert line.ended == "interrupted by SIGTERM"
    assert "run: not finished after 30 min, so it is being terminated" in running.said
    assert running.told[-1] == ("daily", "fail")


def test_run_that_ignores_termination_is_killed(running, monkeypatch):
    """Then nothing is known."""
    an_hour_after_it_hangs(running, monkeypatch)
    monkeypatch.setattr(runner, "_END_SECONDS", 0.3)
    deaf = "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    pathlib"
    running.project.write(HANGING.replace("    pathlib", deaf))
    assert running.run(limit=30.0) == 10
    assert "run: did not end within 0.3 s, so it is killed" in running.said
    assert running.lines() == ()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "daily and weekly"}, "expected a set such as daily, got 'daily and weekly'"),
        ({"name": "--help"}, "expected a set"),
        ({"target": ["stagin"]}, "unknown target 'stagin'"),
        ({"fault": ["redis-gone"]}, "--fault only works on the sandbox, and the target is staging"),
        ({"limit": 0.0}, "--limit: expected minutes, more than 0, got 0"),
        ({"limit": float("nan")}, "--limit: expected minutes, more than 0, got nan"),
    ],
)
def test_usage_error_sends_no_ping(running, options, sentence):
    """Nothing was run, and no start was told: the switch notices the silence, and no slip of a hand."""
    with pytest.raises(UsageError) as caught:
        running.run(**options)
    assert sentence in str(caught.value)
    assert running.told == []


def test_only_run_command_passes_arguments_on(capsys):
    """Elsewhere they would be lost without a word."""
    assert main(["history", "--", "-n", "2"]) == 4
    assert "only run hands on what follows --" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- its own process


@pytest.fixture
def process(tmp_path):
    """Starts the command in a process of its own, and waits until its check hangs."""
    project = Project(tmp_path)
    project.write(GOOD + HANGING)
    started = []

    def start():
        child = subprocess.Popen(
            [sys.executable, "-m", "playbook", "run", "daily", "--", "-q"],
            cwd=project.folder,
            env=project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=hear_of_closed_terminals,  # noqa: PLW1509 - there is one thread here
        )
        started.append(child)
        wait_for((project.folder / "hanging").exists, "the beginning of a check")
        return child, project.folder / "reports" / "history"

    yield start
    for child in started:
        child.kill()
        child.communicate()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "sigterm", "sighup"]
)
def test_termination_signal_is_forwarded_once(process, number):
    """The run writes its report and its line; what is left out is reported briefly."""
    child, history = process()
    child.send_signal(number)
    child.send_signal(number)
    output, _ = child.communicate(timeout=200)
    assert child.returncode == 2, output
    (line,) = read(history).runs
    assert line.ended.startswith("interrupted")
    assert "run: stopped: no notifications are sent now" in output


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_run_ends_with_its_killed_parent(process):
    """Even one that was killed; it still writes what it had."""
    child, history = process()
    child.kill()
    wait_for(lambda: read(history).runs, "a line of the history")
    assert read(history).runs[0].ended == "interrupted by SIGTERM"


def test_scheduled_weekly_run_writes_public_handoff_page_first(running):
    """In the public form, as the history has it; the run that follows finds it, and a run by hand writes none."""
    running.project.write(WEEKLY)
    running.settings(f'{_PAGES}handoffs = "pages"\n')
    assert running.run(name="weekly") == 0
    assert not (running.project.folder / "pages").exists()
    assert running.run(name="weekly", scheduled=True) == 0
    (file,) = (running.project.folder / "pages").glob("staging-weekly-*.json")
    page = msgspec.json.decode(file.read_bytes(), type=Page)
    assert page.audience is Audience.PUBLIC
    assert page.runs == {"weekly": 1}, "made of the runs before it"
    assert all(is_for_everybody(file.with_suffix(suffix)) for suffix in (".json", ".html", ".md"))
    assert any(line.startswith("run: handoff: ") and line.endswith(".html") for line in running.said)
    assert running.project.folder.joinpath("found").read_text() == file.name


def test_private_target_keeps_full_handoff_page(running):
    """Where only the team reads the history, it reads who is on call as well."""
    running.project.write(WEEKLY)
    running.settings(f'{_PAGES}handoffs = "pages"\n[targets.staging]\nprivate = true\n')
    assert running.run(name="weekly", scheduled=True) == 0
    (file,) = (running.project.folder / "pages").glob("staging-weekly-*.json")
    assert msgspec.json.decode(file.read_bytes(), type=Page).audience is Audience.TEAM
    assert not is_for_everybody(file)


def test_unwritable_handoff_page_does_not_stop_run(running):
    """It is said, and the set is run."""
    running.project.write(WEEKLY)
    running.settings(f'{_PAGES}handoffs = "playbook.toml/pages"\n')
    assert running.run(name="weekly", scheduled=True) == 0
    assert any("playbook.toml/pages: the page cannot be written" in line for line in running.said)


@pytest.mark.parametrize("place", [".", "docs"])
def test_run_outside_of_any_project_ends_with_one_sentence(tmp_path, monkeypatch, capsys, place):
    """A subfolder of a checkout has other tests below it, or none; pytest's usage helps nobody."""
    (tmp_path / "docs").mkdir()
    if place == "docs":
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["playbook.plugin"]\n')
    monkeypatch.chdir(tmp_path / place)
    assert main(["run", "daily"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert "run: expected a checkout of the playbook, or a folder where it is installed, got" in line
    assert f"{tmp_path / place}, which is neither; change to {ROOT}" in line
