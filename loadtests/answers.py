"""Validation of answers, and descriptions of failures without ids and secrets."""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import gevent
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from locust.exception import CatchResponseError

from loadtests.contents import Contents, from_cache, picture_fault, plain, text_of
from loadtests.guard import Refused
from playbook.clients.answer import Answer

_PARTIAL = 206


def check_page(response: Any, contents: Contents) -> str:
    """What is wrong with a page; empty if nothing is."""
    if response.status_code != 200:
        return _status(response)
    return contents.page(lambda: _answer(response), _kind(response), response.content)


def check_health(response: Any, contents: Contents) -> str:
    """What is wrong with the answer of a health endpoint."""
    if not 200 <= response.status_code < 300 or response.status_code == _PARTIAL:
        return _status(response)
    hit = from_cache(response.headers)
    return contents.health(lambda: _answer(response), _kind(response), response.content, hit)


def check_image(response: Any, posted: int, shape: float) -> str:
    """What is wrong with an optimised image: ``posted`` and ``shape`` are of the original."""
    if response.status_code != 200:
        return _status(response)
    return picture_fault(_kind(response).partition(";")[0].strip().lower(), response.content, posted, shape)


def _answer(response: Any) -> Answer:
    """As the suite's own clients receive it; the body is decompressed already."""
    headers = {name.lower(): text_of(response.headers[name]) for name in response.headers}
    headers.pop("content-encoding", None)
    return Answer("Website", response.status_code, headers, response.content, response.url or "")


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
            return words(error), not isinstance(error, _DAMAGED)
    return f"{type(error).__name__}: {plain(str(error))}", False


_DAMAGED = (zlib.error, brotli.error)
# Errors without a whole answer, the specific before the general.
_BROKEN: tuple[tuple[type[BaseException], Callable[[Any], str]], ...] = (
    (zlib.error, lambda _: "a compressed answer that is damaged or cut off"),
    (brotli.error, lambda _: "a compressed answer that is damaged or cut off"),
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
