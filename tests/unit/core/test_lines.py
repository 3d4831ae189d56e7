"""Files of lines: added whole, by several at once, and read however damaged they are."""

import fcntl
import threading
import time

import pytest

from playbook.core import lines
from playbook.core.errors import UsageError


def test_what_stands_in_the_lines_is_told_by_number():
    """What follows the last line feed is no line; one without its line feed is."""
    found = list(lines.numbered(b'{"a": 1}\n\n<<<<<<< HEAD\n' + b"x" * 20 + b"\n{", 16))
    assert [(line.number, line.problem) for line in found] == [
        (1, ""),
        (2, "is blank"),
        (3, "is damaged: a merge that git could not finish left it"),
        (4, "is damaged: 20 bytes long"),
        (5, ""),
    ]
    assert not list(lines.numbered(b"", 16))


def test_a_file_that_git_replaced_while_we_waited_is_the_one_that_is_added_to(tmp_path):
    """A line that went to the old one would be lost with it."""
    file = tmp_path / "words.jsonl"
    file.write_bytes(b"1\n")
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        writer = threading.Thread(target=lines.append, args=(file, b"3\n"))
        writer.start()
        fresh = tmp_path / "fresh"
        fresh.write_bytes(b"1\n2\n")
        time.sleep(0.05)  # it has the old one open, most likely; whether or not, the outcome is the same
        fresh.replace(file)
    writer.join(60)
    assert file.read_bytes() == b"1\n2\n3\n"


def test_a_lock_that_is_never_given_up_is_said(tmp_path, monkeypatch):
    """Nobody waits for ever."""
    monkeypatch.setattr(lines, "_PATIENCE", 0.05)
    file = tmp_path / "words.jsonl"
    file.touch()
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match=r"cannot be written: another process has held it for 0\.05 s"):
            lines.append(file, b"1\n")
        with pytest.raises(TimeoutError):
            lines.read(file)
    assert file.read_bytes() == b""


def test_a_line_nested_without_end_is_damaged():
    """Rather than the end of whoever reads it."""
    assert lines.damage(RecursionError()) == "is damaged: nested too deeply"
