"""Readings of counters in the lines of past runs, and in a file instead of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.core.clock import FixedClock
from playbook.core.counters import Counted
from playbook.core.door.records import leaving
from playbook.core.engine import Outcome
from playbook.history.by_target import RunsByTarget
from playbook.history.readings import earlier_readings
from playbook.history.runs import append, line_of, read
from playbook.run.notes import Notes
from playbook.run.run import Run
from playbook.settings.loading import load
from tests.factories import record, six_verdicts
from tests.history_factory import run_line

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def counted(hits, hours_ago=24.0):
    return Counted(at=NOW - timedelta(hours=hours_ago), origin="a", counts={"keyspace_hits": hits})


def settings(tmp_path, **history):
    overlay = {"targets": {"production": {"history": history}}}
    return load("production", root=tmp_path, environment={}, overlay=overlay)


def hits_of(readings):
    return [one["redis"].counts["keyspace_hits"] for one in readings]


def test_reading_of_a_run_is_in_its_line():
    """It passes from record to line, across processes, and once for all checks."""
    reading = counted(5.0)
    first = record(readings={"redis": reading})
    second = record(number=1, readings={"redis": reading, "images": counted(7.0)})
    first = msgspec.json.decode(msgspec.json.encode(leaving(first)), type=type(first))
    results = msgspec.structs.replace(six_verdicts(), records=[first, second])
    line = line_of(results, report="r", slot=None)
    assert line.readings == {"images": counted(7.0), "redis": reading}
    assert msgspec.json.decode(msgspec.json.encode(line), type=type(line)) == line


def test_check_notes_the_readings_of_its_measurements():
    """Also if its measurement is not judged in the end."""

    class Value:
        readings = {"redis": counted(5.0)}

    notes = Notes()
    notes.look(Outcome("redis_stats", Value(), None, 0.0))
    notes.look(Outcome("settings", object(), None, 0.0))
    assert notes.readings == {"redis": counted(5.0)}


def test_readings_of_the_target_come_from_its_lines(tmp_path):
    """Of every set; not of another target, and not of lines before the relevant period."""
    for target, days_ago, hits in (
        ("production", 1, 5.0),
        ("production", 2, 4.0),
        ("staging", 1, 9.0),
        ("production", 9, 1.0),
    ):
        line = run_line({}, started=NOW - timedelta(days=days_ago), target=target)
        append(tmp_path, msgspec.structs.replace(line, readings={"redis": counted(hits, 24 * days_ago)}))
    append(tmp_path, run_line({}, started=NOW - timedelta(hours=3), target="production"))
    assert hits_of(earlier_readings(tmp_path, settings(tmp_path), NOW, RunsByTarget())) == [4.0, 5.0]
    assert list(earlier_readings(None, settings(tmp_path), NOW, RunsByTarget())) == []
    assert list(earlier_readings(tmp_path / "none", settings(tmp_path), NOW, RunsByTarget())) == []


def test_file_of_readings_replaces_the_lines(tmp_path):
    """Unreadable lines are no readings; a missing file has none."""
    append(
        tmp_path,
        msgspec.structs.replace(
            run_line({}, started=NOW - timedelta(days=1), target="production"), readings={"redis": counted(1.0)}
        ),
    )
    file = tmp_path / "past.jsonl"
    text = msgspec.json.encode({"redis": counted(5.0)}) + b"\n"
    file.write_bytes(text + b'{"redis": {"at": "yesterday"}}\n\n{"redi')
    assert hits_of(earlier_readings(tmp_path, settings(tmp_path, readings=str(file)), NOW, RunsByTarget())) == [
        5.0
    ]
    gone = settings(tmp_path, readings=str(tmp_path / "none"))
    assert list(earlier_readings(tmp_path, gone, NOW, RunsByTarget())) == []


def test_line_without_readings_is_unchanged(tmp_path):
    """An older line is read, and no empty field is written."""
    line = run_line({}, started=NOW, target="production")
    assert b"readings" not in msgspec.json.encode(line)
    append(tmp_path, line)
    assert read(tmp_path).runs == (line,)


@pytest.mark.parametrize("with_history", [True, False])
def test_measurements_get_the_readings_of_earlier_runs(tmp_path, with_history):
    """From the history folder of the run."""
    line = run_line({}, started=NOW - timedelta(days=1), target="production")
    append(tmp_path, msgspec.structs.replace(line, readings={"redis": counted(5.0)}))
    run = Run(settings(tmp_path), FixedClock(NOW), history=tmp_path if with_history else None)
    found = run.measurements.get("earlier").of("redis")
    assert [one.counts["keyspace_hits"] for one in found] == ([5.0] if with_history else [])
