"""A day of logs in one pass: errors by kind, failed requests by path, and how much of the day was seen.

Memory does not depend on the number of lines. The order of lines matters only within one component's stack traces.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from playbook.logs import levels, traces
from playbook.logs.access import Access
from playbook.logs.parse import Entry, Parser
from playbook.logs.signature import fold, fold_path
from playbook.logs.tables import BoundedTable, Newest
from playbook.logs.text import clean, mask, shorten

HOUR = 3600
NEWEST_ERRORS = 20
NEWEST_ANSWERS = 10
_KINDS, _PATHS, _COMPONENTS, _OPEN = 500, 500, 64, 128
_SHOWN = 400  # characters of a line that is shown
_AHEAD = 300  # seconds that a clock may be ahead of ours


@dataclass(slots=True)
class Hour:
    """Counts of one hour that begins at ``start`` (epoch seconds, a full hour)."""

    start: int
    lines: int = 0
    requests: int = 0
    errors: int = 0
    server_errors: int = 0
    throttled: int = 0


@dataclass(slots=True)
class Occurrences:
    """How often something happened, and when first and last (epoch seconds).

    Attributes:
        fatal: at least one of them was a crash or of level fatal.
        example: the newest, ready to be shown.
    """

    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    fatal: bool = False
    example: str = ""

    def add(self, time: float) -> bool:
        """Count one; True where it is the newest so far."""
        self.count += 1
        if time < self.first:  # noqa: PLR1730 - min() takes three times as long, for every line
            self.first = time
        if time >= self.last:
            self.last = time
            return True
        return False


Rows = list[tuple[tuple[str, ...], Occurrences]]


@dataclass(frozen=True)
class Review:
    """What a log says about the time from ``since`` to ``until`` (epoch seconds).

    Attributes:
        lines: those within the time; others are ``outside``, or ``undated`` where none before had a time.
        ahead: lines whose time is in the future; they are left out.
        first, last: times of the oldest and newest line, None without any.
        errors: error and fatal lines, a stack trace counted as one; ``fatal`` of them were fatal or a crash.
        kinds: (component, signature) of the errors, fatal ones and frequent ones first.
        answers: (status, path) of 429 and 5xx answers, frequent ones first.
        newest_errors, newest_answers: times and lines, oldest first.
        left_out: kinds and paths that were too rare to be kept.
    """

    since: float
    until: float
    lines: int
    outside: int
    undated: int
    ahead: int
    first: float | None
    last: float | None
    hours: list[Hour]
    components: Rows
    errors: int
    fatal: int
    kinds: Rows
    newest_errors: list[tuple[float, str]]
    requests: int
    server_errors: int
    throttled: int
    answers: Rows
    newest_answers: list[tuple[float, str]]
    left_out: int


def _table(limit: int) -> BoundedTable[tuple[str, ...], Occurrences]:
    return BoundedTable(limit, Occurrences, lambda row: row.count + row.fatal * 1e15)


@dataclass
class Reviewer:
    """Takes lines one by one and keeps what a review needs. Times in epoch seconds."""

    since: float
    until: float
    lines: int = 0
    outside: int = 0
    undated: int = 0
    ahead: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    errors: int = 0
    fatal: int = 0
    _hours: dict[int, Hour] = field(default_factory=dict)
    _components: BoundedTable[tuple[str, ...], Occurrences] = field(default_factory=lambda: _table(_COMPONENTS))
    _kinds: BoundedTable[tuple[str, ...], Occurrences] = field(default_factory=lambda: _table(_KINDS))
    _answers: BoundedTable[tuple[str, ...], Occurrences] = field(default_factory=lambda: _table(_PATHS))
    _open: OrderedDict[str, traces.Trace] = field(default_factory=OrderedDict)
    _newest_errors: Newest = field(default_factory=lambda: Newest(NEWEST_ERRORS))
    _newest_answers: Newest = field(default_factory=lambda: Newest(NEWEST_ANSWERS))
    _before: float | None = None

    def __post_init__(self) -> None:
        self._parser = Parser(self.until)

    def extend(self, lines: Iterable[str]) -> None:
        """Take all of ``lines``."""
        for line in lines:
            self.add(line)

    def begin_part(self) -> None:
        """What comes next does not go on with what came last: another file, say."""
        while self._open:
            self._close(next(iter(self._open)))
        self._before = None

    def add(self, line: str) -> None:
        """Take one line, without its line end."""
        entry = self._parser.parse(clean(line))
        time = entry.time
        if time is None:
            time = self._before
            if time is None:
                self.undated += bool(line)
                return
        self._before = time
        if time < self.since:
            self.outside += 1
            return
        if time > self.until + _AHEAD:
            self.ahead += 1
            return
        self.lines += 1
        if time < self.first:  # noqa: PLR1730
            self.first = time
        if time > self.last:  # noqa: PLR1730
            self.last = time
        hour = self._hours.get(int(time) // HOUR * HOUR) or self._hour(time)
        hour.lines += 1
        self._components.row((entry.component,)).add(time)
        if entry.access:
            self._request(entry, entry.access, time, hour)
        if entry.level >= levels.WARNING:
            self._open_trace(entry, time, entry.level)
        elif entry.bare:
            self._bare(entry, time)
        elif self._open or not entry.access:
            self._other(entry)

    def result(self) -> Review:
        """The review of everything taken so far."""
        self.begin_part()
        hours = sorted(self._hours.values(), key=lambda hour: hour.start)
        return Review(
            since=self.since,
            until=self.until,
            lines=self.lines,
            outside=self.outside,
            undated=self.undated,
            ahead=self.ahead,
            first=self.first if self.lines else None,
            last=self.last if self.lines else None,
            hours=hours,
            components=list(self._components.heaviest()),
            errors=self.errors,
            fatal=self.fatal,
            kinds=list(self._kinds.heaviest()),
            newest_errors=self._newest_errors.lines(),
            requests=sum(hour.requests for hour in hours),
            server_errors=sum(hour.server_errors for hour in hours),
            throttled=sum(hour.throttled for hour in hours),
            answers=list(self._answers.heaviest()),
            newest_answers=self._newest_answers.lines(),
            left_out=self._kinds.left_out + self._answers.left_out,
        )

    def _hour(self, time: float) -> Hour:
        start = int(time) // HOUR * HOUR
        hour = self._hours.get(start)
        if hour is None:
            hour = self._hours[start] = Hour(start)
        return hour

    def _request(self, entry: Entry, access: Access, time: float, hour: Hour) -> None:
        hour.requests += 1
        status = access.status
        if status >= 500 or status == 429:
            if status == 429:
                hour.throttled += 1
            else:
                hour.server_errors += 1
            self._answers.row((str(status), fold_path(access.path))).add(time)
            if self._newest_answers.wants(time):
                self._newest_answers.add(time, _shown(entry.component, mask(_answer_text(entry, access))))

    def _other(self, entry: Entry) -> None:
        """An ordinary line: what comes after it does not directly follow an error any more."""
        trace = self._open.get(entry.component)
        if trace:
            trace.adjacent = False

    def _bare(self, entry: Entry, time: float) -> None:
        trace = self._open.get(entry.component)
        if trace and trace.absorbs(entry.text, time):
            return
        level = traces.begins(entry.text)
        if level:
            self._open_trace(entry, time, level)
        elif entry.text:
            self._other(entry)

    def _open_trace(self, entry: Entry, time: float, level: int) -> None:
        if entry.component in self._open:
            self._close(entry.component)
        elif len(self._open) >= _OPEN:
            self._close(next(iter(self._open)))
        self._open[entry.component] = traces.opened(
            time, entry.component, level, entry.text, stamped=not entry.bare
        )

    def _close(self, component: str) -> None:
        """The error has ended: count it. A warning is not counted."""
        trace = self._open.pop(component)
        if trace.level < levels.ERROR:
            return
        fatal = trace.level >= levels.FATAL
        self.errors += 1
        self.fatal += fatal
        message = mask(trace.message)
        self._hour(trace.time).errors += 1
        kind = self._kinds.row((component, fold(message)))
        kind.fatal = kind.fatal or fatal
        if kind.add(trace.time):
            kind.example = shorten(message, _SHOWN)
        if self._newest_errors.wants(trace.time):
            self._newest_errors.add(trace.time, _shown(component, message))


def _shown(component: str, text: str) -> str:
    return shorten(f"{component} {text}".strip(), _SHOWN)


def _answer_text(entry: Entry, access: Access) -> str:
    """An access line; for a JSON one, whose message says little, what it stands for."""
    known = str(access.status) in entry.text
    return entry.text if known else f"{access.status} {access.path} {entry.text}"
