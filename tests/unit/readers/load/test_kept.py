"""Stored load tests, and reading them in spite of damage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.core.errors import Unreachable
from playbook.readers.load.kept import LoadLine, Result, keep, likeness, recall, remember
from playbook.readers.load.outcome import FINISHED
from tests.unit.readers.load.made import outcome, plan

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)


def line(number=0, **changes):
    """A line of a test that many days ago."""
    fields = {
        "id": f"staging-smoke-{number}",
        "target": "staging",
        "shape": "smoke",
        "started": NOW - timedelta(days=number),
        "plan": likeness(plan()),
        "p95": {"all": 0.2},
        "requests": 300,
        "requests_per_second": 10.0,
        "failed_percent": 0.0,
    }
    return LoadLine(**(fields | changes))


def test_lines_are_read_newest_first_each_once(tmp_path):
    """Also over the end of a year, and with a duplicate after a merge."""
    for number in (400, 0, 7, 7):
        remember(tmp_path, line(number))
    assert sorted(file.name for file in tmp_path.glob("*.jsonl")) == ["2025.jsonl", "2026.jsonl"]
    assert [test.id for test in recall(tmp_path).tests] == [line(n).id for n in (0, 7, 400)]


def test_damaged_line_is_reported_and_affects_no_other(tmp_path):
    """With its number."""
    remember(tmp_path, line())
    with (tmp_path / "2026.jsonl").open("ab") as file:
        file.write(b'{"id": 1}\n<<<<<<< HEAD\n')
    remember(tmp_path, line(1))
    known = recall(tmp_path)
    assert len(known.tests) == 2
    assert [problem.partition(" is damaged")[0] for problem in known.problems] == [
        "2026.jsonl, line 2",
        "2026.jsonl, line 3",
    ]


def test_missing_folder_holds_nothing(tmp_path):
    """There is nothing before a first test."""
    assert recall(tmp_path / "nowhere") == ((), ())


def test_write_errors_are_reported(tmp_path):
    """They are no finding about the system."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unreachable, match="expected to add the test to history, got an error "):
        remember(tmp_path / "file", line())
    result = Result(
        target="staging",
        shape="smoke",
        finished=NOW,
        requests_per_second=1.0,
        whole=True,
        plan=plan(),
        outcome=outcome(FINISHED),
    )
    with pytest.raises(Unreachable, match=r"expected to keep the result in .* \(capacity\.load_tests\)"):
        keep(tmp_path / "file", result)
    first, second = keep(tmp_path / "load", result), keep(tmp_path / "load", result)
    assert first != second
    assert msgspec.json.decode(second.read_bytes(), type=Result) == result


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weights": {"homepage": 2.0}}, "weights"),
        ({"wait_seconds": (0.0, 1.0)}, "waits"),
        ({"workers": 2}, "workers"),
        ({"repeats_percent": 0.0}, "images"),
        ({"stages": []}, "stages"),
        ({"most_requests_per_second": 20.0}, "caps"),
        ({"read_seconds": 2.0}, "time limits"),
    ],
)
def test_tests_are_alike_if_their_plans_are(change, named):
    """Except for their destination and seed."""
    mine, other = likeness(plan()), likeness(plan(**change))
    assert [name for name in mine if mine[name] != other[name]] == [named]
    assert likeness(plan(host="https://elsewhere.example", seed=7, outcome="x")) == mine


def test_another_machine_makes_another_test(monkeypatch):
    """The load generator is part of the measurement, and so is its version."""
    mine = likeness(plan())
    monkeypatch.setattr("os.cpu_count", lambda: 96)
    assert [name for name, text in likeness(plan()).items() if text != mine[name]] == [
        "machine that makes the load"
    ]
    assert mine["version of Locust"][0].isdigit()
