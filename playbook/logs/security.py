"""Days of logs in one pass: who was refused, and who failed to sign in, by source and hour.

Memory does not depend on the number of lines. Hours are those of the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from playbook.logs.parse import Parser
from playbook.logs.signature import fold_path
from playbook.logs.signins import Kind, SignIns, is_login_path, source_in
from playbook.logs.tables import BoundedTable
from playbook.logs.text import clean

HOUR = 3600
_SOURCES, _PATHS, _ACCEPTED = 500, 20, 1000
_AHEAD = 300  # seconds that a clock may be ahead of ours
_BLOCKED = re.compile(r"(?i)\bblocked\b(?!=0|: ?0|=false)")


@dataclass(slots=True)
class Activity:
    """What one source did.

    Attributes:
        first, last: epoch seconds.
        hours: start of the hour (epoch seconds) → how often in it.
        what: ``401``, ``403`` or ``blocked`` → how often.
        paths: the first twenty paths → how often; without ids.
    """

    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    hours: dict[int, int] = field(default_factory=dict)
    what: dict[str, int] = field(default_factory=dict)
    paths: dict[str, int] = field(default_factory=dict)

    def add(self, time: float, count: int = 1) -> None:
        """Note ``count`` more at ``time``."""
        self.count += count
        self.first, self.last = min(self.first, time), max(self.last, time)
        hour = int(time) // HOUR * HOUR
        self.hours[hour] = self.hours.get(hour, 0) + count

    @property
    def worst_hour(self) -> tuple[int, int]:
        """How often in its fullest hour, and when that began."""
        hour = max(self.hours, key=self.hours.__getitem__)
        return self.hours[hour], hour


Sources = list[tuple[str, Activity]]


@dataclass(frozen=True)
class SecurityReview:
    """What the logs say.

    Attributes:
        lines: those within the time.
        first, last: times of the oldest and newest line, None without any.
        hours: start of each hour that has lines → refused requests in it.
        refused: by source, most first.
        failed: failed sign-ins by kind and source, most first.
        failed_hours: by kind, start of the hour → failed sign-ins of all sources.
        accepted: source and time of sign-ins by password that succeeded.
        left_out: sources that had too little to be kept.
    """

    lines: int
    first: float | None
    last: float | None
    hours: dict[int, int]
    refused: Sources
    failed: list[tuple[tuple[Kind, str], Activity]]
    failed_hours: dict[Kind, dict[int, int]]
    accepted: list[tuple[str, float]]
    left_out: int


class SecurityReviewer:
    """Takes lines one by one. Times in epoch seconds."""

    def __init__(self, since: float, until: float) -> None:
        self.since, self.until = since, until
        self._parser = Parser(until)
        self._sign_ins = SignIns()
        self._before: float | None = None
        self._lines = 0
        self._first, self._last = float("inf"), float("-inf")
        self._hours: dict[int, int] = {}
        self._refused: BoundedTable[str, Activity] = BoundedTable(_SOURCES, Activity, lambda a: a.count)
        self._failed: BoundedTable[tuple[Kind, str], Activity] = BoundedTable(
            _SOURCES, Activity, lambda a: a.count
        )
        self._failed_hours: dict[Kind, dict[int, int]] = {}
        self._accepted: list[tuple[str, float]] = []

    def extend(self, lines: Iterable[str]) -> None:
        """Take one part of a log; what came before it does not go on in it."""
        self._before = None
        for line in lines:
            self.add(line)

    def add(self, line: str) -> None:
        """Take one line, without its line end. One without a time has that of the line before it."""
        line = clean(line)
        entry = self._parser.parse(line)
        time = entry.time if entry.time is not None else self._before
        self._before = time
        if time is None or not self.since <= time <= self.until + _AHEAD:
            return
        self._lines += 1
        self._first, self._last = min(self._first, time), max(self._last, time)
        hour = int(time) // HOUR * HOUR
        self._hours.setdefault(hour, 0)
        if entry.access:
            if entry.access.status in (401, 403):
                path = fold_path(entry.access.path)
                self._refuse(str(entry.access.status), entry.access.client, path, time)
                if entry.access.status == 401 and is_login_path(entry.access.path):
                    self._fail("access", entry.access.client, 1, time)
            return
        if "locked" in entry.text and _BLOCKED.search(entry.text):
            self._refuse("blocked", source_in(entry.text) or source_in(line), "", time)
        attempt = self._sign_ins.read(entry.text, line)
        if attempt is None:
            return
        if not attempt.succeeded:
            self._fail(attempt.kind, attempt.source, attempt.times, time)
        elif len(self._accepted) < _ACCEPTED:
            self._accepted.append((attempt.source, time))

    def result(self) -> SecurityReview:
        """The review of everything taken so far."""
        return SecurityReview(
            lines=self._lines,
            first=self._first if self._lines else None,
            last=self._last if self._lines else None,
            hours=dict(sorted(self._hours.items())),
            refused=list(self._refused.heaviest()),
            failed=list(self._failed.heaviest()),
            failed_hours=self._failed_hours,
            accepted=self._accepted,
            left_out=self._refused.left_out + self._failed.left_out,
        )

    def _refuse(self, what: str, source: str, path: str, time: float) -> None:
        self._hours[int(time) // HOUR * HOUR] += 1
        row = self._refused.row(source)
        row.add(time)
        row.what[what] = row.what.get(what, 0) + 1
        if path and (path in row.paths or len(row.paths) < _PATHS):
            row.paths[path] = row.paths.get(path, 0) + 1

    def _fail(self, kind: Kind, source: str, count: int, time: float) -> None:
        self._failed.row((kind, source)).add(time, count)
        hours = self._failed_hours.setdefault(kind, {})
        hour = int(time) // HOUR * HOUR
        hours[hour] = hours.get(hour, 0) + count
