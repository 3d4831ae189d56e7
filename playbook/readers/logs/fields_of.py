"""Keys of time, level, message, error and component in JSON lines, for many loggers."""

from __future__ import annotations

import re
from typing import Any

from playbook.core import door
from playbook.readers.logs import levels
from playbook.readers.logs.text import clean, of_journal

TIME_KEYS = (
    *("time", "timestamp", "ts", "@timestamp", "@t", "datetime", "asctime", "date", "eventTime", "Timestamp"),
    *("timeUnixNano", "time_iso8601", "msec", "start_time", "StartUTC", "__REALTIME_TIMESTAMP", "time_local", "t"),
    *("_SOURCE_REALTIME_TIMESTAMP", "observedTimeUnixNano", "instant", "timeMillis", "TimeGenerated", "T", "Time"),
    *("log_time", "logged_at", "createdAt", "EdgeStartTimestamp", "timestampMs", "UtcTimestamp", "logTime"),
    "startTime",
)
# The first key present counts. A number is read on the scale of its key, if the key has one.
LEVEL_KEYS: tuple[tuple[str, levels.Scale | None], ...] = (
    *((key, None) for key in ("level", "level_name", "log.level", "@l", "levelname", "lvl", "loglevel")),
    *(
        (key, None)
        for key in ("severity_text", "severityText", "SeverityText", "@level", "LogLevel", "Level", "L")
    ),
    *(
        (key, None)
        for key in ("log_level", "logLevel", "PRIORITY", "priority", "syslog.severity", "LEVEL", "prio")
    ),
    *((key, levels.TELEMETRY) for key in ("severityNumber", "severity_number", "SeverityNumber")),
    *((key, None) for key in ("error_severity", "levelName", "sev")),
    ("levelno", levels.PYTHON),
    ("level_value", levels.MONOLOG),
    ("severity", None),
    ("Severity", None),
)
# A second level beside the first: of Google's and PostgreSQL's loggers, and of Python's.
SECOND_LEVELS = (
    *("severity", "Severity", "severity_text", "severityText", "SeverityText", "error_severity"),
    *("levelname", "level_name", "levelName"),
)
COMPONENT_KEYS = ("service", "component", "app", "service.name", "SYSLOG_IDENTIFIER", "container_name")
# Keys beside a line that a collector has wrapped: of Docker's json-file and fluentd, and Fluent Bit; the journal;
# Google's; Vector, Filebeat, PM2 and CloudWatch; Loki.
_WRAPPERS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = tuple(
    (key, tuple(frozenset(signs.split()) for signs in beside))
    for key, *beside in (
        ("log", "stream", "kubernetes", "container_id", "container_name"),
        ("MESSAGE", "PRIORITY", "__REALTIME_TIMESTAMP", "_TRANSPORT", "SYSLOG_IDENTIFIER"),
        ("textPayload", "resource", "logName", "insertId", "severity"),
        ("message", "stream", "source_type", "agent input", "app_name process_id type", "ingestionTime"),
        ("message", "container_name", "kubernetes"),
        ("line", "labels timestamp"),
    )
)
# Of ECS, with nested names; of Datadog's in Elixir's LoggerJSON; of tslog, roarr and log4js.
_NESTED_LEVELS = (
    *(("log", "level"), ("syslog", "level"), ("syslog", "severity"), ("_meta", "logLevelName")),
    *(("context", "logLevel"), ("level", "levelStr"), ("level", "name")),
)
_STREAMS = ("CONTAINER_ID", "CONTAINER_NAME")
_MONGODB = {"F": levels.FATAL, "E": levels.ERROR, "W": levels.WARNING, "I": levels.INFO}
MESSAGE_KEYS = (
    *("msg", "message", "event", "@m", "@mt", "short_message", "text", "Message", "@message", "MESSAGE", "body"),
    *("Body", "RenderedMessage", "MessageTemplate", "textPayload", "M", "content"),
)
ERROR_KEYS = (
    *(
        "err",
        "error",
        "exception",
        "exc_info",
        "@x",
        "stack",
        "stacktrace",
        "errors",
        "error.message",
        "Exception",
    ),
    *("stack_trace", "error.stack_trace", "thrown"),
)
_STACKS = ("stack", "stack_trace", "error.stack_trace")
_FRAMES = re.compile(r"^Traceback \(most |\n\s{0,8}(?:at |File \")")
_NAMES_OF_ERRORS = ("Error", "Exception")
# Of http-errors, NestJS, Zod, jsonwebtoken, multer and the DOM: what a client sent, may not have, or broke off.
_OF_CLIENTS = re.compile(
    r"(?:\w*\.)*(?:BadRequest|Unauthorized|Forbidden|NotFound|MethodNotAllowed|NotAcceptable|Conflict|Gone"
    r"|PayloadTooLarge|ContentTooLarge|UnsupportedMediaType|UnprocessableEntity|TooManyRequests|Validation|Zod"
    r"|JsonWebToken|TokenExpired|Multer|Abort|RequestAborted)(?:Error|Exception)"
)
ERROR_OBJECTS = ("err", "error", "exception")
_QUOTED = tuple(f'"{key}"' for key in ERROR_OBJECTS)
_LONGEST_NAME = 64
# "-" as nginx and Apache write a variable that has no value.
_NO_ERROR = frozenset(("", "-", "0", "n/a", "null", "none", "nil", "false", "undefined", "no", "<nil>"))


# A whole line of another logger, as an object in the message of the outer one.
WHOLE = ("message", "msg", "event")


def level_of(fields: dict[str, Any]) -> int | None:
    """The stated level of a JSON line; None where it states none, or an unknown one.

    Serilog omits it in lines of level Information, and ``DEFAULT`` is Google's word for none. Where two levels
    contradict each other, and one is of an error, the line is an error.
    """
    if isinstance(fields.get("args"), list) and isinstance(fields.get("type"), str):
        return levels.by_name(fields["type"]) or None  # consola, whose numbers fall with the weight
    within = _level_within(fields)
    for key, scale in LEVEL_KEYS:
        if key in fields and not isinstance(fields[key], dict):
            value = fields[key]
            if key in ("severity", "Severity") and isinstance(value, int) and value >= 100:
                scale = levels.GOOGLE  # noqa: PLW2901 - its size shows its scale
            level = levels.of_json(value, scale)
            if level:
                # A severity of "critical" may also be that of what the line is about.
                is_worse = within >= levels.ERROR or _second_is_worse(fields)
                return levels.ERROR if level < levels.ERROR and is_worse else level
    return max(within, _level_elsewhere(fields)) or None


def _level_elsewhere(fields: dict[str, Any]) -> int:
    """The level within an object, or in the words of one logger; ``NONE`` where there is none."""
    record = fields.get("record")  # Loguru
    if isinstance(record, dict) and isinstance(record.get("level"), dict):
        return levels.of_json(record["level"].get("name"))
    for key, name in _NESTED_LEVELS:
        inner = fields.get(key)
        if isinstance(inner, dict) and name in inner:
            return levels.of_json(inner[name])
    if isinstance(fields.get("s"), str) and "c" in fields and "t" in fields:  # MongoDB
        return _MONGODB.get(fields["s"], levels.DEBUG if fields["s"][:1] == "D" else levels.NONE)
    if "@t" in fields and ("@mt" in fields or "@m" in fields):
        return levels.INFO
    status = fields.get("status")  # Datadog's word for the level
    return levels.by_name(status) if isinstance(status, str) and len(status) > 3 else levels.NONE


def _level_within(fields: dict[str, Any]) -> int:
    """The level of a whole line that is the message of another one."""
    whole: Any = next((fields[key] for key in WHOLE if isinstance(fields.get(key), dict)), {})
    return levels.of_json(whole["level"]) if "level" in whole else levels.NONE


def _second_is_worse(fields: dict[str, Any]) -> bool:
    words = (fields[key] for key in SECOND_LEVELS if key in fields)
    return any(levels.of_json(word) >= levels.ERROR for word in words if isinstance(word, str))


def may_be_traced(body: str) -> bool:
    """A fast prefilter for ``is_traced``, of the text of a JSON line."""
    return "\\n" in body or any([key in body for key in _QUOTED])  # noqa: C419 - a generator takes longer


def is_traced(fields: dict[str, Any]) -> bool:
    """Whether an object contains an error that no client has caused: its stack trace, or its kind and message."""
    for key in filter(fields.__contains__, ERROR_KEYS):
        error = fields[key]
        if isinstance(error, dict):
            statuses = (error.get(name) for name in ("status", "statusCode", "status_code"))
            stack = first_text(error, *_STACKS)
            kind = first_text(error, "type", "name", "kind", "class")
            is_error = kind.endswith(_NAMES_OF_ERRORS) and not _OF_CLIENTS.fullmatch(kind)
            is_named = is_error and bool(first_text(error, "message", "msg"))
            if ("\n" in stack or is_named) and not any(
                isinstance(status, int) and 400 <= status < 500 for status in statuses
            ):
                return True
        elif isinstance(error, str) and "\n" in error and (key in _STACKS or _FRAMES.search(error)):
            return True
    return False


def is_request(fields: dict[str, Any]) -> bool:
    """Whether a JSON line has a method, an address and something like a status."""
    if not any("ethod" in key or "METHOD" in key for key in fields):
        return False
    names = {key.lower().replace("_", "").replace("-", "").replace(".", "") for key in fields}
    return any("status" in name or name.endswith("code") for name in names)


def wrapped(fields: dict[str, Any]) -> str | None:
    """The line in a collector's object; None where the object is a program's own."""
    for key, beside in _WRAPPERS:
        if isinstance(fields.get(key), str | list) and any(signs <= fields.keys() for signs in beside):
            own = key in ("message", "line") and (
                level_of(fields) or any(error_text(fields.get(name)) for name in ERROR_KEYS)
            )
            return None if own else of_journal(fields[key]).rstrip()
    return None


def lost_its_message(fields: dict[str, Any]) -> bool:
    """Whether the journal has left out a message: without ``--all``, one of over 4096 bytes is null."""
    return "__REALTIME_TIMESTAMP" in fields and fields.get("MESSAGE", "") is None


def level_of_wrapper(fields: dict[str, Any]) -> int:
    """The level that a collector states. Docker's for the journal only tells stdout from stderr."""
    if "MESSAGE" in fields and not fields.keys().isdisjoint(_STREAMS):
        return levels.NONE
    return level_of(fields) or _level_of_labels(fields.get("labels")) or levels.NONE


def _level_of_labels(labels: object) -> int | None:
    """The level among Loki's labels, as the program's or as Loki found it itself."""
    if not isinstance(labels, dict):
        return None
    found = labels.get("detected_level")
    return level_of(labels) or (levels.by_name(found) if isinstance(found, str) else None)


def component_of(fields: dict[str, Any]) -> str:
    """The writer that a JSON line names."""
    return short_name(first_text(fields, *COMPONENT_KEYS))


def container_of(fields: dict[str, Any]) -> str:
    """The container named by a collector."""
    kubernetes = fields.get("kubernetes")
    name = first_text(kubernetes, "container_name") if isinstance(kubernetes, dict) else ""
    return short_name(name or first_text(fields, "container_name")).lstrip("/")


def short_name(text: str) -> str:
    """A name on one line, of at most 64 characters; longer ones are rare and arbitrary."""
    text = one_line(text)
    return text if len(text) <= _LONGEST_NAME else door.line(text, _LONGEST_NAME)


def nested_time(fields: dict[str, Any]) -> object:
    """The time within an object, as Loguru and LoggerJSON write it; None where there is none."""
    inner = ((fields.get(key), name) for key, name in (("record", "time"), ("syslog", "timestamp")))
    return next((one[name] for one, name in inner if isinstance(one, dict) and name in one), None)


def nested_text(fields: dict[str, Any]) -> str:
    """The message within an object, as OpenTelemetry, Google and Rust's tracing write it."""
    bodies = (fields.get(key) for key in ("body", "jsonPayload", "fields", *WHOLE))
    words = ("stringValue", "message", "msg", "event")
    return next((first_text(body, *words) for body in bodies if isinstance(body, dict)), "")


def one_line(text: str) -> str:
    """The text on one line: JSON may contain line ends, and control characters that ``clean`` could not see in
    their escapes.
    """
    return text if text.isprintable() else clean(text.replace("\n", " "))


def first_text(fields: dict[str, Any], *keys: str) -> str:
    """The first of these that is a text and not empty."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def error_text(value: object) -> str:
    """An error as JSON loggers write it: an object, a text or a stack; empty where there is none."""
    if isinstance(value, dict):
        kind, message = first_text(value, "type", "name", "kind"), first_text(value, "message", "msg")
        text = ": ".join(filter(None, (kind, message)))
        return text or error_text(value.get("stack") or value.get("code"))
    if isinstance(value, list):
        return next(filter(None, map(error_text, value)), "")
    if isinstance(value, bool) or value is None or value == 0:
        return ""
    if isinstance(value, str):
        lines = [line for line in value.strip().splitlines() if line.strip()]
        if not lines or value.strip().lower() in _NO_ERROR:
            return ""
        # A Python traceback names its exception last, all others first.
        return lines[-1] if lines[0].startswith("Traceback") else lines[0].strip()
    return str(value)


# A level as a field, in any quotes: of an object in a list, in a text, or in another language's words.
_LEVEL_FIELD = re.compile(r"""["'](?:[\w.@]{0,20}[Ll]evel(?:_?name|Name)?|lvl|[Ss]everity|LEVEL|@l)\\?["'] ?:""")


def is_part(text: str) -> bool:
    """Whether a plain text seems to be a part of an object: its end, or one that holds a level and is not read."""
    if not ('"' in text or "'" in text):
        return False
    end = text.rstrip(" ,]")
    is_end = end.endswith("}") and '"' in end and end.count("}") > end.count("{")
    # Monolog closes an object by itself below each stack trace.
    return (is_end and end.strip('"}') != "") or bool(_LEVEL_FIELD.search(text))
