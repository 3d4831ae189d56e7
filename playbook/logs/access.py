"""Access lines of web servers and frameworks: who asked for what, and with which status it was answered.

Known are nginx's and Apache's common and combined formats (with a virtual host in front, too), morgan's
``dev``, ``tiny`` and ``short``, uvicorn's and gunicorn's, logfmt with ``status=``, and JSON by its keys. A number
between 400 and 599 anywhere else (a size, a duration, a port) is never taken for a status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from playbook.logs.text import clean

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PROPFIND")
_METHOD = "(?:" + "|".join(_METHODS) + ")"

_COMBINED = re.compile(
    r"(?:\S{1,255}:\d{1,5} )?(\S{1,255}) \S{1,255} \S{1,255} \[([^\]]{11,40})\] "
    r'"([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (?:\d+|-)(?: |$)'
)
_DEV = re.compile(rf"{_METHOD} (\S{{1,4096}}) (\d{{3}}|-) (?:[\d.]+|-) ms - (?:\d+|-)$")
_TINY = re.compile(rf"{_METHOD} (\S{{1,4096}}) (\d{{3}}|-) (?:\d+|-) - (?:[\d.]+|-) ms$")
_SHORT = re.compile(
    rf"(\S{{1,255}}) \S{{1,255}} ({_METHOD}) (\S{{1,4096}}) HTTP/[\d.]+ (\d{{3}}|-) (?:\d+|-) - (?:[\d.]+|-) ms$"
)
_UVICORN = re.compile(rf'(?:INFO:\s{{1,8}})?(\S{{1,255}}) - "({_METHOD}) (\S{{1,4096}}) HTTP/[\d.]+" (\d{{3}})\b')
_LOGFMT_STATUS = re.compile(r"(?:^| )(?:status|status_code|code|http\.status_code)=\"?(\d{3})\"?(?= |$)")
_LOGFMT_PATH = re.compile(r"(?:^| )(?:path|uri|url|request_uri|http\.path)=\"?([^\s\"]{1,4096})")
_LOGFMT_CLIENT = re.compile(r"(?:^| )(?:ip|client|client_ip|remote|remote_addr|remote_ip|fwd)=\"?([^\s\",]{1,64})")


class Access(NamedTuple):
    """One answered request. ``time`` is the text of its own timestamp, empty where it has none."""

    status: int
    path: str
    client: str = ""
    time: str = ""


def of_text(text: str) -> Access | None:
    """The request that a plain line tells of, None where it is no access line."""
    if '" ' in text:
        match = _COMBINED.match(text)
        if match:
            client, stamp, request, status = match.groups()
            return Access(int(status), _path(request), client, stamp)
        match = _UVICORN.match(text)
        if match:
            return Access(int(match[4]), match[3], match[1].rpartition(":")[0] or match[1])
    if text.startswith(_METHODS):
        match = _DEV.match(text) or _TINY.match(text)
        if match:
            path, status = match.groups()
            return Access(0 if status == "-" else int(status), path)
    if text.endswith(" ms") and " HTTP/" in text:
        match = _SHORT.match(text)
        if match:
            return Access(0 if match[4] == "-" else int(match[4]), match[3], match[1])
    if "status" in text or "code=" in text:
        return _of_logfmt(text)
    return None


def of_json(fields: Mapping[str, Any]) -> Access | None:
    """The request that a JSON line tells of: a status together with a path or address, in the usual places."""
    request = _mapping(fields, "req", "request", "httpRequest", "http")
    response = _mapping(fields, "res", "response", "httpRequest", "http")
    status = _status(response, "statusCode", "status_code", "status") or _status(
        fields,
        "statusCode",
        "status_code",
        "status",
        "http.status_code",
        "http.response.status_code",
        "http_status",
    )
    if not status:
        return None
    path = _text(request, "originalUrl", "path", "url", "uri", "requestUrl") or _text(
        fields, "path", "url", "uri", "request_uri", "http.target", "url.path", "http.path"
    )
    if not path:
        request_line = _text(fields, "request")
        if not request_line.startswith(_METHODS):
            return None
        path = _path(request_line)
    client = _text(request, "remoteAddress", "remoteIp", "ip") or _text(
        fields, "remote_addr", "ip", "client_ip", "clientIp", "remoteAddress", "client.address"
    )
    return Access(status, clean(path), clean(client))


def _of_logfmt(text: str) -> Access | None:
    status, path = _LOGFMT_STATUS.search(text), _LOGFMT_PATH.search(text)
    if not status or not path:
        return None
    client = _LOGFMT_CLIENT.search(text)
    return Access(int(status[1]), path[1], client[1] if client else "")


def _path(request: str) -> str:
    """The path in ``GET /path HTTP/1.1``; what is no request line, such as a TLS greeting, has none."""
    parts = request.split(" ", 2)
    return parts[1] if len(parts) > 1 else "(no request)"


def _mapping(fields: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((value for name in names if isinstance(value := fields.get(name), dict)), {})


def _status(fields: Mapping[str, Any], *names: str) -> int:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) == 3:
            value = int(value)
        if isinstance(value, int) and 100 <= value <= 599:
            return value
    return 0


def _text(fields: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")
