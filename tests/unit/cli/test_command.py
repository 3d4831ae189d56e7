"""``python -m playbook history``: the newest runs, and what cannot be read."""

import argparse
from datetime import timedelta

import pytest

from playbook.cli.history import run_history
from playbook.core.clock import FixedClock
from playbook.core.errors import UsageError
from playbook.core.verdict import Verdict
from playbook.history.runs import append
from tests.history_factory import NOW, run_line

GOOD, BAD = {"daily.health.api": Verdict.OK}, {"daily.health.api": Verdict.CRITICAL}


@pytest.fixture
def told(tmp_path):
    """Runs the command; its exit code and lines."""

    def run(**options):
        said = []
        given = {"target": None, "problems": False, "history": None, "reports": "reports"}
        given |= {"cleanse": False, "write": False, **options}
        code = run_history(argparse.Namespace(**given), tmp_path, said.append, FixedClock(NOW))
        return code, [" ".join(line.split()) for line in said]

    return run


def test_history_shows_newest_run_of_each_set(told, tmp_path):
    """With verdict and age; a second look is not the newest run."""
    folder = tmp_path / "reports" / "history"
    append(folder, run_line(GOOD, started=NOW - timedelta(days=1)))
    append(folder, run_line(BAD, started=NOW - timedelta(hours=2)))
    append(folder, run_line(GOOD, started=NOW - timedelta(hours=1), confirms="x", partial=True))
    append(folder, run_line(GOOD, started=NOW - timedelta(minutes=5), target="staging", partial=True))
    assert told() == (
        0,
        [
            "production daily CRITICAL 2 h ago",
            "staging daily OK 5 min ago, a part of it",
            f"4 runs in {folder}",
        ],
    )


def test_folder_that_is_named_and_not_there_is_a_mistake(told, tmp_path):
    """It may be mistyped, and no runs in it are no good news; a folder of the settings may be new."""
    with pytest.raises(UsageError, match=r"expected the folder of a history, got .+/typed, which is not there"):
        told(history=str(tmp_path / "typed"))
    assert told() == (0, [f"0 runs in {tmp_path / 'reports' / 'history'}"])


def test_history_shows_overdue_sets_of_chosen_target(told, tmp_path):
    """Nobody may take silence for health, nor a part of a set for the set."""
    for ago, partial in ((3, False), (0.1, True)):
        append(
            tmp_path / "reports" / "history", run_line(GOOD, started=NOW - timedelta(days=ago), partial=partial)
        )
    code, lines = told(target="production")
    assert code == 0
    assert lines[:-1] == [
        "production daily OK 2 h ago, a part of it",
        "production daily NO DATA was due 27 h ago",
        "production weekly NO DATA was due 7 days ago",
        "production monthly NO DATA was due 22 days ago",
    ]


def test_unreadable_line_is_named_and_sets_exit_code(told, tmp_path):
    """With file and line, and by the exit code."""
    file = append(tmp_path / "reports" / "history", run_line(GOOD))
    file.write_bytes(file.read_bytes() + b"<<<<<<< HEAD\n")
    code, lines = told(problems=True)
    assert code == 10
    assert lines[0].startswith("runs/2026.jsonl line 2: is damaged")
    assert lines[1].endswith("1 problem")
