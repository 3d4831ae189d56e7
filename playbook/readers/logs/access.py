"""Access lines of web servers and frameworks: source, request, and response status.

Supported are nginx's and Apache's common and combined formats (also with a leading virtual host), morgan's
``dev``, ``tiny`` and ``short``, uvicorn's and gunicorn's, logfmt with ``status=``, JSON by its keys, any line with
a quoted request followed by the status (Envoy, Django, actix, S3), and the ``FORMATS``. A number
between 400 and 599 anywhere else (a size, a duration, a port) is never taken for a status. ``looks_like`` finds
lines that seem to be access lines but have none of these formats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from playbook.core.budget import read_json
from playbook.readers.logs.formats import FORMATS, METHODS, SMALL
from playbook.readers.logs.formats import METHOD as _METHOD
from playbook.readers.logs.text import clean

_BESIDES = ("Completed ", "Sent ", "tatus=", "ode=")
WORDS = (*METHODS, *_BESIDES)
"""An access line that states its path, or is of Rails, Phoenix or Lumen, contains one of these."""

COMBINED = re.compile(
    r"(?:\S{1,255}:\d{1,5} )?(\S{1,255}) \S{1,255} \S{1,255} \[([^\]]{11,40})\] "
    r'"([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (?:\d+|-)(?: |$)'
)
_DEV = re.compile(rf"{_METHOD} (\S{{1,4096}}) (\d{{3}}|-) (?:[\d.]+|-) ms - (?:\d+|-)$")
_TINY = re.compile(rf"{_METHOD} (\S{{1,4096}}) (\d{{3}}|-) (?:\d+|-) - (?:[\d.]+|-) ms$")
_SHORT = re.compile(
    rf"(\S{{1,255}}) \S{{1,255}} ({_METHOD}) (\S{{1,4096}}) HTTP/[\d.]+ (\d{{3}}|-) (?:\d+|-) - (?:[\d.]+|-) ms$"
)
_UVICORN = re.compile(rf'(?:INFO:\s{{1,8}})?(\S{{1,255}}) - "({_METHOD}) (\S{{1,4096}}) HTTP/[\d.]+" (\d{{3}})\b')
_LOGFMT_STATUS = re.compile(
    r"(?:^| )(?:(?:response\.)?status|status_code|code|http\.(?:response\.)?status_code|http_status|statusCode"
    r"|response_code)"
    r"=[\"']?(\d{3})(?:\.0{1,6})?[\"']?(?= |$)"
)
_LOGFMT_PATH = re.compile(
    # imgproxy's is in its words, as is one before the fields; django-structlog's is behind the method.
    r"(?:(?:^| )(?:(?:request\.)?path|uri|url|request_uri|url\.path|http\.(?:path|target|route))=[\"']?"
    rf"|\bCompleted in \S{{1,30}} |(?:^| )request=[\"']{_METHOD} |(?:^| ){_METHOD} (?=/))"
    r"([^\s\"']{1,4096})"
)
_LOGFMT_METHOD = re.compile(rf"(?:^| )method=[\"']?{_METHOD}\b")
_LOGFMT_CLIENT = re.compile(r"(?:^| )(?:ip|client|client_ip|remote|remote_addr|remote_ip|fwd)=\"?([^\s\",]{1,64})")
# tower-http logs the end of a request without its path, which is in its span.
_ENDED = "finished processing request"
_LOGFMT_ENDED = re.compile(rf"\b{_ENDED}\b.{{0,200}}\bstatus=(\d{{3}})\b")

NO_PATH = "(not stated)"
_EXPLAINS = "http.log.error"
_BAD_GATEWAY = 502
_QUOTED = re.compile(
    rf'"(?:{_METHOD}|-) ?(?P<path>[^" ]{{0,4096}})(?: HTTP/[\d.]+)?"(?: from \S{{1,255}} -|:)? '
    # Envoy's status of a request that was aborted before an answer is 0, beside flags.
    r"(?P<status>\d{3}|-1|0(?= [A-Z]{2}))(?=[ ,;]|$)"
)
# A method with its target, and a status or an HTTP version.
_REQUEST = re.compile(
    rf"(?<!request: \")(?<![\w/-]){_METHOD}\b(?:[ \"':|,;]{{1,4}}(?:https?://|/|\*(?= HTTP))|[^/]{{0,40}}[ \"'=:|](?:https?://|/))",
    re.ASCII,
)
_ANSWER = re.compile(r"\bHTTP/\d|(?<![\w.:/+-])[1-5]\d\d(?![\w.:/%+-]|,\d{3}\b)")


_STATUS_KEYS = (
    *("statusCode", "status_code", "status", "http.status_code", "http.response.status_code", "http_status"),
    *("DownstreamStatus", "OriginStatus", "response_code", "responseCode", "EdgeResponseStatus", "sc-status"),
    *("http_status_code", "httpStatus", "StatusCode", "upstream_status", "elb_status_code", "responseStatus"),
    *("response_status", "resStatus", "http.status", "httpStatusCode", "responseStatusCode", "res_status"),
)
_METHOD_AND_PATH = re.compile(rf"{_METHOD} (/\S{{0,4095}})")
_ALL_STATUS_KEYS = frozenset(_STATUS_KEYS)
_STATUS_TEXT = re.compile(r" *(\d{3})(?:\.0{1,6})?(?: [A-Z][\w '-]{0,40})? *")
# On their own these keys may be the status of anything.
_DOUBTFUL_STATUS = frozenset({"status", "statusCode", "status_code", "StatusCode"})
# Objects with the keys that others write at the top: of express-winston and winston's metadata; OpenTelemetry;
# Monolog; Serilog and .NET; Azure; Rust's tracing; Rails' Semantic Logger; Google's Cloud Logging; LoggerJSON;
# an object in place of a message; and Koa's context.
WRAPPERS = (
    *("meta", "metadata", "attributes", "Attributes", "context", "extra", "Properties", "State", "properties"),
    *("fields", "span", "payload", "jsonPayload", "request", "data", "message", "msg", "accessLog", "ctx"),
    "detail",
)
# An object within one of them, which has the status; Hasura's is the second.
_WITHIN = {"request": "connection", "detail": "http_info"}
ACCESS_KEYS = _ALL_STATUS_KEYS | {
    "res",
    "reply",
    "response",
    "httpResponse",
    "http_response",
    "httpRequest",
    "http",
    "code",
}
"""An object with a status has one of these."""
_PATH_KEYS = (
    *("path", "url", "uri", "request_uri", "http.target", "url.path", "http.path", "RequestPath", "url.original"),
    *(
        "ClientRequestURI",
        "requestPath",
        "request_path",
        "cs-uri-stem",
        "Path",
        "http.url",
        "url.full",
        "requestUri",
    ),
    *("x_forwarded_path", "document_uri", "http_path", "http.route", "httpPath", "route", "requestUrl", "req_url"),
    "URI",
)


class Access(NamedTuple):
    """One answered request. ``time`` is the text of its own timestamp, empty where it has none."""

    status: int
    path: str
    client: str = ""
    time: str = ""


def of_text(text: str) -> Access | None:
    """The request in a plain line; None where it is not an access line."""
    if '" ' in text:
        match = COMBINED.match(text)
        if match:
            client, stamp, request, status = match.groups()
            return Access(int(status), _path(request), client, stamp)
        match = _UVICORN.match(text)
        if match:
            return Access(int(match[4]), match[3], match[1].rpartition(":")[0] or match[1])
    if text.startswith(METHODS):
        match = _DEV.match(text) or _TINY.match(text)
        if match:
            path, status = match.groups()
            return Access(0 if status == "-" else int(status), path)
    if text.endswith(" ms") and " HTTP/" in text:
        match = _SHORT.match(text)
        if match:
            return Access(0 if match[4] == "-" else int(match[4]), match[3], match[1])
    if "status" in text or "ode=" in text:
        request = _of_logfmt(text)
        if request:
            return request
    return _elsewhere(text)


def looks_like(text: str, *, inbound: bool = False) -> bool:
    """Whether a line seems to report an answered request: a method, an address, a status or HTTP/1.1.

    Args:
        inbound: only with a path; loggers of clients, such as httpx, write whole URLs at level INFO.
    """
    request = _REQUEST.search(text) if "/" in text and has_method(text) else None
    if request and inbound and "://" in request[0]:
        return False
    return bool(request and _ANSWER.search(text))


def has_method(text: str) -> bool:
    """A fast prefilter, for the many lines that are no access lines."""
    return (
        "GET" in text
        or "POST" in text
        or "HEAD" in text
        or "PUT" in text
        or "PATCH" in text
        or "DELETE" in text
        or "OPTIONS" in text
        or "CONNECT" in text
        or "TRACE" in text
        or "PROPFIND" in text
    )


def may_be_in(text: str) -> bool:
    """A fast prefilter for messages of JSON loggers: whether it contains one of ``WORDS``."""
    return has_method(text) or any([word in text for word in _BESIDES])  # noqa: C419 - faster than a generator


def _elsewhere(text: str) -> Access | None:
    if "/" in text:
        possible = (
            has_method(text)
            or text.startswith(SMALL)
            or "[response" in text
            or '"-" ' in text
            or "<BADREQ>" in text
            or "Completed " in text
            or "Sent " in text
            or "Outcome: " in text
        )
    else:
        possible = "Completed " in text or "Sent " in text or "Outcome: " in text or "HTTP method: " in text
    if not possible:
        return None
    if "connectionpool" in text:  # urllib3's, about requests that this component sends
        return None
    if '"' in text:
        quoted = _QUOTED.search(text)
        if quoted:
            return _access(quoted)
    for needed, pattern in FORMATS:
        if needed in text:
            match = pattern.search(text)
            if match:
                return _access(match)
    return None


def behind_words(text: str) -> Access | None:
    """The request in an object behind the words, as zap's, Caddy's and Monolog's lines for people have it."""
    if text[-1:] not in ("}", "]") or not (has_method(text) or '"statusCode"' in text) or _EXPLAINS in text:
        return None
    start = 0 if text[0] == "{" else text.find(" {") + 1
    end = text.rfind("} [") + 1 or text.rfind("} {") + 1 or len(text)  # Monolog's extra
    try:
        fields = read_json(text[start:end])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return of_json(objects_of(fields)) if isinstance(fields, dict) else None


def _access(match: re.Match[str]) -> Access:
    """HAProxy's -1 is a request that was aborted before an answer, and an answer cut off by its server is none."""
    found = match.groupdict()
    status = max(int(match["status"]), 0)
    if found.get("cut"):
        status = max(status, _BAD_GATEWAY)
    return Access(status, found.get("path") or NO_PATH)


def of_json(objects: list[dict[str, Any]]) -> Access | None:
    """The first request in the ``objects_of`` a JSON line: a status with a path or address, in the usual places.

    A status within a response object needs no path: Fastify logs it on another line. Caddy's ``http.log.error``
    explains a failure, whose request ``http.log.access`` reports.
    """
    if str(objects[0].get("logger")).startswith(_EXPLAINS):
        return None
    return next(filter(None, map(_of_fields, objects)), None)


def objects_of(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """A JSON line itself, and the objects in its ``WRAPPERS``.

    Rust's span is next to its fields, and OpenTelemetry's lists are objects here.
    """
    objects = [fields]
    for key in filter(fields.__contains__, WRAPPERS):
        inner = fields[key]
        if isinstance(inner, list):
            inner = _attributes(inner)
        if not isinstance(inner, dict) or not inner:
            continue
        objects.append(inner | {"span": fields.get("span")} if key == "fields" else inner)
        if isinstance(within := inner.get(_WITHIN.get(key, "")), dict):
            objects.append(within)
    return objects


def _attributes(items: list[Any]) -> dict[str, Any]:
    """OpenTelemetry's ``[{"key": …, "value": {"intValue": "503"}}]`` as an object."""
    pairs = [(item.get("key"), item.get("value")) for item in items if isinstance(item, dict)]
    return {
        key: next(iter(value.values()), None)
        for key, value in pairs
        if isinstance(key, str) and isinstance(value, dict)
    }


def _of_fields(fields: Mapping[str, Any]) -> Access | None:
    if ACCESS_KEYS.isdisjoint(fields):
        return None
    request = _mapping(fields, "req", "request", "httpRequest", "http_request", "http", "span")
    response = _mapping(fields, "res", "response", "reply", "httpResponse", "http_response", "httpRequest", "http")
    url = _mapping(fields, "url")
    if isinstance(response.get("response"), dict):  # ECS: http.response.status_code
        request, response = _mapping(request, "request"), _mapping(response, "response")
    answered = _status(response, "statusCode", "status_code", "status", "code")
    request_line = _text(fields, "request", "requestLine")
    if not request_line.startswith(METHODS):
        request_line = ""
    # django-structlog's code is next to the request's first line.
    status = answered or _status(fields, *_STATUS_KEYS) or (_status(fields, "code") if request_line else 0)
    if not status and (fields.get("response_code") not in (0, "0") or "response_flags" not in fields):
        return None  # Envoy's 0 is a request that was aborted before an answer
    path = (
        _text(request, "originalUrl", "path", "url", "uri", "requestUrl", "requestPath")
        or _text(url, "path", "original", "full")
        or _text(fields, *_PATH_KEYS)
        or _path_in(_text(fields, "message", "msg"))
    )
    if not path:
        if request_line:
            path = _path(request_line)
        elif (
            answered
            or fields.get("method") in METHODS
            or not _DOUBTFUL_STATUS.issuperset(fields.keys() & _ALL_STATUS_KEYS)
            or _ENDED in _text(fields, "message")
        ):
            path = NO_PATH
        else:
            return None
    client = _text(request, "client_ip", "remoteAddress", "remoteIp", "ip", "remote_ip") or _text(
        fields,
        "remote_addr",
        "ip",
        "client_ip",
        "clientIp",
        "remoteAddress",
        "client.address",
        "ClientHost",
        "remote_ip",
    )
    return Access(status, clean(path), clean(client))


def _of_logfmt(text: str) -> Access | None:
    status, path = _LOGFMT_STATUS.search(text), _LOGFMT_PATH.search(text)
    if status and not path and _LOGFMT_METHOD.search(text):
        return Access(int(status[1]), NO_PATH)
    if not status or not path:
        ended = _LOGFMT_ENDED.search(text)
        return Access(int(ended[1]), NO_PATH) if ended else None
    client = _LOGFMT_CLIENT.search(text)
    return Access(int(status[1]), path[1], client[1] if client else "")


def _path(request: str) -> str:
    """The path in ``GET /path HTTP/1.1``; empty for anything else, such as a TLS greeting."""
    parts = request.split(" ", 2)
    return parts[1] if len(parts) > 1 else "(no request)"


def _path_in(message: str) -> str:
    """The path in a message ``GET /path`` next to a status."""
    match = _METHOD_AND_PATH.fullmatch(message)
    return match[1] if match else ""


def _mapping(fields: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((value for name in names if isinstance(value := fields.get(name), dict)), {})


def _status(fields: Mapping[str, Any], *names: str) -> int:
    """The first of these that is a status, also as some write it: 503.0, "503.0", "503 Service Unavailable"."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            match = _STATUS_TEXT.fullmatch(value)
            value = int(match[1]) if match else 0
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and 100 <= value <= 599:
            return value
    return 0


def _text(fields: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")
