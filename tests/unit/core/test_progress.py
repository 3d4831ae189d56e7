"""Progress of long work: one updated line on a terminal, occasional lines elsewhere."""

import io
import os
import pty
import subprocess
import sys
import threading

import pytest

from playbook.core import progress
from playbook.core.progress import Screen, Task, show_on, work


class Time:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    yield Time()
    show_on(None)


def screen(time, *, is_terminal, columns=200):
    made = Screen(io.StringIO(), is_terminal, time, lambda: columns)
    show_on(made)
    return made


def shown(made, time, *moments):
    """What has been written after each of these seconds."""
    found = []
    for after in moments:
        time.now = 1000.0 + after
        made.show()
        found.append(made.stream.getvalue())
    return found


@pytest.mark.parametrize(
    ("task", "passed", "line"),
    [
        (Task("Load test, soak", 0, 3600), 720, "Load test, soak: 12 min of 60 min, about 48 min left"),
        (Task("Load test, soak", 0, 14400), 7200, "Load test, soak: 2 h 0 min of 4 h 0 min, about 2 h 0 min left"),
        (Task("Load test, smoke", 0, 10), 12, "Load test, smoke: 12 s"),  # Locust ends shortly after its plan
        (Task("Breakpoint", 0, None, 600), 60, "Breakpoint: 60 s, at most 10 min"),
        (Task("Restore", 0, None, 480, 0.4), 32, "Restore: 40 % after 32 s, about 48 s left"),
        (Task("Restore", 0, None, 480, 0.001), 5, "Restore: 5 s, at most 8 min"),
        (Task("Restore", 0, None, None, 1.0, "reading"), 9, "Restore: 100 % after 9 s, about 0 s left; reading"),
    ],
)
def test_line_states_name_progress_and_remaining_time(task, passed, line):
    """By the plan, by the finished share, or by the maximum."""
    assert task.line(passed) == line


def test_terminal_shows_one_updated_line(time):
    """It begins on a new line, is cleared each time, and ends with what was done."""
    made = screen(time, is_terminal=True)
    with work("Load test, soak", seconds=60) as task:
        task.at("up to 50 users")
        early, first, second = shown(made, time, 1, 30, 31)
        assert early == ""
        assert first == "\nLoad test, soak: 30 s of 60 s, about 30 s left; up to 50 users"
        assert second == f"{first}\r\x1b[KLoad test, soak: 31 s of 60 s, about 29 s left; up to 50 users"
        time.now = 1060.0
    assert made.stream.getvalue() == f"{second}\r\x1b[KLoad test, soak: ended after 60 s\n"


def test_line_is_never_wider_than_the_terminal(time):
    """A wrapped line could not be cleared."""
    made = screen(time, is_terminal=True, columns=40)
    with work("Restore drill", most=480) as one, work("Full restore", most=480):
        one.at("read, check and unpack")
        (line,) = shown(made, time, 5)
    assert len(line.strip("\n")) == 39


def test_short_work_writes_nothing_to_a_terminal(time):
    """Most runs are over before progress is worth showing."""
    made = screen(time, is_terminal=True)
    with work("Restore drill"):
        assert shown(made, time, 0.1, 1.9) == ["", ""]
    assert made.stream.getvalue() == ""


def test_without_terminal_lines_are_added_occasionally(time):
    """Less and less often: hours of work take a few dozen lines."""
    made = screen(time, is_terminal=False)
    with work("Load test, soak", seconds=14400):
        shown(made, time, *range(14400))
    lines = made.stream.getvalue().splitlines()
    assert lines[:2] == [
        "Load test, soak: 30 s of 4 h 0 min, about 4 h 0 min left",
        "Load test, soak: 2 min of 4 h 0 min, about 3 h 58 min left",
    ]
    assert 20 < len(lines) < 60
    assert "\x1b" not in made.stream.getvalue()


def test_nothing_is_written_without_a_screen(capfd):
    """A program that uses the measurements has its own standard error."""
    show_on(None)
    with work("Restore drill") as task:
        task.at("reading", share=0.5)
    assert capfd.readouterr() == ("", "")


def test_failed_work_ends_its_line_and_its_thread(time):
    """Later output is not overwritten."""
    made = screen(time, is_terminal=True)
    known = set(threading.enumerate())
    begun = []

    def fail():
        with work("Restore drill"):
            begun.extend(set(threading.enumerate()) - known)
            shown(made, time, 10)
            raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        fail()
    assert made.stream.getvalue().endswith("Restore drill: ended after 10 s\n")
    assert made.tasks == []
    assert begun
    for thread in begun:
        thread.join(60)
        assert not thread.is_alive()


def test_closed_stream_does_not_stop_the_work(time):
    """The work continues unseen."""
    made = screen(time, is_terminal=False)
    made.stream.close()
    with work("Restore drill"):
        made_lines = made.tasks
        time.now = 1040.0
        made.show()
        assert len(made_lines) == 1


_PROGRAM = """
import time
from playbook.core import progress
progress._SHORT = progress._TICK = progress._FIRST_LINE = 0.01
progress.show_on_stderr()
with progress.work("Restore drill", most=480) as task:
    task.at("reading", share=0.5)
    until = time.monotonic() + 20
    while progress._screen._next < until - 19.9 and not progress._screen._is_shown and time.monotonic() < until:
        time.sleep(0.01)
    progress._screen.show()
print('{"machine": "read"}')
"""


@pytest.mark.slow
@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_never_uses_standard_output(is_terminal):
    """Also where both are terminals: progress goes to standard error alone."""
    ours, theirs = pty.openpty() if is_terminal else os.pipe()
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        timeout=60,
        check=True,
        text=True,
    )
    os.close(theirs)
    output = os.read(ours, 65536).decode()
    os.close(ours)
    assert ended.stdout == '{"machine": "read"}\n'
    assert "Restore drill: 50 % after" in output
    assert ("\x1b[K" in output) is is_terminal


def test_progress_names_no_archive():
    """Everybody may read a terminal: a drill only shows its steps there."""
    made = progress.Task("Restore drill", 0.0)
    made.at("read, check and unpack", share=0.3)
    assert made.line(3.0) == "Restore drill: 30 % after 3 s, about 7 s left; read, check and unpack"
