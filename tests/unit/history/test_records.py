"""The records of drills: appended, never changed, and read in spite of damaged lines."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from playbook.core.errors import Denied, Unreachable
from playbook.history.drill_records import DrillRecord, add, read

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def a_record(days=0.0, **changes):
    fields = {
        "item": "weekly.backups.restores",
        "target": "staging",
        "kind": "staging",
        "when": NOW - timedelta(days=days),
        "what": "a.tar.gz",
        "seconds": 12.5,
        "data_age_hours": 5.0,
        "ok": True,
        "result": "a restore",
        **changes,
    }
    return DrillRecord(**fields)


@pytest.fixture
def file(tmp_path):
    """A file in a folder that does not exist yet."""
    return str(tmp_path / "records" / "drills.jsonl")


def test_records_are_read_newest_first(file):
    """Whatever the order of the lines."""
    for days in (3, 10, 1):
        add(file, a_record(days))
    assert read(file, NOW).found == (a_record(1), a_record(3), a_record(10))


def test_missing_file_has_no_records(file):
    """It is no error: no drill has been carried out yet."""
    assert read(file, NOW).found == ()


def test_lines_are_appended_to_existing_ones(file, tmp_path):
    """Also after an incomplete line, which stays as it is."""
    add(file, a_record(2))
    before = (tmp_path / "records" / "drills.jsonl").read_bytes()
    (tmp_path / "records" / "drills.jsonl").write_bytes(before + b'{"item": "weekl')
    add(file, a_record(1))
    assert (tmp_path / "records" / "drills.jsonl").read_bytes().startswith(before + b'{"item": "weekl\n')
    assert len(read(file, NOW).found) == 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"item": "weekly.backups.rest', "truncated"),
        (b"not JSON", "malformed"),
        (b'{"item": "x"}', "missing required field"),
        (b"\xff\xfe", "malformed|utf-8"),
        (
            b'{"item":"x","target":"t","kind":"staging","when":"2026-11-23T07:00:00","what":"","seconds":1,"ok":true,'
            b'"result":""}',
            "without a time zone",
        ),
        (
            b'{"item":"x","target":"t","kind":"staging","when":"2027-01-01T00:00:00Z","what":"","seconds":1,"ok":true,'
            b'"result":""}',
            "still to come",
        ),
        (
            b'{"item":"x","target":"t","kind":"staging","when":"2026-11-01T00:00:00Z","what":"","seconds":-1,"ok":true,'
            b'"result":""}',
            "below zero",
        ),
    ],
)
def test_damaged_line_is_named_and_skipped(file, tmp_path, line, why):
    """The others count."""
    add(file, a_record(2))
    with (tmp_path / "records" / "drills.jsonl").open("ab") as stream:
        stream.write(line + b"\n\n")
    add(file, a_record(1))
    found = read(file, NOW)
    assert found.found == (a_record(1), a_record(2))
    (said,) = found.damaged
    assert said.startswith("line 2: ")
    assert any(words in said.lower() for words in why.split("|"))


def test_concurrent_writers_lose_no_line(file):
    """As weekly and monthly drills, and several workers, write to one file."""
    threads = [threading.Thread(target=add, args=(file, a_record(number))) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(file, NOW)
    assert len(found.found) == 40
    assert found.damaged == ()


def test_unreadable_or_unwritable_file_is_reported(tmp_path):
    """A folder in its place; a forbidden one is Denied."""
    with pytest.raises(Unreachable, match="is a directory"):
        read(str(tmp_path), NOW)
    with pytest.raises((Unreachable, Denied), match="is a directory"):
        add(str(tmp_path), a_record())
