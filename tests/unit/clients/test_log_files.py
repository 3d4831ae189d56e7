"""Files read newest first: bounds cut the oldest, rotation loses nothing, and what could not be read is said."""

import gzip
import os
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from playbook.clients import log_files
from playbook.clients.log_files import FileLogs, family
from playbook.clients.log_reading import name_of
from playbook.settings.sections.target import Logs

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=24)


def line(minutes_ago, text="INFO x"):
    return f"{NOW - timedelta(minutes=minutes_ago):%Y-%m-%d %H:%M:%S} {text}"


def write(file, lines, at=NOW, pack=False):
    data = "".join(f"{one}\n" for one in lines).encode()
    file.write_bytes(gzip.compress(data) if pack else data)
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


def read(tmp_path, *patterns, block=1 << 24, **wanted):
    patterns = patterns or ("*.log*",)
    return FileLogs(tuple(f"{tmp_path}/{pattern}" for pattern in patterns), Logs(**wanted), block).read(SINCE)


def parts_of(stream):
    return [(name_of(part), list(part)) for part in stream.parts]


@pytest.mark.parametrize("pack", [False, True])
def test_blocks_are_newest_first_and_complete(tmp_path, pack):
    """In whatever size; within a block in the order of the file."""
    lines = [line(1400 - number) for number in range(1400)]
    write(tmp_path / "a.log", lines, pack=pack)
    for block in (100, 1_000, 7_777, 1 << 20):
        found = [part for _, part in parts_of(read(tmp_path, block=block))]
        assert [one for part in reversed(found) for one in part] == lines
        assert len(found) > 1 or block == 1 << 20


def test_block_begins_with_independent_line(tmp_path):
    """So that a stack trace stays with the error above it."""
    trace = ["Traceback (most recent call last):", '  File "x.py", line 1', "    x()", "KeyError: 1"]
    lines = [one for number in range(100) for one in (line(100 - number, "ERROR failed"), *trace)]
    write(tmp_path / "a.log", lines)
    for block in range(300, 420, 7):
        found = [part for _, part in parts_of(read(tmp_path, block=block))]
        assert [one for part in reversed(found) for one in part] == lines
        assert all("ERROR failed" in part[0] for part in found)


@pytest.mark.parametrize("pack", [False, True])
def test_limit_cuts_oldest_lines(tmp_path, pack):
    """The last lines of a file are read, however many stand before them."""
    lines = [line(1400 - number // 10, f"INFO {number}") for number in range(14_000)]
    write(tmp_path / "a.log", lines, pack=pack)
    stream = read(tmp_path, block=20_000, most_lines=5_000)
    found = [one for _, part in parts_of(stream) for one in part]
    assert lines[-1] in found
    assert set(found) >= set(lines[-4_000:])
    assert stream.problems == ["reading stopped after 5,000 lines (logs.most_lines), with more to read"]


def test_limit_cuts_oldest_files(tmp_path):
    """Files of equal age are read by their number."""
    for name in ("a.log", "a.log.1", "a.log.2", "a.log.10"):
        write(tmp_path / name, [line(5, f"INFO {name}")] * 1_000)
    found = [one.rpartition(" ")[2] for _, part in parts_of(read(tmp_path, most_lines=2_500)) for one in part]
    assert list(dict.fromkeys(found)) == ["a.log", "a.log.1", "a.log.2"]


def test_older_days_are_skipped_with_note(tmp_path):
    """Of one file with many days, from where all lines are older; that is a note and no problem."""
    lines = [line(60 * 24 * 30 - 10 * number) for number in range(6 * 24 * 30)]
    write(tmp_path / "a.log", lines)
    stream = read(tmp_path, block=2_000)
    found = [one for _, part in parts_of(stream) for one in part]
    assert len(found) < 400
    assert set(found) >= set(lines[-144:])
    assert stream.problems == []
    assert "are older than a day" in stream.notes[0]


def test_single_old_line_does_not_end_reading(tmp_path):
    """A line of long ago among those of today does not end reading."""
    lines = [line(1400 - number) if number % 7 else line(99_999) for number in range(1400)]
    write(tmp_path / "a.log", lines)
    found = [one for _, part in parts_of(read(tmp_path, block=500)) for one in part]
    assert sorted(found) == sorted(lines)


def test_growing_file_is_read_to_its_initial_end(tmp_path):
    """What is written from now on belongs to the next run."""
    file = write(tmp_path / "a.log", [line(1)] * 10)
    stream = read(tmp_path)
    part = next(iter(stream.parts))
    lines = iter(part)
    next(lines)
    with file.open("a") as more:
        more.write(f"{line(0)}\n" * 100_000)
    assert len(list(lines)) < 90_000


def test_file_rotated_while_read_is_complete(tmp_path):
    """It was open before, under whatever name it is now."""
    lines = [line(1)] * 10
    file = write(tmp_path / "a.log", lines)
    stream = read(tmp_path)
    file.rename(tmp_path / "a.log.1")
    write(file, ["INFO new"])
    assert parts_of(stream) == [("a.log", lines)]
    assert stream.problems == []


def test_file_rotated_before_open_is_listed_again(tmp_path, monkeypatch):
    """Between looking and opening a name can come to stand for another file."""
    file = write(tmp_path / "a.log", [line(2, "INFO old")])
    opened = Path.open
    turned = []

    def open_(self, *arguments, **options):
        if self == file and not turned:
            turned.append(self)
            file.rename(tmp_path / "a.log.1")
            write(file, [line(1, "INFO new")])
        return opened(self, *arguments, **options)

    monkeypatch.setattr(log_files.Path, "open", open_)
    stream = read(tmp_path)
    found = [one for _, part in parts_of(stream) for one in part]
    assert sorted(found) == sorted([line(2, "INFO old"), line(1, "INFO new")])
    assert stream.problems == []


def test_truncated_file_is_a_problem(tmp_path):
    """copytruncate has taken lines away, and nobody knows how many."""
    file = write(tmp_path / "a.log", [line(1)] * 1_000)
    stream = read(tmp_path)
    file.write_text("")
    parts_of(stream)
    assert stream.problems == [f"{file} was cut short while it was read"]


def test_unopenable_file_is_a_problem_beside_others(tmp_path, monkeypatch):
    """What is bad in the others counts."""
    write(tmp_path / "a.log", [line(1)])
    write(tmp_path / "b.log", [line(1)])
    opened = Path.open

    def open_(self, *arguments, **options):
        if self.name == "b.log":
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **options)

    monkeypatch.setattr(log_files.Path, "open", open_)
    stream = read(tmp_path)
    assert [name for name, _ in parts_of(stream)] == ["a.log"]
    assert stream.problems == [f"expected to read {tmp_path}/b.log, got Permission denied"]


def test_empty_log_is_a_problem_unless_error_log(tmp_path):
    """A file of errors may well be empty, and a file that was just rotated has others beside it."""
    write(tmp_path / "api.log", [line(1)])
    for name in ("web.log", "error.log", "web-stderr.log", "mirror.log"):
        write(tmp_path / name, [])
    write(tmp_path / "jobs.log", [])
    write(tmp_path / "jobs.log.1", [line(9)])
    stream = read(tmp_path)
    assert sorted(stream.problems) == [f"{tmp_path}/mirror.log is empty", f"{tmp_path}/web.log is empty"]


def test_older_log_provides_its_last_lines(tmp_path):
    """So that its silence can be judged by how often it used to write; once for each log."""
    write(tmp_path / "a.log", [line(1)])
    write(tmp_path / "b.log", [line(2_000)], NOW - timedelta(minutes=2_000))
    write(tmp_path / "b.log.1", [line(4_000)], NOW - timedelta(minutes=4_000))
    write(tmp_path / "a.log.1", [line(4_000)], NOW - timedelta(minutes=4_000))
    assert parts_of(read(tmp_path)) == [("a.log", [line(1)]), ("b.log", [line(2_000)])]


def test_equal_log_names_are_distinguished_by_folder(tmp_path):
    """Else the one that goes on would hide the one that is silent."""
    for folder in ("api", "web", "old/web"):
        (tmp_path / folder).mkdir(parents=True)
        write(tmp_path / folder / "app.log", [line(1)])
    two = parts_of(read(tmp_path, "api/*.log", "web/*.log"))
    assert sorted(name for name, _ in two) == ["api/app.log", "web/app.log"]
    three = parts_of(read(tmp_path, "**/*.log"))
    assert len({name for name, _ in three}) == 3


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("api.log", "api.log"),
        ("api.log.1", "api.log"),
        ("api.log.12.gz", "api.log"),
        ("api.log-20240529", "api.log"),
        ("api.log-20240529.gz", "api.log"),
        ("api.log-20240529-1717013654.gz", "api.log"),
        ("api-2024-05-29.log", "api.log"),
        ("api-2024-05-29.log.gz", "api.log"),
        ("api.2024-05-29.log", "api.log"),
        ("api.log.2024-05-29", "api.log"),
        ("api.log.2024-05-29-20", "api.log"),
        ("api.log.2024-05-29_20-14-14", "api.log"),
        ("api-2024-05-29.1.log", "api.log"),
        ("api-2024-05-29T20-14-14.log", "api.log"),
        ("api.log.old", "api.log"),
        ("localhost_access_log.2024-05-29.txt", "localhost_access_log.txt"),
        ("access_log.1", "access_log"),
        ("syslog.1", "syslog"),
        ("messages-20240529", "messages"),
        ("web-1.log", "web-1.log"),
        ("web-2.log", "web-2.log"),
        ("api-out-0.log", "api-out-0.log"),
        ("2024-05-29.log", "logs/.log"),
    ],
)
def test_family_removes_rotation_suffix_only(name, log):
    """What rotation adds goes, what tells instances apart stays."""
    assert family(Path("/var/logs") / name) == log


def test_damaged_gzip_yields_same_lines_as_zlib(tmp_path):
    """Cut off, changed, in several members, with something behind them: the same lines, and the same complaint."""
    random = Random(5)
    lines = [line(1400 - number // 10, f"INFO {random.random()}") for number in range(6_000)]
    data = "".join(f"{one}\n" for one in lines).encode()
    whole = gzip.compress(data[:100_000]) + gzip.compress(data[100_000:])
    cases = [whole, whole + b"\0" * 900, whole + b"junk", whole[:-4] + b"1234", b"\x1f\x8b", gzip.compress(b"")]
    for _ in range(12):
        place = random.randrange(20, len(whole))
        cases += [whole[:place], whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]]
    for case in cases:
        expected, damaged = b"", False
        try:
            with gzip.GzipFile(fileobj=BytesIO(case)) as file:
                while chunk := file.read1(1 << 18):
                    expected += chunk
        except (EOFError, zlib.error, gzip.BadGzipFile):
            damaged = True
        (tmp_path / "a.log.gz").write_bytes(case)
        os.utime(tmp_path / "a.log.gz", (NOW.timestamp(), NOW.timestamp()))
        stream = read(tmp_path, block=1 << 24)
        found = [one for _, part in parts_of(stream) for one in part]
        assert "\n".join(found) == expected.decode("utf-8", "replace").removesuffix("\n")
        assert any("damaged" in problem for problem in stream.problems) == damaged
