"""Cheap validation of answers, and descriptions of failures without ids and secrets."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from typing import Any

import gevent
import msgspec
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from locust.exception import CatchResponseError

from loadtests.guard import Refused

Check = Callable[[Any], str]

_HTML = (b"<!doctype html", b"<html")
_MAGIC = {
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    "image/avif": lambda data: data[4:12] in (b"ftypavif", b"ftypavis"),
}
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)


class _Health(msgspec.Struct):
    status: str


_read_health = msgspec.json.Decoder(_Health).decode


def check_page(response: Any) -> str:
    """What is wrong with a page; empty if nothing is."""
    if response.status_code != 200:
        return _status(response)
    kind = _kind(response)
    if not kind.startswith("text/html"):
        return f"expected a page, got {plain(kind) or 'no content type'}"
    if not response.content[:200].lstrip().lower().startswith(_HTML):
        return "expected a page, got something that does not begin as one"
    return ""


def check_health(response: Any) -> str:
    """What is wrong with the answer of a health endpoint."""
    if response.status_code != 200:
        return _status(response)
    try:
        status = _read_health(response.content).status
    except (msgspec.MsgspecError, RecursionError):
        return "expected JSON with a status, got something else"
    return "" if status == "healthy" else f"expected to be healthy, got {plain(status)}"


def check_image(response: Any, posted: int) -> str:
    """What is wrong with an optimised image; ``posted`` is the original's size in bytes."""
    if response.status_code != 200:
        return _status(response)
    kind = _kind(response).partition(";")[0].strip().lower()
    begins_right = _MAGIC.get(kind)
    if begins_right is None:
        return f"expected an image, got {plain(kind) or 'no content type'}"
    if not begins_right(response.content):
        return f"expected {kind}, got bytes that do not begin as it does"
    if len(response.content) >= posted:
        return "expected an image smaller than the original, got one that is not"
    return ""


def _kind(response: Any) -> str:
    kind = response.headers.get("content-type", "")
    return kind if isinstance(kind, str) else ""  # a list if the header was repeated


def _status(response: Any) -> str:
    code = response.status_code
    return f"HTTP {code}, and redirects are not followed" if 300 <= code < 400 else f"HTTP {code}"


def describe(error: BaseException | str, *, connect_seconds: float, read_seconds: float) -> tuple[str, bool]:
    """Description of a failure, and whether there was no answer at all."""
    if not isinstance(error, BaseException):
        return str(error), False
    error = getattr(error, "original", None) or error  # geventhttpclient wraps errors that it would retry
    code = getattr(error, "code", 0)
    if isinstance(code, int) and code:
        return f"HTTP {code}", False
    if isinstance(error, (Refused, CatchResponseError)):
        return str(error), False
    if isinstance(error, (gevent.Timeout, TimeoutError)):
        return f"no whole answer within the time limits ({connect_seconds:g} s + {read_seconds:g} s)", False
    for kind, words in _BROKEN:
        if isinstance(error, kind):
            return words(error), True
    return f"{type(error).__name__}: {plain(str(error))}", False


# Errors without an answer, the specific before the general.
_BROKEN: tuple[tuple[type[BaseException], Callable[[Any], str]], ...] = (
    (ssl.SSLCertVerificationError, lambda error: f"TLS: {plain(error.verify_message)}"),
    (ssl.SSLError, lambda error: f"TLS: {plain(error.reason or 'broken')}"),
    (socket.gaierror, lambda _: "the host's name was not found"),
    (ConnectionRefusedError, lambda _: "connection refused"),
    (ConnectionResetError, lambda _: "connection reset"),
    (BrokenPipeError, lambda _: "connection reset"),
    (HTTPConnectionClosed, lambda _: "connection closed before the answer was whole"),
    (HTTPParseError, lambda _: "an answer that is not HTTP"),
    (OSError, lambda error: f"no connection: {plain(error.strerror or type(error).__name__)}"),
)


def plain(text: str) -> str:
    """Foreign text: short, printable, and without the numbers that make it unique."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return _NUMBERS.sub("N", shown)[:80]
