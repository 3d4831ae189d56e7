"""One line → what it says: when, from which component, how bad, and which request it answers.

Understood are App Platform's prefix (``component time text``, in brackets too), syslog (both RFCs), containerd's
and Docker's wrappers, JSON of pino, bunyan, winston, structlog, slog, zap and Serilog, logfmt, Python's logging,
Go's log and klog, nginx's error log, and the access lines of ``access``. Anything else is plain text.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from playbook.logs import access, levels
from playbook.logs.access import Access
from playbook.logs.text import clean
from playbook.logs.times import Times

_STAMP = r"(\d{4}[-/]\d\d[-/]\d\d)([T ])(\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?\d{0,9} ?(Z|UTC|[+-]\d\d:?\d\d(?!\d))?"
_OUTER = re.compile(rf"(?:(\[?)([A-Za-z][\w.-]{{0,62}})\]?(?:[ /][\w.-]{{1,80}})? )?\[?{_STAMP}\]?(?:[ :|-]|$) ?")
_IN_HOUR = re.compile(r"([0-5][0-9]):([0-6][0-9](?:\.[0-9]{1,9})?)Z ")
_SYSLOG_DATED = re.compile(r"([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d) \S{1,255} ([\w./-]{1,64})(?:\[\d+\])?: ")
_SYSLOG_TAG = re.compile(r"[\w.-]{1,255} ([\w./-]{1,64})\[\d+\]: ")
_SYSLOG_5424 = re.compile(
    r"1 (\S{20,40}) \S{1,255} (\S{1,48}) \S{1,128} \S{1,32} (?:-|\[(?:[^\]]{0,1024}\])+) ?\ufeff?"
)
_PRIORITY = re.compile(r"<(\d{1,3})>")
_CONTAINER = re.compile(r"std(?:out|err) [FP] ")
_KLOG = re.compile(r"([IWEF])(\d{4}) \d\d:\d\d:\d\d\.\d{3,6} +\d+ ")
_RUBY = re.compile(r"[DIWEFA], \[[^\]]{10,60}\] +([A-Z]{4,5}) -- ")
_LOGFMT_TIME = re.compile(r"(?:^| )(?:time|ts|t|timestamp)=\"?([^\s\"]{8,40})")
_LOGFMT_MESSAGE = re.compile(r'(?:^| )(?:msg|message)=(?:"((?:[^"\\]|\\.){0,4096})"|(\S{1,4096}))')
_LOGFMT_ERROR = re.compile(r'(?:^| )(?:err|error)=(?:"((?:[^"\\]|\\.){1,4096})"|([^"\s]\S{0,4096}))')
_JSON_LEVEL = re.compile(r'"(?:level|severity|lvl|levelname)"\s{0,3}:\s{0,3}"?(\w{1,13})')

_TIME_KEYS = ("time", "timestamp", "ts", "@timestamp", "@t", "datetime", "asctime", "date", "eventTime")
_LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level", "@l", "loglevel", "severity_text")
_MESSAGE_KEYS = ("msg", "message", "event", "@m", "@mt", "short_message", "text")
_ERROR_KEYS = ("err", "error", "exception", "exc_info", "@x", "stack", "stacktrace", "errors", "error.message")
_ACCESS_KEYS = frozenset(
    {"res", "status", "statusCode", "status_code", "response", "httpRequest", "http", "http_status"}
    | {"http.status_code", "http.response.status_code"}
)
_CACHED_PREFIXES = 1024
_DATE_MARKS = frozenset("-/")  # the fifth character of a date, the sixth behind a bracket
_NO_ERROR = frozenset(("", "0", "null", "none", "nil", "false", "undefined", "no", "<nil>"))


class Entry(NamedTuple):
    """What one line says.

    Attributes:
        time: epoch seconds; None where the line does not say.
        component: who wrote it, as far as the line tells.
        level: one of ``levels``; NONE where it states none and its words are no error's.
        text: its message.
        bare: plain text without a time and level of its own: it may go on with what the line before began.
        access: the request that it answers, where it is an access line.
    """

    time: float | None
    component: str
    level: int
    text: str
    bare: bool = False
    access: Access | None = None


class Parser:
    """Reads lines that ``text.clean`` has cleaned. ``now`` is in epoch seconds."""

    def __init__(self, now: float) -> None:
        self._times = Times(now)
        # App Platform's prefixes as far as the hour, "web 2024-05-29T20:" → (start of the hour, "web").
        # Neighbouring lines share them, and a look-up costs a tenth of a regular expression.
        self._prefixes: dict[str, tuple[float, str]] = {}

    def parse(self, line: str) -> Entry:
        """What the line says. Never fails: a line that is not understood is bare text."""
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
        if not bracket and between == "T" and zone == "Z":
            if len(self._prefixes) >= _CACHED_PREFIXES:
                self._prefixes.clear()
            self._prefixes[f"{name} {date}T{minute[:3]}"] = (time // 3600 * 3600, name)
        if bracket or (between == "T" and zone):
            return self._body(line[outer.end() :], time, name)
        level = levels.by_name(name)
        if level:  # Python's "ERROR 2024-05-29 20:14:14 …"
            text = line[outer.end() :]
            return Entry(time, "", self._worse(level, text), text)
        return self._plain(line, time, "", own=True)  # words that happen to stand before a time

    def _dated(self, body: str, time: float) -> Entry:
        """A line that begins with its time: a container's, rsyslog's, or a plain program's."""
        container = _CONTAINER.match(body)
        if container:
            return self._body(body[container.end() :], time, "")
        tag = _SYSLOG_TAG.match(body)
        if tag:
            return self._body(body[tag.end() :], time, tag[1])
        if body[:1] == "{":
            return self._body(body, time, "")
        return self._plain(body, time, "", own=True)

    def _unprefixed(self, line: str) -> Entry:
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
                return self._body(line, None, "")
            time, component = self._times.syslog(match[1]), match[2]
        entry = self._body(line[match.end() :], time, component)
        if entry.bare or not entry.level:
            level = self._worse(level, entry.text)
            return entry._replace(level=max(level, entry.level), bare=False if level else entry.bare)
        return entry

    def _body(self, body: str, time: float | None, component: str) -> Entry:
        """What stands behind the prefix."""
        if body[:1] == "{":
            return self._json(body, time, component)
        if time is not None:
            request = access.of_text(body)
            if request and "level=" not in body:  # most lines by far, so they take the shortest way
                return Entry(time, component, levels.NONE, body, False, request)
        if body[4:5] in _DATE_MARKS or body[5:6] in _DATE_MARKS:
            stamped = _OUTER.match(body)
            if stamped and stamped[2] is None:
                if time is None:
                    _, _, date, _, minute, second, fraction, zone = stamped.groups()
                    time = self._times.iso(date, minute, second, fraction, "Z" if zone == "UTC" else zone)
                rest = body[stamped.end() :]
                if rest[:1] == "{":
                    return self._json(rest, time, component)
                return self._plain(rest, time, component, own=True)
        return self._plain(body, time, component, own=False)

    def _plain(self, text: str, time: float | None, component: str, *, own: bool) -> Entry:
        request = access.of_text(text)
        if request:
            if time is None:
                time = self._times.text(request.time) if request.time else self._logfmt_time(text)
            level = levels.stated(text) if "level=" in text else levels.NONE
            return Entry(time, component, level, text, access=request)
        level, text = self._level(text)
        if time is None and "=" in text:
            time = self._logfmt_time(text)
            own = own or time is not None
        if level:
            return Entry(time, component, self._worse(level, text), self._logfmt_text(text))
        if own and levels.suspicious(text):
            level = levels.by_words(text)
        return Entry(time, component, level, text, bare=not own)

    @staticmethod
    def _level(text: str) -> tuple[int, str]:
        first = text[:1]
        if first in "IWEFDA" and first:
            match = _KLOG.match(text) or _RUBY.match(text)
            if match:
                return levels.by_name(match[1]), text[match.end() :]
        return levels.stated(text), text

    @staticmethod
    def _worse(level: int, text: str) -> int:
        """A stated error is fatal where its words say that the program ended."""
        if level == levels.ERROR and levels.suspicious(text) and levels.crashed(text):
            return levels.FATAL
        return level

    def _logfmt_time(self, text: str) -> float | None:
        match = _LOGFMT_TIME.search(text)
        return self._times.value(match[1]) if match else None

    @staticmethod
    def _logfmt_text(text: str) -> str:
        if "msg=" not in text and "message=" not in text:
            return text
        message, error = _LOGFMT_MESSAGE.search(text), _LOGFMT_ERROR.search(text)
        if not message:
            return text
        said = message[1] or message[2] or ""
        return f"{said}: {error[1] or error[2]}" if error else said

    def _json(self, body: str, time: float | None, component: str) -> Entry:
        try:
            fields = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeEncodeError):
            # Cut in the middle, as platforms cut long lines: its level usually stands in what is left.
            match = _JSON_LEVEL.search(body)
            level = levels.of_json(match[1]) if match else levels.NONE
            return Entry(time, component, self._worse(level, body), body)
        if time is None:
            time = next(filter(None, (self._times.value(fields.get(key)) for key in _TIME_KEYS)), None)
        wrapped = fields.get("log")
        if isinstance(wrapped, str) and "stream" in fields:  # Docker's json-file
            return self._body(wrapped.rstrip(), time, component)
        component = component or _one_line(_first_text(fields, "service", "component", "app"))[:64]
        level = next((levels.of_json(fields[key]) for key in _LEVEL_KEYS if key in fields), levels.NONE)
        text = _first_text(fields, *_MESSAGE_KEYS)
        request = None if _ACCESS_KEYS.isdisjoint(fields) else access.of_json(fields)
        if level and level < levels.ERROR:
            return Entry(time, component, level, _one_line(text), access=request)
        error = next(filter(None, (_error_text(fields.get(key)) for key in _ERROR_KEYS)), "")
        if error and error not in text:
            text = f"{text}: {error}" if text else error
        if level:
            level = self._worse(level, text)
        elif error:
            level = levels.FATAL if levels.crashed(text) else levels.ERROR
        elif not request and levels.suspicious(text):
            level = levels.by_words(text)
        return Entry(time, component, level, _one_line(text or body), access=request)


def _one_line(text: str) -> str:
    """JSON can hold what a line cannot: line ends, and controls that ``clean`` could not see in their escapes."""
    return text if text.isprintable() else clean(text.replace("\n", " "))


def _first_text(fields: dict[str, Any], *keys: str) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _error_text(value: object) -> str:
    """An error as JSON loggers write it: an object, a text or a stack; empty where there is none."""
    if isinstance(value, dict):
        kind, message = _first_text(value, "type", "name", "kind"), _first_text(value, "message", "msg")
        text = ": ".join(filter(None, (kind, message)))
        return text or _error_text(value.get("stack") or value.get("code"))
    if isinstance(value, list):
        return next(filter(None, map(_error_text, value)), "")
    if isinstance(value, bool) or value is None or value == 0:
        return ""
    if isinstance(value, str):
        lines = [line for line in value.strip().splitlines() if line.strip()]
        if not lines or value.strip().lower() in _NO_ERROR:
            return ""
        # A Python traceback names its exception last, all others first.
        return lines[-1] if lines[0].startswith("Traceback") else lines[0].strip()
    return str(value)
