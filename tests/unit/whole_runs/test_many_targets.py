"""Many targets in one run, by the front door: pytest in a process of its own, on checks of made-up numbers."""

import signal
import subprocess

import msgspec
import pytest

from playbook.__main__ import main
from playbook.core.record import Results
from playbook.history.runs import read
from playbook.report.overview import read_overview
from tests.project import AWAY, BAD, GOOD, NOT_CONFIGURED, WARNED, Project
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

SETTINGS = """
[groups]
shops = ["shop-*"]
[targets.shop-a]
kind = "staging"
[targets.shop-b]
kind = "staging"
[targets.shop-c]
kind = "staging"
without = ["redis"]
[floors]
daily = 1
"""
GROUP = ("-m", "daily", "--target", "group:shops")
# Bad on one target alone; with parameters of its own that look like a target's name.
OWN = """
@pytest.mark.daily
@pytest.mark.parametrize("place", ["north", "shop-a"])
def test_own(place, settings, judge, limits):
    "Each place is good."
    judge(60 if settings.target.name == "shop-b" else 95, limits.cache_hit_rate)
"""
UNITTEST = """
import unittest

@pytest.mark.daily
class TestPlain(unittest.TestCase):
    def test_two(self):
        assert 1 + 1 == 2
"""
LOADED = """
import os
import signal
from pathlib import Path
from playbook.hooks.fixtures import run_of

def note(settings, what):
    with Path("order").open("a") as file:
        file.write(f"{settings.target.name} {what}\\n")

@pytest.mark.load
def test_load(request, settings, judge, limits):
    "It is carried."
    note(settings, "load")
    order = run_of(request.node).load_order
    with order.under_way():
        pass  # under load
    judge(95, limits.cache_hit_rate)

@pytest.mark.daily
def test_first(settings, judge, limits):
    "It is measured without load."
    note(settings, "first")
    judge(95, limits.cache_hit_rate)
"""
INTERRUPTED = """if settings.target.name == "shop-b":
            os.kill(os.getpid(), signal.SIGINT)
            assert order.stop.wait(20)
            raise RuntimeError("stopped")"""
WEEKLY = """
@pytest.mark.weekly
def test_week(judge, limits):
    "It holds."
    judge(95, limits.cache_hit_rate)
"""
LOADABLE = """
[groups]
shops = ["shop-*"]
""" + "".join(
    f'[targets.{name}]\nkind = "staging"\n[targets.{name}.web]\nurl = "https://{name}.example"\n'
    f'[targets.{name}.load]\nhosts = ["{name}.example"]\n'
    for name in ("shop-a", "shop-b", "shop-c")
)
# The second target stops the process in its second check.
ENDING = """
import os
import pathlib
import signal
import threading

@pytest.mark.daily
def test_ends(settings, judge, limits):
    "It ends."
    if settings.target.name == "shop-b":
        HOW
    judge(95, limits.cache_hit_rate)

@pytest.mark.daily
def test_then(judge, limits):
    "It comes after."
    judge(95, limits.cache_hit_rate)
"""


@pytest.fixture
def project(tmp_path):
    """A folder with three targets in a group."""
    made = Project(tmp_path)
    (tmp_path / "playbook.toml").write_text(SETTINGS)
    return made


def reports(project):
    """The results of each target."""
    made = {}
    for file in sorted(project.folder.glob("reports/shop-*/results.json")):
        results = msgspec.json.decode(file.read_bytes(), type=Results)
        assert results.target not in made
        made[results.target] = results
    return made


def told(results):
    """What a run says of its checks, but for when it was, how long it took and by whom it was started."""
    return [
        msgspec.structs.replace(record, started="", seconds=0.0, worker="")
        for record in sorted(results.records, key=lambda record: record.check)
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("-m", "dialy"),
            "-m: expected a marker (pytest --markers lists them), got 'dialy'; did you mean 'daily'?",
        ),
        (("-m", "daily and"), "-m: expected names with and, or, not and brackets, got 'daily and'"),
        (("-m", "daily", "-k", "own or"), "-k: expected names with and, or, not and brackets, got 'own or'"),
    ],
)
def test_mistake_in_an_expression_is_one_sentence_with_workers_too(project, options, sentence):
    """Only they use it, and all of them would fail."""
    project.write(OWN)
    (project.folder / "playbook.toml").write_text(SETTINGS)
    ended = project.run("--target", "group:shops", "-n", "2", *options)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert sentence in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "two-workers"])
def test_each_target_has_same_report_as_alone(project, workers):
    """Ids, records, history and files are the same; the page over all leads to each, worst first."""
    project.write(GOOD + WARNED + AWAY + NOT_CONFIGURED + OWN + UNITTEST)
    ended = project.run(*GROUP, *workers)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    together = reports(project)
    folder = project.folder / "reports"
    overview = read_overview(folder / "latest")
    assert [(row.target, row.verdict) for row in overview.rows] == [
        ("shop-b", "CRITICAL"),
        ("shop-a", "UNKNOWN"),
        ("shop-c", "UNKNOWN"),
    ]
    assert all((folder / row.folder / "index.html").is_file() for row in overview.rows)
    lines = {run.target: run for run in read(folder / "history").runs}
    for name in ("shop-a", "shop-b", "shop-c"):
        alone = project.run("-m", "daily", "--target", name, "--reports=alone", "--history=alone/history")
        (file,) = project.folder.glob(f"alone/{name}-*/results.json")
        results = msgspec.json.decode(file.read_bytes(), type=Results)
        assert alone.returncode == results.exit_code == together[name].exit_code
        assert told(results) == told(together[name])
        for field in ("verdict", "floor", "executed", "counts", "left_out", "root_causes", "partial", "ended"):
            assert getattr(results, field) == getattr(together[name], field), field
        (line,) = read(project.folder / "alone" / "history").of(name)
        assert list(line.items) == list(lines[name].items)
        beside = {one.name for one in file.parent.iterdir()}
        assert beside == {one.name for one in (folder / lines[name].report).iterdir()}


def test_target_in_id_selects_target(project):
    """``test_own[north-@shop-b]`` as pytest shows it; also of what pytest gives no parameters."""
    project.write(GOOD + OWN + UNITTEST)
    file = "checks/test_made_up.py"
    asked = (
        f"{file}::test_own[north-@shop-b]",
        f"{file}::test_good[shop-a]",
        f"{file}::TestPlain::test_two[shop-a]",
    )
    ended = project.run(*asked, "--target=shop-a", "--target=shop-b", "-v")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert {name: [one.check for one in results.records] for name, results in reports(project).items()} == {
        "shop-a": [f"{file}::test_good", f"{file}::TestPlain::test_two"],
        "shop-b": [f"{file}::test_own[north]"],
    }
    assert all(one in ended.stdout for one in asked)


def test_group_of_one_is_a_plain_run(project):
    """With no page over all, and ids as always."""
    project.write(GOOD)
    assert project.run(*GROUP, "--shard", "2/3").returncode == 0
    assert list(reports(project)) == ["shop-b"]
    assert not list(project.folder.glob("reports/targets-*"))
    assert reports(project)["shop-b"].records[0].check == "checks/test_made_up.py::test_good"


def test_shards_merge_to_the_whole(project):
    """As any two runs do: by the lines of both."""
    project.write(GOOD)
    for number in (1, 2):
        ended = project.run(*GROUP, f"--shard={number}/2", f"--reports=part-{number}")
        assert ended.returncode == 0, ended.stdout
    files = sorted(project.folder.glob("part-*/history/runs/*.jsonl"))
    merged = project.folder / "merged" / "runs"
    merged.mkdir(parents=True)
    (merged / files[0].name).write_bytes(b"".join(file.read_bytes() for file in files))
    assert sorted(run.target for run in read(project.folder / "merged").runs) == ["shop-a", "shop-b", "shop-c"]


def test_unreadable_file_is_unknown_for_each_target(project):
    """And its other checks are judged."""
    project.write(GOOD)
    project.write("1 / 0\n", name="test_broken")
    assert project.run(*GROUP).returncode == 10
    assert {
        name: [(record.check, str(record.verdict)) for record in results.records]
        for name, results in reports(project).items()
    } == {
        name: [("checks/test_broken.py", "UNKNOWN"), ("checks/test_made_up.py::test_good", "OK")]
        for name in ("shop-a", "shop-b", "shop-c")
    }


@pytest.mark.parametrize(
    ("how", "workers", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGTERM); threading.Event().wait(20)", (), 2),
        ("pytest.exit('enough')", (), 2),
        ("os._exit(3)", ("-n", "2", "--max-worker-restart=0"), 10),
    ],
    ids=["sigterm", "exit", "worker-dies"],
)
def test_interrupted_run_keeps_targets_apart(project, how, workers, code):
    """What ended is as it was, what had begun is UNKNOWN from there on, and what was not reached is UNKNOWN."""
    project.write(ENDING.replace("HOW", how))
    ended = project.run(*GROUP, *workers)
    assert ended.returncode == code, ended.stdout + ended.stderr
    found = reports(project)
    assert found["shop-a"].verdict == "OK"
    assert found["shop-a"].ended == "finished"
    assert found["shop-b"].verdict == "UNKNOWN"
    overview = read_overview(project.folder / "reports" / "latest")
    assert {row.target: str(row.verdict) for row in overview.rows}["shop-b"] == "UNKNOWN"
    assert overview.verdict == "UNKNOWN"
    if not workers:
        assert found["shop-c"].verdict == "UNKNOWN"
        assert "not run, as the run ended early" in found["shop-c"].records[0].message
        assert {run.target: str(run.verdict) for run in read(project.folder / "reports" / "history").runs} == {
            "shop-a": "OK",
            "shop-b": "UNKNOWN",
            "shop-c": "UNKNOWN",
        }


def test_killed_run_keeps_results_of_each_target(project, monkeypatch, capsys):
    """One that had ended keeps its report; the page over all says what was not reached."""
    project.write(
        GOOD + BAD + ENDING.replace("HOW", "pathlib.Path('hanging').touch(); threading.Event().wait(50)")
    )
    process = subprocess.Popen(
        project.command(*GROUP), cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL
    )
    try:
        wait_for((project.folder / "hanging").exists, "the second target")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (folder,) = project.folder.glob("reports/targets-*")
    assert list(reports(project)) == ["shop-a"]
    monkeypatch.chdir(project.folder)
    assert main(["report", str(folder.relative_to(project.folder))]) == 0
    assert capsys.readouterr().out.startswith("CRITICAL: ")
    rows = {row.target: row for row in read_overview(folder).rows}
    assert {name: str(row.verdict) for name, row in rows.items()} == {
        "shop-a": "CRITICAL",
        "shop-b": "CRITICAL",
        "shop-c": "UNKNOWN",
    }
    assert "the run was killed before" in rows["shop-c"].worst
    assert "killed" in reports(project)["shop-b"].ended
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "summary.md", "targets.json"]


def test_exitfirst_leaves_other_targets_unknown(project):
    """What was not measured could be anything."""
    project.write(GOOD + BAD)
    ended = project.run(*GROUP, "-x")
    assert ended.returncode == 1
    assert {name: str(results.verdict) for name, results in reports(project).items()} == {
        "shop-a": "CRITICAL",
        "shop-b": "UNKNOWN",
        "shop-c": "UNKNOWN",
    }


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_signal_while_results_are_written_does_not_change_them(project, number):
    """The target whose results are being written has one line of the history, as it was; those after it end."""
    project.write(GOOD)
    with (project.folder / "conftest.py").open("a") as file:
        file.write(
            "import os, signal\nfrom playbook.run import target_run\nappend = target_run.append\n"
            "def interrupted(folder, line):\n"
            "    if line.target == 'shop-a':\n"
            f"        os.kill(os.getpid(), signal.{number})\n"
            "    return append(folder, line)\n"
            "target_run.append = interrupted\n"
        )
    ended = project.run(*GROUP)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    runs = read(project.folder / "reports" / "history").runs
    assert sorted((run.target, str(run.verdict), run.ended.split()[0]) for run in runs) == [
        ("shop-a", "OK", "finished"),
        ("shop-b", "UNKNOWN", "interrupted"),
        ("shop-c", "UNKNOWN", "interrupted"),
    ]


def test_load_tests_of_several_targets_run_one_after_another(project):
    """Each target has its own, after its other checks, and before anything of the next target is measured."""
    project.write(LOADED)
    ended = project.run("-m", "load or daily", "--target", "group:shops")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "load: smoke, one target after another" in ended.stdout
    order = [f"{name} {what}" for name in ("shop-a", "shop-b", "shop-c") for what in ("first", "load")]
    assert (project.folder / "order").read_text().splitlines() == order
    assert {results.verdict for results in reports(project).values()} == {"OK"}


def test_interrupted_load_test_is_the_last_one(project):
    """What ran before keeps its result; no other target is loaded, and each of those is UNKNOWN."""
    project.write(LOADED.replace("pass  # under load", INTERRUPTED))
    ended = project.run("-m", "load or daily", "--target", "group:shops")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    written = (project.folder / "order").read_text().splitlines()
    assert written == ["shop-a first", "shop-a load", "shop-b first", "shop-b load"]
    found = {name: (str(results.verdict), results.ended) for name, results in reports(project).items()}
    assert found == {
        "shop-a": ("OK", "finished"),
        "shop-b": ("UNKNOWN", "interrupted"),
        "shop-c": ("UNKNOWN", "interrupted"),
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--load-production", "shop-x"), "shop-x is none of the 3 targets of this run"),
        (("--load-production", "shop-a"), "shop-a is not a production system"),
        (("--shape", "smok"), "did you mean 'smoke'?"),
        (("-n", "2"), "omit -n"),
    ],
    ids=["another-name", "no-production", "shape", "workers"],
)
def test_load_that_may_not_go_to_one_target_goes_to_none(project, options, expected):
    """It is said before anything is asked."""
    (project.folder / "playbook.toml").write_text(LOADABLE)
    project.write(LOADED)
    ended = project.run("-m", "load", "--target", "group:shops", *options)
    assert ended.returncode == 4
    assert expected in ended.stdout + ended.stderr
    assert not (project.folder / "order").exists()


def test_lists_of_pytest_name_the_checks_of_each_target(project):
    """``-r A``: below the line of each target, with the id by which the check is run again."""
    project.write(GOOD + OWN)
    ended = project.run(*GROUP, "-r", "A", "-q")
    lines = ended.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if "CRITICAL shop-b" in line)
    listed = [line.split(" - ")[0] for line in lines[at + 1 : at + 4]]
    file = "checks/test_made_up.py"
    assert listed == [
        f"OK {file}::test_good[shop-b]",
        f"CRITICAL {file}::test_own[north-@shop-b]",
        f"CRITICAL {file}::test_own[shop-a-@shop-b]",
    ]
    assert not any(line.startswith("CRITICAL") for line in project.run(*GROUP).stdout.splitlines())


def test_scheduled_week_writes_the_handoff_page_of_each_target(project):
    """The page of one that cannot be written costs neither the others' nor the run."""
    with (project.folder / "playbook.toml").open("a") as file:
        file.write(
            'weekly = 1\n[people]\nhandoffs = "pages"\n[targets.shop-b.people]\nhandoffs = "playbook.toml/pages"\n'
        )
    project.write(WEEKLY)
    command = (*project.command()[:1], "-m", "playbook", "run", "weekly", "--target=group:shops")
    assert project.python(*command).returncode == 0
    assert not (project.folder / "pages").exists()
    ended = project.python(*command, "--scheduled")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "handoff: shop-b: " in ended.stdout
    assert "the page cannot be written" in ended.stdout
    found = sorted(file.name for file in (project.folder / "pages").glob("*-weekly-*.html"))
    assert [name.partition("-weekly-")[0] for name in found] == ["shop-a", "shop-c"]


def test_failing_checks_of_each_target_are_repeated(project, monkeypatch):
    """At exactly those, in one run; each line says whose it is."""
    with (project.folder / "playbook.toml").open("a") as file:
        file.write("[incidents]\nrecheck_after_seconds = 0\n")
    project.write(GOOD + OWN + UNITTEST + AWAY)
    ended = project.python(*project.command()[:1], "-m", "playbook", "run", "daily", "--target=group:shops")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    runs = read(project.folder / "reports" / "history").runs
    assert {(run.target, len(run.items), bool(run.confirms)) for run in runs if run.confirms} == {
        ("shop-a", 1, True),
        ("shop-b", 2, True),
        ("shop-c", 1, True),
    }
    assert {run.confirms for run in runs if run.confirms} == {run.id for run in runs if not run.confirms}
    assert "run: daily of shop-b: CRITICAL, 3 bad checks; repeated: 3 of 3 checks still bad" in ended.stdout


@pytest.mark.parametrize("arguments", [("--collect-only",), ("-k", "shop-a")], ids=["none", "of-one-target"])
def test_run_without_results_of_a_target_is_unknown(project, arguments):
    """Pytest's own code is 0, as nothing failed; nothing shows that the target was checked."""
    project.write(GOOD)
    command = [*project.command()[:1], "-m", "playbook", "run", "daily"]
    ended = project.python(*command, "--target=shop-a", "--target=shop-b", "--", *arguments)
    assert ended.returncode == 10, ended.stdout + ended.stderr
    assert "run: daily of 2 targets: UNKNOWN, code 10, " in ended.stdout
    assert "run: daily of shop-b: no results; code 10" in ended.stdout
