"""Signals that end a run: it still writes what it has, and says why it ended."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playbook.hooks import leaving
from playbook.run.target_run import FINISHED


class Ending:
    """Why a run ended; while it listens, a signal to end raises KeyboardInterrupt, as pytest knows it from Ctrl-C.

    Args:
        stop_load: stops a load test that runs, and says whether there was one: that ends the test, not the run.

    Attributes:
        why: ``finished``, or why it ended early.
    """

    def __init__(self, stop_load: Callable[[], bool]) -> None:
        self.why = FINISHED
        self._stop_load = stop_load
        self._previous: dict[int, Any] = {}
        self._is_writing = False
        self._put_off = ""
        self._release: Callable[[], None] = lambda: None

    def listen(self) -> None:
        """Take the place of the handlers that are there."""
        self._release = leaving.require_code()
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                self._previous[number] = signal.signal(number, self._terminated)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._previous[signal.SIGINT] = signal.signal(signal.SIGINT, self._interrupted)

    def listen_no_more(self) -> None:
        """Put the handlers back."""
        self._release()
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Put off the first signal until this is done, so that no results are written half or twice."""
        with self._writing():
            yield
        if self._put_off:
            self.why = self._put_off
            raise KeyboardInterrupt(self.why)

    @contextmanager
    def last_write(self) -> Iterator[None]:
        """Ignore a first signal: all checks are done, and the run ends after its results are written.

        A signal that follows the one that ended the checks, or the one ignored here, ends the process at once.
        """
        if self.why != FINISHED:
            yield
            return
        with self._writing():
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._is_writing = True
        try:
            yield
        finally:
            self._is_writing = False

    def _terminated(self, signum: int, _: object) -> None:
        self._end(f"interrupted by {signal.Signals(signum).name}")

    def _interrupted(self, _: int, __: object) -> None:
        self._end("interrupted")

    def _end(self, why: str) -> None:
        if self._is_writing and not self._put_off:
            self._put_off = why
            return
        self.why = why
        if self._stop_load():
            return
        raise KeyboardInterrupt(why)
