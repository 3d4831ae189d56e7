"""Files of lines: atomic, concurrent appends, and reading that tolerates damage."""

import fcntl
import threading
import time

import pytest

from playbook.core import lines
from playbook.core.errors import UsageError


def test_lines_are_numbered():
    """An empty text after the last line feed is no line; a last line without its line feed is one."""
    found = list(lines.numbered(b'{"a": 1}\n\n<<<<<<< HEAD\n' + b"x" * 20 + b"\n{", 16))
    assert [(line.number, line.problem) for line in found] == [
        (1, ""),
        (2, "is blank"),
        (3, "is damaged: a merge that git could not finish left it"),
        (4, "is damaged: 20 bytes long"),
        (5, ""),
    ]
    assert not list(lines.numbered(b"", 16))


def test_append_goes_to_the_file_that_git_replaced_meanwhile(tmp_path):
    """A line in the old one would be lost with it."""
    file = tmp_path / "words.jsonl"
    file.write_bytes(b"1\n")
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        writer = threading.Thread(target=lines.append, args=(file, b"3\n"))
        writer.start()
        fresh = tmp_path / "fresh"
        fresh.write_bytes(b"1\n2\n")
        time.sleep(0.05)  # it has probably opened the old one; the outcome is the same either way
        fresh.replace(file)
    writer.join(60)
    assert file.read_bytes() == b"1\n2\n3\n"


def test_lock_that_is_never_released_is_reported(tmp_path, monkeypatch):
    """Instead of waiting for ever."""
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


def test_deeply_nested_line_is_damaged():
    """Instead of crashing its reader."""
    assert lines.damage(RecursionError()) == "is damaged: nested too deeply"
