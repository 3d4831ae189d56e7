"""One line → its content: time, component, level, and the request that it answers.

Supported are App Platform's prefix (``component time text``, in brackets too), syslog (both RFCs), containerd's
and Docker's wrappers, JSON of pino, bunyan, winston, structlog, slog, zap and Serilog, logfmt, Python's logging,
Go's log and klog, nginx's error log, and the access lines of ``access``; tests/foreign/log_lines.toml has a line
of each kind. Anything else is plain text, or ``strange`` where it should contain more than was understood.
"""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

import msgspec

from playbook.core.budget import read_json
from playbook.readers.logs import access, clients, fields_of, levels, passing, traces, words
from playbook.readers.logs.access import Access
from playbook.readers.logs.formats import METHOD
from playbook.readers.logs.times import Times

_ZONE = r"(Z|UTC|[+-]\d\d:?\d\d(?!\d)|[+-]\d\d(?=[ \]])|[AaPp][Mm]\b)"
_STAMP = rf"(\d{{4}}[-/]\d\d[-/]\d\d)([T ])(\d\d:\d\d):(\d\d)(?:[.,](\d{{1,9}}))?\d{{0,9}} ?{_ZONE}?"
_OUTER = re.compile(
    rf"(?:(\[?)([A-Za-z][\w.-]{{0,62}})\]?(?:[ /][\w.-]{{1,80}})? )?\[?{_STAMP}\]?(?:[ :|-]|$|(?=\[)) ?"
)
_IN_HOUR = re.compile(r"([0-5][0-9]):([0-6][0-9](?:\.[0-9]{1,9})?)Z  ?")
_SYSLOG_DATED = re.compile(r"([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d) \S{1,255} ([\w./-]{1,64})(?:\[\d+\])?: ")
_SYSLOG_TAG = re.compile(r"(?:[\w.-]{1,255} ([\w./-]{1,64})\[\d+\]|(?:app|heroku)\[([\w.]{1,64})\]): ")
_FLY = re.compile(r"(app|runner|proxy|health)\[\w{6,32}\] [a-z]{3} \[(\w{4,5})\] ?")
_CLOCK, _NAMED = r"\d\d:\d\d:\d\d ", r"(?:\d{1,3}\|)?([A-Za-z][\w.-]{0,62}) {1,9}\| "
_COMPOSE = re.compile(rf"(?:{_CLOCK})?{_NAMED}")
_PROCESS = re.compile(_CLOCK + _NAMED)  # Foreman's
_NUMBERED = re.compile(r"\[\d{1,2}\] (?! *$)")  # of a command's output, by concurrently
BALANCERS = frozenset({"http", "https", "h2", "grpcs", "ws", "wss", "tls"})  # types with which AWS' lines begin
_POD = re.compile(r"\[pod/[\w.-]{1,253}/([\w.-]{1,63})\] ")
_SYSLOG_5424 = re.compile(
    # Heroku's have no structured data at all, so that a "[" may be the message's.
    r"1 (\S{20,40}) \S{1,255} (\S{1,48}) \S{1,128} \S{1,32} "
    r"(?:(?:-|(?:\[[^\]@=]{1,64}[@=][^\]]{0,1024}\])+)(?: |$))?\ufeff?"
)
_PRIORITY = re.compile(r"<(\d{1,3})>")
# Papertrail's archives, with the tabs as spaces: id, two times, source, facility, level, program, message.
_PAPERTRAIL = re.compile(
    r"\d{15,20} +(\d{4}-\d\d-\d\d\S{9,20}) +\S{19,30} +\d{1,20} +\S{1,255} +\S{1,45} +\w{1,20} +"
    r"(\w{4,10}) +(\S{1,255}) +"
)
_CONTAINER = re.compile(r"std(?:out|err) [FP] ")
_KLOG = re.compile(r"([IWEF])(\d{4}) \d\d:\d\d:\d\d\.\d{3,6} +\d+ ")
_RUBY = re.compile(r"[DIWEFA], \[[^\]]{10,60}\] +([A-Z]{3,5}) -- [^ :]{0,60}: ")
_LOGFMT_TIME = re.compile(r"""(?:^| )(?:time|ts|t|timestamp)=(?:["']([^"']{8,40})|([^\s"']{8,40}))""")
# Without quotes up to the next key: Java's toString() writes message=Bad credentials.
_LOGFMT_MESSAGE = re.compile(
    r'(?:^| )(?:msg|message)=(?:"((?:[^"\\]|\\.){0,4096})"'
    r"|(\S{1,4096}(?: (?![\w.@-]{1,64}=)\S{1,1024}){0,100}))"
)
_LOGFMT_ERROR = re.compile(r'(?:^| )(?:err|error)=(?:"((?:[^"\\]|\\.){1,4096})"|([^"\s]\S{0,4096}))')
_JSON_LEVEL = re.compile(r'"(?:level|severity|lvl|levelname)"\s{0,3}:\s{0,3}"?(\w{1,13})')

_OBJECT = re.compile(r"\{\s*(?:[\"}]|$)")  # JSON, or the beginning of some; not Node's "{ id: 5 }"
_DIGITS = frozenset("0123456789")
_STAMPED = frozenset("0123456789[ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_INNER_TIME = re.compile(
    r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]{0,10}(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d[.\d]{0,10}(?: [+-]\d{4})?)"
)
# HAProxy's lines about connections, where no syslog daemon has put a time before them.
# SvelteKit's line of a request that failed; of others there is none, so that these have no share.
_FAILED_REQUEST = re.compile(rf"\[([45])\d\d\] {METHOD} /\S{{0,4095}}")
_CONNECTION = re.compile(r"[\da-f.:]{3,45}:\d{1,5} \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] ")
_CACHED_PREFIXES = 1024
_DATE_MARKS = frozenset("-/")  # the fifth character of a date, the sixth after a bracket


class Entry(NamedTuple):
    """Content of one line.

    Attributes:
        time: epoch seconds; None where the line has none.
        component: the writer, as far as the line names it.
        level: one of ``levels``; NONE where it states none and its words report no error.
        text: its message.
        bare: plain text without its own time and level: it may continue the previous line.
        access: the request that it answers, for an access line.
        strange: its level or its request was expected but not understood.
        whole: an object of its own, which no later line continues.
    """

    time: float | None
    component: str
    level: int
    text: str
    bare: bool = False
    access: Access | None = None
    strange: bool = False
    whole: bool = False


def is_wrapped(text: str) -> bool:
    """Whether the text after a time is a container's or syslog daemon's wrapper around another line."""
    return bool(_CONTAINER.match(text) or _SYSLOG_TAG.match(text) or _FLY.match(text))


class Parser:
    """Parses lines cleaned by ``text.clean``. ``now`` is in epoch seconds; ``zone`` is of times without one."""

    def __init__(self, now: float, zone: tzinfo = UTC) -> None:
        self._times = Times(now, zone)
        # App Platform's prefixes up to the hour, "web 2024-05-29T20:" → (start of the hour, "web"). Neighbouring
        # lines share them, and a look-up costs a tenth of a regular expression.
        self._prefixes: dict[str, tuple[float, str]] = {}

    def parse(self, line: str) -> Entry:
        """The content of a line. Never fails: a line that is not understood is bare text."""
        at = line.find(" ", 0, 64) + 15
        known = self._prefixes.get(line[:at])
        if known:
            rest = _IN_HOUR.match(line, at)
            if rest:
                minute, second = rest.groups()
                return self._body(line[rest.end() :], known[0] + int(minute) * 60 + float(second), known[1])
        return self._prefixed(line)

    def _prefixed(self, line: str) -> Entry:
        outer = _OUTER.match(line)
        if outer is None:
            return self._unprefixed(line)
        bracket, name, date, between, minute, second, fraction, zone = outer.groups()
        time = self._times.iso(date, minute, second, fraction, "Z" if zone == "UTC" else zone)
        if time is None:
            return self._body(line, None, "")
        if name is None:
            return self._dated(line[outer.end() :], time)
        rest = line[outer.end() :]
        is_word = name.isupper() or (between == " " and not bracket) or name in levels.NO_COMPONENTS
        level = levels.by_name(name) if is_word else levels.NONE
        if level or (name in BALANCERS and rest.startswith(("app/", "net/"))):
            # Python's "ERROR 2024-05-29 20:14:14 …", AWS Lambda's "[ERROR] 2024-05-29T20:14:14Z …"
            entry = self._plain(rest, time, "", own=True)
            return entry._replace(level=self._worse(level, rest) if level else entry.level)
        if not bracket and between == "T" and zone == "Z":
            if len(self._prefixes) >= _CACHED_PREFIXES:
                self._prefixes.clear()
            # For the hour itself: a leap second, and a time that rounds up to a full hour, belong to the previous
            # hour.
            start = self._times.iso(date, f"{minute[:3]}00", "00", None, zone)
            if start is not None and minute[:2] != "24" and name not in BALANCERS:
                self._prefixes[f"{name} {date}T{minute[:3]}"] = (start, name)
        if bracket or (between == "T" and zone):
            return self._body(rest, time, name)
        return self._plain(line, time, "", own=True)  # words that happen to precede a time

    def _dated(self, body: str, time: float) -> Entry:
        """A line that begins with its time: a container's, rsyslog's, or a plain program's."""
        container = _CONTAINER.match(body)
        if container:
            return self._body(body[container.end() :], time, "")
        tag = _SYSLOG_TAG.match(body)
        if tag:
            return self._body(body[tag.end() :], time, tag[1] or tag[2])
        if _OBJECT.match(body):
            return self._body(body, time, "")
        fly = _FLY.match(body)
        if fly:
            return self._within(levels.by_name(fly[2]), self._body(body[fly.end() :], time, fly[1]))
        return self._plain(body, time, "", own=True)

    def _unprefixed(self, line: str) -> Entry:
        archived = _PAPERTRAIL.match(line) if line[:1].isdigit() else None
        if archived:
            entry = self._body(line[archived.end() :], self._times.text(archived[1]), archived[3])
            return self._within(levels.by_name(archived[2]), entry)
        priority = _PRIORITY.match(line) if line[:1] == "<" else None
        level = levels.NONE
        if priority:
            level = levels.of_syslog(int(priority[1]))
            line = line[priority.end() :]
        match = _SYSLOG_5424.match(line) if priority else None
        if match:
            time, component = self._times.text(match[1]), match[2]
        else:
            match = _SYSLOG_DATED.match(line)
            if not match:
                return self._within(level, self._named(line))
            time, component = self._times.syslog(match[1]), match[2]
        return self._within(level, self._body(line[match.end() :], time, component))

    def _within(self, level: int, entry: Entry) -> Entry:
        """The line in a wrapper with a level of its own, which counts where the line states none.

        Below a warning it may be that of everything that a program writes, so that the words decide.
        """
        if not level or (entry.level and not entry.bare):
            return entry
        if level < levels.WARNING and entry.bare:
            return entry._replace(level=levels.NONE if traces.begins(entry.text) else level)
        level = self._worse(level, entry.text)
        return entry._replace(level=max(level, entry.level), bare=False if level else entry.bare)

    def _named(self, line: str) -> Entry:
        """After the name of a container or process, as docker compose, kubectl and Foreman show it, any other line
        can follow.
        """
        named = _POD.match(line) if line[:1] == "[" else _COMPOSE.match(line)
        if named is None or (named[1].isupper() and levels.by_name(named[1])):  # "ERROR | …"
            return self._body(line, None, "")
        rest = line[named.end() :]
        entry = self._prefixed(rest) if _OUTER.match(rest) else self._body(rest, None, "")
        return entry if entry.component else entry._replace(component=named[1])

    def _body(self, body: str, time: float | None, component: str) -> Entry:
        """The content after the prefix."""
        process = _PROCESS.match(body) if body[2:3] == ":" == body[5:6] else None
        if process:
            body = body[process.end() :]
        numbered = _NUMBERED.match(body) if body[:1] == "[" else None
        if numbered:
            body = body[numbered.end() :]
        if _OBJECT.match(body):
            return self._json(body, time, component)
        if time is not None:
            request = access.of_text(body)
            if request and "level=" not in body:  # most lines by far, so they take the shortest path
                return Entry(time, component, self._level_beside(body), body, False, request)
        if body[4:5] in _DATE_MARKS or body[5:6] in _DATE_MARKS:
            stamped = _OUTER.match(body)
            if stamped and stamped[2] is None:
                if time is None:
                    _, _, date, _, minute, second, fraction, zone = stamped.groups()
                    time = self._times.iso(date, minute, second, fraction, "Z" if zone == "UTC" else zone)
                rest = body[stamped.end() :]
                if _OBJECT.match(rest):
                    return self._json(rest, time, component)
                fly = _FLY.match(rest)
                if fly:
                    return self._within(levels.by_name(fly[2]), self._body(rest[fly.end() :], time, component))
                return self._plain(rest, time, component, own=True)
        return self._plain(body, time, component, own=False)

    def _plain(self, text: str, time: float | None, component: str, *, own: bool) -> Entry:
        priority = _PRIORITY.match(text) if text[:1] == "<" else None
        if priority:  # syslog within a platform's wrapper
            dated = _SYSLOG_DATED.match(text, priority.end()) or _SYSLOG_5424.match(text, priority.end())
            rest = text[dated.end() if dated else priority.end() :]
            entry = self._plain(rest.lstrip("<"), time, component, own=own)
            level = levels.of_syslog(int(priority[1]))
            if level < levels.WARNING:
                return self._within(level, entry)
            return entry._replace(level=self._worse(max(entry.level, level), entry.text), bare=False)
        request = access.of_text(text)
        if request:
            if time is None:
                time = self._times.text(request.time) if request.time else self._own_time(text)
            return Entry(time, component, self._level_beside(text), text, access=request)
        stamped = not own and (text[:1] in _STAMPED or self._times.is_of_go(text))
        leading = self._times.leading(text) if stamped else None
        level = levels.stated(text)
        if leading:
            own, time = True, leading[0] if time is None else time
            rest = text[leading[1] :].lstrip()
            level = level or levels.stated(rest)
            marked = _RUBY.match(text) or _KLOG.match(text)
            level = levels.by_name(marked[1]) if marked else level
            text = text[marked.end() :] if marked else rest
        connected = _CONNECTION.match(text) if time is None and text[:1] in _DIGITS else None
        if connected or (time is None and "=" in text):
            time = self._times.text(connected[1]) if connected else self._own_time(text)
            own = own or time is not None
        if failed := _FAILED_REQUEST.fullmatch(text) if text[:1] == "[" else None:
            return Entry(time, component, levels.ERROR if failed[1] == "5" else levels.WARNING, text)
        request = access.behind_words(text)
        if level:
            strange = request is None and self._seems_a_request(level, text)
            shown = text if request else self._logfmt_text(text)
            return Entry(time, component, self._worse(level, text), shown, access=request, strange=strange)
        if own:
            level = levels.by_words(text)
        strange = not level and request is None and self._is_strange(text)
        return Entry(
            time, component, level, text, bare=not own and request is None, access=request, strange=strange
        )

    def _level_beside(self, text: str) -> int:
        """The level of a line with a request: ``level=error``, or structlog's in brackets behind the time."""
        if "level=" in text:
            return self._worse(levels.stated(text), text)
        if "]" not in text or "=" not in text:
            return levels.NONE
        leading = self._times.leading(text) if text[:1] in _DIGITS else None
        rest = text[leading[1] :].lstrip() if leading else text
        return self._worse(levels.stated(rest), text) if rest[:1] == "[" else levels.NONE

    @staticmethod
    def _is_strange(text: str) -> bool:
        """Whether a text without a level may contain one, or a request, that was not understood."""
        return levels.unknown_word(text) or access.looks_like(text) or fields_of.is_part(text)

    @staticmethod
    def _seems_a_request(level: int, text: str) -> bool:
        """Whether a text with a level that is no error seems to report an answered request."""
        return "/" in text and levels.INFO <= level < levels.ERROR and access.looks_like(text, inbound=True)

    def _own_time(self, text: str) -> float | None:
        """The time of a line that does not begin with one in ISO 8601."""
        match = _LOGFMT_TIME.search(text)
        if match:
            return self._times.value(match[1] or match[2])
        leading = self._times.leading(text)
        if leading:
            return leading[0]
        inner = _INNER_TIME.search(text)
        return self._times.text(inner[1]) if inner else None

    @staticmethod
    def _worse(level: int, text: str) -> int:
        """A stated error is fatal if its words report that the program ended; so is a warning about a signal, and
        what Apache, Supervisor and others tell of one in passing. A job that its queue gave up is an error. What a
        client did wrong is a warning.
        """
        if level >= levels.ERROR and (clients.at_fault(text) or levels.is_expected(text)):
            return levels.WARNING
        if level == levels.ERROR and words.crashed(text):
            return levels.FATAL
        if passing.tells_of_an_end(level, text) and words.crashed(text):
            return levels.FATAL
        return levels.ERROR if levels.INFO <= level < levels.ERROR and passing.gave_up(level, text) else level

    @staticmethod
    def _logfmt_text(text: str) -> str:
        if "msg=" not in text and "message=" not in text:
            return text
        message, error = _LOGFMT_MESSAGE.search(text), _LOGFMT_ERROR.search(text)
        if not message:
            return text
        message_text = message[1] or message[2] or ""
        return f"{message_text}: {error[1] or error[2]}" if error else message_text

    def _json(self, body: str, time: float | None, component: str) -> Entry:
        try:
            return self._of_fields(read_json(body), body, time, component)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            # Truncated, as platforms cut long lines: its level is usually in the remaining part.
            match = _JSON_LEVEL.search(body)
            level = levels.of_json(match[1]) if match else levels.FATAL if words.crashed(body) else levels.NONE
            strange = level < levels.ERROR
            return Entry(time, component, self._worse(level, body), body, strange=strange)

    def _of_fields(self, fields: dict[str, Any], body: str, time: float | None, component: str) -> Entry:
        if "short_message" in fields:  # GELF, whose own fields begin with "_"
            fields = {key.removeprefix("_"): value for key, value in fields.items()}
        if time is None:
            time = next(
                filter(None, (self._times.value(fields[key]) for key in fields_of.TIME_KEYS if key in fields)),
                self._times.value(fields_of.nested_time(fields)),
            )
        objects = access.objects_of(fields)
        request = access.of_json(objects)
        seems_a_request = request is None and any(map(fields_of.is_request, objects))
        wrapped = None if request or seems_a_request else fields_of.wrapped(fields)
        if wrapped is not None:
            component = component or fields_of.container_of(fields) or fields_of.component_of(fields)
            return self._within(fields_of.level_of_wrapper(fields), self._body(wrapped, time, component))
        component = component or fields_of.component_of(fields)
        level = fields_of.level_of(fields) or levels.NONE
        if level < levels.ERROR and fields_of.lost_its_message(fields):
            return Entry(time, component, level, "", strange=True, whole=True)
        text = fields_of.first_text(fields, *fields_of.MESSAGE_KEYS) or fields_of.nested_text(fields)
        if request is None and access.may_be_in(text) and "connectionpool" not in body:
            # morgan's, uvicorn's or a web server's line in a JSON logger
            request = access.of_text(fields_of.one_line(text)) or access.behind_words(text)
            time = self._times.text(request.time) if request and request.time and time is None else time
        answered = request is not None and request.status < 500
        has_trace = level == levels.INFO and not answered and fields_of.may_be_traced(body)
        if (has_trace and any(map(fields_of.is_traced, objects))) or (
            levels.INFO <= level < levels.ERROR and passing.lost_a_job(objects)
        ):
            level = levels.ERROR
        if level and level < levels.ERROR:
            text = fields_of.one_line(text)
            inner = self._json(text, time, component) if request is None and _OBJECT.match(text) else None
            if inner and inner.level > level:  # a whole line of another logger
                return inner
            level = self._worse(level, text)
            strange = request is None and (seems_a_request or self._seems_a_request(level, text))
            return Entry(time, component, level, text, access=request, strange=strange, whole=True)
        error = next(filter(None, (fields_of.error_text(fields.get(key)) for key in fields_of.ERROR_KEYS)), "")
        if error and error not in text:
            text = f"{text}: {error}" if text else error
        if level:
            level = self._worse(level, text)
        elif error:
            level = levels.FATAL if words.crashed(text) else levels.ERROR
        elif not request:
            level = levels.by_words(text)
        strange = not level and request is None
        text = fields_of.one_line(text or body)
        return Entry(time, component, level, text, access=request, strange=strange, whole=True)
