"""The history of runs: lines that concurrent runs append, that merge in git, and that are read in spite of
damage.
"""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from playbook.core.errors import UsageError
from playbook.core.verdict import Verdict
from playbook.history import runs as history
from playbook.history.runs import RunLine, append, line_of, make_folder, read
from tests.effort import effort
from tests.factories import record, results, six_verdicts
from tests.history_factory import NOW, run_line, write, years

ROOT = Path(__file__).resolve().parents[3]
GOOD = {"daily.health.api": Verdict.OK}
LINES = "runs/2026.jsonl line"


def text_of(run):
    return msgspec.json.encode(run) + b"\n"


# ------------------------------------------------------------------------------------------ from a run to its line


def test_line_of_a_run_contains_each_item():
    """Its verdict, and the number with its levels; a message only if it is not OK."""
    line = line_of(six_verdicts(), report="production-daily-20261123T070000Z", slot=None)
    assert (line.target, line.set, line.verdict, line.exit_code) == ("production", "daily", Verdict.CRITICAL, 1)
    assert line.started == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert line.counts == {"OK": 2, "WARNING": 1, "CRITICAL": 1, "UNKNOWN": 2, "NOT CONFIGURED": 2, "WAIVED": 1}
    good, bad = line.items["daily.example.2"], line.items["daily.example.4"]
    assert (good.value, good.below_target, good.message) == (85.0, True, "")
    assert bad.limit == {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"}
    assert bad.message == "Example: expected at least 80 %, got 61.2 % over 24 h (1,204 reads)"
    assert line.items["daily.example.5"].cause == "redis"


def test_worst_of_several_checks_of_an_item_counts():
    """In whatever order they ran."""
    verdicts = [Verdict.OK, Verdict.CRITICAL, Verdict.WARNING]
    records = [record(each, item="daily.x", check=f"checks/test_x.py::test_{each}") for each in verdicts]
    assert line_of(results(records), report="r", slot=None).items["daily.x"].verdict is Verdict.CRITICAL


def test_long_message_is_cut():
    """The report has all of it."""
    line = line_of(results([record(Verdict.CRITICAL, message="ß" * 5000)]), report="r", slot=None)
    assert len(line.items["daily.example.0"].message) == history.MOST_CHARACTERS


def test_id_identifies_these_results_alone():
    """The same results are the same run; another run at the same second is not."""
    slow = results([record(seconds=0.26)])
    ids = {
        line_of(each, report=report, slot=None).id
        for each, report in ((results([record()]), "r"), (slow, "r"), (slow, "r"), (slow, "r-2"))
    }
    assert len(ids) == 3
    assert all(each.startswith("production-daily-20261123T070000Z-") for each in ids)


# ------------------------------------------------------------------------------------------- appending and reading


def test_appended_runs_are_read(tmp_path):
    """Oldest first, in the file of its year in UTC."""
    runs = [run_line(GOOD, started=NOW - timedelta(days=ago)) for ago in (400, 1, 0)]
    files = {append(tmp_path / "history", run).name for run in reversed(runs)}
    assert files == {"2025.jsonl", "2026.jsonl"}
    assert read(tmp_path / "history") == history.History(tuple(runs), ())


def test_missing_folder_has_no_runs(tmp_path):
    """Every history begins that way."""
    assert read(tmp_path / "history") == history.History((), ())


def test_history_knows_its_targets_and_sets(tmp_path):
    """For callers that ask for them."""
    for target, name in (("production", "daily"), ("production", "weekly"), ("staging", "daily")):
        append(tmp_path, run_line(GOOD, target=target, set_name=name))
    found = read(tmp_path)
    assert [run.set for run in found.of("production")] == ["daily", "weekly"]
    assert [run.target for run in found.of("staging", "daily")] == ["staging"]


def test_since_leaves_older_years_unread(tmp_path):
    """However damaged they are."""
    for ago in (400, 30, 1):
        append(tmp_path, run_line(GOOD, started=NOW - timedelta(days=ago)))
    (tmp_path / "runs" / "2025.jsonl").write_bytes(b"broken\n")
    found = read(tmp_path, since=NOW - timedelta(days=7))
    assert [run.started for run in found.runs] == [NOW - timedelta(days=1)]
    assert found.problems == ()


DAMAGED = [
    (b"<<<<<<< HEAD", "is damaged: a merge that git could not finish left it"),
    (b"=======", "is damaged: a merge that git could not finish left it"),
    (b'{"id": "x', "is damaged: Input data was truncated"),
    (b'{"id": "x"}', "is damaged: Object missing required field target"),
    (text_of(run_line(GOOD)).replace(b'"executed":1', b'"executed":"one"').strip(), "is damaged: Expected int"),
    (text_of(run_line(GOOD)).replace(b"T09:00:00Z", b"T09:00:00").strip(), "is damaged: Expected datetime with"),
    (text_of(run_line(GOOD)).replace(b'"OK"', b'"FINE"').strip(), "is damaged: Invalid enum value 'FINE'"),
    (text_of(run_line(GOOD, schema=2)).strip(), "is written in form 2, and this reads form 1"),
    (b'{"schema": 3, "run": "x"}', "is written in form 3, and this reads form 1"),
    (b"\x00" * 40, "is damaged: JSON is malformed"),
    (b'{"id": "\xff"}', "is damaged: "),
    (b"[" * 100_000, "is damaged: "),
    (b'{"id": ' + b"[" * 100_000, "is damaged: "),
    (b'{"more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is damaged: "),
    (b'{"id": "' + b"x" * 1_100_000 + b'"}', "is damaged: 1,100,010 bytes long"),
    (b"  ", "is blank"),
]


@pytest.mark.parametrize(("line", "problem"), DAMAGED, ids=[str(number) for number in range(len(DAMAGED))])
def test_damaged_line_is_named_and_skipped(tmp_path, line, problem):
    """The others count."""
    first, last = run_line(GOOD), run_line(GOOD, started=NOW + timedelta(days=1))
    file = append(tmp_path, first)
    file.write_bytes(file.read_bytes() + line + b"\n")
    append(tmp_path, last)
    found = read(tmp_path)
    assert found.runs == (first, last)
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"{LINES} 2: {problem}")
    assert len(found.problems[0]) < 300


def test_line_of_a_later_version_is_read(tmp_path):
    """An unknown field is ignored."""
    run = run_line(GOOD)
    file = append(tmp_path, run)
    file.write_bytes(file.read_bytes().replace(b'{"id"', b'{"colour":"blue","id"'))
    assert read(tmp_path) == history.History((run,), ())


def test_unreadable_path_is_named(tmp_path):
    """A folder in a file's place, and a file without a year."""
    run = run_line(GOOD)
    append(tmp_path, run)
    (tmp_path / "runs" / "2025.jsonl").mkdir()
    (tmp_path / "runs" / "2026 (copy).jsonl").touch()
    found = read(tmp_path)
    assert found.runs == (run,)
    assert found.problems == (
        "runs/2025.jsonl cannot be read: Is a directory",
        "runs/2026 (copy).jsonl is not read: expected the name of a year, such as 2026.jsonl",
    )


def test_duplicate_run_counts_once(tmp_path):
    """And two lines that differ for the same run are reported."""
    run = run_line(GOOD)
    for each in (run, run, msgspec.structs.replace(run, exit_code=7)):
        append(tmp_path, each)
    found = read(tmp_path)
    assert found.runs == (run,)
    assert found.problems == (f"{LINES} 3: says something else of the run {run.id} than a line before",)


@pytest.mark.parametrize("blocked", ["history", "history/runs"])
def test_unwritable_history_is_reported(tmp_path, blocked):
    """In one sentence."""
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).touch()
    with pytest.raises(UsageError, match=r"history (is to hold|cannot be written)|cannot be written"):
        append(tmp_path / "history", run_line(GOOD))


WRITER = """
import sys
from datetime import timedelta
from pathlib import Path

from playbook.core import lines
from playbook.history.runs import append
from playbook.core.verdict import Verdict
from tests.history_factory import NOW, run_line

lines._PATIENCE = 100.0  # a slow disk is no matter here
for number in range(40):
    started = NOW + timedelta(days=number)
    append(Path(sys.argv[1]), run_line({"daily.x": Verdict.OK}, target=sys.argv[2], started=started))
"""


@pytest.mark.slow
def test_many_runs_that_end_at_once_lose_nothing(tmp_path):
    """Each line is complete, though nobody made the folder before."""
    folder = tmp_path / "history"
    command = [sys.executable, "-c", WRITER, str(folder)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in "abcd"]
    assert [writer.wait(100) for writer in writers] == [0, 0, 0, 0]
    found = read(folder)
    assert found.problems == ()
    assert {name: len(found.of(name)) for name in "abcd"} == dict.fromkeys("abcd", 40)


# ---------------------------------------------------------------------------------------------------------- in git


@pytest.fixture
def git(tmp_path):
    """Runs git in a separate repository, without anybody's settings."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def run(*arguments):
        return subprocess.run(
            ["git", "-C", str(tmp_path), *arguments], env=environment, check=True, capture_output=True, timeout=100
        )

    run("init", "-b", "history")
    return run


@pytest.mark.slow
def test_git_merge_keeps_the_lines_of_both_histories(tmp_path, git):
    """Shared lines are not duplicated, and nothing conflicts."""
    shared, ours, theirs, both = (run_line(GOOD, started=NOW + timedelta(days=days)) for days in range(4))
    append(tmp_path, shared)
    git("add", "-A")
    git("commit", "-m", "begun")
    git("checkout", "-b", "other")
    for run in (theirs, both):
        append(tmp_path, run)
    git("commit", "-am", "theirs")
    git("checkout", "history")
    for run in (both, ours):
        append(tmp_path, run)
    git("commit", "-am", "ours")
    git("merge", "other")
    assert read(tmp_path) == history.History((shared, ours, theirs, both), ())


def test_existing_gitattributes_are_not_overwritten(tmp_path):
    """Somebody may have added to them."""
    (tmp_path / ".gitattributes").write_text("* -text\n")
    make_folder(tmp_path)
    assert (tmp_path / ".gitattributes").read_text() == "* -text\n"


# ------------------------------------------------------------------------------------------------------ many years


def test_generated_years_of_runs_are_reproducible(tmp_path):
    """With failures, recoveries, re-checks and slots without a run; and they are read as they were written."""
    runs = years(1)
    assert runs == years(1)
    assert [run.set for run in runs].count("weekly") in range(45, 54)
    assert {Verdict.OK, Verdict.CRITICAL, Verdict.UNKNOWN} <= {run.verdict for run in runs}
    assert any(run.confirms for run in runs)
    write(tmp_path, runs)
    assert read(tmp_path) == history.History(tuple(runs), ())
    assert isinstance(runs[0], RunLine)


def test_five_years_load_in_less_than_a_second_and_are_small(tmp_path):
    """A twentieth of a second and 5 MB when this was written; see benchmarks/history.py."""
    write(tmp_path, years(5))
    assert sum(file.stat().st_size for file in (tmp_path / "runs").iterdir()) < 10e6
    found, seconds = effort(lambda: read(tmp_path))
    assert len(found.runs) > 2000
    assert seconds < 1
