"""The folder of a run: what is kept while it runs, and what can be made of that when it was killed."""

from datetime import UTC, datetime

import msgspec
import pytest

from playbook import report
from playbook.__main__ import main
from playbook.core.catalogue import Item
from playbook.core.errors import UsageError
from playbook.core.record import Results
from playbook.core.run_folder import BEGUN, RECORDS, RESULTS, Begun, RunFolder
from playbook.core.verdict import EXIT_NOT_KEPT, EXIT_OK, EXIT_USAGE, Verdict
from playbook.core.whole_file import write_whole
from playbook.report import write_all
from playbook.run.run import make_from_records
from tests.factories import record, six_verdicts

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ITEM = Item("daily.example.9", "Example 9", "It holds.", "It matters.", "", "")


def begun(**planned):
    return Begun(
        target="production",
        kind="production",
        set="daily",
        command="pytest -m daily",
        started="2026-11-23T07:00:00Z",
        floor=1,
        planned=planned,
    )


@pytest.fixture
def folder(tmp_path):
    """Of a run that has begun."""
    made = RunFolder(tmp_path, "production", "daily", NOW)
    made.begin(begun(**{record(number=number).check: ITEM for number in (1, 2)}))
    return made


def test_killed_run_is_rebuilt_from_its_records(folder):
    """What came to no record is UNKNOWN, and so is the run; a record that another replaced does not count."""
    folder.keep(record(Verdict.OK, 1))
    folder.keep(record(Verdict.WARNING, 1))
    results = make_from_records(folder.path)
    assert [(one.check[-6:], one.verdict) for one in results.records] == [
        ("test_1", Verdict.WARNING),
        ("test_2", Verdict.UNKNOWN),
    ]
    assert results.records[1].message == "Example 9: not run, as the run was killed before"
    assert (results.verdict, results.ended) == (Verdict.UNKNOWN, "it was killed; made from its records")
    assert (results.target, results.set, results.started) == ("production", "daily", "2026-11-23T07:00:00Z")


def test_critical_record_of_killed_run_decides_verdict(folder):
    """Bad evidence does so even when it is partial."""
    folder.keep(record(Verdict.CRITICAL, 1))
    assert make_from_records(folder.path).verdict is Verdict.CRITICAL


def test_truncated_record_line_is_skipped(folder):
    """As a full disk or a power failure leaves it."""
    folder.keep(record(Verdict.OK, 1))
    with (folder.path / RECORDS).open("ab") as file:
        file.write(b'{"item": "daily.exa')
    folder.problems[RECORDS] = "no space left on device"
    folder.keep(record(Verdict.OK, 2))
    assert [one.verdict for one in make_from_records(folder.path).records] == [Verdict.OK, Verdict.OK]


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[]"])
def test_folder_without_run_data_gives_none(tmp_path, content):
    """There is nothing to make a report of."""
    if content is not None:
        (tmp_path / BEGUN).write_bytes(content)
    assert make_from_records(tmp_path) is None


def test_report_command_rebuilds_killed_run(folder, capsys):
    """By the command that also makes one anew; the records have then served."""
    folder.keep(record(Verdict.OK, 1))
    assert main(["report", str(folder.path)]) == EXIT_OK
    assert capsys.readouterr().out == f"UNKNOWN: {folder.path / 'index.html'}\n"
    names = {file.name for file in folder.path.iterdir()}
    assert {RESULTS, "index.html", "junit.xml", "summary.md"} <= names
    assert names.isdisjoint({BEGUN, RECORDS})
    assert msgspec.json.decode(folder.results_file.read_bytes(), type=Results).verdict is Verdict.UNKNOWN


def test_report_command_on_empty_folder_is_usage_error(tmp_path, capsys):
    """In one sentence."""
    assert main(["report", str(tmp_path)]) == EXIT_USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_failing_report_writer_affects_only_its_file(folder, monkeypatch):
    """A fault in one form of the report, and a disk that is full just then."""

    def fails(_):
        raise ValueError("no such colour")

    def full(_):
        raise OSError(28, "No space left on device")

    writers = report._WRITERS | {"summary.md": fails, "ctrf.json": full}
    monkeypatch.setattr(report, "_WRITERS", writers)
    assert folder.write(six_verdicts())
    problems = write_all(six_verdicts(), folder.path)
    assert problems == {
        "summary.md": "a fault of the suite: ValueError: no such colour",
        "ctrf.json": "no space left on device",
    }
    assert {file.name for file in folder.path.iterdir()} == {RESULTS, *writers} - problems.keys()


def test_report_command_lists_files_it_could_not_write(folder, monkeypatch, capsys):
    """With a code of its own."""

    def full(_):
        raise OSError(28, "No space left on device")

    folder.write(six_verdicts())
    monkeypatch.setattr(report, "_WRITERS", report._WRITERS | {"junit.xml": full})
    assert main(["report", str(folder.path)]) == EXIT_NOT_KEPT
    assert "not written: junit.xml (no space left on device)" in capsys.readouterr().out


def test_unwritable_file_keeps_its_old_content(tmp_path, monkeypatch):
    """No half of the new one is left either."""
    file = tmp_path / "a.txt"
    write_whole(file, b"old")
    real = type(file).write_bytes

    def full(self, content):
        real(self, content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(file), "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"new one")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_report_path_that_is_no_folder_is_usage_error(tmp_path):
    """It is one of who typed it, and nothing was measured yet."""
    (tmp_path / "file").touch()
    for place in ("file", "file/below"):
        with pytest.raises(UsageError, match="is no folder"):
            RunFolder(tmp_path / place, "production", "daily", NOW)
