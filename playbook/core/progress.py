"""How far long work is: load tests, restores, whole backups that are read.

    with progress.work("Load test, soak", seconds=3600) as task:
        task.at("50 users", share=0.2)

    Load test, soak: 12 min of 60 min, about 48 min left; 50 users

On a terminal it is one line that changes, elsewhere a line now and then, so that a log of hours is short. It goes
to standard error alone, as standard output and all files are for programs too, and names no archive, address or
person. Where nobody has said where to, as in a program that uses the measurements, nothing is written.
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

_SHORT = 2.0  # seconds; what is over sooner is not told on a terminal
_TICK = 1.0
_FIRST_LINE, _NEXT_LINE = 30.0, 60.0  # seconds, where there is no terminal
_GROWTH = 0.1  # of the time so far: between two lines of work that takes hours
_CLEAR = "\r\x1b[K"
_LEAST_SHARE = 0.02  # before, what is left would be a guess


@dataclass(eq=False)
class Task:
    """One piece of work.

    Attributes:
        seconds: that it takes by plan; None where nobody knows.
        most: seconds after which it is ended.
        share: of it that is done, where that can be counted.
        doing: what it does now, in few words without particulars.
    """

    name: str
    began: float
    seconds: float | None = None
    most: float | None = None
    share: float | None = None
    doing: str = ""

    def at(self, doing: str = "", *, share: float | None = None) -> None:
        """It has come so far."""
        self.doing = doing or self.doing
        self.share = share

    def line(self, now: float) -> str:
        """What, how far, how long still: ``Restore drill: 40 % after 32 s, about 48 s left; reading``."""
        passed = max(now - self.began, 0.0)
        if self.seconds is not None and passed <= self.seconds:
            told = f"{rough(passed)} of {rough(self.seconds)}, about {rough(self.seconds - passed)} left"
        elif self.share is not None and self.share >= _LEAST_SHARE:
            left = passed / self.share - passed
            told = f"{100 * min(self.share, 1):.0f} % after {rough(passed)}, about {rough(max(left, 0.0))} left"
        else:
            told = rough(passed) + (f", at most {rough(self.most)}" if self.most is not None else "")
        return f"{self.name}: {told}{f'; {self.doing}' if self.doing else ''}"


@dataclass(eq=False)
class Screen:
    """Where progress is shown.

    Attributes:
        is_terminal: it can change a line; else lines are added, few of them.
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
        """From now on it is shown."""
        with self._lock:
            self.tasks.append(task)
            if len(self.tasks) == 1:
                self._next = task.began + _FIRST_LINE
                self._idle = threading.Event()
                self._ticker = threading.Thread(target=self._tick, args=(self._idle,), daemon=True)
                self._ticker.start()

    def end(self, task: Task) -> None:
        """It is over, well or not."""
        with self._lock:
            self.tasks.remove(task)
            if not self.tasks:
                self._idle.set()
                if self._is_shown:
                    self._write(f"{_CLEAR}{task.name}: ended after {rough(self.now() - task.began)}\n")
                self._is_shown = False

    def show(self) -> None:
        """Write what there is to say now."""
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
                # On a line of its own: pytest has left the cursor behind the name of a file.
                start = _CLEAR if self._is_shown else "\n"
                self._is_shown = True
                self._write(f"{start}{' | '.join(lines)[: max(self.columns() - 1, 20)]}")

    def _tick(self, idle: threading.Event) -> None:
        while not idle.wait(_TICK):
            self.show()

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # a terminal that is gone, or a full disk: the work goes on
            self.stream.write(text)
            self.stream.flush()


_screen: Screen | None = None


def show_on(screen: Screen | None) -> None:
    """Where progress goes from now on in this process; None is nowhere."""
    global _screen  # noqa: PLW0603 - a process has one standard error
    _screen = screen


def show_on_stderr(*, one_line: bool = True) -> None:
    """Show it on the process's own standard error, whatever stands for that by now; there may be none.

    Args:
        one_line: where that is a terminal, change one line there, and add none.
    """
    stream = sys.__stderr__
    if stream is not None:
        is_terminal = one_line and stream.isatty() and os.environ.get("TERM") != "dumb"
        show_on(Screen(stream, is_terminal))


@contextmanager
def work(name: str, *, seconds: float | None = None, most: float | None = None) -> Iterator[Task]:
    """Long work, which is shown until it ends."""
    screen = _screen
    task = Task(name, screen.now() if screen else time.monotonic(), seconds, most)
    if screen:
        screen.begin(task)
    try:
        yield task
    finally:
        if screen:
            screen.end(task)
