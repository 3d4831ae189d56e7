"""The runs of one target out of a history that many share, without decoding the lines of all others each time.

Reading the history takes time for each line in it. A run of a thousand targets asks for each of them, and adds a
line for each, so it would read the whole a thousand times. Here each file is looked through once: the target and
the position of each line are stored, and later only the added lines are read.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import msgspec

from playbook.core import lines
from playbook.core.clock import Moment
from playbook.core.wording import plural
from playbook.history.runs import LONGEST_LINE, RunLine, files_since, run_of


class _Whose(msgspec.Struct, frozen=True):
    """What is decoded of a line to know whether it is wanted."""

    target: str
    started: Moment


_WHOSE = msgspec.json.Decoder(_Whose)


class _Places:
    """Where the lines of one target stand in a file: start, length and time of each, 20 bytes a line."""

    __slots__ = ("at", "length", "started")

    def __init__(self) -> None:
        self.at, self.length, self.started = array("Q"), array("I"), array("d")

    def add(self, at: int, length: int, started: datetime) -> None:
        self.at.append(at)
        self.length.append(length)
        self.started.append(started.timestamp())


class _File:
    """One file of a history, as far as it has been looked through.

    Attributes:
        damaged: number of its lines that are those of no run.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._identity = (0, 0)
        self._seen = 0
        self._places: dict[str, _Places] = {}

    def runs(self, file: Path, target: str, since: datetime) -> list[RunLine]:
        """The runs of a target that began since a moment; raises OSError."""
        with lines.locked_for_reading(file) as descriptor:
            self._look_through(descriptor)
            places = self._places.get(target)
            if places is None:
                return []
            found = []
            for at, length, started in zip(places.at, places.length, places.started, strict=True):
                if started < since.timestamp():
                    continue
                run, _ = run_of(os.pread(descriptor, length, at))
                if run and run.target == target:
                    found.append(run)
            return found

    def _look_through(self, descriptor: int) -> None:
        """Note whose each new line is. A file that git has put in the old one's place is new as a whole."""
        status = os.fstat(descriptor)
        identity = status.st_dev, status.st_ino
        if identity != self._identity or status.st_size < self._seen:
            self._identity, self._seen, self._places, self.damaged = identity, 0, {}, 0
        if status.st_size == self._seen:
            return
        with open(descriptor, "rb", closefd=False) as stream:
            stream.seek(self._seen)
            for line in stream:
                text = line.removesuffix(b"\n")
                if len(text) <= LONGEST_LINE:
                    self._note(text, self._seen)
                else:
                    self.damaged += 1
                self._seen += len(line)

    def _note(self, text: bytes, at: int) -> None:
        try:
            owner = _WHOSE.decode(text)
        except lines.DAMAGE:
            self.damaged += bool(
                text.strip()
            )  # nor is it a run; `python -m playbook history` tells what is wrong with it
            return
        self._places.setdefault(owner.target, _Places()).add(at, len(text), owner.started)


class RunsByTarget:
    """The runs of each target; shared by all targets of a run. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: dict[Path, _File] = {}
        self._unread: set[Path] = set()

    @property
    def problems(self) -> str:
        """What could not be read so far: ``3 lines``, ``1 file``; empty where everything was."""
        damaged = sum(file.damaged for file in self._files.values())
        parts = (
            plural(damaged, "line") if damaged else "",
            plural(len(self._unread), "file") * bool(self._unread),
        )
        return " and ".join(filter(None, parts))

    def of(self, folder: Path, target: str, since: datetime) -> tuple[RunLine, ...]:
        """What ``history.runs.read(folder, since=since).of(target)`` returns, oldest first.

        Args:
            since: aware.
        """
        runs: dict[str, RunLine] = {}
        with self._lock:
            for run in self._read(folder, target, since.astimezone(UTC)):
                runs.setdefault(run.id, run)
        found = (run for run in runs.values() if run.started >= since)
        return tuple(sorted(found, key=lambda run: run.order))

    def _read(self, folder: Path, target: str, since: datetime) -> Iterator[RunLine]:
        for file in files_since(folder, since):
            try:
                yield from self._files.setdefault(file, _File()).runs(file, target, since)
                self._unread.discard(file)
            except OSError:
                self._unread.add(file)  # nothing is known from it; `python -m playbook history` reports why
