"""The runs of one target out of a shared history are those that reading the whole history finds."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.core import lines
from playbook.history import by_target
from playbook.history.by_target import RunsByTarget
from playbook.history.runs import LONGEST_LINE, append, read
from tests.history_factory import run_line

NOW = datetime(2026, 1, 20, 7, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
TARGETS = ("shop-a", "shop-b", "shop-c")
DAMAGED = (
    b"",
    b"<<<<<<< ours",
    b"\xff\xfe{",
    b"[" * 5000,
    b'{"target": "shop-a", "started": "2026-01-19T07:00:00Z"}',
    b'{"target": "shop-a", "started": "2026-01-19T07:00:00"}',
    b'{"schema": 2, "target": "shop-a", "started": "2026-01-19T07:00:00Z"}',
)


def line(target, days_ago=1.0):
    return run_line({}, started=NOW - timedelta(days=days_ago), target=target)


def year(folder):
    return folder / "runs" / "2026.jsonl"


def assert_same(known, folder, since=LONG_AGO):
    history = read(folder, since=since)
    for target in TARGETS:
        assert known.of(folder, target, since) == history.of(target)


def test_a_history_that_is_not_there_has_no_runs(tmp_path):
    assert RunsByTarget().of(tmp_path / "none", "shop-a", LONG_AGO) == ()


@pytest.mark.parametrize("seed", range(5))
def test_runs_are_those_of_the_whole_history(tmp_path, seed):
    """Over two years, damaged lines, repeated lines and an unfinished last line; also as lines are added."""
    chance, known = random.Random(seed), RunsByTarget()
    for _ in range(6):
        for _ in range(5):
            append(tmp_path, line(chance.choice(TARGETS), chance.uniform(0, 60)))
        content = year(tmp_path).read_bytes() if year(tmp_path).exists() else b""
        repeated = chance.choice(content.splitlines() or [b""])
        year(tmp_path).write_bytes(
            content + chance.choice(DAMAGED) + b"\n" + repeated + chance.choice([b"\n", b""])
        )
        assert_same(known, tmp_path)
        assert_same(known, tmp_path, NOW - timedelta(days=20))


def test_runs_of_a_file_that_git_replaced_are_those_of_the_new_file(tmp_path):
    """Also where the new one is longer than the old one."""
    known = RunsByTarget()
    append(tmp_path, line("shop-a"))
    assert_same(known, tmp_path)
    merged = [msgspec.json.encode(line(target, days)) for target in TARGETS for days in (2, 3)]
    lines.rewrite(year(tmp_path), lambda content: b"\n".join(merged) + b"\n" + content)
    assert_same(known, tmp_path)
    lines.rewrite(year(tmp_path), lambda _: merged[0] + b"\n")
    assert_same(known, tmp_path)


def test_a_file_that_cannot_be_read_has_no_runs(tmp_path):
    year(tmp_path).mkdir(parents=True)
    assert_same(RunsByTarget(), tmp_path)


def test_lines_are_looked_through_once_for_all_targets(tmp_path, monkeypatch):
    """A further target costs its own lines, and not all lines again."""
    looked_at = []
    decode = by_target._WHOSE.decode

    class Counting:
        def decode(self, text):
            looked_at.append(text)
            return decode(text)

    monkeypatch.setattr(by_target, "_WHOSE", Counting())
    known = RunsByTarget()
    for target in TARGETS:
        append(tmp_path, line(target))
    for target in TARGETS:
        assert len(known.of(tmp_path, target, LONG_AGO)) == 1
        append(tmp_path, line(target, 0.5))
        assert len(known.of(tmp_path, target, LONG_AGO)) == 2
    assert len(looked_at) == 2 * len(TARGETS)


def test_position_of_a_line_takes_twenty_bytes():
    """Offsets beyond 4 GiB fit; a line is at most 1 MiB long."""
    places = by_target._Places()
    places.add(2**40, LONGEST_LINE, NOW)
    assert (places.at[0], places.length[0], places.started[0]) == (2**40, LONGEST_LINE, NOW.timestamp())
    assert places.at.itemsize + places.length.itemsize + places.started.itemsize == 20


def test_what_cannot_be_read_is_counted(tmp_path):
    """A cut line, one that a merge has left, and a file; a mended one is read anew."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    folder = tmp_path / "runs"
    folder.mkdir()
    file = folder / "2026.jsonl"
    file.write_bytes(b'{"schema":1,"id":"a","target":"shop"\n<<<<<<< HEAD\n')
    known = RunsByTarget()
    assert known.problems == ""
    known.of(tmp_path, "shop", since)
    known.of(tmp_path, "shop", since)
    assert known.problems == "2 lines"
    (folder / "2027.jsonl").mkdir()
    known.of(tmp_path, "shop", since)
    assert known.problems == "2 lines and 1 file"
    file.unlink()
    file.write_bytes(b"")
    known.of(tmp_path, "shop", since)
    assert known.problems == "1 file"
