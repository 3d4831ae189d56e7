"""What earlier runs of a target have read of counters: from their lines in the history.

Where ``history.readings`` names a file it stands for all of them: the sandbox is another system each time, so that
no line is of its past, and puts down itself what yesterday's run has read. The file has lines of one JSON object
each, which maps names of sets of counters to what they said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

import msgspec

from playbook.core import lines
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.history.runs import LONGEST_LINE, read
from playbook.settings.loading import SANDBOX, Settings

_MONTH = timedelta(days=31)
_READINGS = msgspec.json.Decoder(dict[str, Counted])


def earlier_readings(history: Path | None, settings: Settings, now: datetime) -> Iterator[Mapping[str, Counted]]:
    """The readings that are not too old to be compared with (``coverage.counter_most_hours``).

    What cannot be read is no reading; ``python -m playbook history`` tells what of the history that is.
    """
    since = now - timedelta(hours=settings.coverage.counter_most_hours)
    if settings.history.readings:
        yield from lines.decoded(Path(settings.history.readings), LONGEST_LINE, _READINGS.decode)
    elif history is not None:
        for run in read(history, since=since - timedelta(days=1)).of(settings.target.name):
            if run.readings:
                yield run.readings


class SharedReadings:
    """The same for many targets: the lines of a history are read once, and not by each target. Thread-safe."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._lock = Lock()
        self._known: dict[Path, dict[str, list[tuple[datetime, Mapping[str, Counted]]]]] = {}

    def of(self, settings: Settings, history: Path) -> Earlier:
        """What earlier runs of a target have read."""
        return Earlier(lambda: self._read(settings, history), lambda: self._last_run(settings, history))

    def _read(self, settings: Settings, history: Path) -> Iterable[Mapping[str, Counted]]:
        now = self._clock.now()
        if settings.history.readings:
            return earlier_readings(history, settings, now)
        since = now - timedelta(hours=settings.coverage.counter_most_hours, days=1)
        runs = self._of(settings, history)
        return [readings for started, readings in runs if readings and started >= since]

    def _last_run(self, settings: Settings, history: Path) -> datetime | None:
        if settings.target.kind == SANDBOX:
            return None
        since = self._clock.now() - _MONTH
        return max((started for started, _ in self._of(settings, history) if started >= since), default=None)

    def _of(self, settings: Settings, history: Path) -> list[tuple[datetime, Mapping[str, Counted]]]:
        with self._lock:
            if history not in self._known:
                by_target: dict[str, list[tuple[datetime, Mapping[str, Counted]]]] = {}
                for run in read(history, since=self._clock.now() - 2 * _MONTH).runs:
                    by_target.setdefault(run.target, []).append((run.started, run.readings))
                self._known[history] = by_target
        return self._known[history].get(settings.target.name, [])


def last_run(history: Path | None, settings: Settings, now: datetime) -> datetime | None:
    """When the newest run of the target began, by the history of a month; None where it has none.

    The history of an embedded system is of others of its kind, which are gone.
    """
    if history is None or settings.target.kind == SANDBOX:
        return None
    return max((run.started for run in read(history, since=now - _MONTH).of(settings.target.name)), default=None)
