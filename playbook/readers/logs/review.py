"""A day of logs in one pass: errors by kind, failed requests by path, and coverage of the day.

Memory does not depend on the number of lines. The order of lines matters only within one component's stack traces.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from playbook.core import door
from playbook.readers.logs import levels, traces
from playbook.readers.logs.access import Access
from playbook.readers.logs.children import Children
from playbook.readers.logs.occurrences import SHOWN, answer_text, rows_of, shown, table_of
from playbook.readers.logs.parse import Entry, Parser
from playbook.readers.logs.probes import Probes
from playbook.readers.logs.reviewed import HOUR, Hour, Occurrences, Review
from playbook.readers.logs.signature import fold, fold_path
from playbook.readers.logs.tables import BoundedTable, Newest
from playbook.readers.logs.text import clean
from playbook.readers.logs.tracks import MINUTE, Minutes, Track
from playbook.readers.logs.undated import Undated

NEWEST_ERRORS = 20
NEWEST_ANSWERS = 10
_KINDS, _PATHS, _COMPONENTS, _OPEN = 500, 500, 64, 128
_LOOKED_AT = 2_000  # characters of an error that decide on its kind
_AHEAD = 300  # seconds that a clock may be ahead of ours
_MISREAD = 86_400  # seconds ahead that are implausible for any clock
_LONGEST = 200  # lines without a time in one entry, besides those of a stack trace
_WAITING = 400  # lines without a time that wait for one
_HEADS = 400  # lines of a component that may continue a trace in an earlier part
STRANGE_LINES = 5


@dataclass
class Reviewer:
    """Reviews lines one by one. Times in epoch seconds.

    Attributes:
        probes: recognises requests of health probes.
    """

    since: float
    until: float
    probes: Probes = field(default_factory=Probes)
    zone: tzinfo = UTC
    outside: int = 0
    ahead: int = 0
    ahead_by: float = 0.0
    strange: int = 0
    errors: int = 0
    fatal: int = 0
    _hours: dict[int, Hour] = field(default_factory=dict)
    _kinds: BoundedTable[tuple[str, ...], Occurrences] = field(default_factory=lambda: table_of(_KINDS))
    _answers: BoundedTable[tuple[str, ...], Occurrences] = field(default_factory=lambda: table_of(_PATHS))
    _open: OrderedDict[str, traces.Trace] = field(default_factory=OrderedDict)
    _newest_errors: Newest[tuple[str, str]] = field(default_factory=lambda: Newest(NEWEST_ERRORS))
    _newest_answers: Newest[tuple[str, str, Access]] = field(default_factory=lambda: Newest(NEWEST_ANSWERS))
    _errors_by_minute: Counter[int] = field(default_factory=Counter)
    _before: float | None = None
    _before_named: bool = False
    _lines: int = 0
    _untimed: int = 0
    _waiting: list[str] = field(default_factory=list)
    _examples: list[str] = field(default_factory=list)
    _cut: bool = False
    _old: bool = False
    _headed: set[str] = field(default_factory=set)
    _heads: dict[str, list[tuple[Entry, float]]] = field(default_factory=dict)
    _later: dict[str, list[tuple[Entry, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._children = Children()
        self._parse = Parser(self.until, self.zone).parse
        self._undated = Undated(self._parse)
        self._everything = self._track()
        self._file = self._track()
        self._files: BoundedTable[str, Track] = self._tracks()
        self._components: BoundedTable[str, Track] = self._tracks()
        # The component of the previous line, as neighbouring lines often share it.
        self._component, self._name = self._track(), "\0"
        self._hour = Hour(0)
        self._minute = -1

    def extend(self, lines: Iterable[str]) -> None:
        """Review all of ``lines``."""
        add = self.add
        for line in lines:
            add(line)

    def begin_part(self, name: str = "", *, cut: bool = False, joins: bool = False, old: bool = False) -> None:
        """Begin a part that does not continue the previous one, e.g. another file; ``name`` is its log's.

        Args:
            cut: it begins in the middle of a log, whose earlier part comes next.
            joins: it is that earlier part, and ends where the previous one began: a stack trace across both is
                one.
            old: it was written before the window, whatever its lines say.
        """
        self._end_part()
        if not joins:
            self._cut = False
            self._end_part()
        self._cut = cut
        self._end_waiting()
        self._before, self._old = None, old
        lines = sum(hour.lines for hour in self._hours.values())
        self._file.lines += lines - self._lines
        self._lines = lines
        self._file = self._files.row(name) if name else self._track()
        for track in self._components.rows():  # each minute is recorded for this file too
            track.minute = track.minute_answered = -1
        self._minute = -1

    def add(self, line: str) -> None:
        """Review one line, without its line end."""
        text = clean(line)
        self._take(text, self._parse(text))

    def _take(self, text: str, entry: Entry) -> None:  # noqa: PLR0912, PLR0915 - calls would cost more than it does
        """Review one parsed line."""
        time, name, level, _, bare, request, strange, _ = entry
        if time is None:
            if self._before is None:
                self._hold_back(text)
                return
            time = self._before
            # Among lines with a platform's name and time, one without both is damaged or foreign. So are more
            # lines without a time than one entry has: a format whose times are unknown.
            self._untimed += 1
            odd = self._untimed > _LONGEST or (self._before_named and not name)
            strange = strange or (odd and not traces.may_go_on(entry.text))
        else:
            if self._waiting:
                self._end_waiting(time)
            self._untimed = 0
            self._before, self._before_named = time, name != ""
        if time > self.until:
            time = self._ahead(time)
        if self._name != name:
            self._name, self._component = name, self._components.row(name)
        component = self._component
        minute = int(time) // MINUTE
        if request:
            if minute != component.minute_answered:
                component.minute_answered = minute
                component.answered.note(minute)
                self._file.answered.note(minute)
                self._note(minute)
        elif minute != component.minute:
            component.minute = minute
            component.logged.note(minute)
            self._note(minute)
        if "process [" in text:
            self._children.note(time, name, entry.text)
        if time < self.since:
            self.outside += 1
            return
        component.lines += 1
        if time < component.first:  # noqa: PLR1730 - min() takes three times as long, for every line
            component.first = time
        if time > component.last:  # noqa: PLR1730
            component.last = time
        hour = self._hour
        if not 0 <= time - hour.start < HOUR:
            hour = self._hour = self._hour_of(time)
        hour.lines += 1
        if request:
            hour.requests += 1
            probe = self.probes.is_one(text, request.path)
            hour.probes += probe
            component.requests += not probe
            self._file.requests += not probe
            if request.status >= 500 or request.status == 429:
                self._failed(entry, request, time, hour, probe=probe)
        elif strange or (not level and "\ufffd" in text):
            self._not_understood(text)
        if self._cut and not bare:
            self._headed.add(name)
        if level >= levels.WARNING:
            self._open_trace(entry, time, level)
        elif bare:
            self._bare(entry, time)
        elif self._open:
            self._other(entry)

    def result(self) -> Review:
        """The review of all lines so far."""
        self.begin_part()
        for died in self._children.unexpected(self.since):
            name = died.component
            self._open[name] = traces.opened(died.time, name, levels.FATAL, died.text, stamped=True)
            self._close(name)
        hours = sorted(self._hours.values(), key=lambda hour: hour.start)
        components = list(self._components.heaviest())
        first = min((track.first for _, track in components), default=float("inf"))
        last = max((track.last for _, track in components), default=float("-inf"))
        return Review(
            since=self.since,
            until=self.until,
            lines=self._lines,
            outside=self.outside,
            undated=self._undated.lines,
            undated_errors=self._undated.errors,
            undated_error=door.line(self._undated.example, SHOWN),
            ahead=self.ahead,
            ahead_by=self.ahead_by,
            strange=self.strange,
            examples=self._examples,
            first=first if self._lines else None,
            last=last if self._lines else None,
            hours=hours,
            components=components,
            files=list(self._files.heaviest()),
            everything=self._everything,
            errors=self.errors,
            fatal=self.fatal,
            kinds=rows_of(self._kinds, lambda row: fold(door.line(row.example, _LOOKED_AT)), examples=True),
            newest_errors=[(time, shown(f"{name} {text}")) for time, (name, text) in self._newest_errors.lines()],
            requests=sum(hour.requests for hour in hours),
            server_errors=sum(hour.server_errors for hour in hours),
            throttled=sum(hour.throttled for hour in hours),
            answers=rows_of(self._answers, lambda row: fold_path(door.line(row.example)), examples=False),
            newest_answers=[
                (time, shown(f"{name} {answer_text(text, access)}"))
                for time, (name, text, access) in self._newest_answers.lines()
            ],
            left_out=self._kinds.left_out + self._answers.left_out,
            kinds_left_out=self._kinds.left_out,
            probes=sum(hour.probes for hour in hours),
            errors_by_minute=dict(self._errors_by_minute),
        )

    def _track(self) -> Track:
        return Track(Minutes(), Minutes())

    def _tracks(self) -> BoundedTable[str, Track]:
        return BoundedTable(_COMPONENTS, self._track, lambda track: track.lines)

    def _hour_of(self, time: float) -> Hour:
        start = int(time) // HOUR * HOUR
        hour = self._hours.get(start)
        if hour is None:
            hour = self._hours[start] = Hour(start)
        return hour

    def _hold_back(self, text: str) -> None:
        """Hold back the first lines of a part without a time: they get the first time that follows."""
        if text and len(self._waiting) < _WAITING:
            self._waiting.append(text)
        elif text:
            self._leave_undated(text)

    def _end_waiting(self, time: float | None = None) -> None:
        """Review the lines held back, at ``time``; without one their time is unknown."""
        waiting, self._waiting = self._waiting, []
        if time is not None:
            self._before, self._before_named = time, False
        for text in waiting:
            (self.add if time is not None else self._leave_undated)(text)

    def _leave_undated(self, text: str) -> None:
        if self._old:
            self.outside += 1
            return
        if self._undated.add(text):
            self._file.lines += 1
            self._file.strange += 1
        self._strange(text)

    def _ahead(self, time: float) -> float:
        """A line from the future counts as current; the lead of its clock is kept."""
        by = time - self.until
        if by <= _MISREAD:
            self.ahead_by = max(self.ahead_by, by)
        else:
            self.strange += 1
        self.ahead += by > _AHEAD
        return self.until

    def _note(self, minute: int) -> None:
        """Record a minute independently of the component."""
        if minute != self._minute:
            self._minute = minute
            self._file.logged.note(minute)
            self._everything.logged.note(minute)

    def _not_understood(self, text: str) -> None:
        self._component.strange += 1
        self._file.strange += 1
        self._strange(text)

    def _strange(self, text: str) -> None:
        """Count it; the first few are shown."""
        self.strange += 1
        if len(self._examples) < STRANGE_LINES:
            self._examples.append(door.line(text, SHOWN))

    def _failed(self, entry: Entry, access: Access, time: float, hour: Hour, *, probe: bool) -> None:
        if access.status == 429:
            hour.throttled += 1
            hour.probes_throttled += probe
            self._component.throttled += not probe
            self._file.throttled += not probe
        else:
            hour.server_errors += 1
            hour.probes_server_errors += probe
            self._component.server_errors += not probe
            self._file.server_errors += not probe
        row = self._answers.row((str(access.status), fold_path(access.path)))
        if row.add(time):
            row.example = access.path
        if self._newest_answers.wants(time):
            self._newest_answers.add(time, (entry.component, entry.text, access))

    def _other(self, entry: Entry) -> None:
        """An ordinary line: later lines no longer follow an error directly."""
        trace = self._open.get(entry.component)
        if trace:
            trace.adjacent = False

    def _end_part(self) -> None:
        """End a part: lines at the beginning of the previous part, which is the later one, may continue its
        traces.
        """
        later, self._later = self._later, {}
        for component in later:
            for entry, time in later[component]:
                self._bare(entry, time)
        while self._open:
            self._close(next(iter(self._open)))
        self._later, self._heads = self._heads, {}
        self._headed.clear()

    def _bare(self, entry: Entry, time: float) -> None:
        if self._cut and entry.component not in self._headed:
            heads = self._heads.setdefault(entry.component, [])
            heads.append((entry, time))
            if len(heads) >= _HEADS:
                self._headed.add(entry.component)
                for head in self._heads.pop(entry.component):
                    self._bare(*head)
            return
        trace = self._open.get(entry.component)
        if trace and trace.absorbs(entry.text, time, timed=entry.time is not None):
            return
        level = traces.begins(entry.text)
        if level:
            self._open_trace(entry, time, level)
        elif entry.text:
            self._other(entry)

    def _open_trace(self, entry: Entry, time: float, level: int) -> None:
        open_one = self._open.get(entry.component)
        if open_one:
            if open_one.continues(level, entry.text, time):
                return
            if open_one.is_blank and time - open_one.time <= traces.WITHIN:
                del self._open[entry.component]
            else:
                self._close(entry.component)
        elif len(self._open) >= _OPEN:
            self._close(next(iter(self._open)))
        self._open[entry.component] = traces.opened(
            time, entry.component, level, entry.text, stamped=not entry.bare
        )
        if entry.whole:
            self._close(entry.component)

    def _close(self, component: str) -> None:
        """Count the ended error, unless it is a warning, with which an exception belongs if frames follow it."""
        trace = self._open.pop(component)
        if trace.level < levels.ERROR:
            if not trace.exception or trace.traced:
                return
            trace.level = levels.ERROR
        fatal = trace.level >= levels.FATAL
        self.errors += 1
        self.fatal += fatal
        self._hour_of(trace.time).errors += 1
        self._errors_by_minute[int(trace.time) // MINUTE] += 1
        kind = self._kinds.row((component, fold(trace.message)))
        kind.fatal = kind.fatal or fatal
        if kind.add(trace.time):
            kind.example = trace.message
        if self._newest_errors.wants(trace.time):
            self._newest_errors.add(trace.time, (component, trace.message))
