"""Days of logs in one pass: refused requests and failed sign-ins, by source and hour.

Memory does not depend on the number of lines. Hours are clock hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import lru_cache

from playbook.core import door
from playbook.readers.logs import access, signin_requests, sshd
from playbook.readers.logs.frames import Frame, Frames
from playbook.readers.logs.other_signins import Kind
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.signature import fold_path
from playbook.readers.logs.signins import SignIns, source_in
from playbook.readers.logs.tables import BoundedTable
from playbook.readers.logs.text import clean
from playbook.readers.logs.two_lines import TwoLineRequests
from playbook.readers.logs.visitors import visitor

HOUR = 3600
_SOURCES, _PATHS, _ACCEPTED, _EXAMPLES = 500, 20, 20_000, 3
_WAITING = 400  # first lines of a part that wait for a time
_AHEAD = 300  # seconds that a clock may be ahead of ours
# Texts of application log lines that may have a frame: most lines contain none of these.
_MARKS = ("sshd", "dropbear", "MESSAGE", "pam_", "su: ", "sudo", "login", "wordpress")
# As syslog daemons of BSD and macOS write repetitions.
_REPEATED = re.compile(r" (?:--- )?last message repeated (\d{1,6}) times?(?: ---)?$")
_MAX_REPEATED = 10_000
_BLOCKED = re.compile(r"(?i)\bblocked\b(?!=0|: ?0|=false)")
# As the firewalls of Cloudflare and AWS write it.
_BLOCKS = re.compile(r'(?i)"action" ?: ?"block"')
# None of them; a thread, a loop or a job that waits; Go's state of a goroutine.
_NOT_REFUSED = re.compile(
    r"(?i)\b(?:0|no|not|nothing|never|non)[ -](?:[\w-]{1,20} ){0,2}blocked\b|, blocked\]"
    r"|\b(?:threads?|tasks?|loop|jobs?|process(?:es)?|quer(?:y|ies)|transactions?|worker|i/?o)"
    r" (?:is |was |has been )?(?:[\w:-]{1,40} )?blocked (?:for|on|waiting|while|by (?:pid|process|query|trans))"
    r"|\bblocked for (?:more than )?\d[\d.]{0,12} ?(?:[mnµu]?s|sec|milli)"
)


@dataclass(slots=True)
class Activity:
    """Activity of one source.

    Attributes:
        first, last: epoch seconds.
        hours: start of the hour (epoch seconds) → count.
        what: ``401``, ``403`` or ``blocked`` → count.
        paths: the first twenty paths → count; without ids.
    """

    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    hours: dict[int, int] = field(default_factory=dict)
    what: dict[str, int] = field(default_factory=dict)
    paths: dict[str, int] = field(default_factory=dict)

    def add(self, time: float, count: int = 1) -> None:
        """Add ``count`` at ``time``, or subtract where it is negative."""
        self.count = max(self.count + count, 0)
        self.first, self.last = min(self.first, time), max(self.last, time)
        hour = int(time) // HOUR * HOUR
        self.hours[hour] = max(self.hours.get(hour, 0) + count, 0)

    @property
    def worst_hour(self) -> tuple[int, int]:
        """Count of its busiest hour, and when that began."""
        hour = max(self.hours, key=self.hours.__getitem__)
        return self.hours[hour], hour


@dataclass(slots=True)
class _Said:
    """Whether a component has access lines, and whether any of its lines may tell of a sign-in."""

    answers: bool = False
    tells: bool = False


Sources = list[tuple[str, Activity]]


@dataclass(frozen=True)
class SecurityReview:
    """Review of the logs.

    Attributes:
        lines: those within the window.
        first, last: times of the oldest and newest line, None without any.
        reaches_back: there are lines from before the window, so it was seen from its beginning.
        access: access lines within the window.
        about: lines about sign-ins, including successful ones.
        undated: lines without a readable time.
        ahead: lines whose time is in the future; their content counts, their hours do not.
        unknown: lines that should have been understood, but were not.
        examples: a few of those.
        hours: start of each hour with lines → refused requests in it.
        refused: by source, most first.
        failed: failed sign-ins by kind and source, most first.
        failed_hours: by kind, start of the hour → failed sign-ins of all sources.
        accepted: source and time of successful sign-ins by password, the last of each source in an hour.
        left_out: sources with too little activity to be kept.
        signed_in: source, start of the hour, number and last time of requests that may have signed somebody in.
        components: names of those with lines.
        answering: names of those with access lines.
        telling: names of those with access lines or lines about sign-ins.
    """

    lines: int
    first: float | None
    last: float | None
    reaches_back: bool
    access: int
    about: int
    undated: int
    ahead: int
    unknown: int
    examples: tuple[str, ...]
    hours: dict[int, int]
    refused: Sources
    failed: list[tuple[tuple[Kind, str], Activity]]
    failed_hours: dict[Kind, dict[int, int]]
    accepted: list[tuple[str, float]]
    left_out: int
    signed_in: tuple[tuple[str, int, int, float], ...] = ()
    components: frozenset[str] = frozenset()
    answering: frozenset[str] = frozenset()
    telling: frozenset[str] = frozenset()


class SecurityReviewer:
    """Reviews lines one by one. Times in epoch seconds.

    Args:
        strict: each line should have its own time and program, as in a file of sign-ins; otherwise a line without
            has those of the previous line, as in a stack trace.
        zone: of times without an offset.
    """

    def __init__(self, since: float, until: float, *, strict: bool = False, zone: tzinfo = UTC) -> None:
        self.since, self.until, self.strict = since, until, strict
        self._parser, self._frames = Parser(until, zone), Frames(until, zone)
        self._previous: Frame | None = None
        self._sign_ins, self._requests = SignIns(), TwoLineRequests()
        self._before: float | None = None
        self._waiting: list[str] = []
        self._lines = self._access = self._undated = self._ahead = self._strange = 0
        self._older = False
        self._examples: list[str] = []
        self._first, self._last = float("inf"), float("-inf")
        self._hours: dict[int, int] = {}
        self._refused: BoundedTable[str, Activity] = BoundedTable(_SOURCES, Activity, lambda a: a.count)
        self._failed: BoundedTable[tuple[Kind, str], Activity] = BoundedTable(
            _SOURCES, Activity, lambda a: a.count
        )
        self._failed_hours: dict[Kind, dict[int, int]] = {}
        self._accepted: dict[tuple[str, int], float] = {}
        self._accepted_lost = 0
        self._components: dict[str, _Said] = {}
        self._signed_in: dict[tuple[str, int], tuple[int, float]] = {}

    def extend(self, lines: Iterable[str]) -> None:
        """Review one part of a log, which does not continue the previous one."""
        self._before = None
        for line in lines:
            self.add(line)
        for frame in self._frames.begin_part():
            self._take(frame, frame.text)
        self._end_waiting(None)

    def add(self, line: str) -> None:
        """Review one line, without its line end."""
        line = clean(line)
        if self.strict and (again := _REPEATED.search(line)):
            previous = self._previous
            for _ in range(min(int(again[1]), _MAX_REPEATED) if previous else 0):
                if previous:
                    self._take(previous, line)
            return
        if self.strict or any(mark in line for mark in _MARKS):
            frames = self._frames.read(line)
            if frames is not None and (self.strict or any(frame.time is not None for frame in frames)):
                for frame in frames:
                    self._take(frame, line)
                return
        entry = self._parser.parse(line)
        if self.strict and not line.strip():
            return
        if self._is_held_back(entry.time, line):
            return
        time = self._before if entry.time is None and not self.strict else entry.time
        self._before = time
        if not self._dated(time, line) or time is None:
            return
        about = self._sign_ins.about
        if entry.access:
            self._request(entry.access, time, line)
            self._heard(entry.component, answers=True)
            return
        self._words(entry.text, line, time, "", "")
        self._heard(entry.component, tells=about != self._sign_ins.about)
        known = entry.component or about != self._sign_ins.about or sshd.read(entry.text)
        if self.strict and not known:
            self._not_understood(line)

    def _take(self, frame: Frame, line: str) -> None:
        """One message with a known frame."""
        self._previous = frame
        time = frame.time if frame.time is not None or self.strict else self._before
        self._end_waiting(time)
        self._before = time
        if self._dated(time, line) and time is not None:
            request = access.of_text(frame.text)
            if request:
                self._request(request, time, line)
            else:
                self._words(frame.text, line, time, frame.program, frame.process)

    def _is_held_back(self, time: float | None, line: str) -> bool:
        """Whether a line waits for the first time of its part, as those that programs write at their start."""
        if time is not None:
            self._end_waiting(time)
            return False
        waits = self._before is None and not self.strict and len(self._waiting) < _WAITING
        self._waiting += [line] * waits
        return waits

    def _end_waiting(self, time: float | None) -> None:
        """Review the lines held back, at ``time``; without one their time is unknown."""
        if not self._waiting:
            return
        waiting, self._waiting, self._before = self._waiting, [], time
        for line in waiting:
            if time is None:
                self._dated(None, line)
            else:
                self.add(line)

    def _dated(self, time: float | None, line: str) -> bool:
        """Whether a line is in the window; counts it."""
        if time is None:
            self._undated += bool(line.strip())
            self._example(line)
            return False
        if time < self.since:
            self._older = True
            return False
        self._lines += 1
        if time > self.until + _AHEAD:
            self._ahead += 1
            self._example(line)
            return True
        self._first, self._last = min(self._first, time), max(self._last, time)
        self._hours.setdefault(int(time) // HOUR * HOUR, 0)
        return True

    def _request(self, request: access.Access, time: float, line: str) -> None:
        self._access += 1
        began = self._requests.ended(line)
        if began:
            request = request._replace(path=began.path, client=request.client or began.client)
            line = f"{began.method} {line}"
        if request.status in (401, 403):
            source = visitor(request.client, line)
            self._refuse(str(request.status), source, _shown_path(request.path), time)
        failed = signin_requests.is_failed(request.status, request.path, line)
        told = request.status >= 400 or "rror" in line or "eason" in line
        if failed or (told and signin_requests.sends(line) and self._sign_ins.failed_beside(line)):
            self._fail("access", visitor(request.client, line) or source_in(line), 1, time)
        elif signin_requests.is_accepted(request.status, request.path, line):
            self._sign_in(visitor(request.client, line), time)

    def _sign_in(self, source: str, time: float) -> None:
        key = source, int(time) // HOUR * HOUR
        if len(self._signed_in) >= _ACCEPTED:  # of most visitors nothing was refused
            kept = {one: said for one, said in self._signed_in.items() if ("access", one[0]) in self._failed}
            self._accepted_lost += len(kept) >= _ACCEPTED
            self._signed_in = kept if len(kept) < _ACCEPTED else {}
        count, last = self._signed_in.get(key, (0, time))
        self._signed_in[key] = count + 1, max(time, last)

    def _words(self, text: str, line: str, time: float, program: str, process: str) -> None:
        self._requests.begin(line)
        is_blocked = ("locked" in text or "LOCKED" in text) and _BLOCKED.search(_NOT_REFUSED.sub("", text))
        if is_blocked or ('ction"' in line and _BLOCKS.search(line)):
            self._refuse("blocked", source_in(text) or source_in(line), "", time)
        for attempt in self._sign_ins.read(text, line, program, process):
            if not attempt.succeeded:
                self._fail(attempt.kind, attempt.source, attempt.times, time)
                continue
            key = attempt.source, int(time) // HOUR
            if key in self._accepted or len(self._accepted) < _ACCEPTED:
                self._accepted[key] = max(time, self._accepted.get(key, time))
            else:
                self._accepted_lost += 1

    def _heard(self, component: str, *, answers: bool = False, tells: bool = False) -> None:
        """Note what a component writes."""
        said = self._components.get(component)
        if said is None:
            if len(self._components) >= _SOURCES:
                return
            said = self._components[component] = _Said()
        said.answers |= answers
        said.tells |= answers or tells

    def _not_understood(self, line: str) -> None:
        self._strange += 1
        self._example(line)

    def _example(self, line: str) -> None:
        if len(self._examples) < _EXAMPLES:
            self._examples.append(door.line(line))

    def result(self) -> SecurityReview:
        """The review of all lines so far."""
        self._end_waiting(None)
        return SecurityReview(
            lines=self._lines,
            first=self._first if self._lines else None,
            last=self._last if self._lines else None,
            reaches_back=self._older,
            access=self._access,
            about=self._sign_ins.about,
            undated=self._undated,
            ahead=self._ahead,
            unknown=self._strange + self._sign_ins.unknown + self._accepted_lost,
            examples=(*self._examples, *map(door.line, self._sign_ins.examples)),
            hours=dict(sorted(self._hours.items())),
            refused=list(self._refused.heaviest()),
            failed=list(self._failed.heaviest()),
            failed_hours=self._failed_hours,
            accepted=[(source, time) for (source, _), time in self._accepted.items()],
            left_out=self._refused.left_out + self._failed.left_out,
            signed_in=tuple((*key, *found) for key, found in self._signed_in.items()),
            components=frozenset(self._components),
            answering=frozenset(name for name, said in self._components.items() if said.answers),
            telling=frozenset(name for name, said in self._components.items() if said.tells),
        )

    def _refuse(self, what: str, source: str, path: str, time: float) -> None:
        hour = int(time) // HOUR * HOUR
        self._hours[hour] = self._hours.get(hour, 0) + 1
        row = self._refused.row(source)
        row.add(time)
        row.what[what] = row.what.get(what, 0) + 1
        if path and (path in row.paths or len(row.paths) < _PATHS):
            row.paths[path] = row.paths.get(path, 0) + 1

    def _fail(self, kind: Kind, source: str, count: int, time: float) -> None:
        self._failed.row((kind, source)).add(time, count)
        hours = self._failed_hours.setdefault(kind, {})
        hour = int(time) // HOUR * HOUR
        hours[hour] = max(hours.get(hour, 0) + count, 0)


@lru_cache(maxsize=4096)
def _shown_path(path: str) -> str:
    """Without ids and secrets; many requests are for the same few."""
    return fold_path(door.line(path))
