"""Progress of long work: load tests, restores, reading whole backups.

    with progress.work("Load test, soak", seconds=3600) as task:
        task.at("50 users", share=0.2)

    Load test, soak: 12 min of 60 min, about 48 min left; 50 users

On a terminal one line is updated; elsewhere a line is added now and then, so that the log of hours stays short.
Only standard error is used, as standard output and all files are for programs too, and no archive, address or
person is named. Without a screen, as in a program that uses the measurements, nothing is written.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

from playbook.core.durations import rough

_SHORT = 2.0  # seconds; shorter work is not shown on a terminal
_TICK = 1.0
_FIRST_LINE, _NEXT_LINE = 30.0, 60.0  # seconds, without a terminal
_GROWTH = 0.1  # of the time so far: interval between two lines of work that takes hours
_CLEAR = "\r\x1b[K"
_MIN_SHARE = 0.02  # below this the remaining time would be a guess


@dataclass(eq=False)
class Task:
    """One piece of work.

    Attributes:
        seconds: planned duration; None where unknown.
        most: seconds after which it is aborted.
        share: finished part of it, where that can be counted.
        doing: current activity, in a few words without particulars.
    """

    name: str
    began: float
    seconds: float | None = None
    most: float | None = None
    share: float | None = None
    doing: str = ""

    def at(self, doing: str = "", *, share: float | None = None) -> None:
        """Set the current activity and the finished share."""
        self.doing = doing or self.doing
        self.share = share

    def line(self, now: float) -> str:
        """Name, progress, remaining time: ``Restore drill: 40 % after 32 s, about 48 s left; reading``."""
        passed = max(now - self.began, 0.0)
        if self.seconds is not None and passed <= self.seconds:
            progress = f"{rough(passed)} of {rough(self.seconds)}, about {rough(self.seconds - passed)} left"
        elif self.share is not None and self.share >= _MIN_SHARE:
            left = passed / self.share - passed
            progress = (
                f"{100 * min(self.share, 1):.0f} % after {rough(passed)}, about {rough(max(left, 0.0))} left"
            )
        else:
            progress = rough(passed) + (f", at most {rough(self.most)}" if self.most is not None else "")
        return f"{self.name}: {progress}{f'; {self.doing}' if self.doing else ''}"


@dataclass(eq=False)
class Screen:
    """Output of progress.

    Attributes:
        is_terminal: it can update a line; otherwise a few lines are added.
    """

    stream: IO[str]
    is_terminal: bool
    now: Callable[[], float] = time.monotonic
    columns: Callable[[], int] = lambda: shutil.get_terminal_size().columns
    tasks: list[Task] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_shown: bool = False
    _next: float = 0.0
    _ticker: threading.Thread | None = None
    _idle: threading.Event = field(default_factory=threading.Event)

    def begin(self, task: Task) -> None:
        """Start showing a task."""
        with self._lock:
            self.tasks.append(task)
            if len(self.tasks) == 1:
                self._next = task.began + _FIRST_LINE
                self._idle = threading.Event()
                self._ticker = threading.Thread(target=self._tick, args=(self._idle,), daemon=True)
                self._ticker.start()

    def end(self, task: Task) -> None:
        """Stop showing a task, successful or not."""
        with self._lock:
            self.tasks.remove(task)
            if not self.tasks:
                self._idle.set()
                if self._is_shown:
                    self._write(f"{_CLEAR}{task.name}: ended after {rough(self.now() - task.began)}\n")
                self._is_shown = False

    def show(self) -> None:
        """Write the current progress."""
        with self._lock:
            if not self.tasks:
                return
            now, first = self.now(), self.tasks[0].began
            lines = [task.line(now) for task in self.tasks]
            if not self.is_terminal:
                if now >= self._next:
                    self._next = now + max(_NEXT_LINE, _GROWTH * (now - first))
                    self._write("".join(f"{line}\n" for line in lines))
            elif self._is_shown or now - first >= _SHORT:
                # On a new line: pytest has left the cursor behind the name of a file.
                start = _CLEAR if self._is_shown else "\n"
                self._is_shown = True
                self._write(f"{start}{' | '.join(lines)[: max(self.columns() - 1, 20)]}")

    def _tick(self, idle: threading.Event) -> None:
        while not idle.wait(_TICK):
            self.show()

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a closed terminal or a full disk must not stop the work
            self.stream.write(text)
            self.stream.flush()


_screen: Screen | None = None


def show_on(screen: Screen | None) -> None:
    """Set the screen for progress in this process; None shows nothing."""
    global _screen  # noqa: PLW0603 - a process has one standard error
    _screen = screen


def show_on_stderr(*, one_line: bool = True) -> None:
    """Show progress on the process's current standard error, if any.

    Args:
        one_line: on a terminal, update one line and add none.
    """
    stream = sys.__stderr__
    if stream is not None:
        is_terminal = one_line and stream.isatty() and os.environ.get("TERM") != "dumb"
        show_on(Screen(stream, is_terminal))


@contextmanager
def work(name: str, *, seconds: float | None = None, most: float | None = None) -> Iterator[Task]:
    """Long work, shown until it ends."""
    screen = _screen
    task = Task(name, screen.now() if screen else time.monotonic(), seconds, most)
    if screen:
        screen.begin(task)
    try:
        yield task
    finally:
        if screen:
            screen.end(task)
